/**
 * From an architecture back to files that current Keras 3 and tf_keras load, and mean the same by.
 * The configuration is in Keras 2's form, which both read. What only one of them has, or what they
 * understand differently, is written as other layers, appended under names of their own: a layer as
 * activation as the layer that follows, {@code hard_sigmoid} as a clipped line.
 *
 * <p>What was written is read again and compared before it gets its name.
 */
package dev.secateur.keras.write;
