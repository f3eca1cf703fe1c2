/**
 * Keras files in and out: {@link dev.secateur.keras.KerasReader} makes a {@link dev.secateur.graph}
 * of a file of Keras 1.1 to 3.x, {@link dev.secateur.keras.KerasWriter} makes a file of it again
 * that current Keras 3 and tf_keras load.
 *
 * <p>A file is an architecture (JSON: layers, their arguments, what they are called with) and
 * weights. It is read in steps, each a package that knows only those before it:
 *
 * <ol>
 *   <li>{@code file} tells the kinds apart and reads HDF5 and zips within bounds;
 *   <li>{@code spec} has the architecture in Keras 2's terms, whatever wrote it;
 *   <li>{@code weights} pairs the weights that the layers ask for with those in the file;
 *   <li>{@code layer} has each layer class in one place: its names, its arguments, what it
 *       computes, how it is written;
 *   <li>{@code architecture} parses the configuration and lowers it to the graph;
 *   <li>{@code write} goes the way back.
 * </ol>
 *
 * <p>Two rules hold everywhere. Nothing that comes with a model is executed. And nothing is
 * ignored: an argument of a layer or of a call that nobody reads must have its default value or be
 * one without effect; otherwise the file is refused, with the place and the remedy ({@code
 * refusal}).
 */
package dev.secateur.keras;
