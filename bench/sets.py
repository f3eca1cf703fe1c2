"""Sets of JPEGs of 224 × 224 as TFRecord and as Parquet, and how long tf.data takes to read them once.
usage: python bench/sets.py make DIRECTORY COUNT
       python bench/sets.py read FILE"""

import io
import os
import sys
import time

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

SIZE = 224
BATCH = 32


def jpeg(rng):
    """Smooth shapes with a little noise: about as many bytes as a photograph of the size."""
    coarse = tf.image.resize(rng.integers(0, 256, (14, 14, 3)), (SIZE, SIZE), "bicubic").numpy()
    pixels = np.clip(coarse + rng.normal(0, 6, coarse.shape), 0, 255).astype("u1")
    return tf.io.encode_jpeg(pixels, quality=90).numpy()


def make(directory, count):
    os.makedirs(directory, exist_ok=True)
    rng = np.random.default_rng(1)
    images = [jpeg(rng) for _ in range(min(count, 500))]
    rows = [images[i % len(images)] for i in range(count)]
    with tf.io.TFRecordWriter(f"{directory}/set.tfrecord") as to:
        for i, image in enumerate(rows):
            features = {
                "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
                "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[i % 10])),
            }
            to.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    schema = pa.schema([("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("label", pa.int64())])
    with pq.ParquetWriter(f"{directory}/set.parquet", schema) as to:
        for first in range(0, count, 100):
            some = range(first, min(first + 100, count))
            to.write_table(pa.table({"image": [{"bytes": rows[i], "path": f"{i}.jpg"} for i in some], "label": [i % 10 for i in some]}, schema=schema))
    print(f"{count} images of {len(images[0])} bytes")


def decode(image, label):
    return tf.ensure_shape(tf.io.decode_jpeg(image, 3), (SIZE, SIZE, 3)), label


def parse(record):
    features = tf.io.parse_single_example(
        record, {"image/encoded": tf.io.FixedLenFeature([], tf.string), "image/class/label": tf.io.FixedLenFeature([], tf.int64)}
    )
    return decode(features["image/encoded"], features["image/class/label"])


def parquet(file):
    for rows in pq.ParquetFile(file).iter_batches(batch_size=100):
        yield rows["image"].field("bytes").to_pylist(), rows["label"].to_numpy()


def read(file):
    if file.endswith(".tfrecord"):
        samples = tf.data.TFRecordDataset(file).map(parse, tf.data.AUTOTUNE)
    else:
        spec = (tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int64))
        samples = tf.data.Dataset.from_generator(lambda: parquet(file), output_signature=spec).unbatch().map(decode, tf.data.AUTOTUNE)
    floats = samples.batch(BATCH).map(lambda x, y: (tf.cast(x, tf.float32), y)).prefetch(tf.data.AUTOTUNE)
    wall, cpu = time.time(), time.process_time()
    count = sum(int(y.shape[0]) for _, y in floats)
    print(f"tf.data {os.path.basename(file)}: {count} images, {time.time() - wall:.2f} s, {time.process_time() - cpu:.2f} s of processor time", flush=True)


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    read(sys.argv[2])
