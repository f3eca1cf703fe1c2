/** From an architecture back to files that current Keras 3 and tf_keras load. */
package dev.secateur.keras.write;
