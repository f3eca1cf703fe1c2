package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;

/** One rewrite of a network that keeps its outputs at inference. */
@FunctionalInterface
public interface Pass {
  Graph apply(Graph graph);
}
