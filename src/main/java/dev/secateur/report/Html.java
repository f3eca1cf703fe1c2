package dev.secateur.report;

import java.util.Locale;

/** Text on its way into HTML. */
public final class Html {
  private Html() {}

  /** Names come from files that others made. */
  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  public static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  public static String percent(double fraction) {
    return format("%.2f %%", 100 * fraction);
  }

  public static String kibibytes(long bytes) {
    return format("%,.1f KiB", bytes / 1024.0);
  }

  public static String section(String title, String body) {
    return "<section><h2>" + escape(title) + "</h2>\n" + body + "</section>\n";
  }
}
