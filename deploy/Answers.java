import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * What a worker meets while its classes are archived ({@code deploy/archive-classes}): something
 * that speaks Kafka's protocol, is a cluster of one broker with empty topics and refuses everything
 * else in that protocol's own words; an object store that has nothing; and somebody who looks at
 * its probes. A start against closed ports would leave a thousand classes of the answers out of the
 * archive.
 *
 * <pre>java -cp 'quarkus-app/lib/main/*' Answers.java</pre>
 *
 * <p>prints the ports of broker, store and probes, and answers until it is killed, or who started
 * it has ended.
 */
final class Answers {
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  /** As a worker that is told nothing else calls them. */
  private static final List<String> TOPICS =
      List.of(
          "model-registered",
          "model-compression-progress",
          "model-compressed",
          "model-registered-dlq",
          "secateur-doorbell");

  private static final List<Integer> ME = List.of(0);
  private static final String LARGEST = "20971520";
  private static final String NOTHING = "<Error><Code>NoSuchBucket</Code></Error>";

  private Answers() {}

  private interface Conversation {
    void hold(Socket peer) throws IOException;
  }

  public static void main(String[] args) throws IOException {
    ServerSocket broker = new ServerSocket(0, 50, HERE);
    ServerSocket store = new ServerSocket(0, 50, HERE);
    int probes;
    try (ServerSocket free = new ServerSocket(0, 1, HERE)) {
      probes = free.getLocalPort();
    }
    listen(broker, peer -> speakKafka(peer, broker.getLocalPort()));
    listen(store, Answers::haveNothing);
    Executors.newSingleThreadScheduledExecutor()
        .scheduleWithFixedDelay(() -> lookAt(probes), 0, 200, TimeUnit.MILLISECONDS);
    ProcessHandle.current()
        .parent()
        .ifPresent(starter -> starter.onExit().thenRun(() -> System.exit(0)));
    System.out.println(broker.getLocalPort() + " " + store.getLocalPort() + " " + probes);
  }

  private static void listen(ServerSocket server, Conversation conversation) {
    new Thread(
            () -> {
              while (true) {
                try {
                  Socket peer = server.accept();
                  new Thread(() -> hold(conversation, peer)).start();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              }
            })
        .start();
  }

  private static void hold(Conversation conversation, Socket peer) {
    try (peer) {
      conversation.hold(peer);
    } catch (IOException e) {
      // The worker has hung up.
    }
  }

  private static void speakKafka(Socket peer, int port) throws IOException {
    DataInputStream in = new DataInputStream(peer.getInputStream());
    DataOutputStream out = new DataOutputStream(peer.getOutputStream());
    while (true) {
      ByteBuffer request = ByteBuffer.wrap(in.readNBytes(in.readInt()));
      RequestHeader header = RequestHeader.parse(request);
      AbstractRequest body =
          AbstractRequest.parseRequest(
                  header.apiKey(), header.apiVersion(), new ByteBufferAccessor(request))
              .request;
      ByteBuffer head =
          MessageUtil.toByteBufferAccessor(
                  header.toResponseHeader().data(), header.toResponseHeader().headerVersion())
              .buffer();
      ByteBuffer answer =
          MessageUtil.toByteBufferAccessor(answer(body, port), header.apiVersion()).buffer();
      out.writeInt(head.remaining() + answer.remaining());
      out.write(head.array(), 0, head.remaining());
      out.write(answer.array(), 0, answer.remaining());
      out.flush();
    }
  }

  private static Message answer(AbstractRequest request, int port) {
    String host = HERE.getHostAddress();
    if (request.apiKey() == ApiKeys.API_VERSIONS) {
      ApiVersionsResponseData versions = new ApiVersionsResponseData();
      for (ApiKeys key : ApiKeys.clientApis()) {
        versions
            .apiKeys()
            .add(
                new ApiVersionsResponseData.ApiVersion()
                    .setApiKey(key.id)
                    .setMinVersion(key.oldestVersion())
                    .setMaxVersion(key.latestVersion()));
      }
      return versions;
    }
    if (request instanceof MetadataRequest asked) {
      MetadataResponseData cluster = new MetadataResponseData().setClusterId("answers");
      cluster
          .brokers()
          .add(new MetadataResponseData.MetadataResponseBroker().setHost(host).setPort(port));
      for (String topic : asked.isAllTopics() ? TOPICS : asked.topics()) {
        MetadataResponseData.MetadataResponseTopic known =
            new MetadataResponseData.MetadataResponseTopic().setName(topic);
        known
            .partitions()
            .add(
                new MetadataResponseData.MetadataResponsePartition()
                    .setReplicaNodes(ME)
                    .setIsrNodes(ME));
        cluster.topics().add(known);
      }
      return cluster;
    }
    if (request instanceof DescribeClusterRequest) {
      DescribeClusterResponseData cluster =
          new DescribeClusterResponseData().setClusterId("answers").setControllerId(0);
      cluster
          .brokers()
          .add(new DescribeClusterResponseData.DescribeClusterBroker().setHost(host).setPort(port));
      return cluster;
    }
    if (request instanceof DescribeTopicPartitionsRequest asked) {
      DescribeTopicPartitionsResponseData topics = new DescribeTopicPartitionsResponseData();
      for (var topic : asked.data().topics()) {
        var known = new DescribeTopicPartitionsResponseTopic().setName(topic.name());
        known
            .partitions()
            .add(
                new DescribeTopicPartitionsResponsePartition()
                    .setReplicaNodes(ME)
                    .setIsrNodes(ME)
                    .setEligibleLeaderReplicas(ME)
                    .setLastKnownElr(ME));
        topics.topics().add(known);
      }
      return topics;
    }
    if (request instanceof DescribeConfigsRequest asked) {
      DescribeConfigsResponseData settings = new DescribeConfigsResponseData();
      for (var resource : asked.data().resources()) {
        var known =
            new DescribeConfigsResult()
                .setResourceType(resource.resourceType())
                .setResourceName(resource.resourceName());
        known
            .configs()
            .add(
                new DescribeConfigsResourceResult()
                    .setName("max.message.bytes")
                    .setValue(LARGEST)
                    .setConfigSource(ConfigSource.DEFAULT_CONFIG.id()));
        settings.results().add(known);
      }
      return settings;
    }
    if (request instanceof ListOffsetsRequest asked) {
      ListOffsetsResponseData offsets = new ListOffsetsResponseData();
      for (var topic : asked.data().topics()) {
        var known = new ListOffsetsTopicResponse().setName(topic.name());
        for (var partition : topic.partitions()) {
          known
              .partitions()
              .add(
                  new ListOffsetsPartitionResponse()
                      .setPartitionIndex(partition.partitionIndex())
                      .setOffset(0));
        }
        offsets.topics().add(known);
      }
      return offsets;
    }
    if (request instanceof OffsetFetchRequest asked) {
      OffsetFetchResponseData offsets = new OffsetFetchResponseData();
      for (var group : asked.data().groups()) {
        offsets.groups().add(new OffsetFetchResponseGroup().setGroupId(group.groupId()));
      }
      return offsets;
    }
    if (request instanceof FindCoordinatorRequest asked) {
      FindCoordinatorResponseData found = new FindCoordinatorResponseData();
      for (String key : asked.data().coordinatorKeys()) {
        found
            .coordinators()
            .add(
                new FindCoordinatorResponseData.Coordinator()
                    .setKey(key)
                    .setHost(host)
                    .setPort(port)
                    .setErrorCode(Errors.NONE.code()));
      }
      return found;
    }
    return request
        .getErrorResponse(new CoordinatorNotAvailableException("an answer, not a broker"))
        .data();
  }

  private static void haveNothing(Socket peer) throws IOException {
    DataInputStream in = new DataInputStream(peer.getInputStream());
    String end = "";
    while (!end.endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return;
      }
      end = (end.length() < 4 ? end : end.substring(end.length() - 3)) + (char) next;
    }
    peer.getOutputStream()
        .write(
            ("HTTP/1.1 404 Not Found\r\n"
                    + "Content-Type: application/xml\r\n"
                    + "Connection: close\r\n"
                    + "Content-Length: "
                    + NOTHING.length()
                    + "\r\n\r\n"
                    + NOTHING)
                .getBytes(StandardCharsets.US_ASCII));
  }

  private static void lookAt(int port) {
    for (String path : new String[] {"/q/health/ready", "/q/health/live", "/q/metrics"}) {
      try (var answer =
          URI.create("http://" + HERE.getHostAddress() + ":" + port + path).toURL().openStream()) {
        answer.readAllBytes();
      } catch (IOException e) {
        // Not there yet, or not ready, which is what it will say.
      }
    }
  }
}
