package dev.secateur.worker;

import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.CredentialSources;
import dev.secateur.store.DirectoryStore;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.S3ObjectStore;
import dev.secateur.store.S3Settings;
import dev.secateur.store.StoreListener;
import io.minio.credentials.Provider;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;

/** The store that the configuration names; also for the commands that ask the same servers. */
public final class Stores {
  private Stores() {}

  /** An endpoint {@code file:/…} is a directory of buckets; any other is an S3 server. */
  public static ObjectStore open(WorkerConfiguration.Store store, StoreListener listener) {
    AllowedBuckets allowed =
        new AllowedBuckets(new HashSet<>(store.readBuckets()), new HashSet<>(store.writeBuckets()));
    URI endpoint = URI.create(store.endpoint());
    if ("file".equals(endpoint.getScheme())) {
      return new DirectoryStore(Path.of(endpoint), allowed);
    }
    S3Settings anonymous = settings(store, endpoint, Optional.empty());
    return new S3ObjectStore(
        settings(store, endpoint, credentials(store, anonymous)), allowed, listener);
  }

  private static S3Settings settings(
      WorkerConfiguration.Store store, URI endpoint, Optional<Provider> credentials) {
    return new S3Settings(
        endpoint,
        store.region(),
        store.pathStyle(),
        credentials,
        store.caFile().map(Path::of),
        store.connectTimeout(),
        store.readTimeout(),
        store.retries());
  }

  private static Optional<Provider> credentials(
      WorkerConfiguration.Store store, S3Settings settings) {
    return switch (store.credentials()) {
      case STATIC ->
          store
              .accessKey()
              .map(
                  access ->
                      CredentialSources.keys(
                          access,
                          needed(store.secretKey(), "secateur.store.secret-key", "access-key")));
      case FILE ->
          Optional.of(
              CredentialSources.file(
                  Path.of(
                      needed(
                          store.credentialsFile(),
                          "secateur.store.credentials-file",
                          "credentials=file"))));
      case WEB_IDENTITY ->
          Optional.of(
              CredentialSources.webIdentity(
                  Path.of(
                      needed(
                          or(store.webIdentityTokenFile(), "AWS_WEB_IDENTITY_TOKEN_FILE"),
                          "secateur.store.web-identity-token-file",
                          "credentials=web-identity")),
                  store.stsEndpoint().orElse(store.endpoint()),
                  or(store.roleArn(), "AWS_ROLE_ARN").orElse(""),
                  S3ObjectStore.http(settings)));
    };
  }

  private static Optional<String> or(Optional<String> configured, String variable) {
    return configured.or(() -> Optional.ofNullable(System.getenv(variable)));
  }

  private static String needed(Optional<String> value, String key, String because) {
    return value.orElseThrow(
        () -> new IllegalArgumentException(key + ": is needed with " + because));
  }
}
