/**
 * The kinds of file that hold Keras models, told apart by their content, and read and written
 * within bounds: sizes are checked against the file before memory is taken, nothing is unpacked to
 * the disk, no link to another file is followed.
 *
 * <p>{@code .h5} is one HDF5 file (HDF5 File Format Specification 3.0, docs.hdfgroup.org). {@code
 * .keras} is a zip of {@code config.json}, {@code metadata.json} and {@code model.weights.h5}.
 * Keras on Windows has written backslashes into names of groups; they are read as what they mean.
 */
package dev.secateur.keras.file;
