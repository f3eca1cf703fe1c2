"""The smallest member of each keras.applications family, random weights, without a quarter of its multiplications: does it run, in Keras too?

usage: python bench/families.py DIRECTORY SECATEUR [FAMILY...]
"""

import os
import pathlib
import re
import subprocess
import sys

KERAS = {
    "MobileNet": 32, "MobileNetV2": 32, "MobileNetV3Small": 32, "EfficientNetB0": 32, "EfficientNetV2B0": 32, "DenseNet121": 32, "NASNetMobile": 32,
    "VGG16": 32, "ResNet50": 32, "ResNet50V2": 32, "ConvNeXtTiny": 32, "Xception": 71, "InceptionV3": 75, "InceptionResNetV2": 75,
}
TF_KERAS = {"ResNetRS50": 32, "RegNetX002": 32}
MAKE = r"""
import os, sys
import numpy as np
library, name, size, out = sys.argv[1:]
if library == "tf_keras":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras as keras
else:
    import keras
keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
size = int(size)
model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
for weight in model.weights:  # statistics of a network that has been trained, not those of one that has not
    path, value = getattr(weight, "path", weight.name), weight.numpy()
    if "moving_mean" in path or "beta" in path or "bias" in path:
        weight.assign(rng.normal(0, 0.1, value.shape))
    elif "moving_variance" in path:
        weight.assign(rng.uniform(0.5, 1.5, value.shape))
model.save(out + ".keras")
np.savez(out + ".npz", x=rng.uniform(0, 255, (64, size, size, 3)).astype(np.float32))
"""
LOAD = r"""
import os, sys
import numpy as np
library, file, x, wanted = sys.argv[1:]
if library == "tf_keras":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras as keras
else:
    import keras
model = keras.models.load_model(file, compile=False)
got, want = np.asarray(model.predict(np.load(x), verbose=0)), np.load(wanted)
print("%.1e" % (np.abs(got - want).max() / max(float(want.max() - want.min()), 1e-9)))
"""


def main(directory, secateur, *families):
    import numpy as np

    os.makedirs(directory, exist_ok=True)
    for name, size in {**KERAS, **TF_KERAS}.items():
        if families and name not in families:
            continue
        stem = os.path.join(directory, name)
        own = "keras" if name in KERAS else "tf_keras"
        subprocess.run([sys.executable, "-c", MAKE, own, name, str(size), stem], check=True, stderr=subprocess.DEVNULL)
        done = subprocess.run(
            [secateur, "compress", stem + ".keras", "--representative", stem + ".npz", "--eval", stem + ".npz", "--recipe", "instant", "--channels", "0.25",
             "--allow-chance", "--max-accuracy-drop", "1", "--representative-samples", "32", "--no-cache", "--out", stem],
            capture_output=True, text=True)
        gone = re.search(r"removed: ([\d.]+ %) of the multiplications, ([\d.]+ %) of the weights", done.stdout)
        if not gone:
            print(f"{name}: {(done.stderr or done.stdout).strip().splitlines()[-1]}", flush=True)
            continue
        x, y = stem + ".x.npy", stem + ".y.npy"
        np.save(x, np.load(stem + ".npz")["x"][:8])
        pruned = str(next(pathlib.Path(stem).glob("pruned.*")))
        subprocess.run([secateur, "predict", pruned, "--input", x, "--output", y], check=True, capture_output=True)
        errors = [
            subprocess.run([sys.executable, "-c", LOAD, library, pruned, x, y], capture_output=True, text=True).stdout.strip() or "does not load"
            for library in ("keras", "tf_keras")
        ]
        print(f"{name}: -{gone[1]} multiplications, -{gone[2]} weights; error in Keras {errors[0]}, in tf_keras {errors[1]} of the range", flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
