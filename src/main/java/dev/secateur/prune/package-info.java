/**
 * What may go: the magnitude mask of a tensor ({@link dev.secateur.prune.Masks}) and the sparsity
 * that is due at a step ({@link dev.secateur.prune.PruningSchedule}), both as TensorFlow Model
 * Optimization computes them.
 *
 * <p>Gradual magnitude pruning: M. Zhu, S. Gupta, "To prune, or not to prune: exploring the
 * efficacy of pruning for model compression", 2017 (arXiv:1710.01878).
 */
package dev.secateur.prune;
