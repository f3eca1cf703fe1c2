package dev.secateur.job;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What equal beginnings of jobs need is made once. A product's bytes are followed by the SHA-256
 * over its origin's digest and themselves; what does not match is made anew. A store that does not
 * work costs the job nothing but the saving.
 *
 * @param listener is told what was not made again
 * @param directory for what is being read
 */
record SharedProducts(ProductStore store, JobListener listener, Path directory) {
  private static final System.Logger LOG = System.getLogger(SharedProducts.class.getName());
  private static final int DIGEST = 32;

  /** A product as bytes, and back. */
  interface Codec<T> {
    void write(T product, DataOutputStream out) throws IOException;

    T read(DataInputStream in) throws IOException;
  }

  /** The product, as an earlier job made it or else made now. */
  <T> T get(Origin origin, Codec<T> codec, Supplier<T> making) {
    return find(origin, codec)
        .orElseGet(
            () -> {
              T made = making.get();
              keep(origin, codec, made);
              return made;
            });
  }

  /** Empty if no job has made it, or if what was kept is not what was made. */
  <T> Optional<T> find(Origin origin, Codec<T> codec) {
    String digest = origin.digest();
    try {
      Optional<InputStream> kept = store.open(digest);
      if (kept.isEmpty()) {
        return Optional.empty();
      }
      Path file = Files.createTempFile(Files.createDirectories(directory), "secateur-", ".product");
      try {
        try (InputStream in = kept.get()) {
          Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        if (!sound(file, digest)) {
          return Optional.empty();
        }
        try (DataInputStream data =
            new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
          T found = codec.read(data);
          listener.reused(origin.what());
          return Optional.of(found);
        }
      } finally {
        Files.delete(file);
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING, origin.what() + ": cannot be read, and is made anew: " + e);
      return Optional.empty();
    }
  }

  /** Whether the bytes are those that were kept under this digest; takes what proves it away. */
  private static boolean sound(Path file, String origin) throws IOException {
    long payload = Files.size(file) - DIGEST;
    if (payload < 0) {
      return false;
    }
    MessageDigest digest = begin(origin);
    byte[] kept;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      byte[] buffer = new byte[1 << 16];
      for (long left = payload; left > 0; ) {
        int read = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
        digest.update(buffer, 0, read);
        left -= read;
      }
      kept = in.readNBytes(DIGEST);
    }
    if (!Arrays.equals(kept, digest.digest())) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(payload);
    }
    return true;
  }

  <T> void keep(Origin origin, Codec<T> codec, T product) {
    String digest = origin.digest();
    try {
      store.keep(digest, out -> write(out, digest, codec, product));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, origin.what() + ": is kept for no other job: " + e);
    }
  }

  private static <T> void write(OutputStream out, String origin, Codec<T> codec, T product)
      throws IOException {
    DigestOutputStream digested = new DigestOutputStream(out, begin(origin));
    DataOutputStream data = new DataOutputStream(new BufferedOutputStream(digested));
    codec.write(product, data);
    data.flush();
    out.write(digested.getMessageDigest().digest());
  }

  private static MessageDigest begin(String origin) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(origin.getBytes(StandardCharsets.US_ASCII));
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
