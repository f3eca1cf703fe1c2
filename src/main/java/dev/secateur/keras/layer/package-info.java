/** The layers and operations of Keras: what they are called, and what they compute. */
package dev.secateur.keras.layer;
