/** Measurements in one warm process, started by {@code bench/run}. */
package dev.secateur.bench;
