package dev.secateur.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What {@code secateur bridge --help} prints; the launcher starts the bridge itself. */
@Command(
    name = "bridge",
    description = {
      "Leads from ML platforms to the workers and back: a model version that is tagged"
          + " secateur.compress in MLflow, or a file that is put into a bucket, becomes an order;"
          + " the compressed model, its report and its measures appear in MLflow beside it. One"
          + " is enough; it serves health and metrics on port 8080.",
      "",
      "It is told what it needs by environment variables, or by -Dkey=value in JAVA_OPTS:",
      "",
      "  KAFKA_BOOTSTRAP_SERVERS, SECATEUR_STORE_…, SECATEUR_TOPICS_…, SECATEUR_STATE_URI",
      "                                     as the workers'",
      "  SECATEUR_BRIDGE_MLFLOW_URI         such as http://mlflow:5000",
      "  SECATEUR_BRIDGE_MLFLOW_TOKEN, or …_USERNAME and …_PASSWORD",
      "  SECATEUR_BRIDGE_MLFLOW_ARTIFACTS   s3://… where mlflow-artifacts:/ lies, if workers can"
          + " read it",
      "  SECATEUR_BRIDGE_MLFLOW_POLL        30s",
      "  SECATEUR_BRIDGE_HOOKS_SECRET       of MLflow's webhook, taken on port 8082",
      "  SECATEUR_BRIDGE_BUCKETS_TOPIC      of MinIO's bucket notifications",
      "  SECATEUR_BRIDGE_MODELS             s3://models/",
      "  SECATEUR_BRIDGE_DATASETS           s3://datasets/",
      "",
      "All of them: docs/configuration.md. What to do in MLflow and MinIO: docs/platforms.md.",
    },
    mixinStandardHelpOptions = true)
final class BridgeHelp implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().usage(out);
  }
}
