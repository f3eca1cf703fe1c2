/**
 * TensorFlow's checkpoints, as SavedModels and {@code tf.train.Checkpoint} write them, read without
 * TensorFlow. The sources are TensorFlow's {@code util/tensor_bundle} and {@code lib/io/table} (the
 * format of LevelDB's tables) and its {@code tensor_bundle.proto}, {@code
 * trackable_object_graph.proto}.
 *
 * <pre>
 * NAME.index                a sorted table: "" is the header, _CHECKPOINTABLE_OBJECT_GRAPH and each
 *                           variable's key are entries with type, shape, shard, offset, size, checksum
 * NAME.data-SSSSS-of-NNNNN  the values of a shard, little endian
 * </pre>
 *
 * <p>Variables are found by walking the objects: from the model over its layers to their weights,
 * each under the name of the attribute that holds it in Python.
 */
package dev.secateur.keras.checkpoint;
