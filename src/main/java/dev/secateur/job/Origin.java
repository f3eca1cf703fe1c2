package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Graph;
import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a product was made from: the model, a set as it is fed, and the machine, since another one
 * may round otherwise. Equal origins give equal bytes.
 *
 * @param what the product, in words
 * @param fields all that its bytes depend on
 */
record Origin(String what, List<String> fields) {
  /** Of the products' own formats: a new one makes what was kept in the old one unknown. */
  private static final String FORMAT = "1";

  /** TensorFlow's choice between kernels that round otherwise. */
  private static final String KERNELS = "TF_ENABLE_ONEDNN_OPTS";

  Origin {
    fields = List.copyOf(fields);
  }

  /**
   * Something that the model of a job says of one of its sets.
   *
   * @param part of the set's file
   */
  static Origin of(String what, Run run, Dataset set, Part part) {
    Job job = run.job();
    Graph network = run.inputs().model().graph();
    return new Origin(
            what,
            List.of(
                FORMAT,
                Engine.VERSION,
                EngineBuild.ID,
                ProcessInfo.machine(),
                String.valueOf(System.getenv(KERNELS)),
                Integer.toString(job.threads()),
                what,
                job.network(),
                network.inputs().stream().map(i -> i.shape().toString()).toList().toString(),
                set.digest(),
                part.name(),
                Integer.toString(set.size()),
                job.plan().document().get("preprocessing").toString()))
        .with(fields(job.plan()));
  }

  /** Nothing where they are found, as it was before they could be given. */
  private static String[] fields(Plan plan) {
    return Stream.of(plan.sampleField(), plan.targetField())
        .flatMap(Optional::stream)
        .toArray(String[]::new);
  }

  /** That, with more that it depends on. */
  Origin with(String... more) {
    List<String> all = new ArrayList<>(fields);
    all.addAll(List.of(more));
    return new Origin(what, all);
  }

  /** SHA-256 over all fields, lower-case hexadecimal. */
  String digest() {
    FieldsDigest digest = new FieldsDigest();
    fields.forEach(digest::add);
    return digest.hex();
  }
}
