/**
 * Objects by address: the port ({@link dev.secateur.store.ObjectStore}), S3-compatible servers and
 * a local directory behind it, digests, limits, retries, and a cache of what was downloaded.
 */
package dev.secateur.store;
