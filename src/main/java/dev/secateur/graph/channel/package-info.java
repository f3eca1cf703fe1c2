/**
 * Which channels of a network can go, and the network without them.
 *
 * <p>A channel is an index of a value's last axis. {@link dev.secateur.graph.channel.Channels}
 * finds, by union-find over every operation, those that can only go together: an addition needs
 * both operands' channel, a depthwise convolution its input's and its output's (G. Fang et al.,
 * "DepGraph: Towards Any Structural Pruning", CVPR 2023, arXiv:2301.12900). What an operation fixes
 * stays: inputs, outputs, a softmax over channels, whatever mixes channels without weights.
 */
package dev.secateur.graph.channel;
