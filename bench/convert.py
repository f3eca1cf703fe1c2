"""Seconds from a Keras file to its float and INT8 TFLite files, by TFLiteConverter, in one warm process.
usage: TF_USE_LEGACY_KERAS=1 python bench/convert.py MODEL SAMPLES.npy [MODEL SAMPLES.npy ...]"""

import os
import sys
import time

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
import tf_keras


def convert(model, samples):
    tf.lite.TFLiteConverter.from_keras_model(model).convert()
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return len(converter.convert())


for file, samples in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        start = time.time()
        size = convert(tf_keras.models.load_model(file, compile=False), np.load(samples)[:100])
        print(f"{os.path.basename(file)} {time.time() - start:.3f} s, INT8 {size} bytes", flush=True)
    except Exception as error:
        print(f"{os.path.basename(file)} fails: {str(error).splitlines()[0][:120]}", flush=True)
