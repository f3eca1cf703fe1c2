package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * A zip whose entries are read into memory by name. Nothing is unpacked to the disk. Names that
 * lead elsewhere, links, duplicates and bombs are refused all the same: nobody writes them into a
 * model.
 */
final class ZipEntries implements AutoCloseable {
  private final ZipFile zip;
  private final Map<String, ZipArchiveEntry> entries;

  private ZipEntries(ZipFile zip, Map<String, ZipArchiveEntry> entries) {
    this.zip = zip;
    this.entries = entries;
  }

  static ZipEntries open(Path file) throws IOException {
    ZipFile zip;
    try {
      zip = ZipFile.builder().setPath(file).get();
    } catch (IOException | RuntimeException e) {
      throw Refusal.corrupt(
          "", "not readable as a zip: " + Reason.abbreviated(String.valueOf(e.getMessage())));
    }
    try {
      return new ZipEntries(zip, checked(zip));
    } catch (RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static Map<String, ZipArchiveEntry> checked(ZipFile zip) {
    Map<String, ZipArchiveEntry> entries = new HashMap<>();
    Enumeration<ZipArchiveEntry> all = zip.getEntries();
    while (all.hasMoreElements()) {
      ZipArchiveEntry entry = all.nextElement();
      String name = ArchiveBounds.name(entry.getName());
      ArchiveBounds.checkCount(entries.size());
      if (entry.isUnixSymlink()) {
        throw ArchiveBounds.link(name);
      }
      if (entries.put(name, entry) != null) {
        throw ArchiveBounds.twice(name);
      }
      long ratio = entry.getSize() / Math.max(1, entry.getCompressedSize());
      if (entry.getSize() > ArchiveBounds.SMALL && ratio > ArchiveBounds.HIGHEST_RATIO) {
        throw new Refusal(
            Kind.LIMIT,
            Reason.abbreviated(name),
            "an entry that unpacks to " + ratio + " times its size",
            "save the model again with Keras");
      }
    }
    return entries;
  }

  Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  byte[] bytes(String name) {
    ZipArchiveEntry entry = entries.get(name);
    long size = entry.getSize();
    if (size < 0 || size > Integer.MAX_VALUE - 16) {
      throw Refusal.limit(name, "an entry of " + size + " bytes");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] content = in.readNBytes((int) size);
      if (content.length != size || in.read() >= 0) {
        throw Refusal.corrupt(name, "the entry has another size than the directory says");
      }
      return content;
    } catch (ZipException e) {
      throw Refusal.corrupt(name, "cannot be unpacked: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      throw e instanceof Refusal r ? r : Refusal.corrupt(name, "cannot be unpacked: " + e);
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
