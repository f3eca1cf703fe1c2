/**
 * Labelled images as float32 batches, preprocessed; from NPZ, image folders, zip and tar.gz.
 *
 * <p>Whatever the source, its samples end as fixed-size records in a file: an uncompressed NPZ
 * entry as it lies, everything else in a temporary file that is written once when the set is opened
 * and gone when the process ends. A batch is then a few positioned reads, so a set may be larger
 * than memory, and bytes stay bytes until they are fed.
 *
 * <p>Nothing in a set is ever executed: object arrays (pickle) are refused, sizes are bounded
 * before memory is taken, and no entry of an archive is written under its own name.
 */
package dev.secateur.dataset;
