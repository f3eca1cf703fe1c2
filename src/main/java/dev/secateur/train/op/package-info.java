/**
 * The network's operations as TensorFlow's: {@link dev.secateur.train.op.TensorFlowLowering} has a
 * rule for each, for training and for inference.
 *
 * <p>Only operations whose native gradient was seen to work are used. In TensorFlow for Java 1.1.0
 * that of {@code Square} ends the process, and {@code SparseSoftmaxCrossEntropyWithLogits} and
 * {@code FakeQuant*} have none.
 */
package dev.secateur.train.op;
