package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.bridge.MlflowException.Kind;
import dev.secateur.event.EventJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * MLflow's REST API, one request a call. It goes to the configured address alone: no redirect is
 * followed. Nothing is tried again here: who calls knows what may be done twice.
 */
final class MlflowClient {
  private static final String API = "api/2.0/mlflow/";
  private static final String ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts";
  private static final MediaType JSON = MediaType.get("application/json");

  /** Of an answer in JSON: a page of versions whose tags are as long as they may be. */
  private static final int LARGEST = 64 << 20;

  private static final int SHOWN = 300;

  private final HttpUrl base;
  private final Optional<String> authorization;
  private final OkHttpClient http;

  /**
   * @param authorization header of every request
   * @param http with its authorities; redirects are turned off here
   */
  MlflowClient(URI base, Optional<String> authorization, OkHttpClient http, Duration read) {
    this.base = Optional.ofNullable(HttpUrl.get(base)).orElseThrow(() -> notHttp(base));
    this.authorization = authorization;
    this.http =
        http.newBuilder()
            .followRedirects(false)
            .followSslRedirects(false)
            .readTimeout(read)
            .writeTimeout(read)
            .build();
  }

  private static IllegalArgumentException notHttp(URI uri) {
    return new IllegalArgumentException(
        "secateur.bridge.mlflow.uri: " + uri + ": must be http://… or https://…");
  }

  /** Whether it answers at all. */
  boolean answers() {
    try (Response response = http.newCall(request(url("health", Map.of())).build()).execute()) {
      return response.isSuccessful();
    } catch (IOException e) {
      return false;
    }
  }

  JsonNode get(String path, Map<String, String> query) {
    return json(request(url(API + path, query)).get().build());
  }

  JsonNode post(String path, ObjectNode body) {
    return json(request(url(API + path, Map.of())).post(body(body)).build());
  }

  JsonNode patch(String path, ObjectNode body) {
    return json(request(url(API + path, Map.of())).patch(body(body)).build());
  }

  JsonNode delete(String path, ObjectNode body) {
    return json(request(url(API + path, Map.of())).delete(body(body)).build());
  }

  /** What is directly in a directory of the artifacts that MLflow serves. */
  JsonNode artifacts(String path) {
    return json(request(url(ARTIFACTS, Map.of("path", path))).get().build()).path("files");
  }

  /** Writes a file among the artifacts that MLflow serves, over any that is there. */
  void upload(String path, Path file, String contentType) {
    RequestBody body = RequestBody.create(file.toFile(), MediaType.get(contentType));
    json(
        request(url(ARTIFACTS, Map.of()).newBuilder().addPathSegments(path).build())
            .put(body)
            .build());
  }

  /**
   * Downloads one of the artifacts that MLflow serves.
   *
   * @return whether there is one
   */
  boolean download(String path, long maxBytes, Path target) {
    HttpUrl url = url(ARTIFACTS, Map.of()).newBuilder().addPathSegments(path).build();
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try (Response response = http.newCall(request(url).get().build()).execute()) {
      if (!response.isSuccessful()) {
        MlflowException refusal = refusal(url, response);
        if (refusal.kind() == Kind.MISSING) {
          return false;
        }
        throw refusal;
      }
      try (InputStream in = response.body().byteStream();
          OutputStream out = Files.newOutputStream(part)) {
        copy(in, out, maxBytes, path);
      }
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      return true;
    } catch (IOException e) {
      throw away(url, e);
    } finally {
      part.toFile().delete();
    }
  }

  private static void copy(InputStream in, OutputStream out, long maxBytes, String path)
      throws IOException {
    byte[] buffer = new byte[1 << 16];
    long bytes = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      bytes += n;
      if (bytes > maxBytes) {
        throw new MlflowException(
            Kind.REFUSED, path + ": the model has more bytes than secateur.limits.model allows");
      }
      out.write(buffer, 0, n);
    }
  }

  private HttpUrl url(String path, Map<String, String> query) {
    HttpUrl.Builder url = base.newBuilder().addPathSegments(path);
    if (base.pathSegments().get(base.pathSize() - 1).isEmpty()) {
      url = base.newBuilder().removePathSegment(base.pathSize() - 1).addPathSegments(path);
    }
    query.forEach(url::addQueryParameter);
    return url.build();
  }

  private Request.Builder request(HttpUrl url) {
    Request.Builder request = new Request.Builder().url(url);
    authorization.ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  private static RequestBody body(ObjectNode body) {
    return RequestBody.create(EventJson.bytes(body), JSON);
  }

  private JsonNode json(Request request) {
    try (Response response = http.newCall(request).execute()) {
      if (!response.isSuccessful()) {
        throw refusal(request.url(), response);
      }
      byte[] bytes = response.body().byteStream().readNBytes(LARGEST + 1);
      if (bytes.length > LARGEST) {
        throw new MlflowException(
            Kind.REFUSED,
            request.url().encodedPath() + ": answers more than " + LARGEST + " bytes");
      }
      // An upload is answered with nothing.
      return bytes.length == 0 ? JsonNodeFactory.instance.objectNode() : EventJson.parse(bytes);
    } catch (IOException e) {
      throw away(request.url(), e);
    }
  }

  private static MlflowException away(HttpUrl url, IOException e) {
    return new MlflowException(Kind.AWAY, url.encodedPath() + ": " + e, e);
  }

  /** MLflow says what is wrong as {@code error_code} and {@code message}. */
  private static MlflowException refusal(HttpUrl url, Response response) throws IOException {
    String text = response.peekBody(SHOWN * 10).string();
    String code = "";
    String message = text;
    try {
      JsonNode error = EventJson.parse(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      code = error.path("error_code").asText();
      message = error.path("message").asText(text);
    } catch (IOException e) {
      // A page of whoever stands before it.
      message = text.strip();
    }
    int status = response.code();
    Kind kind =
        code.equals("RESOURCE_ALREADY_EXISTS")
            ? Kind.EXISTS
            : status == 404
                ? Kind.MISSING
                : status >= 500 || status < 400 || status == 401 || status == 408 || status == 429
                    ? Kind.AWAY
                    : Kind.REFUSED;
    String remedy =
        status / 100 == 3
            ? " (redirects are not followed: name the address itself in secateur.bridge.mlflow.uri)"
            : "";
    return new MlflowException(
        kind,
        url.encodedPath()
            + ": "
            + status
            + " "
            + code
            + " "
            + message.substring(0, Math.min(SHOWN, message.length()))
            + remedy);
  }
}
