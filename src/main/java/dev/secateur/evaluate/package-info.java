/** Measures any variant: accuracy, agreement, loss, size, latency. */
package dev.secateur.evaluate;
