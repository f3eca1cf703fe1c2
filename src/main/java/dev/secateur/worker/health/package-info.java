/**
 * A worker's life: it starts, is let to records and orders when it is known to be sound, says how
 * it and its surroundings are, and drains.
 */
package dev.secateur.worker.health;
