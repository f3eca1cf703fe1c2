package dev.secateur.result;

/**
 * What pruning was to reach, and what it has, over all kernels that it may take weights from.
 *
 * @param asked fraction of zeros
 * @param zeros how many weights are zero
 * @param weights of all the kernels; 0 where there is none
 * @param kernels how many there are
 */
public record Pruned(double asked, long zeros, long weights, int kernels) {
  /** The fraction of zeros that there is. */
  public double reached() {
    return weights == 0 ? 0 : (double) zeros / weights;
  }
}
