package dev.secateur.tflite;

import dev.secateur.graph.Grid;
import java.util.Map;
import java.util.Optional;

/**
 * The kernels of a network whose values stand on grids; the others get INT8's own.
 *
 * @param grids by the kernel's name
 * @param packed whether levels of four bits are written two to a byte, or as INT8 like the others
 */
public record KernelGrids(Map<String, Grid> grids, boolean packed) {
  public static final KernelGrids NONE = new KernelGrids(Map.of(), false);

  public KernelGrids {
    grids = Map.copyOf(grids);
  }

  Optional<Grid> of(String kernel) {
    return Optional.ofNullable(grids.get(kernel));
  }

  /** How the levels of a kernel are written. */
  ScalarType type(String kernel) {
    boolean four = of(kernel).filter(g -> g.most() <= Grid.FOUR_BITS).isPresent();
    return packed && four ? ScalarType.INT4 : ScalarType.INT8;
  }
}
