package dev.secateur.cli;

import dev.secateur.job.SelfTest;
import dev.secateur.result.Engine;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Whether a worker with these settings could work: each thing that it needs is tried, and what was
 * tried leaves nothing behind.
 */
@Command(
    name = "doctor",
    description = {
      "Tries everything that a worker with these settings needs, and leaves nothing behind.",
      "One line each, with the remedy where it fails; exit 3 if one does."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Doctor implements Callable<Integer> {
  private static final int ANSWER_SECONDS = 30;

  /** Signatures of a request are refused beyond a quarter of an hour, claims mistaken before. */
  private static final Duration LARGEST_SKEW = Duration.ofSeconds(10);

  private static final long MEGABYTE = 1 << 20;

  /** Beside the cached sets: a job's model, artifacts and checkpoints. */
  private static final long LEAST_DISK = 500 * MEGABYTE;

  @Spec CommandSpec spec;

  @Option(
      names = "--state-uri",
      paramLabel = "URI",
      defaultValue = "${env:SECATEUR_STATE_URI:-s3://artifacts/.secateur/}",
      description =
          "Where workers keep their state (SECATEUR_STATE_URI); default ${DEFAULT-VALUE}.")
  String stateUri;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      defaultValue = "${env:MP_MESSAGING_INCOMING_REGISTERED_GROUP_ID:-secateur}",
      description =
          "The workers' consumer group (MP_MESSAGING_INCOMING_REGISTERED_GROUP_ID); default"
              + " ${DEFAULT-VALUE}.")
  String group;

  @Option(
      names = "--cache-directory",
      paramLabel = "DIR",
      defaultValue = "${env:SECATEUR_CACHE_DIRECTORY:-${sys:java.io.tmpdir}/secateur}",
      description = "The worker's own disk (SECATEUR_CACHE_DIRECTORY); default ${DEFAULT-VALUE}.")
  Path cache;

  @Mixin ServerOptions servers;

  private PrintWriter out;
  private boolean failed;

  /** Something that a worker needs is not there; the message says what to do. */
  private static final class Ailment extends Exception {
    private static final long serialVersionUID = 1;

    Ailment(String message) {
      super(message);
    }
  }

  /** What was found, where all is well. */
  private interface Trial {
    String run() throws Ailment;
  }

  @Override
  public Integer call() {
    out = spec.commandLine().getOut();
    tell("version", () -> "Secateur " + Engine.VERSION + ", Java " + Runtime.version());
    tell("natives", Doctor::natives);
    tell("disk", this::disk);
    ObjectUri state = ServerOptions.uri("--state-uri", stateUri).resolve("");
    kafka();
    store(state);
    out.flush();
    return failed ? ExitCode.FAILED : ExitCode.DONE;
  }

  /** Whether all is well. */
  private boolean tell(String name, Trial trial) {
    boolean well = true;
    String said;
    try {
      said = trial.run();
    } catch (Ailment | StoreException | SettingsException | KafkaException e) {
      well = false;
      failed = true;
      said = causes(e) + remedy(e);
    }
    String line = said.strip().replaceAll("\\s+", " ");
    out.printf(Locale.ROOT, "%-4s  %-8s  %s%n", well ? "ok" : "FAIL", name, line);
    out.flush();
    return well;
  }

  private static String remedy(Exception e) {
    if (e instanceof StoreException failure) {
      return switch (failure.kind()) {
        case FORBIDDEN -> ": give the key the rights of deploy/compose/policy.json";
        case NOT_FOUND -> ": create the bucket";
        case UNAVAILABLE -> ": check SECATEUR_STORE_ENDPOINT, the network and the authorities";
        default -> "";
      };
    }
    return e instanceof KafkaException ? ": check --kafka and KAFKA_…" : "";
  }

  private static String natives() throws Ailment {
    try {
      SelfTest.tensorFlowLite();
      SelfTest.tensorFlow();
      SelfTest.linearAlgebra();
    } catch (LinkageError | IllegalStateException e) {
      throw new Ailment(
          e + ": the libraries are for another platform, or their directory may not be executed");
    }
    return "TensorFlow, TensorFlow Lite and OpenBLAS compute what they should";
  }

  private String disk() throws Ailment {
    try {
      Path created = cache;
      while (!Files.exists(created)) {
        created = created.toAbsolutePath().getParent();
      }
      Path probe = Files.createTempFile(created, "doctor", "");
      long free = Files.getFileStore(probe).getUsableSpace();
      Files.delete(probe);
      if (free < LEAST_DISK) {
        throw new Ailment(
            "%s: only %d MB are free: a larger volume, or a smaller SECATEUR_CACHE_SIZE"
                .formatted(cache, free / MEGABYTE));
      }
      return "%s: %d MB are free".formatted(cache, free / MEGABYTE);
    } catch (IOException e) {
      throw new Ailment(
          e + ": mount a volume that user " + System.getProperty("user.name") + " may write");
    }
  }

  private void kafka() {
    try (Admin admin = servers.openAdmin()) {
      boolean answers =
          tell(
              "broker",
              () -> {
                int nodes = answer(admin.describeCluster().nodes()).size();
                return "%s answers, %d in the cluster".formatted(servers.kafka, nodes);
              });
      if (answers) {
        tell("topics", () -> topics(admin));
        tell("groups", () -> groups(admin));
      }
    } catch (KafkaException e) {
      tell(
          "broker",
          () -> {
            throw e;
          });
    }
  }

  private <T> T answer(KafkaFuture<T> asked) throws Ailment {
    try {
      return asked.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new KafkaException(e.getCause().getMessage());
    } catch (TimeoutException e) {
      throw new KafkaException(
          "%s: no answer within %d s".formatted(servers.kafka, ANSWER_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Ailment("interrupted");
    }
  }

  /** What is written cannot be taken back, so the rights are asked for and not tried. */
  private String topics(Admin admin) throws Ailment {
    Map<String, Set<AclOperation>> needed = new TreeMap<>();
    needed.put(servers.registered(), Set.of(AclOperation.READ));
    servers.answers().forEach(topic -> needed.put(topic, Set.of(AclOperation.WRITE)));
    needed.put(servers.deadLetters(), Set.of(AclOperation.WRITE));
    needed.put(servers.doorbell(), Set.of(AclOperation.READ, AclOperation.WRITE));
    Set<String> missing = new TreeSet<>(needed.keySet());
    missing.removeAll(answer(admin.listTopics().names()));
    if (!missing.isEmpty()) {
      throw new Ailment(
          String.join(", ", missing)
              + ": missing, or not to be seen by this user: create them, docs/operations.md says"
              + " how, or set secateur.kafka.create-topics");
    }
    Map<String, TopicDescription> found =
        answer(
            admin
                .describeTopics(
                    needed.keySet(), new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .allTopicNames());
    List<String> lacking = new ArrayList<>();
    needed.forEach(
        (topic, operations) ->
            lacking.addAll(lacking(operations, found.get(topic).authorizedOperations(), topic)));
    refuse(lacking);
    int partitions = found.get(servers.registered()).partitions().size();
    return "%s, with %d partitions; the right to read it, to write the others, and both of %s"
        .formatted(servers.registered(), partitions, servers.doorbell());
  }

  /** The workers' own, and the one whose lag tells how many orders are open. */
  private String groups(Admin admin) throws Ailment {
    List<String> names = List.of(group, group + "-doorbell");
    List<String> lacking = new ArrayList<>();
    for (String name : names) {
      answer(admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata());
      // The broker tells more of one that has been used.
      if (answer(admin.listGroups().all()).stream().anyMatch(g -> g.groupId().equals(name))) {
        ConsumerGroupDescription found =
            answer(
                admin
                    .describeConsumerGroups(
                        List.of(name),
                        new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                    .describedGroups()
                    .get(name));
        lacking.addAll(
            lacking(Set.of(AclOperation.READ), found.authorizedOperations(), "group " + name));
      }
    }
    refuse(lacking);
    return String.join(" and ", names) + ", which this user may use";
  }

  private static void refuse(List<String> lacking) throws Ailment {
    if (!lacking.isEmpty()) {
      throw new Ailment(
          "not allowed: " + String.join(", ", lacking) + ": allow it with kafka-acls");
    }
  }

  /** A broker without access control lists tells of none, or of all. */
  private static List<String> lacking(
      Set<AclOperation> needed, Set<AclOperation> allowed, String what) {
    if (allowed == null || allowed.isEmpty() || allowed.contains(AclOperation.ALL)) {
      return List.of();
    }
    return needed.stream()
        .filter(operation -> !allowed.contains(operation))
        .map(operation -> operation + " on " + what)
        .sorted()
        .toList();
  }

  private void store(ObjectUri state) {
    Set<String> written = new TreeSet<>(servers.writeBuckets());
    written.add(state.bucket());
    Set<String> all = new TreeSet<>(servers.readBuckets());
    all.addAll(written);
    try (ObjectStore store = servers.openStore(all)) {
      boolean sound = tell("state", () -> state(store, state));
      if (sound) {
        tell("clock", () -> clock(store, state));
      }
      for (String bucket : all) {
        tell("bucket", () -> bucket(store, bucket, state, written.contains(bucket)));
      }
    } catch (SettingsException e) {
      tell(
          "store",
          () -> {
            throw e;
          });
    }
  }

  /**
   * Lists, reads and writes where jobs have their inputs and outputs. Nothing may be deleted there,
   * so nothing is made: an object that is there is read, and beside it an upload is begun.
   */
  private static String bucket(ObjectStore store, String bucket, ObjectUri state, boolean written) {
    ObjectUri top = new ObjectUri(bucket, "");
    List<StoredObject> some = new ArrayList<>(store.list(top, "", 1));
    if (bucket.equals(state.bucket())) {
      // Past the state, whose objects come and go.
      some.removeIf(o -> o.uri().key().startsWith(state.key()));
      some.addAll(store.list(top, state.key().replaceFirst("/$", "0"), 1));
    }
    if (some.isEmpty()) {
      return bucket + ", which may be listed; nothing is in it that the rest could be tried on";
    }
    String there = some.get(0).uri().key();
    store.stat(some.get(0).uri());
    if (!written) {
      return bucket + ", which may be listed and read";
    }
    store.tryWriting(new ObjectUri(bucket, there.substring(0, there.lastIndexOf('/') + 1)));
    return bucket + ", which may be listed, read and written to";
  }

  /** Everything that claims and results rest on, on an object that is deleted at the end. */
  private static String state(ObjectStore store, ObjectUri state) throws Ailment {
    ObjectUri probe = state.resolve("doctor/" + UUID.randomUUID());
    byte[] first = "doctor".getBytes(StandardCharsets.UTF_8);
    store.create(probe, first);
    try {
      if (store.create(probe, "other".getBytes(StandardCharsets.UTF_8)).isDone()
          || !Arrays.equals(first, store.read(probe, first.length).orElse(new byte[0]))) {
        throw new Ailment(
            "the store does not honour If-None-Match on PUT, so that two workers could settle one"
                + " job: use one that does (AWS S3, MinIO, s3proxy from 4.1)");
      }
      store.write(probe, first);
      if (listed(store, state, probe).isEmpty()) {
        throw new Ailment(
            probe + ": written, and not listed: use a store whose lists are consistent");
      }
    } finally {
      store.delete(probe);
    }
    if (store.stat(probe).isPresent()) {
      throw new Ailment(
          probe + ": deleted, and still there: allow s3:DeleteObject below the state");
    }
    return state + ": creates once, writes, reads, lists and deletes";
  }

  private static Optional<StoredObject> listed(
      ObjectStore store, ObjectUri state, ObjectUri probe) {
    return store.list(state.resolve("doctor/")).stream()
        .filter(o -> o.uri().equals(probe))
        .findFirst();
  }

  private static String clock(ObjectStore store, ObjectUri state) throws Ailment {
    ObjectUri probe = state.resolve("doctor/" + UUID.randomUUID());
    store.create(probe, new byte[1]);
    try {
      Duration mine = listed(store, state, probe).orElseThrow().age();
      Duration its = store.get(probe, 1).orElseThrow().age();
      Duration skew = mine.minus(its).abs();
      if (skew.compareTo(LARGEST_SKEW) > 0) {
        throw new Ailment(
            "this clock and the store's are %d s apart: set both by NTP"
                .formatted(skew.toSeconds()));
      }
      return "this one and the store's are less than %d s apart"
          .formatted(LARGEST_SKEW.toSeconds());
    } finally {
      store.delete(probe);
    }
  }

  private static String causes(Throwable e) {
    return e.getCause() == null
        ? e.getMessage()
        : e.getMessage() + ": " + e.getCause().getMessage();
  }
}
