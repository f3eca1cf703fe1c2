package dev.secateur.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A Kubernetes API server with its etcd on the loopback: everything that admits, defaults and
 * validates objects, and no controller that would act on them.
 */
final class ApiServer implements AutoCloseable {
  private static final String TOKEN = "administrator";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process etcd;
  private final Process server;
  private final HttpClient client;
  private final URI address;
  private final Path kubeconfig;

  private ApiServer(Process etcd, Process server, URI address, Path kubeconfig)
      throws GeneralSecurityException {
    this.etcd = etcd;
    this.server = server;
    this.address = address;
    this.kubeconfig = kubeconfig;
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, new TrustManager[] {new AnyCertificate()}, null);
    this.client = HttpClient.newBuilder().sslContext(trusting).build();
  }

  static ApiServer start(Path directory) throws IOException, GeneralSecurityException {
    Tool etcdTool = Tool.named("etcd");
    Tool serverTool = Tool.named("kube-apiserver");
    String store = "http://127.0.0.1:" + freePort();
    String peers = "http://127.0.0.1:" + freePort();
    Process etcd =
        etcdTool.start(
            directory.resolve("etcd.log"),
            Map.of(),
            List.of(
                "--data-dir=" + directory.resolve("etcd"),
                "--unsafe-no-fsync",
                "--listen-client-urls=" + store,
                "--advertise-client-urls=" + store,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=default=" + peers));
    KeyPair keys = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    Path privateKey =
        pem(directory.resolve("sa.key"), "PRIVATE KEY", keys.getPrivate().getEncoded());
    Path publicKey = pem(directory.resolve("sa.pub"), "PUBLIC KEY", keys.getPublic().getEncoded());
    Path tokens = directory.resolve("tokens.csv");
    Files.writeString(tokens, TOKEN + ",admin,admin,system:masters\n");
    int port = freePort();
    Process server =
        serverTool.start(
            directory.resolve("kube-apiserver.log"),
            Map.of(),
            List.of(
                "--etcd-servers=" + store,
                "--cert-dir=" + directory.resolve("certificates"),
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + publicKey,
                "--service-account-signing-key-file=" + privateKey,
                "--service-cluster-ip-range=10.0.0.0/24",
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                "--endpoint-reconciler-type=none"));
    URI address = URI.create("https://127.0.0.1:" + port);
    ApiServer api = new ApiServer(etcd, server, address, kubeconfig(directory, address));
    await()
        .atMost(Duration.ofMinutes(10))
        .ignoreExceptions()
        .until(() -> api.send("GET", "/readyz", "", "").statusCode() == 200);
    return api;
  }

  /** A kubeconfig file of the administrator. */
  Path kubeconfig() {
    return kubeconfig;
  }

  /** Applies, from the server's side, what may have existed before. */
  JsonNode apply(String path, JsonNode manifest) {
    HttpResponse<String> response =
        send(
            "PATCH",
            path + "?fieldManager=test&force=true",
            "application/apply-patch+yaml",
            manifest.toString());
    if (response.statusCode() >= 300) {
      throw new IllegalStateException(path + ": " + response.body());
    }
    return json(response.body());
  }

  /**
   * What the server would make of a manifest, were it created: admitted, validated strictly, and
   * not stored.
   */
  Answer dryRun(String collection, JsonNode manifest) {
    HttpResponse<String> response =
        send(
            "POST",
            collection + "?dryRun=All&fieldValidation=Strict",
            "application/json",
            manifest.toString());
    return new Answer(
        response.statusCode(), json(response.body()), response.headers().allValues("Warning"));
  }

  Optional<JsonNode> get(String path) {
    HttpResponse<String> response = send("GET", path, "", "");
    return response.statusCode() == 404 ? Optional.empty() : Optional.of(json(response.body()));
  }

  private HttpResponse<String> send(String method, String path, String type, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.resolve(path))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + TOKEN)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.destroy();
    etcd.destroy();
  }

  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path kubeconfig(Path directory, URI address) throws IOException {
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: test, cluster: {server: "%s", insecure-skip-tls-verify: true}}]
        users: [{name: admin, user: {token: %s}}]
        contexts: [{name: test, context: {cluster: test, user: admin}}]
        current-context: test
        """
            .formatted(address, TOKEN));
  }

  private static Path pem(Path file, String type, byte[] der) throws IOException {
    String base64 = Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** The server's answer: its status, the object as it would be stored, and its warnings. */
  record Answer(int status, JsonNode object, List<String> warnings) {}

  /** The server signs its own certificate, on the loopback. */
  private static final class AnyCertificate extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
