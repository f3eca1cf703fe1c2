package dev.secateur.ledger;

import dev.secateur.store.Digests;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where each object of the ledger lies, below the state's address. */
final class Keys {
  static final String ORDERS = "orders/";
  static final String PENDING = "pending/";
  static final String CLAIMS = "claims/";
  static final String RESULTS = "results/";
  static final String JOBS = "jobs/";
  static final String PRODUCTS = "products/";
  static final String CHECKPOINTS = "checkpoints/";
  static final String ATTEMPTS = "attempts/";
  static final String CANCELS = "cancels/";
  static final String PAUSES = "pauses/";
  static final String DEFECTS = "defects/";
  static final String SEARCHES = "searches/";
  static final String TURNS = "turns/";

  static final String HEART = ".heart";
  static final String RELEASED = ".released";

  private static final long LAST_MILLIS = 9_999_999_999_999L;
  private static final int LONGEST_NAME = 128;
  private static final Pattern ORDER = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern PENDING_NAME = Pattern.compile("[0-9]{13}-(" + ORDER + ")");

  private Keys() {}

  static boolean isOrder(String name) {
    return ORDER.matcher(name).matches();
  }

  static String order(String order) {
    return ORDERS + order;
  }

  static String result(String order) {
    return RESULTS + order;
  }

  static String pending(int priority) {
    return PENDING + (Order.HIGHEST - priority) + "/";
  }

  static String pending(Order order) {
    return pending(order.priority()) + encoded(order.tenant()) + "/" + pendingName(order);
  }

  /** Sorts by age. A time that no clock can show is the nearest that one can. */
  private static String pendingName(Order order) {
    Instant since = order.since();
    boolean past = since.isBefore(Instant.EPOCH);
    boolean future = since.isAfter(Instant.ofEpochMilli(LAST_MILLIS));
    long millis = past ? 0 : future ? LAST_MILLIS : since.toEpochMilli();
    return "%013d-%s".formatted(millis, order.id());
  }

  /** The order of a name under {@code pending/}; empty for a name that is none. */
  static Optional<String> orderOf(String pendingName) {
    Matcher name = PENDING_NAME.matcher(pendingName);
    return name.matches() ? Optional.of(name.group(1)) : Optional.empty();
  }

  static String claims(String order) {
    return CLAIMS + order + "/";
  }

  static String claim(String order, long epoch) {
    return claims(order) + "%06d".formatted(epoch);
  }

  static String job(String job, int n) {
    return JOBS + job + "/" + "%06d".formatted(n);
  }

  /** What was decided after so many trials. */
  static String search(String search, int tried) {
    return SEARCHES + search + "/" + "%06d".formatted(tried);
  }

  static String cancel(String order) {
    return CANCELS + order;
  }

  static String defect(String position, int n) {
    return DEFECTS + encoded(position) + "/" + n;
  }

  /**
   * A stranger's name as one part of a key: letters, digits, {@code . _ -} and percent signs; equal
   * only for equal names.
   */
  static String encoded(String name) {
    String part =
        URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
    if (part.startsWith(".")) {
      // A part of dots alone means another place.
      part = "%2E" + part.substring(1);
    }
    if (part.length() > LONGEST_NAME) {
      String digest = Digests.sha256(name.getBytes(StandardCharsets.UTF_8));
      part = part.substring(0, LONGEST_NAME / 2) + "%" + digest;
    }
    return part.isEmpty() ? "%" : part;
  }
}
