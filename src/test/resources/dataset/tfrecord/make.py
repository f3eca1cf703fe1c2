"""Writes small record files of tf.train.Example beside this script: TensorFlow 2.18. Sample i is an image of 4 × 4 pixels of value
10·i, its class i % 3."""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))


def feature(value):
    if isinstance(value, (bytes, str)):
        value = value.encode() if isinstance(value, str) else value
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    values = np.atleast_1d(value)
    if values.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def write(name, make, first=0, compression=""):
    os.makedirs(os.path.dirname(f"{HERE}/{name}"), exist_ok=True)
    with tf.io.TFRecordWriter(f"{HERE}/{name}", compression) as to:
        for i in range(first, first + 6):
            features = {k: feature(v) for k, v in make(i).items()}
            to.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def pixels(i):
    return np.full((4, 4, 3), 10 * i, "u1")


def encoded(i):
    return {"image/encoded": tf.io.encode_png(pixels(i)).numpy(), "image/class/label": i % 3, "image/filename": f"{i}.png"}


write("encoded.tfrecord", encoded)
write("encoded.tfrecord.gz", encoded, compression="GZIP")
write("raw.tfrecord", lambda i: {"image_raw": pixels(i).tobytes(), "height": 4, "width": 4, "depth": 3, "label": i % 3})
write("float_bytes.tfrecord", lambda i: {"image": pixels(i).astype("f4").tobytes(), "label": i % 3})
write("floats.tfrecord", lambda i: {"x": pixels(i).ravel().astype("f4"), "y": np.eye(3)[i % 3]})
write("named.tfrecord", lambda i: {"picture": tf.io.encode_png(pixels(i)).numpy(), "class": ("cat", "bird", "dog")[i % 3]})
write("parts/set-train.tfrecord-00000-of-00002", encoded)
write("parts/set-train.tfrecord-00001-of-00002", encoded, 6)
write("parts/set-test.tfrecord-00000-of-00001", encoded, 12)
with open(f"{HERE}/parts/features.json", "w") as f:
    f.write("{}\n")
