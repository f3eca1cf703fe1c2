package dev.secateur.store;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.function.CheckedSupplier;
import dev.secateur.store.StoreException.Kind;
import dev.secateur.store.StoreListener.Operation;
import dev.secateur.store.StoreListener.Result;
import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.ListObjectsArgs;
import io.minio.MinioClient;
import io.minio.ObjectWriteResponse;
import io.minio.RemoveObjectArgs;
import io.minio.RemoveObjectsArgs;
import io.minio.StatObjectArgs;
import io.minio.StatObjectResponse;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.ServerException;
import io.minio.http.HttpUtils;
import io.minio.messages.DeleteError;
import io.minio.messages.DeleteObject;
import io.minio.messages.Item;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.Dispatcher;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * An S3-compatible server, through MinIO's client. Create-only writes carry {@code If-None-Match:
 * *}; {@code If-Match} on a write is never used, since servers disagree on a missing key.
 */
public final class S3ObjectStore implements ObjectStore {
  /** Larger objects are uploaded in parts of this size; also the part that a failure repeats. */
  private static final long PART = 64L << 20;

  /** S3's smallest part size, which the client asks for even where there is only one part. */
  private static final long SMALLEST_PART = 5L << 20;

  /** S3 gives no more in one answer. */
  private static final int LARGEST_PAGE = 1000;

  /** Requests to one host; more wait for these. */
  private static final int AT_ONCE = 64;

  /**
   * For which a connection is kept that nobody needs: servers close theirs after a minute or so.
   */
  private static final Duration IDLE = Duration.ofSeconds(50);

  private static final String DIGEST = "sha256";

  /** Bytes a second at which an upload is still waited for: half a line of 1 KB/s. */
  private static final long SLOWEST = 1 << 9;

  /** What that adds to the time-out at most: a store that died is to be noticed. */
  private static final Duration LONGEST_UPLOAD = Duration.ofMinutes(4);

  private final MinioClient client;
  private final SmallObjects small;
  private final OkHttpClient http;
  private final AllowedBuckets allowed;
  private final StoreListener listener;
  private final RetryPolicy<Object> retries;

  public S3ObjectStore(S3Settings settings, AllowedBuckets allowed, StoreListener listener) {
    this.http =
        "http".equalsIgnoreCase(settings.endpoint().getScheme()) ? clear(settings) : http(settings);
    this.allowed = allowed;
    this.listener = listener;
    MinioClient.Builder builder =
        MinioClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .httpClient(http);
    settings.credentials().ifPresent(builder::credentialsProvider);
    this.client = builder.build();
    if (settings.pathStyle()) {
      client.disableVirtualStyleEndpoint();
    } else {
      client.enableVirtualStyleEndpoint();
    }
    this.small = SmallObjects.open(settings, http);
    this.retries =
        Waits.policy(Duration.ofMillis(100), Duration.ofSeconds(5))
            .handleIf(e -> e instanceof StoreException s && s.kind() == Kind.UNAVAILABLE)
            .withMaxRetries(settings.retries())
            .build();
  }

  /** A client with the settings' time-outs and authorities; also what asks for credentials. */
  public static OkHttpClient http(S3Settings settings) {
    OkHttpClient client =
        limited(
            HttpUtils.newDefaultHttpClient(
                    settings.connectTimeout().toMillis(),
                    settings.readTimeout().toMillis(),
                    settings.readTimeout().toMillis())
                .newBuilder());
    if (settings.authorities().isEmpty()) {
      return client;
    }
    try {
      return HttpUtils.enableExternalCertificates(client, settings.authorities().get().toString());
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(
          settings.authorities().get() + ": cannot be read as PEM certificates", e);
    }
  }

  /**
   * One that knows no authorities: reading all that the system trusts takes a fifth of a start's
   * processor time, and in clear text nobody is asked for them. So it cannot follow to an encrypted
   * address, and says so.
   */
  private static OkHttpClient clear(S3Settings settings) {
    return limited(
        new OkHttpClient.Builder()
            .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
            .protocols(List.of(Protocol.HTTP_1_1))
            .followSslRedirects(false)
            .addInterceptor(S3ObjectStore::staysInClearText)
            .connectTimeout(settings.connectTimeout())
            .writeTimeout(settings.readTimeout())
            .readTimeout(settings.readTimeout()));
  }

  private static Response staysInClearText(Interceptor.Chain chain) throws IOException {
    Response answer = chain.proceed(chain.request());
    HttpUrl there = chain.request().url().resolve(answer.header("Location", ""));
    if (answer.isRedirect() && there != null && there.isHttps()) {
      answer.close();
      throw new MovedException(there);
    }
    return answer;
  }

  /** The rest of an address may hold a signature. */
  private static final class MovedException extends IOException {
    private static final long serialVersionUID = 1;

    MovedException(HttpUrl there) {
      super("sends to https://" + there.host() + ": make that the endpoint");
    }
  }

  private static OkHttpClient limited(OkHttpClient.Builder client) {
    // Of its own accord it has five at once under way to a host, and keeps five connections.
    Dispatcher dispatcher = new Dispatcher();
    dispatcher.setMaxRequestsPerHost(AT_ONCE);
    return client
        .dispatcher(dispatcher)
        .connectionPool(new ConnectionPool(AT_ONCE, IDLE.toMillis(), TimeUnit.MILLISECONDS))
        .addInterceptor(S3ObjectStore::waitForUpload)
        .build();
  }

  /**
   * The system's buffers take much of a body at once. Then it is on its way for as long as the line
   * needs, and that the answer is not there yet is no silence of the store's.
   */
  private static Response waitForUpload(Interceptor.Chain chain) throws IOException {
    RequestBody body = chain.request().body();
    int silence = chain.readTimeoutMillis();
    if (body == null || silence == 0) {
      return chain.proceed(chain.request());
    }
    long onItsWay = Math.min(LONGEST_UPLOAD.toMillis(), body.contentLength() * 1000 / SLOWEST);
    return chain
        .withReadTimeout((int) (silence + Math.max(0, onItsWay)), TimeUnit.MILLISECONDS)
        .proceed(chain.request());
  }

  @Override
  public Optional<StoredObject> stat(ObjectUri uri) {
    allowed.requireReadable(uri);
    return ifThere(
        () ->
            request(
                Operation.STAT,
                uri,
                () -> {
                  StatObjectResponse found =
                      client.statObject(
                          StatObjectArgs.builder()
                              .bucket(uri.bucket())
                              .object(uri.key())
                              .versionId(uri.version().orElse(null))
                              .build());
                  if (uri.version().isPresent()
                      && !uri.version().equals(Optional.ofNullable(found.versionId()))) {
                    // One that keeps none tells of the object as it is.
                    throw new StoreException(
                        Kind.NOT_FOUND, uri + ": the store keeps no versions of it");
                  }
                  return new StoredObject(
                      uri, found.size(), found.etag(), age(found.headers(), found.lastModified()));
                }));
  }

  @Override
  public Map<String, String> metadata(ObjectUri uri) {
    allowed.requireReadable(uri);
    Map<String, String> metadata = new HashMap<>();
    ifThere(
            () ->
                request(
                    Operation.STAT,
                    uri,
                    () ->
                        client.statObject(
                            StatObjectArgs.builder()
                                .bucket(uri.bucket())
                                .object(uri.key())
                                .versionId(uri.version().orElse(null))
                                .build())))
        .ifPresent(
            found ->
                found
                    .userMetadata()
                    .forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value)));
    return metadata;
  }

  @Override
  public String download(
      StoredObject object,
      Optional<String> sha256,
      long maxBytes,
      Path target,
      BooleanSupplier cancelled) {
    allowed.requireReadable(object.uri());
    Downloads.requireSize(object, maxBytes);
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try {
      Files.deleteIfExists(part);
      long before;
      do {
        before = sizeIfThere(part);
      } while (!fetchRest(object, part, before, cancelled));
      String digest = Digests.sha256(part);
      Downloads.requireDigest(object.uri(), sha256, digest);
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      return digest;
    } catch (IOException e) {
      throw Downloads.localTrouble(target, e);
    } finally {
      Downloads.discard(part);
    }
  }

  /**
   * Each repetition asks for the bytes that are still missing, of the same object.
   *
   * @return false if the repetitions are used up and yet bytes came: a long download over a line
   *     that breaks now and then gets new ones
   */
  private boolean fetchRest(
      StoredObject object, Path part, long before, BooleanSupplier cancelled) {
    try {
      return request(
          Operation.GET,
          object.uri(),
          () -> {
            Downloads.requireWanted(cancelled, part);
            long have = sizeIfThere(part);
            if (have < object.bytes() || object.bytes() == 0) {
              try (InputStream in = open(object, have)) {
                listener.read(Downloads.append(in, part, object.bytes() - have, cancelled));
              }
            }
            Downloads.requireComplete(object, part);
            return true;
          });
    } catch (StoreException e) {
      if (e.kind() == Kind.UNAVAILABLE && sizeIfThere(part) > before) {
        return false;
      }
      throw e;
    }
  }

  private static long sizeIfThere(Path part) {
    return Files.exists(part) ? size(part) : 0;
  }

  private InputStream open(StoredObject object, long offset) throws Exception {
    GetObjectArgs.Builder get =
        GetObjectArgs.builder()
            .bucket(object.uri().bucket())
            .object(object.uri().key())
            .versionId(object.uri().version().orElse(null))
            .matchETag(object.etag());
    return client.getObject((offset > 0 ? get.offset(offset) : get).build());
  }

  @Override
  public Optional<Content> get(ObjectUri uri, int maxBytes) {
    allowed.requireReadable(uri);
    return ifThere(
        () ->
            request(
                Operation.GET,
                uri,
                () -> {
                  try (GetObjectResponse in =
                      client.getObject(
                          GetObjectArgs.builder()
                              .bucket(uri.bucket())
                              .object(uri.key())
                              .versionId(uri.version().orElse(null))
                              .build())) {
                    byte[] bytes = in.readNBytes(maxBytes + 1);
                    if (bytes.length > maxBytes) {
                      throw new StoreException(
                          Kind.TOO_LARGE, uri + ": more than the " + maxBytes + " bytes expected");
                    }
                    listener.read(bytes.length);
                    return new Content(bytes, age(in.headers()));
                  }
                }));
  }

  @Override
  public void write(ObjectUri uri, byte[] content) {
    put(Operation.PUT, uri, content, Map.of());
  }

  @Override
  public Created create(ObjectUri uri, byte[] content) {
    try {
      Map<String, String> condition = Map.of("If-None-Match", "*");
      String etag = put(Operation.CREATE, uri, content, condition).etag();
      // Of an object in one part it is the MD5 digest, but where the store encrypts in its own way.
      return Digests.md5(content).equals(etag) ? Created.INTACT : Created.YES;
    } catch (StoreException e) {
      if (e.kind() == Kind.CHANGED) {
        return Created.NO;
      }
      throw e;
    }
  }

  private ObjectWriteResponse put(
      Operation operation, ObjectUri uri, byte[] content, Map<String, String> headers) {
    allowed.requireWritable(uri);
    ObjectWriteResponse response = request(operation, uri, () -> small.put(uri, content, headers));
    listener.written(content.length);
    return response;
  }

  @Override
  public void upload(Path file, ObjectUri uri) {
    allowed.requireWritable(uri);
    request(Operation.PUT, uri, () -> client.uploadObject(file(file, uri, PART).build()));
    listener.written(size(file));
  }

  @Override
  public boolean createFrom(Path file, String sha256, ObjectUri uri) {
    allowed.requireWritable(uri);
    // In one part, whatever the size: the condition holds for the request that carries it.
    long part = Math.max(size(file), SMALLEST_PART);
    boolean created =
        unlessThere(
            () ->
                request(
                    Operation.CREATE,
                    uri,
                    () ->
                        client.uploadObject(
                            file(file, uri, part)
                                .extraHeaders(Map.of("If-None-Match", "*"))
                                .userMetadata(Map.of(DIGEST, sha256))
                                .build())));
    if (created) {
      listener.written(size(file));
    }
    return created || sha256.equals(digestOf(uri));
  }

  private String digestOf(ObjectUri uri) {
    return request(
        Operation.STAT,
        uri,
        () -> {
          Map<String, String> metadata =
              client
                  .statObject(
                      StatObjectArgs.builder().bucket(uri.bucket()).object(uri.key()).build())
                  .userMetadata();
          return metadata.getOrDefault(DIGEST, "unknown");
        });
  }

  private static UploadObjectArgs.Builder file(Path file, ObjectUri uri, long part)
      throws IOException {
    return UploadObjectArgs.builder()
        .bucket(uri.bucket())
        .object(uri.key())
        .filename(file.toString(), part)
        .contentType(ContentTypes.of(uri.key()));
  }

  @Override
  public List<StoredObject> list(ObjectUri prefix, String after, int most) {
    return listed(
        prefix,
        after,
        most,
        true,
        item ->
            new StoredObject(
                new ObjectUri(prefix.bucket(), item.objectName()),
                item.size(),
                item.etag(),
                Duration.between(item.lastModified().toInstant(), Instant.now())));
  }

  @Override
  public List<String> names(ObjectUri prefix, String after, int most) {
    return listed(
        prefix, after, most, false, item -> item.objectName().substring(prefix.key().length()));
  }

  private <T> List<T> listed(
      ObjectUri prefix, String after, int most, boolean recursive, Function<Item, T> each) {
    allowed.requireReadable(prefix);
    return request(
        Operation.LIST,
        prefix,
        () -> {
          List<T> listed = new ArrayList<>();
          ListObjectsArgs.Builder args =
              ListObjectsArgs.builder()
                  .bucket(prefix.bucket())
                  .prefix(prefix.key())
                  .recursive(recursive)
                  .maxKeys(Math.min(most, LARGEST_PAGE));
          if (!after.isEmpty()) {
            args.startAfter(prefix.key() + after);
          }
          for (io.minio.Result<Item> result : client.listObjects(args.build())) {
            Item item = result.get();
            // What is below "a/" comes after "a/", and so its name comes again.
            if (item.objectName().compareTo(prefix.key() + after) > 0) {
              listed.add(each.apply(item));
            }
            if (listed.size() == most) {
              break;
            }
          }
          return listed;
        });
  }

  @Override
  public void delete(ObjectUri uri) {
    allowed.requireWritable(uri);
    request(
        Operation.DELETE,
        uri,
        () -> {
          client.removeObject(
              RemoveObjectArgs.builder().bucket(uri.bucket()).object(uri.key()).build());
          return true;
        });
  }

  /** What is deleted shows as deleted until nothing older is left that could show in its place. */
  @Override
  public void deleteOldVersions(ObjectUri prefix) {
    allowed.requireWritable(prefix);
    request(
        Operation.DELETE,
        prefix,
        () -> {
          List<DeleteObject> old = new ArrayList<>();
          List<DeleteObject> markers = new ArrayList<>();
          for (io.minio.Result<Item> result : client.listObjects(versions(prefix))) {
            Item item = result.get();
            DeleteObject version = new DeleteObject(item.objectName(), item.versionId());
            if (!item.isLatest()) {
              old.add(version);
            } else if (item.isDeleteMarker()) {
              markers.add(version);
            }
            if (old.size() == LARGEST_PAGE) {
              deleteVersions(prefix, old);
              old.clear();
            }
          }
          deleteVersions(prefix, old);
          deleteVersions(prefix, markers);
          return true;
        });
  }

  private static ListObjectsArgs versions(ObjectUri prefix) {
    return ListObjectsArgs.builder()
        .bucket(prefix.bucket())
        .prefix(prefix.key())
        .recursive(true)
        .includeVersions(true)
        .build();
  }

  private void deleteVersions(ObjectUri prefix, List<DeleteObject> versions) throws Exception {
    for (io.minio.Result<DeleteError> refused :
        client.removeObjects(
            RemoveObjectsArgs.builder().bucket(prefix.bucket()).objects(versions).build())) {
      DeleteError error = refused.get();
      throw new StoreException(
          Kind.FORBIDDEN, prefix + ": the store says " + error.code() + " of an old version");
    }
  }

  @Override
  public void requireWritable(ObjectUri prefix) {
    allowed.requireWritable(prefix);
  }

  /** Who may write need not be one who may delete: an upload is begun, and taken back. */
  @Override
  public void tryWriting(ObjectUri prefix) {
    ObjectUri probe = prefix.resolve(UUID.randomUUID().toString());
    allowed.requireWritable(probe);
    String upload = request(Operation.PUT, probe, () -> small.begin(probe));
    try {
      // One that is not there any more was taken back by a request whose answer was lost.
      ifThere(
          () ->
              request(
                  Operation.DELETE,
                  probe,
                  () -> {
                    small.takeBack(probe, upload);
                    return true;
                  }));
    } catch (StoreException e) {
      throw new StoreException(
          e.kind(),
          e.getMessage()
              + ": the upload "
              + upload
              + " was begun there to try writing, and is not taken back (allow"
              + " s3:AbortMultipartUpload, and abort it)",
          e);
    }
  }

  @Override
  public void ping(String bucket) {
    try {
      if (!client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build())) {
        throw new StoreException(Kind.NOT_FOUND, "bucket " + bucket + ": does not exist");
      }
    } catch (StoreException e) {
      throw e;
    } catch (Exception e) {
      throw translated(new ObjectUri(bucket, ""), e);
    }
  }

  @Override
  public void close() {
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  private static Duration age(Headers headers) {
    Optional<Instant> modified = Optional.ofNullable(headers.getInstant("Last-Modified"));
    return modified
        .map(time -> age(headers, time.atZone(ZoneOffset.UTC)))
        .orElseThrow(() -> new StoreException(Kind.UNAVAILABLE, "an answer without Last-Modified"));
  }

  /** The store's own clock on both sides, so that ours may be wrong. */
  private static Duration age(Headers headers, ZonedDateTime lastModified) {
    Instant now = Optional.ofNullable(headers.getInstant("Date")).orElseGet(Instant::now);
    return Duration.between(lastModified.toInstant(), now);
  }

  private static <T> Optional<T> ifThere(Supplier<T> request) {
    try {
      return Optional.of(request.get());
    } catch (StoreException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean unlessThere(Runnable request) {
    try {
      request.run();
      return true;
    } catch (StoreException e) {
      if (e.kind() == Kind.CHANGED) {
        return false;
      }
      throw e;
    }
  }

  private <T> T request(Operation operation, ObjectUri uri, CheckedSupplier<T> call) {
    try {
      return Failsafe.with(retries).get(() -> once(operation, uri, call));
    } catch (FailsafeException e) {
      // Interrupted between two attempts.
      throw new StoreException(Kind.UNAVAILABLE, uri + ": interrupted", e);
    }
  }

  private <T> T once(Operation operation, ObjectUri uri, CheckedSupplier<T> call) {
    long start = System.nanoTime();
    Result result = Result.FAILED;
    try {
      T answer = call.get();
      result = Result.OK;
      return answer;
    } catch (CancellationException e) {
      result = Result.OK;
      throw e;
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      StoreException translated = translated(uri, e);
      if (!translated.passing()) {
        result = Result.REFUSED;
      }
      throw translated;
    } finally {
      listener.requested(operation, result, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private static StoreException translated(ObjectUri uri, Throwable e) {
    if (e instanceof StoreException already) {
      return already;
    }
    if (e instanceof ErrorResponseException refused) {
      String code = refused.errorResponse().code();
      Kind kind = S3Errors.kind(code, refused.response().code());
      // Without the client's exception: its text has the request's headers, a session token among
      // them, and would come into a log with the first stack trace.
      return new StoreException(kind, uri + ": the store says " + code);
    }
    if (e instanceof ServerException down) {
      return new StoreException(
          S3Errors.kind("", down.statusCode()), uri + ": the store says " + down.statusCode(), e);
    }
    if (e.getClass() == RuntimeException.class && e.getCause() != null) {
      // The client's wrapping of what its credentials' source threw.
      return translated(uri, e.getCause());
    }
    if (e instanceof MovedException moved) {
      return new StoreException(Kind.UNAVAILABLE, uri + ": the store " + moved.getMessage());
    }
    if (e instanceof ProviderException noKeys) {
      // A token or a file that is being rotated will do soon.
      return new StoreException(
          Kind.UNAVAILABLE, uri + ": no credentials: " + noKeys.getMessage(), e);
    }
    return new StoreException(
        Kind.UNAVAILABLE, uri + ": no answer (" + e.getClass().getSimpleName() + ")", e);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw Downloads.localTrouble(file, e);
    }
  }
}
