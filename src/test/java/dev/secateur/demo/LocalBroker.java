package dev.secateur.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.security.scram.ScramLoginModule;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;

/** A Kafka broker of one node (KRaft) in this process, on 127.0.0.1. */
public final class LocalBroker implements AutoCloseable {
  private final KafkaRaftServer server;
  private final String address;

  /**
   * Of a second listener, SASL_SSL with SCRAM-SHA-512; its users may do what access control lists
   * say, the plain listener's clients everything.
   *
   * @param keyStore PEM file of the broker's key and certificates
   * @param passwords of the users
   */
  public record Security(Path keyStore, int port, Map<String, String> passwords) {
    public String address() {
      return "127.0.0.1:" + port;
    }
  }

  private LocalBroker(KafkaRaftServer server, String address) {
    this.server = server;
    this.address = address;
  }

  /** Starts a broker whose log is in {@code directory}; one that has run there before goes on. */
  public static LocalBroker start(Path directory, int port) throws IOException {
    return start(directory, port, Optional.empty());
  }

  public static LocalBroker start(Path directory, int port, Optional<Security> security)
      throws IOException {
    ServerLogs.quieten();
    Files.createDirectories(directory);
    int controllerPort = Ports.free();
    Properties properties = new Properties();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", "1");
    properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    properties.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    properties.put("controller.listener.names", "CONTROLLER");
    properties.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    properties.put("log.dirs", directory.resolve("log").toString());
    properties.put("offsets.topic.num.partitions", "1");
    properties.put("offsets.topic.replication.factor", "1");
    properties.put("transaction.state.log.replication.factor", "1");
    properties.put("transaction.state.log.min.isr", "1");
    properties.put("group.initial.rebalance.delay.ms", "0");
    properties.put("auto.create.topics.enable", "false");
    properties.put("message.max.bytes", String.valueOf(100 << 20));
    properties.put("log.segment.bytes", String.valueOf(200 << 20));
    properties.put("num.network.threads", "1");
    properties.put("num.io.threads", "2");
    properties.put("background.threads", "2");
    properties.put("log.cleaner.enable", "false");
    security.ifPresent(s -> secure(properties, s));
    if (!Files.exists(directory.resolve("log"))) {
      format(directory, properties, security.map(Security::passwords).orElse(Map.of()));
    }
    KafkaRaftServer server =
        new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
    server.startup();
    return new LocalBroker(server, "127.0.0.1:" + port);
  }

  private static void secure(Properties properties, Security security) {
    String listener = "SASL_SSL://" + security.address();
    properties.merge("listeners", listener, (a, b) -> a + "," + b);
    properties.merge("advertised.listeners", listener, (a, b) -> a + "," + b);
    properties.merge("listener.security.protocol.map", "SASL_SSL:SASL_SSL", (a, b) -> a + "," + b);
    properties.put("ssl.keystore.type", "PEM");
    properties.put("ssl.keystore.location", security.keyStore().toString());
    properties.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
    properties.put(
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config",
        ScramLoginModule.class.getName() + " required;");
    properties.put("authorizer.class.name", StandardAuthorizer.class.getName());
    properties.put("super.users", "User:ANONYMOUS");
  }

  private static void format(Path directory, Properties properties, Map<String, String> passwords)
      throws IOException {
    Path file = directory.resolve("server.properties");
    Files.writeString(
        file,
        properties.entrySet().stream()
            .map(e -> e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining("\n")));
    List<String> command = new ArrayList<>();
    command.addAll(List.of("format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()));
    command.add("-g");
    passwords.forEach(
        (user, password) ->
            command.addAll(
                List.of(
                    "--add-scram",
                    "SCRAM-SHA-512=[name=%s,password=%s]".formatted(user, password))));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int code =
        StorageTool.execute(
            command.toArray(String[]::new), new PrintStream(output, true, StandardCharsets.UTF_8));
    if (code != 0) {
      throw new IOException("format: " + output.toString(StandardCharsets.UTF_8));
    }
  }

  public String address() {
    return address;
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
