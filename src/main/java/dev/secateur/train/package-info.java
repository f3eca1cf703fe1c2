/**
 * TensorFlow: fine-tuning a network while it is pruned, and prediction.
 *
 * <p>A step of training, as TensorFlow Model Optimization defines it ({@code sparsity/keras}): the
 * step is counted, masks are made anew if the schedule says so, weights are multiplied by their
 * masks, then forward, backward, and the optimizer's update. Gradients are not masked. By default
 * the targets are the original's own outputs at temperature 4 (G. Hinton, O. Vinyals, J. Dean,
 * "Distilling the knowledge in a neural network", 2015, arXiv:1503.02531), under a cosine of the
 * learning rate (I. Loshchilov, F. Hutter, "SGDR", 2017, arXiv:1608.03983).
 */
package dev.secateur.train;
