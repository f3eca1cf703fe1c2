package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.List;

/** What no archive of a model has: names that lead elsewhere, links, duplicates, bombs. */
final class ArchiveBounds {
  static final int MOST_ENTRIES = 10_000;
  static final long HIGHEST_RATIO = 200;

  /** Bytes that may come of any number of bytes. */
  static final long SMALL = 1 << 20;

  private ArchiveBounds() {}

  /**
   * The path of an entry, with slashes also where Windows wrote it.
   *
   * @throws Refusal if it leads out of the archive
   */
  static String name(String written) {
    String name = written.replace('\\', '/');
    if (name.startsWith("/") || List.of(name.split("/")).contains("..")) {
      throw Refusal.corrupt(Reason.abbreviated(name), "an entry that leads out of the file");
    }
    return name.startsWith("./") ? name.substring(2) : name;
  }

  static void checkCount(int before) {
    if (before >= MOST_ENTRIES) {
      throw Refusal.limit("", "more than " + MOST_ENTRIES + " entries");
    }
  }

  static Refusal link(String name) {
    return Refusal.corrupt(Reason.abbreviated(name), "an entry that is a link");
  }

  static Refusal twice(String name) {
    return Refusal.corrupt(Reason.abbreviated(name), "two entries of this name");
  }
}
