package dev.secateur.store;

import io.minio.credentials.Credentials;
import io.minio.credentials.Jwt;
import io.minio.credentials.Provider;
import io.minio.credentials.StaticProvider;
import io.minio.credentials.WebIdentityProvider;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProviderException;
import java.util.Properties;
import java.util.UUID;
import okhttp3.OkHttpClient;

/**
 * Where the keys of a store come from; throws {@link ProviderException} while there are none.
 * Nothing here ever prints one.
 */
public final class CredentialSources {
  /** How long a session from a token is asked for; the library renews it when it ends. */
  private static final int SESSION_SECONDS = 3600;

  private CredentialSources() {}

  public static Provider keys(String accessKey, String secretKey) {
    return new StaticProvider(accessKey, secretKey, null);
  }

  /**
   * A properties file with {@code access-key}, {@code secret-key} and perhaps {@code
   * session-token}, read at each request, so that a rotated secret is taken up.
   */
  public static Provider file(Path file) {
    return () -> {
      Properties properties = new Properties();
      try (Reader reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      } catch (IOException e) {
        throw unreadable(file, "the store's credentials", e);
      }
      return new Credentials(
          required(properties, "access-key", file),
          required(properties, "secret-key", file),
          properties.getProperty("session-token"),
          null);
    };
  }

  /**
   * A session for a web identity token, as AWS IRSA mounts one and as MinIO's STS takes it.
   *
   * @param stsEndpoint of the security token service
   * @param roleArn role to assume; empty where the server derives it from the token
   */
  public static Provider webIdentity(
      Path tokenFile, String stsEndpoint, String roleArn, OkHttpClient client) {
    return new WebIdentityProvider(
        () -> token(tokenFile),
        stsEndpoint,
        SESSION_SECONDS,
        null,
        roleArn.isEmpty() ? null : roleArn,
        "secateur-" + UUID.randomUUID(),
        client);
  }

  private static Jwt token(Path file) {
    try {
      return new Jwt(Files.readString(file).strip(), SESSION_SECONDS);
    } catch (IOException e) {
      throw unreadable(file, "the web identity token", e);
    }
  }

  /** Without a cause: the client would throw that instead. */
  private static ProviderException unreadable(Path file, String what, IOException e) {
    return new ProviderException(
        file + ": cannot read " + what + " (" + e.getClass().getSimpleName() + ")");
  }

  private static String required(Properties properties, String key, Path file) {
    String value = properties.getProperty(key);
    if (value == null || value.isBlank()) {
      throw new ProviderException(file + ": " + key + " is missing");
    }
    return value.strip();
  }
}
