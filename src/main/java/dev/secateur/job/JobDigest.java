package dev.secateur.job;

import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A job's identity: equal for equal inputs, plan and engine, whatever machine and time. */
public final class JobDigest {
  private JobDigest() {}

  /**
   * SHA-256 over the model's digest, the datasets' identities, the canonical plan and the engine
   * version; lower-case hexadecimal.
   *
   * @param datasets identity of the training, evaluation and representative set, "" for none
   */
  public static String of(String modelSha256, List<String> datasets, Plan plan) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      field(digest, modelSha256.getBytes(StandardCharsets.UTF_8));
      for (String dataset : datasets) {
        field(digest, dataset.getBytes(StandardCharsets.UTF_8));
      }
      field(digest, plan.canonical());
      field(digest, Engine.VERSION.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Each field with a length before it, so that no two sequences of fields run together. */
  private static void field(MessageDigest digest, byte[] bytes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.update((byte) (bytes.length >> shift));
    }
    digest.update(bytes);
  }
}
