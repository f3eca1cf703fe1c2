/**
 * The layers and operations of Keras: what they are called in each version, what they take, what
 * they compute, and what is written for them. The definitions are those of the Keras API reference
 * (keras.io/api/layers) and of its sources, where these say more: at inference, and with the
 * defaults of the version that wrote the file.
 *
 * <p>A new layer class is one {@link dev.secateur.keras.layer.LayerType} in the list of its family,
 * such as {@code PoolingLayers.TYPES}. {@link dev.secateur.keras.layer.LayerTypes} finds it by any
 * of its names, lowers it, and refuses the arguments that it did not read.
 */
package dev.secateur.keras.layer;
