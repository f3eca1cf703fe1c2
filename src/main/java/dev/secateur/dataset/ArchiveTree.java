package dev.secateur.dataset;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** Files of archives; no entry is ever written under its own name. */
final class ArchiveTree {
  private static final String REMEDY = "pack it again";
  private static final int GZIP = 0x1f8b;

  /** Bytes of an entry's head. */
  private static final int HEAD = 512;

  private ArchiveTree() {}

  private static DatasetException damaged(Path file, IOException e) {
    return new DatasetException(file, "", "is damaged or truncated: " + e.getMessage(), REMEDY, e);
  }

  private static DatasetException unreadable(Path file, String entry, IOException e) {
    return new DatasetException(file, entry, "cannot be read: " + e.getMessage(), REMEDY, e);
  }

  /** A zip file. */
  record Zip(Path file) implements FileTree {
    @Override
    public Map<String, String> files() {
      Set<String> files = new TreeSet<>();
      Map<String, String> links = new HashMap<>();
      try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
        for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
          String name = ArchiveLinks.plain(entry.getName());
          if (entry.isUnixSymlink()) {
            links.put(name, ArchiveLinks.target(name, zip.getUnixSymlink(entry)));
          } else if (!entry.isDirectory()) {
            files.add(name);
          }
        }
      } catch (IOException e) {
        throw damaged(file, e);
      }
      return new ArchiveLinks(file, files, links).resolved();
    }

    @Override
    public void read(Set<String> wanted, Reader reader) throws IOException {
      try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
        List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
        entries.sort(Comparator.comparing(ZipArchiveEntry::getName));
        for (ZipArchiveEntry entry : entries) {
          String name = ArchiveLinks.plain(entry.getName());
          if (wanted.contains(name) && !entry.isDirectory() && !entry.isUnixSymlink()) {
            try (InputStream in = zip.getInputStream(entry)) {
              reader.read(name, in);
            } catch (IOException e) {
              throw unreadable(file, name, e);
            }
          }
        }
      }
    }
  }

  /** A tar file, plain or in gzip, read from its beginning each time. */
  record Tar(Path file) implements FileTree {
    static TarArchiveInputStream open(Path file) throws IOException {
      return new TarArchiveInputStream(inflated(file));
    }

    private static InputStream inflated(Path file) throws IOException {
      InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      raw.mark(2);
      boolean zipped = (raw.read() << 8 | raw.read()) == GZIP;
      raw.reset();
      return zipped ? new GzipCompressorInputStream(raw, true) : raw;
    }

    /** Whether a file's first block is the head of an entry, as its checksum tells. */
    static boolean begins(Path file) {
      try (InputStream in = inflated(file)) {
        byte[] head = in.readNBytes(HEAD);
        return head.length == HEAD && head[0] != 0 && TarUtils.verifyCheckSum(head);
      } catch (IOException | IllegalArgumentException e) {
        return false;
      }
    }

    private interface EntryReader {
      void read(TarArchiveEntry entry, InputStream in) throws IOException;
    }

    private void each(EntryReader reader) throws IOException {
      try (TarArchiveInputStream tar = open(file)) {
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          reader.read(entry, tar);
        }
      }
    }

    @Override
    public Map<String, String> files() {
      Set<String> files = new TreeSet<>();
      Map<String, String> links = new HashMap<>();
      try {
        each(
            (entry, in) -> {
              String name = ArchiveLinks.plain(entry.getName());
              if (entry.isSymbolicLink()) {
                links.put(name, ArchiveLinks.target(name, entry.getLinkName()));
              } else if (entry.isLink()) {
                links.put(name, ArchiveLinks.plain(entry.getLinkName()));
              } else if (entry.isFile()) {
                files.add(name);
              }
            });
      } catch (IOException e) {
        throw damaged(file, e);
      }
      return new ArchiveLinks(file, files, links).resolved();
    }

    @Override
    public void read(Set<String> wanted, Reader reader) throws IOException {
      each(
          (entry, in) -> {
            String name = ArchiveLinks.plain(entry.getName());
            boolean link = entry.isSymbolicLink() || entry.isLink();
            if (wanted.contains(name) && entry.isFile() && !link) {
              try {
                reader.read(name, in);
              } catch (IOException e) {
                throw unreadable(file, name, e);
              }
            }
          });
    }
  }
}
