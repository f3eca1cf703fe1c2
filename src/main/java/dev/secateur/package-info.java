/** Secateur: prunes, fine-tunes, quantizes and evaluates Keras CNNs. */
package dev.secateur;
