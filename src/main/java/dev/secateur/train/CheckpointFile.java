package dev.secateur.train;

import static dev.secateur.train.TrainingException.Reason.CHECKPOINT;

import dev.secateur.plan.FineTuning.Precision;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The state of a run between two steps, as a file. Big-endian: the magic number, the format's
 * version, the run's fingerprint, 1 if it computes in bfloat16, the {@link TrainingProgress}, then
 * for each variable its size and its float32 values in the session's order, and at the end a
 * SHA-256 over all before it.
 *
 * <p>There is no random state: what is random is a function of the seed and the step.
 */
final class CheckpointFile {
  private static final long MAGIC = 0x5345434154455552L; // SECATEUR
  private static final int VERSION = 2;
  private static final int DIGEST_BYTES = 32;
  private static final int BEFORE_PRECISION = Long.BYTES + Integer.BYTES + DIGEST_BYTES;
  private static final int CHUNK = 1 << 14;
  private static final int MOST_EPOCHS = 1_000_000;

  private CheckpointFile() {}

  /**
   * @param fingerprint of the run: network, data and plan
   */
  static void write(
      Path file,
      byte[] fingerprint,
      Precision precision,
      TrainingProgress progress,
      TrainingSession session) {
    MessageDigest digest = sha256();
    try (OutputStream raw = new BufferedOutputStream(Files.newOutputStream(file))) {
      DataOutputStream out = new DataOutputStream(new DigestOutputStream(raw, digest));
      out.writeLong(MAGIC);
      out.writeInt(VERSION);
      out.write(fingerprint);
      out.writeBoolean(precision == Precision.BFLOAT16);
      write(out, progress);
      session.read((name, values) -> write(out, values));
      out.flush();
      raw.write(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the checkpoint " + file, e);
    }
  }

  /**
   * Whether the file, which is whole, is this run's and of this version.
   *
   * @throws TrainingException if it is damaged
   */
  static boolean isOf(Path file, byte[] fingerprint) {
    verify(file);
    try (DataInputStream in = open(file)) {
      return in.readLong() == MAGIC
          && in.readInt() == VERSION
          && MessageDigest.isEqual(fingerprint, in.readNBytes(fingerprint.length));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Of a file that is this run's. */
  static Precision precision(Path file) {
    try (DataInputStream in = open(file)) {
      in.skipNBytes(BEFORE_PRECISION);
      return in.readBoolean() ? Precision.BFLOAT16 : Precision.FLOAT32;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Puts the session into the state of a file that is this run's. */
  static TrainingProgress read(Path file, TrainingSession session) {
    try (DataInputStream in = open(file)) {
      in.skipNBytes(BEFORE_PRECISION + 1);
      TrainingProgress progress = readProgress(file, in);
      session.write(name -> readFloats(file, in, session.size(name)));
      if (in.readNBytes(DIGEST_BYTES + 1).length != DIGEST_BYTES) {
        throw damaged(file, "it is too long");
      }
      return progress;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static DataInputStream open(Path file) throws IOException {
    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
  }

  private static UncheckedIOException unreadable(Path file, IOException e) {
    return new UncheckedIOException("cannot read the checkpoint " + file, e);
  }

  private static void verify(Path file) {
    MessageDigest digest = sha256();
    try (DigestInputStream in =
        new DigestInputStream(new BufferedInputStream(Files.newInputStream(file)), digest)) {
      long body = Files.size(file) - DIGEST_BYTES;
      if (body < Long.BYTES) {
        throw damaged(file, "it is too short");
      }
      // Not skip(): a DigestInputStream does not see what is skipped.
      byte[] chunk = new byte[CHUNK];
      for (long left = body; left > 0; ) {
        int read = in.readNBytes(chunk, 0, (int) Math.min(left, chunk.length));
        if (read == 0) {
          throw damaged(file, "it ends early");
        }
        left -= read;
      }
      byte[] actual = digest.digest();
      in.on(false);
      if (!MessageDigest.isEqual(actual, in.readNBytes(DIGEST_BYTES))) {
        throw damaged(file, "its checksum does not match");
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static void write(DataOutputStream out, TrainingProgress progress) throws IOException {
    out.writeInt(progress.step());
    out.writeDouble(progress.lossSum());
    out.writeDouble(progress.correctSum());
    out.writeInt(progress.seen());
    out.writeInt(progress.epochs().size());
    for (TrainingListener.Epoch epoch : progress.epochs()) {
      out.writeDouble(epoch.loss());
      write(out, epoch.accuracy());
      write(out, epoch.validationLoss());
      write(out, epoch.validationAccuracy());
      out.writeDouble(epoch.sparsity());
      out.writeDouble(epoch.learningRate());
    }
  }

  private static TrainingProgress readProgress(Path file, DataInputStream in) throws IOException {
    int step = in.readInt();
    double lossSum = in.readDouble();
    double correctSum = in.readDouble();
    int seen = in.readInt();
    int count = in.readInt();
    if (count < 0 || count > MOST_EPOCHS) {
      throw damaged(file, "it claims " + count + " epochs");
    }
    List<TrainingListener.Epoch> epochs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      epochs.add(
          new TrainingListener.Epoch(
              in.readDouble(),
              readOptional(in),
              readOptional(in),
              readOptional(in),
              in.readDouble(),
              in.readDouble()));
    }
    return new TrainingProgress(step, epochs, lossSum, correctSum, seen);
  }

  private static void write(DataOutputStream out, Optional<Double> value) throws IOException {
    out.writeBoolean(value.isPresent());
    out.writeDouble(value.orElse(0.0));
  }

  private static Optional<Double> readOptional(DataInputStream in) throws IOException {
    boolean present = in.readBoolean();
    double value = in.readDouble();
    return present ? Optional.of(value) : Optional.empty();
  }

  private static void write(DataOutputStream out, float[] values) throws IOException {
    out.writeInt(values.length);
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * Float.BYTES);
    for (int at = 0; at < values.length; at += CHUNK) {
      int count = Math.min(CHUNK, values.length - at);
      chunk.clear().asFloatBuffer().put(values, at, count);
      out.write(chunk.array(), 0, count * Float.BYTES);
    }
  }

  private static float[] readFloats(Path file, DataInputStream in, int expected)
      throws IOException {
    int length = in.readInt();
    if (length != expected) {
      throw damaged(file, "a variable has " + length + " values, not " + expected);
    }
    float[] values = new float[length];
    byte[] chunk = new byte[CHUNK * Float.BYTES];
    for (int at = 0; at < length; at += CHUNK) {
      int count = Math.min(CHUNK, length - at);
      in.readFully(chunk, 0, count * Float.BYTES);
      ByteBuffer.wrap(chunk).asFloatBuffer().get(values, at, count);
    }
    return values;
  }

  private static TrainingException damaged(Path file, String what) {
    return new TrainingException(
        CHECKPOINT, "checkpoint " + file + ": " + what + "; remove it to start anew");
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
