/**
 * What may go.
 *
 * <p><b>Magnitude</b>, while the network is trained: the mask of a tensor ({@link
 * dev.secateur.prune.Masks}) and the sparsity that is due at a step ({@link
 * dev.secateur.prune.PruningSchedule}), both as TensorFlow Model Optimization computes them (M.
 * Zhu, S. Gupta, "To prune, or not to prune: exploring the efficacy of pruning for model
 * compression", 2017, arXiv:1710.01878).
 *
 * <p><b>Reconstruction</b>, without training ({@link dev.secateur.prune.Reconstruction}). Batch
 * normalisation counts as part of the layer before it. The layers are walked in order with two sets
 * of values on the same few hundred samples: the original's, and those of the network pruned so
 * far. Each layer becomes a least-squares problem: say, on what it reads now, what it said in the
 * original (Y. He et al., "Channel Pruning for Accelerating Very Deep Neural Networks", 2017,
 * arXiv:1707.06168; E. Frantar, D. Alistarh, "Optimal Brain Compression", 2022, arXiv:2208.11580);
 * where its output is added to another branch's, what that branch has lost is made up for. {@link
 * dev.secateur.prune.LayerProblem} chooses the weights that stay and computes their values. How
 * many each kernel keeps is {@link dev.secateur.prune.KernelBudgets}', by magnitudes (LAMP) or by
 * {@link dev.secateur.prune.Sensitivity}, the measured cost of each kernel's zeros.
 */
package dev.secateur.prune;
