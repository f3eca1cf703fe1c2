/** Keras files in and out: HDF5 and {@code .keras} zips to and from {@link dev.secateur.graph}. */
package dev.secateur.keras;
