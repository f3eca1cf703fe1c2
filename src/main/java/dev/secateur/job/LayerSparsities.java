package dev.secateur.job;

import dev.secateur.graph.Weight;
import dev.secateur.result.JobResult;
import dev.secateur.result.Pruned;
import dev.secateur.train.FineTuned;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The layers that hold weights, and how sparse they became. */
final class LayerSparsities {
  private LayerSparsities() {}

  /**
   * @param channels what each layer has lost of them, by its name
   */
  static List<JobResult.Layer> of(FineTuned tuned, Map<String, JobResult.Channels> channels) {
    return LayerSummary.of(tuned.graph()).stream()
        .filter(layer -> !layer.weights().isEmpty())
        .map(layer -> described(layer, tuned, Optional.ofNullable(channels.get(layer.name()))))
        .toList();
  }

  /** All kernels that pruning may take weights from together. */
  static Pruned allOf(FineTuned tuned) {
    List<Weight> kernels = tuned.graph().prunable();
    return new Pruned(
        tuned.pruning().finalSparsity(),
        kernels.stream().mapToLong(LayerSparsities::zeros).sum(),
        kernels.stream().mapToLong(w -> w.shape().size()).sum(),
        kernels.size());
  }

  private static long zeros(Weight kernel) {
    return Math.round(kernel.value().sparsity() * kernel.shape().size());
  }

  private static JobResult.Layer described(
      LayerSummary layer, FineTuned tuned, Optional<JobResult.Channels> channels) {
    Optional<Weight> pruned = layer.prunable().filter(w -> tuned.sparsity().containsKey(w.name()));
    Optional<Weight> kernel =
        pruned.or(
            () -> layer.weights().stream().filter(w -> w.role() == Weight.Role.KERNEL).findFirst());
    return new JobResult.Layer(
        layer.name(),
        layer.type(),
        layer.parameters(),
        pruned.isPresent(),
        pruned.isPresent() ? tuned.pruning().finalSparsity() : 0,
        kernel.map(k -> k.value().sparsity()).orElse(0.0),
        channels);
  }
}
