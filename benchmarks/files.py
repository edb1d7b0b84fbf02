"""Time saving and loading a model of 10 MB, against Keras and the formats' own packages.

    python benchmarks/files.py            # half a minute; what is not installed is left out
    python benchmarks/files.py --smoke    # seconds: only shows that it runs

All are run in turn, round by round; the figures are medians over the rounds. A save of minikeras
waits until the disk has the file (fsync) before it renames it; those of the others do not.
"""

import argparse
import importlib.util
import os
import pathlib
import tempfile

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
from timing import in_turn, installed

import minikeras
from minikeras.saving import load_model, load_safetensors, save_safetensors


def network(library, width):
    """Return a model of two layers, ``2 * width ** 2`` numbers."""
    model = library.Sequential(
        [library.Input((width,))] + [library.layers.Dense(width) for _ in range(2)]
    )
    model.compile("sgd", "mse")
    return model


def contests(folder, width, peers):
    """Yield the name of a file, and who saves and loads it: name -> (save, load)."""
    ours = network(minikeras, width)
    theirs = None
    if peers and "Keras (jax)" in installed():
        import keras

        theirs = network(keras, width)

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
        whole["Keras (jax)"] = (
            lambda: theirs.save(path("Keras (jax)", "m.keras")),
            lambda: keras.saving.load_model(path("Keras (jax)", "m.keras")),
        )
        weights["Keras (jax)"] = (
            lambda: theirs.save_weights(path("Keras (jax)", "m.weights.h5")),
            lambda: theirs.load_weights(path("Keras (jax)", "m.weights.h5")),
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
    if peers and importlib.util.find_spec("safetensors"):
        import safetensors.numpy as package

        tensors["safetensors"] = (
            lambda: package.save_file(arrays, path("safetensors", "m.safetensors")),
            lambda: package.load_file(path("safetensors", "m.safetensors")),
        )
    yield "m.safetensors", tensors


def rows(smoke=False, peers=True):
    """Yield a row for each format: its name, and who -> seconds to save and to load, and bytes."""
    width, rounds = (20, 1) if smoke else (1145, 15)
    settle = getattr(os, "sync", None)  # nobody waits for what another one has left to be written
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, contestants in contests(folder, width, peers):
            saved = in_turn({who: save for who, (save, _) in contestants.items()}, rounds, settle)
            loaded = in_turn({who: load for who, (_, load) in contestants.items()}, rounds, settle)
            yield {
                "name": file.replace("m.", "."),
                "save": saved,
                "load": loaded,
                "size": {who: (folder / f"{who}-{file}").stat().st_size for who in contestants},
            }


def show(row):
    """Print a row."""
    for who, size in row["size"].items():
        print(
            f"{row['name']:15}{who:13}{size / 1e6:8.2f} MB, "
            f"save {row['save'][who] * 1e3:6.1f} ms, load {row['load'][who] * 1e3:6.1f} ms",
            flush=True,
        )


def main():
    """Print a line for each format, program and direction."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a small model, one round")
    for row in rows(parser.parse_args().smoke):
        show(row)


if __name__ == "__main__":
    main()
