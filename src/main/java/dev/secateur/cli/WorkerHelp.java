package dev.secateur.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What {@code secateur worker --help} prints; the launcher starts the worker itself. */
@Command(
    name = "worker",
    description = {
      "The service: takes model-registered events from Kafka, runs their jobs, answers them, and"
          + " serves health and metrics on port 8080 and the page of orders on 8081.",
      "",
      "It is told what it needs by environment variables, or by -Dkey=value in JAVA_OPTS. The ones"
          + " that differ between installations, with their defaults:",
      "",
      "  KAFKA_BOOTSTRAP_SERVERS            localhost:9092",
      "  SECATEUR_STORE_ENDPOINT            http://localhost:9000",
      "  SECATEUR_STORE_ACCESS_KEY, SECATEUR_STORE_SECRET_KEY",
      "  SECATEUR_STORE_READ_BUCKETS        models,datasets",
      "  SECATEUR_STORE_WRITE_BUCKETS       artifacts",
      "  SECATEUR_STATE_URI                 s3://artifacts/.secateur/",
      "  SECATEUR_JOBS_OUTPUT               s3://artifacts/",
      "  SECATEUR_TOPICS_REGISTERED         model-registered",
      "  SECATEUR_TOPICS_COMPRESSED         model-compressed",
      "  SECATEUR_KAFKA_CREATE_TOPICS       false",
      "  SECATEUR_JOBS_CONCURRENCY          1",
      "",
      "All of them, and Kafka's own: docs/configuration.md. Whether they are right says"
          + " 'secateur doctor'. It ends with 0 after SIGTERM, when its jobs are given back.",
    },
    mixinStandardHelpOptions = true)
final class WorkerHelp implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().usage(out);
  }
}
