"""The parts of bench/schemes that need Python.
usage: python bench/schemes.py official MODEL REFERENCE OUT | errors REFERENCE OUT | memory OUT | table OUT"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np

SCHEMES = ["int8", "int8-weights", "float16", "int16x8"]


def official(model, reference, out):
    """What TensorFlow 2.18's converter makes; INT8 is there already, from 2.21's."""
    import tensorflow as tf

    io = np.load(f"{reference}/io.npz")
    np.save(f"{out}/representative.npy", io["rep"])
    shutil.copy(f"{reference}/int8.tflite", f"{out}/official/int8.tflite")
    missing = [s for s in SCHEMES if not os.path.exists(f"{out}/official/{s}.tflite")]
    if not missing:
        return
    exported = f"{out}/exported"
    try:
        export(model, exported)
    except Exception as error:
        print(f"{os.path.basename(model)}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
        return
    for scheme in missing:
        converter = tf.lite.TFLiteConverter.from_saved_model(exported)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if scheme == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if scheme == "int16x8":
            converter.representative_dataset = lambda: ([sample[None]] for sample in io["rep"])
            converter.target_spec.supported_ops = [
                tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
        pathlib.Path(f"{out}/official/{scheme}.tflite").write_bytes(converter.convert())


def export(model, directory):
    """As a SavedModel, by the Keras that reads it: files of Keras 3 are no others."""
    import keras
    import tf_keras

    try:
        tf_keras.models.load_model(model, compile=False).export(directory)
    except Exception:
        keras.models.load_model(model, compile=False).export(directory, verbose=False)


def errors(reference, out):
    """Root mean square of the difference from Keras' outputs, over their range, on the built-in kernels."""
    import tensorflow as tf

    io = np.load(f"{reference}/io.npz")
    found = {}
    for file in sorted(pathlib.Path(out).glob("*/*.tflite")):
        interpreter = tf.lite.Interpreter(
            str(file), experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        )
        interpreter.allocate_tensors()
        x, y = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
        answers = []
        for sample in io["x"]:
            interpreter.set_tensor(x, sample[None].astype(np.float32))
            interpreter.invoke()
            answers.append(interpreter.get_tensor(y)[0].copy())
        error = np.sqrt(np.mean((np.array(answers) - io["y_keras"]) ** 2)) / np.ptp(io["y_keras"])
        found[f"{file.parent.name}/{file.stem}"] = {"error": float(error), "bytes": file.stat().st_size}
    pathlib.Path(f"{out}/measured.json").write_text(json.dumps(found, indent=1))


def memory(out):
    """Bytes of activations in TFLite Micro's arena, as it tells itself; none where it cannot run the file."""
    measured = pathlib.Path(f"{out}/measured.json")
    found = json.loads(measured.read_text())
    load = "import sys; from tflite_micro.python.tflite_micro import runtime; runtime.Interpreter.from_file(sys.argv[1]).print_allocations()"
    for name in found:
        told = subprocess.run([sys.executable, "-c", load, f"{out}/{name}.tflite"], capture_output=True, text=True)
        head = re.search(r"allocation head (\d+) bytes", told.stdout + told.stderr)
        found[name]["memory"] = int(head[1]) if head else None
    measured.write_text(json.dumps(found, indent=1))


def table(out):
    print("| model | scheme | error | official | bytes | official | activations | official | worse by more than 2 % |")
    print("|---|---|---|---|---|---|---|---|---|")
    for file in sorted(pathlib.Path(out).glob("*/measured.json")):
        found = json.loads(file.read_text())
        for scheme in SCHEMES:
            ours, theirs = found.get(f"secateur/{scheme}"), found.get(f"official/{scheme}")
            if ours is None:
                continue
            cells, misses = [], []
            for measure, text in (("error", "{:.2e}"), ("bytes", "{:,}"), ("memory", "{:,}")):
                mine, other = ours.get(measure), (theirs or {}).get(measure)
                cells += ["–" if value is None else text.format(value) for value in (mine, other)]
                if mine is not None and other is not None and mine > 1.02 * other:
                    misses.append(f"{measure} + {100 * (mine / other - 1):.0f} %")
            print("|", file.parent.name, "|", scheme, "|", " | ".join(cells), "|", ", ".join(misses), "|")


if __name__ == "__main__":
    {"official": official, "errors": errors, "memory": memory, "table": table}[sys.argv[1]](*sys.argv[2:])
