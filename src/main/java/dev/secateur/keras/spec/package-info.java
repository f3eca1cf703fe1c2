/** Architectures as they are configured, in Keras 2's terms whatever wrote them. */
package dev.secateur.keras.spec;
