"""Runs TFLite files in LiteRT and in TFLite Micro, and compares them with fp32.tflite among them.
usage: python runtimes.py SAMPLES.npz FILE.tflite ...

Each run is a process of its own: a kernel that dislikes a file may end it."""

import multiprocessing
import pathlib
import sys

import numpy as np

# Root mean square error that a scheme may have beside float32, of the range of its outputs.
BOUNDS = {"fp32": 1e-5, "float16": 2e-3, "int16x8": 1e-2, "int8-weights": 1e-2, "int8": 2e-2, "int4": 5e-2}
# TFLite Micro computes with integers or floats, not with both in one operator.
NOT_IN_MICRO = {"float16", "int8-weights"}


def litert(file, samples):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(file), num_threads=1)
    interpreter.allocate_tensors()
    x, y = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    for sample in samples:
        interpreter.set_tensor(x["index"], sample[None])
        interpreter.invoke()
        yield interpreter.get_tensor(y["index"])[0].copy()


def micro(file, samples):
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(str(file))
    for sample in samples:
        interpreter.set_input(sample[None], 0)
        interpreter.invoke()
        yield interpreter.get_output(0)[0]


RUNTIMES = {"LiteRT": litert, "TFLite Micro": micro}


def run(runtime, file, samples):
    return np.array(list(RUNTIMES[runtime](file, samples)))


def scheme(file):
    return file.stem.removesuffix("-per-tensor-dense")


def main(data, *files):
    arrays = np.load(data)
    raw = arrays[next(name for name in arrays if name.startswith("x"))][:64].astype(np.float32)
    samples = raw if raw.ndim == 4 else raw[..., None]
    files = [pathlib.Path(file) for file in files]
    reference = next(file for file in files if file.stem == "fp32")
    wrong = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        floats = pool.apply(run, ("LiteRT", reference, samples))
        for runtime in RUNTIMES:
            for file in files:
                if runtime == "TFLite Micro" and scheme(file) in NOT_IN_MICRO:
                    continue
                try:
                    answers = pool.apply_async(run, (runtime, file, samples)).get(timeout=60)
                    error = float(np.sqrt(np.mean((answers - floats) ** 2)) / np.ptp(floats))
                except Exception as problem:
                    wrong.append(f"{runtime}: {file.name}: {str(problem) or type(problem).__name__}")
                    continue
                print(f"{runtime:13} {file.name:30} {error:.1e}")
                if not error <= BOUNDS[scheme(file)]:
                    wrong.append(f"{runtime}: {file.name} differs by {error:.1e} of the range from fp32.tflite")
    for line in wrong:
        print(line, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
