package dev.secateur.store;

import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Multimap;
import com.google.common.collect.Multimaps;
import io.minio.MinioAsyncClient;
import io.minio.ObjectWriteResponse;
import java.util.HashMap;
import java.util.Map;
import okhttp3.OkHttpClient;

/**
 * Writes what is at hand as bytes in one request, on the caller's thread. For such an object the
 * client's public way starts threads that read it in parts, and an HTTP client of its own.
 */
final class SmallObjects extends MinioAsyncClient {
  private static final Multimap<String, String> NO_QUERY = ImmutableListMultimap.of();
  private static final Multimap<String, String> NO_HEADERS = ImmutableListMultimap.of();

  private final String region;

  private SmallObjects(MinioAsyncClient client, String region) {
    super(client);
    this.region = region;
  }

  static SmallObjects open(S3Settings settings, OkHttpClient http) {
    MinioAsyncClient.Builder builder =
        MinioAsyncClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .httpClient(http);
    settings.credentials().ifPresent(builder::credentialsProvider);
    SmallObjects objects = new SmallObjects(builder.build(), settings.region());
    if (settings.pathStyle()) {
      objects.disableVirtualStyleEndpoint();
    } else {
      objects.enableVirtualStyleEndpoint();
    }
    return objects;
  }

  ObjectWriteResponse put(ObjectUri uri, byte[] content, Map<String, String> headers)
      throws Exception {
    Map<String, String> all = new HashMap<>(headers);
    all.put("Content-Type", ContentTypes.of(uri.key()));
    return putObject(
        uri.bucket(), region, uri.key(), content, content.length, Multimaps.forMap(all), NO_QUERY);
  }

  /**
   * Begins an upload in parts.
   *
   * @return its id
   */
  String begin(ObjectUri uri) throws Exception {
    return createMultipartUpload(uri.bucket(), region, uri.key(), NO_HEADERS, NO_QUERY)
        .result()
        .uploadId();
  }

  void takeBack(ObjectUri uri, String upload) throws Exception {
    abortMultipartUpload(uri.bucket(), region, uri.key(), upload, NO_HEADERS, NO_QUERY);
  }
}
