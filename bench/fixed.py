"""What training and evaluating cost beside their steps, on deep networks: the smallest member of each keras.applications family beside tf_keras.

usage: python bench/fixed.py DIRECTORY SECATEUR [FAMILY...]

Random weights, noise of 96 x 96, batches of 32: the first epoch of two steps, a step (of ten more), 256 images predicted, the process' peak memory.
"""

import json
import os
import re
import subprocess
import sys

from families import KERAS, TF_KERAS

SIZE, BATCH, STEPS, MORE, IMAGES = 96, 32, 2, 10, 256
PYTHON = r"""
import json, sys, time
import numpy as np, tf_keras
name, stem, size, batch, steps, more, images = sys.argv[1:3] + [int(n) for n in sys.argv[3:]]
tf_keras.utils.set_random_seed(1)
if name == "resnet8":
    model, size = tf_keras.models.load_model("../shared/models/mlperf_resnet8_cifar10.h5", compile=False), 32
    model.save(stem + ".h5")
else:
    model = getattr(tf_keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    model.save(stem + ".h5")
rng = np.random.default_rng(0)
x, y = rng.integers(0, 256, (batch * steps, size, size, 3), np.uint8), rng.integers(0, 10, batch * steps)
xt, yt = rng.integers(0, 256, (images, size, size, 3), np.uint8), rng.integers(0, 10, images)
np.savez(stem + "-train.npz", x=x, y=y)
np.savez(stem + "-eval.npz", x=xt, y=yt)
x, xt = x.astype(np.float32), xt.astype(np.float32)
def timed(work):
    start = time.time()
    work()
    return time.time() - start
predict = timed(lambda: model.predict(xt, batch_size=32, verbose=0))
model.compile(optimizer=tf_keras.optimizers.Adam(1e-4), loss=tf_keras.losses.SparseCategoricalCrossentropy())
first = timed(lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0))
rest = timed(lambda: model.fit(x, y, batch_size=batch, epochs=more // steps, verbose=0))
print(json.dumps({"first": first, "step": rest / more, "predict": predict}))
"""


def run(command):
    """What it printed, and its peak memory in megabytes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return said, usage.ru_maxrss / 1024


def trained(secateur, stem, epochs):
    out = f"{stem}-{epochs}"
    said, peak = run([
        secateur, "compress", stem + ".h5", "--train", stem + "-train.npz", "--eval", stem + "-eval.npz", "--recipe", "tutorial", "--epochs", str(epochs),
        "--allow-chance", "--max-accuracy-drop", "1", "--no-cache", "--out", out])
    if not os.path.exists(out + "/report.json"):
        raise ValueError(said.strip().splitlines()[-1])
    return {s["name"]: s["seconds"] for s in json.load(open(out + "/report.json"))["stages"]}, peak


def main(directory, secateur, *families):
    os.makedirs(directory, exist_ok=True)
    print("| network | Keras: first epoch | a step | 256 images | peak | fine-tune stage | a step | fixed | of Keras' first epoch | evaluate-original | evaluate | peak |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name in families or ["resnet8", *KERAS, *TF_KERAS]:
        stem = os.path.join(directory, name)
        said, peak = run([sys.executable, "-c", PYTHON, name, stem, *map(str, (SIZE, BATCH, STEPS, MORE, IMAGES))])
        found = re.search(r"^\{.*\}$", said, re.M)
        if not found:
            print(f"| {name} | {said.strip().splitlines()[-1]} |", flush=True)
            continue
        keras = json.loads(found[0])
        try:
            (stages, ours), (more, _) = (trained(secateur, stem, epochs) for epochs in (1, 1 + MORE // STEPS))
        except ValueError as refusal:
            print(f"| {name} | {refusal} |", flush=True)
            continue
        step = (more["fine-tune"] - stages["fine-tune"]) / MORE
        stage = stages["fine-tune"]
        print(f"| {name} | {keras['first']:.1f} s | {1000 * keras['step']:.0f} ms | {keras['predict']:.1f} s | {peak:.0f} MB | {stage:.1f} s | {1000 * step:.0f} ms "
              f"| {stage - STEPS * step:.1f} s | {stage / keras['first']:.2f} | {stages['evaluate-original']:.1f} s | {stages['evaluate']:.1f} s | {ours:.0f} MB |", flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
