package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import java.util.List;

/** The passes in the order in which they enable each other. */
public final class Passes {
  private static final List<Pass> INFERENCE =
      List.of(
          new RemoveIdentities(),
          new LowerBatchNormalization(),
          new FoldScaleIntoKernel(),
          new FuseHardSwish(),
          new MergeScales(),
          new FusePadding(),
          new RemoveDead());

  private Passes() {}

  /** The network as it runs at inference: folded, fused, without what only training needs. */
  public static Graph forInference(Graph graph) {
    Graph result = graph;
    for (Pass pass : INFERENCE) {
      result = pass.apply(result);
    }
    return result;
  }
}
