import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Gathers the licences of what the packaged application brings along, before its native libraries
 * are unpacked:
 *
 * <pre>java deploy/Licences.java target/quarkus-app target/THIRD-PARTY.txt DIRECTORY</pre>
 *
 * <p>DIRECTORY gets THIRD-PARTY.txt, which names the licence of each jar as its publisher declares
 * it; NATIVES.txt, which says of each native library for this platform the jar that it is from;
 * and, where a jar has a licence's text or a notice, these, in a directory of its name. The Java
 * runtime's own are under /opt/java/legal, those of Debian's packages under /usr/share/doc.
 */
final class Licences {
  private static final Pattern TEXT =
      Pattern.compile("(?:.*/)?(?:LICEN[CS]E|NOTICE|COPYING)[^/]*(?<!\\.class|/)");
  private static final String MACHINE =
      System.getProperty("os.arch").equals("aarch64") ? "(?:aarch64|arm64)" : "(?:x86_64|amd64)";
  private static final Pattern NATIVE =
      Pattern.compile("(?i).*linux[-/]" + MACHINE + "(?:-gpu)?/([^/]*\\.so[.0-9]*)");

  public static void main(String[] arguments) throws IOException {
    Path into = Files.createDirectories(Path.of(arguments[2]));
    Files.copy(Path.of(arguments[1]), into.resolve("THIRD-PARTY.txt"));
    List<Path> jars;
    try (Stream<Path> files = Files.list(Path.of(arguments[0], "lib/main"))) {
      jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
    }
    TreeSet<String> natives = new TreeSet<>();
    for (Path jar : jars) {
      String name = jar.getFileName().toString().replaceFirst("\\.jar$", "");
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        for (ZipEntry entry : zip.stream().toList()) {
          var library = NATIVE.matcher(entry.getName());
          if (library.matches()) {
            natives.add(library.group(1) + "\t" + name);
          } else if (!entry.isDirectory() && TEXT.matcher(entry.getName()).matches()) {
            Path text = into.resolve(name).resolve(entry.getName().replace('/', '-'));
            Files.createDirectories(text.getParent());
            try (InputStream in = zip.getInputStream(entry)) {
              Files.write(text, in.readAllBytes());
            }
          }
        }
      }
    }
    if (natives.isEmpty()) {
      throw new IOException(
          "no native library for " + System.getProperty("os.arch") + " in " + arguments[0]);
    }
    Files.write(into.resolve("NATIVES.txt"), natives);
  }
}
