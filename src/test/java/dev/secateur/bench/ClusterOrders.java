package dev.secateur.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Orders for {@code bench/cluster}, and what came of them, as the topics tell it.
 *
 * <pre>
 * publish PREFIX COUNT MODELS EPOCHS  copies of the first registration, in one transaction: their models' names have the
 *                                     prefix, their priorities are all that there are
 * malformed                           a record that is no event
 * seen PREFIX                         figures of the orders whose models' names have the prefix, one a line
 * </pre>
 */
final class ClusterOrders {
  private static final int PRIORITIES = 10;
  private static final Duration QUIET = Duration.ofSeconds(2);

  private final String broker;

  private ClusterOrders(String broker) {
    this.broker = broker;
  }

  public static void main(String... args) throws Exception {
    ClusterOrders orders = new ClusterOrders(System.getenv("KAFKA_BOOTSTRAP_SERVERS"));
    switch (args[0]) {
      case "publish" ->
          orders.publish(
              args[1],
              Integer.parseInt(args[2]),
              Integer.parseInt(args[3]),
              Integer.parseInt(args[4]));
      case "malformed" -> orders.malformed();
      case "seen" -> orders.seen(args[1]).forEach(ClusterOrders::print);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void print(String name, double value) {
    String whole = String.valueOf((long) value);
    System.out.println(name + " " + (value == (long) value ? whole : String.valueOf(value)));
  }

  /** A transaction's end takes an offset of the topic that no record has. */
  private void publish(String prefix, int count, int models, int epochs) throws Exception {
    CloudEvent first = read(records("model-registered").get(0));
    Map<String, Object> settings =
        Map.of("bootstrap.servers", broker, "transactional.id", "bench-cluster");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int i = 0; i < count; i++) {
        ObjectNode data = first.data().deepCopy();
        String model = prefix + "-" + i % models;
        data.withObject("/model").put("name", model).put("version", String.valueOf(i));
        data.put("priority", i % PRIORITIES);
        data.withObject("/plan/fineTuning").put("epochs", epochs).put("seed", i);
        data.withObject("/acceptance").put("maxAccuracyDrop", 1);
        KafkaBinding.Encoded event =
            KafkaBinding.binary(
                new CloudEvent(
                    UUID.randomUUID().toString(),
                    first.source(),
                    first.type(),
                    Optional.empty(),
                    Optional.of(Instant.now()),
                    Optional.empty(),
                    data));
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(
                "model-registered", model.getBytes(StandardCharsets.UTF_8), event.value());
        event.headers().forEach(record.headers()::add);
        producer.send(record);
      }
      producer.commitTransaction();
    }
  }

  private void malformed() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      byte[] nothing = "no event".getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>("model-registered", nothing)).get();
    }
  }

  private Map<String, Double> seen(String prefix) {
    List<Answer> answers = new ArrayList<>();
    Map<String, Integer> outcomes = new TreeMap<>();
    Set<String> distinct = new HashSet<>();
    for (ConsumerRecord<byte[], byte[]> record : records("model-compressed")) {
      CloudEvent event = read(record);
      if (event.data().at("/model/name").asText().startsWith(prefix)) {
        distinct.add(asked(record, event));
        outcomes.merge(event.data().path("outcome").asText("failed"), 1, Integer::sum);
        answers.add(
            new Answer(
                event.data().at("/job/key").asText(),
                event.data().at("/worker/id").asText(),
                event.time().orElseThrow()));
      }
    }
    List<Step> steps = steps(prefix);
    Map<String, Double> figures = new TreeMap<>();
    figures.put("answers", (double) answers.size());
    figures.put("answers-twice", (double) answers.size() - distinct.size());
    outcomes.forEach((outcome, count) -> figures.put("outcome-" + outcome, (double) count));
    figures.put("workers", (double) answers.stream().map(Answer::worker).distinct().count());
    figures.put("idle-share", idleShare(answers, steps));
    figures.put(
        "claims-lost", (double) claims(steps).values().stream().mapToInt(c -> c.size() - 1).sum());
    figures.put("steps-redone", (double) stepsRedone(steps));
    return figures;
  }

  /** The event that is answered; 0.1.0's first state said it in the answer alone. */
  private static String asked(ConsumerRecord<byte[], byte[]> answer, CloudEvent event) {
    return Optional.ofNullable(answer.headers().lastHeader(KafkaBinding.ANSWERS))
        .map(header -> new String(header.value(), StandardCharsets.UTF_8))
        .orElseGet(() -> event.data().at("/job/registeredId").asText());
  }

  private List<Step> steps(String prefix) {
    List<Step> steps = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records("model-compression-progress")) {
      CloudEvent event = read(record);
      if (event.data().at("/model/name").asText().startsWith(prefix)) {
        steps.add(
            new Step(
                event.data().at("/job/key").asText(),
                event.data().at("/job/epoch").asInt(),
                event.data().at("/training/step").asInt(0),
                event.time().orElseThrow()));
      }
    }
    return steps;
  }

  /** By job and claim, as far as progress was told. */
  private static Map<String, TreeMap<Integer, List<Step>>> claims(List<Step> steps) {
    Map<String, TreeMap<Integer, List<Step>>> claims = new HashMap<>();
    for (Step step : steps) {
      claims
          .computeIfAbsent(step.job(), job -> new TreeMap<>())
          .computeIfAbsent(step.epoch(), epoch -> new ArrayList<>())
          .add(step);
    }
    return claims;
  }

  /**
   * Steps of a training that a claim had told of and the next one did again, at most: where it went
   * on it tells with its own first step.
   */
  private static int stepsRedone(List<Step> steps) {
    int redone = 0;
    for (TreeMap<Integer, List<Step>> claims : claims(steps).values()) {
      int reached = 0;
      for (List<Step> claim : claims.values()) {
        List<Integer> trained = claim.stream().map(Step::step).filter(s -> s > 0).toList();
        if (!trained.isEmpty()) {
          redone += Math.max(0, reached - trained.get(0) + 1);
          reached = trained.get(trained.size() - 1);
        }
      }
    }
    return redone;
  }

  /** Gaps between a worker's answers and its next beginnings, as long as any order waited. */
  private static double idleShare(List<Answer> answers, List<Step> steps) {
    Map<String, Instant> begun = new HashMap<>();
    for (Step step : steps) {
      begun.merge(step.job(), step.time(), (a, b) -> a.isBefore(b) ? a : b);
    }
    Map<String, List<Answer>> byWorker = new HashMap<>();
    for (Answer answer : answers) {
      if (begun.containsKey(answer.job())) {
        byWorker.computeIfAbsent(answer.worker(), w -> new ArrayList<>()).add(answer);
      }
    }
    double idle = 0;
    double whole = 0;
    for (List<Answer> jobs : byWorker.values()) {
      jobs.sort(Comparator.comparing(Answer::time));
      whole += seconds(begun.get(jobs.get(0).job()), jobs.get(jobs.size() - 1).time());
      for (int j = 1; j < jobs.size(); j++) {
        idle += Math.max(0, seconds(jobs.get(j - 1).time(), begun.get(jobs.get(j).job())));
      }
    }
    return whole == 0 ? 0 : idle / whole;
  }

  private static double seconds(Instant from, Instant to) {
    return Duration.between(from, to).toMillis() / 1e3;
  }

  /** All of a topic so far, in the order of each partition. */
  private List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", broker, "isolation.level", "read_committed");
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(QUIET).forEach(records::add);
      }
    }
    return records;
  }

  private static CloudEvent read(ConsumerRecord<byte[], byte[]> record) {
    Map<String, byte[]> headers = new HashMap<>();
    record.headers().forEach(header -> headers.put(header.key(), header.value()));
    try {
      return KafkaBinding.read(headers, Optional.ofNullable(record.value()), 4 << 20, "");
    } catch (MalformedEventException e) {
      throw new IllegalStateException(record.topic() + " at " + record.offset(), e);
    }
  }

  private record Answer(String job, String worker, Instant time) {}

  /**
   * @param step of the training; 0 where none is told
   */
  private record Step(String job, int epoch, int step, Instant time) {}
}
