package dev.secateur.store;

/** The media types of what is written. */
final class ContentTypes {
  private ContentTypes() {}

  static String of(String key) {
    if (key.endsWith(".json")) {
      return "application/json";
    }
    if (key.endsWith(".html")) {
      return "text/html; charset=utf-8";
    }
    return "application/octet-stream";
  }
}
