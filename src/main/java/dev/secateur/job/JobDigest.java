package dev.secateur.job;

import dev.secateur.result.Engine;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** A job's identity: equal for equal inputs, plan and engine, whatever machine and time. */
public final class JobDigest {
  private JobDigest() {}

  /**
   * SHA-256 over the digests of the model and of the training, evaluation and representative set
   * ("" for none), the canonical plan and the engine version; lower-case hexadecimal.
   */
  public static String of(Job job) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      field(digest, job.model().sha256().getBytes(StandardCharsets.UTF_8));
      field(digest, job.train().sha256().getBytes(StandardCharsets.UTF_8));
      field(digest, sha256(job.evaluation()));
      field(digest, sha256(job.representative()));
      field(digest, job.plan().canonical());
      field(digest, Engine.VERSION.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static byte[] sha256(Optional<Input> input) {
    return input.map(Input::sha256).orElse("").getBytes(StandardCharsets.UTF_8);
  }

  /** Each field with a length before it, so that no two sequences of fields run together. */
  private static void field(MessageDigest digest, byte[] bytes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.update((byte) (bytes.length >> shift));
    }
    digest.update(bytes);
  }
}
