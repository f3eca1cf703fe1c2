/** Labelled images as float32 batches, preprocessed; from NPZ, image folders, zip and tar.gz. */
package dev.secateur.dataset;
