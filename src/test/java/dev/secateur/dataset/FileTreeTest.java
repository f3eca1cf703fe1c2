package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FileTreeTest {
  @TempDir Path dir;

  /** What holds files and symbolic links. */
  private enum Kind {
    FOLDER {
      @Override
      FileTree write(Path dir, Map<String, String> files, Map<String, String> links)
          throws IOException {
        Path root = dir.resolve("root");
        for (var file : files.entrySet()) {
          Files.createDirectories(root.resolve(file.getKey()).getParent());
          Files.writeString(root.resolve(file.getKey()), file.getValue());
        }
        for (var link : links.entrySet()) {
          Files.createDirectories(root.resolve(link.getKey()).getParent());
          Files.createSymbolicLink(root.resolve(link.getKey()), Path.of(link.getValue()));
        }
        return new FileTree.Folder(root);
      }
    },
    ZIP {
      @Override
      FileTree write(Path dir, Map<String, String> files, Map<String, String> links)
          throws IOException {
        Path file = dir.resolve("root.zip");
        try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(file)) {
          for (var each : files.entrySet()) {
            add(out, each.getKey(), each.getValue(), UnixStat.FILE_FLAG | 0644);
          }
          for (var each : links.entrySet()) {
            add(out, each.getKey(), each.getValue(), UnixStat.LINK_FLAG | 0777);
          }
        }
        return new ArchiveTree.Zip(file);
      }
    },
    TAR_GZ {
      @Override
      FileTree write(Path dir, Map<String, String> files, Map<String, String> links)
          throws IOException {
        Path file = dir.resolve("root.tar.gz");
        try (TarArchiveOutputStream out =
            new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(file)))) {
          for (var each : links.entrySet()) {
            TarArchiveEntry entry = new TarArchiveEntry(each.getKey(), TarConstants.LF_SYMLINK);
            entry.setLinkName(each.getValue());
            out.putArchiveEntry(entry);
            out.closeArchiveEntry();
          }
          for (var each : files.entrySet()) {
            add(out, each.getKey(), each.getValue());
          }
        }
        return new ArchiveTree.Tar(file);
      }
    };

    abstract FileTree write(Path dir, Map<String, String> files, Map<String, String> links)
        throws IOException;
  }

  private static void add(ZipArchiveOutputStream out, String name, String content, int mode)
      throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setUnixMode(mode);
    out.putArchiveEntry(entry);
    out.write(content.getBytes(StandardCharsets.UTF_8));
    out.closeArchiveEntry();
  }

  private static void add(TarArchiveOutputStream out, String name, String content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry("./" + name);
    entry.setSize(content.length());
    out.putArchiveEntry(entry);
    out.write(content.getBytes(StandardCharsets.UTF_8));
    out.closeArchiveEntry();
  }

  /** What is seen at each path. */
  private static Map<String, String> contents(FileTree tree) throws IOException {
    Map<String, String> files = tree.files();
    Map<String, String> read = new TreeMap<>();
    tree.read(
        new TreeSet<>(files.values()),
        (path, in) -> read.put(path, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    Map<String, String> contents = new TreeMap<>();
    files.forEach((seen, path) -> contents.put(seen, read.get(path)));
    return contents;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void linksToFilesAndFoldersAreFollowed(Kind kind) throws IOException {
    FileTree tree =
        kind.write(
            dir,
            Map.of("real/a/1.png", "one", "real/b/2.png", "two"),
            Map.of(
                "set/x", "../real/a", "set/y", "z", "set/z", "../real/b", "set/3.png", "x/1.png"));
    Map<String, String> contents = contents(tree);
    assertThat(contents)
        .containsEntry("real/a/1.png", "one")
        .containsEntry("set/x/1.png", "one")
        .containsEntry("set/y/2.png", "two")
        .containsEntry("set/z/2.png", "two")
        .containsEntry("set/3.png", "one");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aLinkToNothingIsRefusedByItsName(Kind kind) throws IOException {
    FileTree tree = kind.write(dir, Map.of("a/1.png", "one"), Map.of("b/2.png", "../gone.png"));
    assertThatThrownBy(tree::files)
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("b/2.png: is a link to nothing");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aLinkInACircleIsRefusedByItsName(Kind kind) throws IOException {
    FileTree tree = kind.write(dir, Map.of("a/1.png", "one"), Map.of("a/up", ".."));
    assertThatThrownBy(tree::files)
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("a/up")
        .hasMessageContaining("is a link");
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"ZIP", "TAR_GZ"})
  void aLinkOutOfAnArchiveIsRefused(Kind kind) throws IOException {
    for (String target : List.of("/etc/hostname", "../../etc/hostname")) {
      FileTree tree = kind.write(dir, Map.of("a/1.png", "one"), Map.of("a/2.png", target));
      assertThatThrownBy(tree::files)
          .isInstanceOf(DatasetException.class)
          .hasMessageContaining("a/2.png: is a link to outside the archive");
    }
  }

  @Test
  void whatMayNotBeReadIsNamed() throws IOException {
    Path file = dir.resolve("root").resolve("a").resolve("1.png");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "one");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeThat(Files.isReadable(file)).as("the superuser reads everything").isFalse();
    assertThatThrownBy(() -> contents(new FileTree.Folder(dir.resolve("root"))))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("a/1.png: cannot be read");
  }

  @Test
  void digestsFollowLinksToo() throws IOException {
    Kind.FOLDER.write(dir, Map.of("real/1.png", "one"), Map.of("set/x", "../real"));
    Path set = dir.resolve("root/set");
    String before = SourceDigest.of(set);
    assertThat(Files.isDirectory(set.resolve("x"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    Files.writeString(dir.resolve("root/real/1.png"), "two");
    assertThat(SourceDigest.of(set)).isNotEqualTo(before);
  }
}
