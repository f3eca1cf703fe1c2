package dev.secateur.graph;

/**
 * A named tensor that belongs to the network: trained, or constant.
 *
 * @param trainable whether the file lets training change it (layer and weight both trainable)
 * @param l1 factor of the L1 penalty on this weight, 0 for none
 * @param l2 factor of the L2 penalty on this weight ({@code l2 · Σw²}, as Keras defines it)
 */
public record Weight(
    String name, Role role, Tensor value, boolean trainable, double l1, double l2) {
  /** What a weight is for. Only a KERNEL may be pruned, and only where its op allows it. */
  public enum Role {
    KERNEL,
    BIAS,
    GAMMA,
    BETA,
    MOVING_MEAN,
    MOVING_VARIANCE,
    ALPHA,
    /** Not a Keras weight: a number from the configuration, such as a rescaling factor. */
    CONSTANT
  }

  public static Weight constant(String name, Tensor value) {
    return new Weight(name, Role.CONSTANT, value, false, 0, 0);
  }

  public Weight withValue(Tensor other) {
    return new Weight(name, role, other, trainable, l1, l2);
  }

  public Weight named(String other) {
    return new Weight(other, role, value, trainable, l1, l2);
  }

  public Shape shape() {
    return value.shape();
  }
}
