/** From a configuration to the graph. */
package dev.secateur.keras.architecture;
