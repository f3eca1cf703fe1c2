/**
 * The network, free of any framework: {@link dev.secateur.graph.Graph} is a list of {@link
 * dev.secateur.graph.Node}s in topological order, each one {@link dev.secateur.graph.Op} with one
 * output. Everything else lowers from it: training, Keras writing, TFLite.
 *
 * <p>Conventions that hold everywhere:
 *
 * <ul>
 *   <li>Data is channels-last; dimension 0 is the batch and is {@link
 *       dev.secateur.graph.Shape#UNKNOWN}; all other dimensions are known.
 *   <li>Graph inputs, nodes and weights share one name space; an operand is a name.
 *   <li>One-dimensional layers are two-dimensional here: the reader adds a height of one.
 * </ul>
 */
package dev.secateur.graph;
