/**
 * Measures a variant, whatever runs it: accuracy, loss and confusion over a set, agreement with the
 * original, size on disk and zipped, latency, sparsity of what is in the file.
 */
package dev.secateur.evaluate;
