"""Trains the example's network on shapes.npz and saves it as both kinds of Keras file.

usage: python train.py           (needs keras 3 with the TensorFlow backend; run draw.py first)
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers

HERE = pathlib.Path(__file__).parent


def network(classes):
    def block(x, channels, strides):
        x = layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x)

    inputs = keras.Input((16, 16, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = block(x, 12, 1)
    x = block(x, 24, 2)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.Conv2D(32, 1, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="shapes")


if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    data = {k: v.astype(np.float32) for k, v in np.load(HERE / "shapes.npz").items()}
    model = network(classes=int(data["y_train"].max()) + 1)
    epochs, steps = 40, len(data["x_train"]) // 32
    rate = keras.optimizers.schedules.CosineDecay(5e-3, epochs * steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data["x_train"], data["y_train"], batch_size=32, epochs=epochs, verbose=2)
    loss, accuracy = model.evaluate(data["x_test"], data["y_test"], verbose=0)
    print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")
    # Without the optimizer: its moments would triple the files.
    model.save(HERE / "shapes.keras", include_optimizer=False)
    model.save(HERE / "shapes.h5", include_optimizer=False)
