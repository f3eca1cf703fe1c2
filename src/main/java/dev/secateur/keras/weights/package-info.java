/** Where the layouts of Keras keep weights, matched with those that the layers ask for. */
package dev.secateur.keras.weights;
