package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.util.Set;

/** What S3's error codes mean here. Source: "Error responses" in the Amazon S3 API reference. */
final class S3Errors {
  private static final Set<String> FULL =
      Set.of("XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded");

  /**
   * Of two conditional requests at once, this one may be asked again; so may one that was broken
   * off or damaged on its way; credentials that are being rotated will do again soon.
   */
  private static final Set<String> LATER =
      Set.of(
          "ConditionalRequestConflict",
          "OperationAborted",
          "RequestTimeout",
          "IncompleteBody",
          "BadDigest",
          "XAmzContentSHA256Mismatch",
          "RequestTimeTooSkewed",
          "SlowDown",
          "ExpiredToken",
          "ExpiredTokenException",
          "TokenRefreshRequired");

  private S3Errors() {}

  static Kind kind(String code, int status) {
    if (FULL.contains(code) || status == 507) {
      return Kind.FULL;
    }
    if (LATER.contains(code)) {
      return Kind.UNAVAILABLE;
    }
    if (code.equals("EntityTooLarge")) {
      return Kind.TOO_LARGE;
    }
    return switch (status) {
      case 404 -> Kind.NOT_FOUND;
      case 401, 403 -> Kind.FORBIDDEN;
      case 412, 416 -> Kind.CHANGED;
      case 400, 405, 409, 411, 501 -> Kind.FORBIDDEN;
      default -> Kind.UNAVAILABLE;
    };
  }
}
