/**
 * Where the layouts of Keras keep weights, matched with those that the layers ask for. No version
 * documents its layout; the sources are {@code legacy/saving/legacy_h5_format.py} and {@code
 * saving/saving_lib.py} of Keras 3, {@code saving/legacy/hdf5_format.py} of Keras 2, and files.
 *
 * <p>HDF5 ({@link dev.secateur.keras.weights.Hdf5Weights}):
 *
 * <pre>
 * /                          @model_config @training_config @keras_version @backend
 * /model_weights             @layer_names: one for each layer of the model
 * /model_weights/LAYER       @weight_names: the datasets' paths below, in Keras' order
 * </pre>
 *
 * <p>A list too long for an attribute is split over {@code layer_names0}, {@code layer_names1}, ….
 * A model within the model is one LAYER. Names are UTF-8, whatever the attribute declares.
 *
 * <p>{@code model.weights.h5} in a {@code .keras} zip ({@link
 * dev.secateur.keras.weights.ZipWeights}):
 *
 * <pre>
 * layers/CLASS_n/vars/0, 1, …             n counts layers of the class; no number for the first
 * layers/CLASS_n/layers/…                 of a model within the model
 * layers/CLASS_n/layer/vars/…             of the layer that a wrapper wraps
 * layers/CLASS_n/activation/vars/…        of a layer that is the activation
 * </pre>
 */
package dev.secateur.keras.weights;
