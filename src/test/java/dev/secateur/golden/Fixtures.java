package dev.secateur.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The set that {@code fixtures/generate.py} made: in the directory that the system property {@code
 * secateur.fixtures} names, else in {@code ~/.cache/secateur/fixtures/<digest of the generator>}.
 * Its index names each fixture's own directory, which sets share.
 */
final class Fixtures {
  private static final Path GENERATOR = Path.of("fixtures");

  private Fixtures() {}

  static Path directory() {
    String named = System.getProperty("secateur.fixtures", "");
    return named.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".cache", "secateur", "fixtures", digest())
        : Path.of(named);
  }

  /** All fixtures, or nothing where the set was not generated. */
  static Optional<List<Fixture>> load() {
    Path index = directory().resolve("index.json");
    if (!Files.exists(index)) {
      return Optional.empty();
    }
    try {
      List<Fixture> fixtures = new ArrayList<>();
      for (JsonNode entry : new JsonMapper().readTree(index.toFile()).path("fixtures")) {
        fixtures.add(
            new Fixture(directory().resolve(entry.path("directory").asText()).normalize(), entry));
      }
      return Optional.of(fixtures);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@code digest()} in generate.py: the first 16 digits of the SHA-256 over its files. */
  static String digest() {
    try (Stream<Path> files = Files.list(GENERATOR)) {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (Path file : files.filter(f -> f.toString().endsWith(".py")).sorted().toList()) {
        sha.update(Files.readAllBytes(file));
      }
      return HexFormat.of().formatHex(sha.digest()).substring(0, 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
