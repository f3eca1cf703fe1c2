/** The kinds of file that hold Keras models, read and written with bounds. */
package dev.secateur.keras.file;
