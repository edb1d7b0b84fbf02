"""Time saving and loading a model of 10 MB, against Keras and the formats' own packages.

    python benchmarks/files.py            # half a minute; what is not installed is left out
    python benchmarks/files.py --smoke    # seconds: only shows that it runs

All are run in turn, round by round; the figures are medians over the rounds. A save of minikeras
waits until the disk has the file (fsync) before it renames it; those of the others do not.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np

import minikeras
from minikeras.saving import load_model, load_safetensors, save_safetensors

try:
    import keras
except ImportError:
    keras = None
try:
    import safetensors.numpy as package
except ImportError:
    package = None


def network(library, width):
    """Return a model of two layers, ``2 * width ** 2`` numbers."""
    model = library.Sequential(
        [library.Input((width,))] + [library.layers.Dense(width) for _ in range(2)]
    )
    model.compile("sgd", "mse")
    return model


def rows(folder, width):
    """Yield title, name of the file, and who saves and loads it: name -> (save, load)."""
    ours = network(minikeras, width)
    theirs = network(keras, width) if keras else None

    def path(who, name):
        return str(folder / f"{who}-{name}")

    whole = {
        "minikeras": (
            lambda: ours.save(path("minikeras", "m.keras")),
            lambda: load_model(path("minikeras", "m.keras")),
        )
    }
    weights = {
        "minikeras": (
            lambda: ours.save_weights(path("minikeras", "m.weights.h5")),
            lambda: ours.load_weights(path("minikeras", "m.weights.h5")),
        )
    }
    if theirs:
        whole["Keras"] = (
            lambda: theirs.save(path("Keras", "m.keras")),
            lambda: keras.saving.load_model(path("Keras", "m.keras")),
        )
        weights["Keras"] = (
            lambda: theirs.save_weights(path("Keras", "m.weights.h5")),
            lambda: theirs.load_weights(path("Keras", "m.weights.h5")),
        )
    yield "m.keras", whole
    yield "m.weights.h5", weights
    arrays = {f"{i}:{v.path}": v.numpy() for i, v in enumerate(ours.weights)}

    def numpy_load():
        with np.load(path("NumPy", "m.npz"), allow_pickle=False) as archive:
            return [archive[name] for name in archive]

    yield (
        "m.npz",
        {
            "minikeras": (
                lambda: ours.save_weights(path("minikeras", "m.npz")),
                lambda: ours.load_weights(path("minikeras", "m.npz")),
            ),
            "NumPy": (lambda: np.savez(path("NumPy", "m.npz"), **arrays), numpy_load),
        },
    )
    tensors = {
        "minikeras": (
            lambda: save_safetensors(arrays, path("minikeras", "m.safetensors")),
            lambda: load_safetensors(path("minikeras", "m.safetensors")),
        )
    }
    if package:
        tensors["safetensors"] = (
            lambda: package.save_file(arrays, path("safetensors", "m.safetensors")),
            lambda: package.load_file(path("safetensors", "m.safetensors")),
        )
    yield "m.safetensors", tensors


def in_turn(contestants, rounds):
    """Run each contestant once a round; return the median seconds of each."""
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    """Print a line for each format, program and direction."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a small model, one round")
    smoke = parser.parse_args().smoke
    width, rounds = (20, 1) if smoke else (1145, 15)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print(f"{'file':15}{'by':13}{'size':>11}{'save':>11}{'load':>11}")
        for file, contestants in rows(folder, width):
            saved = in_turn({who: save for who, (save, _) in contestants.items()}, rounds)
            loaded = in_turn({who: load for who, (_, load) in contestants.items()}, rounds)
            for who in contestants:
                size = (folder / f"{who}-{file}").stat().st_size
                print(
                    f"{file:15}{who:13}{size / 2**20:8.2f} MB{saved[who] * 1e3:8.1f} ms"
                    f"{loaded[who] * 1e3:8.1f} ms",
                    flush=True,
                )


if __name__ == "__main__":
    main()
