package dev.secateur.worker;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/** An OpenID provider, as far as MinIO asks one: its discovery document, its keys, its tokens. */
final class IdentityProvider implements AutoCloseable {
  static final String DISCOVERY = "/.well-known/openid-configuration";
  static final String CLIENT = "secateur-workers";
  private static final String KEYS = "/keys";

  private final HttpServer server;
  private final RsaJsonWebKey key;

  IdentityProvider() throws IOException, JoseException {
    key = RsaJwkGenerator.generateJwk(2048);
    key.setKeyId("of-the-test");
    key.setAlgorithm(AlgorithmIdentifiers.RSA_USING_SHA256);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    serve(DISCOVERY, "{\"issuer\": \"%1$s\", \"jwks_uri\": \"%1$s%2$s\"}".formatted(uri(), KEYS));
    serve(KEYS, new JsonWebKeySet(key).toJson());
    server.start();
  }

  private void serve(String path, String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    server.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }

  String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** For a workload that may do what MinIO's policy of this name says. */
  String token(String policy) throws JoseException {
    JwtClaims claims = new JwtClaims();
    claims.setIssuer(uri());
    claims.setAudience(CLIENT);
    claims.setSubject("a-worker");
    claims.setIssuedAtToNow();
    claims.setExpirationTimeMinutesInTheFuture(60);
    claims.setStringClaim("policy", policy);
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(claims.toJson());
    signature.setKey(key.getPrivateKey());
    signature.setKeyIdHeaderValue(key.getKeyId());
    signature.setAlgorithmHeaderValue(key.getAlgorithm());
    return signature.getCompactSerialization();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
