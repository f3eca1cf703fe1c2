"""Draws a set of small images and trains a network for each task on it.

usage: python train.py           (needs keras 3 with the TensorFlow backend)

Writes tasks.npz and the networks beside this file. An image has a disc or a square, and perhaps a
stripe; it is 8-bit grey. The arrays are named after the networks' outputs, so that one file serves
all of them:

radius.keras     regression       radius of the figure, in pixels
square.h5        binary           whether it is a square; one logit
labels.keras     multi-label      square, large, striped
kind.h5          classification   disc or square, small or large; soft labels
figure.h5        segmentation     background, disc or square, each pixel
foreground.keras segmentation     0/1 each pixel: the mask has the shape of the input
again.h5         reconstruction   the input
both.keras       two inputs (image, place), two outputs (radius, square)
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers, losses

HERE = pathlib.Path(__file__).parent
SIZE = 16
TRAIN, TEST = 600, 200


def draw(count, random):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    square = random.integers(0, 2, count)
    radius = random.uniform(2, 5, count)
    striped = random.integers(0, 2, count)
    place = random.uniform(5, 10, (count, 2))
    images, masks = [], []
    for i in range(count):
        down, right = np.abs(rows - place[i, 0]), np.abs(columns - place[i, 1])
        inside = np.maximum(down, right) <= radius[i] * 0.9 if square[i] else np.hypot(down, right) <= radius[i]
        image = 40 + 150 * inside + 40 * (striped[i] * (rows // 2 % 2)) * ~inside
        images.append(np.clip(image + 8 * random.integers(-1, 2, (SIZE, SIZE)), 0, 255))
        masks.append(inside * (1 + square[i]))
    large = radius > 3.5
    kind = np.eye(4, dtype=np.float32)[square * 2 + large] * 0.9 + 0.025
    masks = np.array(masks, np.uint8)
    return {
        "image": np.array(images, np.uint8)[..., None],
        "place": place.astype(np.float32),
        "radius": radius.astype(np.float32),
        "square": square.astype(np.uint8),
        "labels": np.stack([square, large, striped], 1).astype(np.uint8),
        "kind": kind,
        "figure": masks,
        "foreground": (masks > 0).astype(np.uint8),
    }


def block(x, channels, strides=1):
    x = layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def body(image):
    x = layers.Rescaling(1 / 255)(image)
    x = block(block(block(x, 8), 16, 2), 24, 2)
    return layers.Dense(24, activation="relu")(layers.Flatten()(layers.AveragePooling2D(2)(x)))


def vector(name, units, activation):
    image = keras.Input((SIZE, SIZE, 1), name="image")
    return keras.Model(image, layers.Dense(units, activation=activation, name=name)(body(image)))


def picture(name, channels, activation, scaled):
    image = keras.Input((SIZE, SIZE, 1), name="image")
    wide = block(layers.Rescaling(1 / 255)(image) if scaled else image, 8)
    deep = block(block(wide, 16, 2), 16)
    x = layers.UpSampling2D(2)(deep)
    x = block(layers.Concatenate()([x, wide]) if scaled else x, 12)
    return keras.Model(image, layers.Conv2D(channels, 3, padding="same", activation=activation, name=name)(x))


def both():
    image, place = keras.Input((SIZE, SIZE, 1), name="image"), keras.Input((2,), name="place")
    x = layers.Concatenate()([body(image), layers.Rescaling(1 / 10)(place)])
    x = layers.Dense(24, activation="relu")(x)
    return keras.Model(
        {"image": image, "place": place},
        [layers.Dense(1, name="radius")(x), layers.Dense(1, activation="sigmoid", name="square")(x)],
    )


NETWORKS = {
    "radius.keras": (vector("radius", 1, None), "mse"),
    "square.h5": (vector("square", 1, None), losses.BinaryCrossentropy(from_logits=True)),
    "labels.keras": (vector("labels", 3, "sigmoid"), "binary_crossentropy"),
    "kind.h5": (vector("kind", 4, "softmax"), losses.CategoricalCrossentropy()),
    "figure.h5": (picture("figure", 3, "softmax", True), losses.SparseCategoricalCrossentropy()),
    "foreground.keras": (picture("foreground", 1, "sigmoid", True), losses.BinaryCrossentropy()),
    "again.h5": (picture("again", 1, None, False), "mean_squared_error"),
    "both.keras": (both(), {"radius": losses.MeanSquaredError(), "square": "binary_crossentropy"}),
}


def train(file, model, loss, data):
    names = [i.name for i in model.inputs]
    x = {n: data[n].astype(np.float32) for n in names} if len(names) > 1 else data["image"].astype(np.float32)
    if file == "again.h5":
        x = x / 255  # fed as fractions: --scale 0.00392156862745098
        y = x
    else:
        y = [data[n].astype(np.float32) for n in model.output_names]
        y = dict(zip(model.output_names, y)) if len(y) > 1 else y[0]
    epochs, steps = 60, TRAIN // 32
    rate = keras.optimizers.schedules.CosineDecay(4e-3, epochs * steps)
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    print(file, "loss", model.evaluate(x, y, verbose=0))
    model.compile("sgd", loss)  # the file names the loss, without Adam's moments
    model.save(HERE / file)


if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    train_part, test_part = draw(TRAIN, random), draw(TEST, random)
    arrays = {f"{name}_train": array for name, array in train_part.items()}
    arrays |= {f"{name}_test": array for name, array in test_part.items()}
    np.savez_compressed(HERE / "tasks.npz", **arrays)
    for file, (model, loss) in NETWORKS.items():
        train(file, model, loss, train_part)
