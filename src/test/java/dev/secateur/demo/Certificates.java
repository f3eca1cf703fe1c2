package dev.secateur.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority of its own and a server's certificate that it signed, made by the JDK's keytool. */
public final class Certificates {
  private static final String PASSWORD = "of-a-file-that-is-deleted";
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.UTF_8));

  private final Path directory;

  private Certificates(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes them.
   *
   * @param names what the server is called, such as {@code dns:s3.test} or {@code ip:127.0.0.1}
   */
  public static Certificates create(Path directory, String... names) throws Exception {
    Files.createDirectories(directory);
    Path file = directory.resolve("keys.p12");
    keytool(file, "authority", "-ext", "bc:c");
    keytool(file, "server", "-signer", "authority", "-ext", "san=" + String.join(",", names));
    Certificates certificates = new Certificates(directory);
    certificates.write(file);
    Files.delete(file);
    return certificates;
  }

  private static void keytool(Path file, String alias, String... more) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keystore", file.toString(), "-storepass", PASSWORD));
    command.addAll(List.of("-alias", alias, "-dname", "CN=" + alias, "-keyalg", "EC"));
    command.addAll(List.of("-groupname", "secp256r1", "-validity", "2"));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
  }

  private void write(Path file) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Key key = keys.getKey("server", PASSWORD.toCharArray());
    String secret = pem("PRIVATE KEY", key.getEncoded());
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : keys.getCertificateChain("server")) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(directory.resolve("private.key"), secret);
    Files.writeString(directory.resolve("public.crt"), chain);
    Files.writeString(keyAndChain(), secret + chain);
    Files.writeString(
        authority(), pem("CERTIFICATE", keys.getCertificate("authority").getEncoded()));
  }

  private static String pem(String type, byte[] content) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(type, LINES.encodeToString(content), type);
  }

  /** With {@code public.crt} and {@code private.key}, as MinIO wants them. */
  public Path directory() {
    return directory;
  }

  /** The server's key and its certificates in one file, as Kafka wants them. */
  public Path keyAndChain() {
    return directory.resolve("server.pem");
  }

  /** What a client trusts. */
  public Path authority() {
    return directory.resolve("authority.pem");
  }
}
