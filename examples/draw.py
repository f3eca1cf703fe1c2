"""Draws the example's images: six shapes of many sizes, places and brightnesses, in noise.

usage: python draw.py            (needs numpy; writes shapes.npz beside this file)

16x16x1 uint8 in eight grey levels, so that the file stays small. x_train/y_train, x_test/y_test.
"""

import pathlib

import numpy as np

SHAPES = ["circle", "cross", "ring", "saltire", "square", "triangle"]
SIZE = 16
TRAIN, TEST = 1020, 360


def mask(shape, cy, cx, r):
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    dy, dx = y - cy, x - cx
    distance = np.hypot(dy, dx)
    inside = np.maximum(abs(dy), abs(dx)) <= r
    bar = max(1.0, r / 3)
    return {
        "circle": distance <= r,
        "ring": (distance <= r) & (distance >= r * 0.55),
        "square": np.maximum(abs(dy), abs(dx)) <= r * 0.85,
        "triangle": (dy <= r * 0.8) & (abs(dx) <= (dy + r) * 0.6),
        "cross": inside & ((abs(dy) <= bar) | (abs(dx) <= bar)),
        "saltire": inside & (abs(abs(dy) - abs(dx)) <= bar),
    }[shape]


def draw(rng, shape):
    r = rng.uniform(3.0, 6.5)
    cy, cx = rng.uniform(r, SIZE - 1 - r, size=2)
    background, contrast = rng.uniform(20, 120), rng.uniform(50, 120)
    image = background + contrast * mask(shape, cy, cx, r) + rng.normal(0, 19, (SIZE, SIZE))
    return (np.clip(image, 0, 255).astype(np.uint8) // 32 * 32)[..., None]


def draw_set(rng, samples):
    y = np.arange(samples) % len(SHAPES)
    rng.shuffle(y)
    return np.stack([draw(rng, SHAPES[label]) for label in y]), y.astype(np.uint8)


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    x_train, y_train = draw_set(rng, TRAIN)
    x_test, y_test = draw_set(rng, TEST)
    np.savez_compressed(
        pathlib.Path(__file__).with_name("shapes.npz"),
        x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test,
    )
