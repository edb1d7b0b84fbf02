"""Time a training step of minikeras against hand-written NumPy and installed peers.

    python benchmarks/run.py                  # some minutes; all peers that are installed
    python benchmarks/run.py --only convnet   # one family
    python benchmarks/run.py --smoke          # seconds: only shows that it runs
    python benchmarks/run.py --peers none

All are run in turn, round by round, in one process on one BLAS thread; the figures are medians over
the rounds, so a machine that is busy for a while disturbs all of them alike. Read the ratios.
"""

import argparse
import functools
import importlib.util
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)  # an older processor's kernels halve the speed
os.environ.setdefault("KERAS_BACKEND", "jax")
if hasattr(os, "sched_setaffinity"):  # XLA has threads of its own: one processor for everybody
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import batchnorm
import convnet
import hand
import numerical
import numpy as np
import recurrent
import transformer
from peers import PEERS

import minikeras
from minikeras.layers import Dense

# name, sizes, hidden, output, optimizer, batch, batches in an epoch, most that is wanted
ROWS = [
    ("XOR 2-8-1, batch 4", [2, 8, 1], "tanh", "sigmoid", "sgd", 4, 500, 4.0),
    ("iris 4-16-3, batch 32", [4, 16, 3], "relu", "softmax", "adam", 32, 300, 3.0),
    ("digits 64-64-10, batch 32", [64, 64, 10], "relu", "softmax", "adam", 32, 200, 2.0),
    ("MNIST 784-128-10, batch 32", [784, 128, 10], "relu", "softmax", "adam", 32, 60, 1.2),
    ("MNIST 784-128-10, batch 128", [784, 128, 10], "relu", "softmax", "adam", 128, 40, 1.2),
    ("784-1024-1024-10, batch 256", [784, 1024, 1024, 10], "relu", "softmax", "adam", 256, 4, 1.2),
]


EPOCHS = 3


def ours(sizes, hidden, output, optimizer, batch):
    """Return (train, predict) with minikeras."""
    model = minikeras.Sequential([minikeras.Input((sizes[0],))])
    for i, n in enumerate(sizes[1:]):
        model.add(Dense(n, activation=hidden if i < len(sizes) - 2 else output))
    chosen = minikeras.optimizers.get("adam")
    if optimizer == "sgd":
        chosen = minikeras.optimizers.SGD(0.1)
    model.compile(chosen, "sparse_categorical_crossentropy" if output == "softmax" else "mse")

    def train(x, y, epochs):
        model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)

    return train, lambda x: model.predict(x, verbose=0)


def data(sizes, output, samples):
    """Return random inputs and targets."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((samples, sizes[0])).astype(np.float32)
    if output == "softmax":
        return x, rng.integers(sizes[-1], size=samples)
    return x, rng.integers(2, size=(samples, 1)).astype(np.float32)


def in_turn(contestants, rounds):
    """Run each contestant once a round; return the median seconds of each."""
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def show(name, seconds, unit, scale, limit=None):
    """Print one row: the time of each, and its ratio to the hand-written one."""
    base = seconds["hand"]
    cells = [
        f"{who} {value * scale:,.1f} {unit} ({value / base:.2f}x)" for who, value in seconds.items()
    ]
    verdict = ""
    if limit is not None:
        reached = seconds["minikeras"] / base <= limit
        verdict = f"  [wanted {limit:g}x: {'yes' if reached else 'NO'}]"
    print(f"{name:30}{verdict}\n    " + "\n    ".join(cells), flush=True)


def train_rows(peers, smoke):
    """Time a training step of each network."""
    for name, sizes, hidden, output, optimizer, batch, batches, limit in ROWS:
        batches = 2 if smoke else batches
        x, y = data(sizes, output, batch * batches)
        step = hand.HandWritten(sizes, hidden, output, optimizer, batch)
        contestants = {"hand": lambda step=step, x=x, y=y: step.train(x, y, EPOCHS)}
        for who, make in {"minikeras": ours, **peers}.items():
            train, _ = make(sizes, hidden, output, optimizer, batch)
            contestants[who] = lambda train=train, x=x, y=y: train(x, y, EPOCHS)
        in_turn(contestants, 1)  # warm up: compile, allocate
        seconds = in_turn(contestants, 1 if smoke else 9)
        show(
            name, {who: t / batches / EPOCHS for who, t in seconds.items()}, "us a step", 1e6, limit
        )


def predict_rows(peers, smoke):
    """Time prediction of one sample and of many."""
    for name, sizes, samples, repeats in [
        ("predict 1, 784-128-10", [784, 128, 10], 1, 200),
        ("predict 60,000, 784-512-512-10", [784, 512, 512, 10], 60000, 1),
    ]:
        if smoke:
            samples, repeats = min(samples, 300), 1
        x, _ = data(sizes, "softmax", samples)
        step = hand.HandWritten(sizes, "relu", "softmax", "adam", min(samples, 256))

        size = min(samples, 256)

        def by_hand(x=x, step=step, size=size):
            out = np.empty((len(x), 10), np.float32)
            for i in range(0, len(x) - size + 1, size):
                out[i : i + size] = step.forward(x[i : i + size])
            return out

        contestants = {"hand": by_hand}
        for who, make in {"minikeras": ours, **peers}.items():
            train, predict = make(sizes, "relu", "softmax", "adam", 32)
            train(*data(sizes, "softmax", 320), 1)
            contestants[who] = lambda predict=predict, x=x: predict(x)
        contestants = {
            who: (lambda run=run, repeats=repeats: [run() for _ in range(repeats)])
            for who, run in contestants.items()
        }
        in_turn(contestants, 1)
        seconds = in_turn(contestants, 1 if smoke else 7)
        show(name, {who: t / repeats for who, t in seconds.items()}, "us", 1e6)


def import_row(smoke):
    """Time what ``import minikeras`` adds to ``import numpy``, in processor time."""
    code = (
        "import time, numpy; t = time.process_time(); import minikeras; "
        "print(time.process_time() - t)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(1 if smoke else 7)
    ]
    print(
        f"import minikeras after numpy: {statistics.median(runs) * 1000:.0f} ms of processor time"
    )


def numerical_row(smoke):
    """Time the numerical gradient against moving one parameter at a time."""
    for row in numerical.rows(smoke):
        print(
            f"{row['name']}: {row['ours']:.3f} s against {row['plain']:.2f} s, "
            f"{row['ratio']:.0f} times faster, largest difference {row['max_difference']:.1e}"
        )


def rows_of(family, peers, smoke):
    """Time a training step of larger networks; each file has its own hand-written step."""
    for row in family.rows(smoke, bool(peers)):
        show(row["name"], row["seconds"], "ms a step", 1e3, row["limit"])


def main():
    """Run all rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one round")
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    families = {
        "dense": train_rows,
        "predict": predict_rows,
        "convnet": functools.partial(rows_of, convnet),
        "recurrent": functools.partial(rows_of, recurrent),
        "transformer": functools.partial(rows_of, transformer),
        "batchnorm": functools.partial(rows_of, batchnorm),
        "import": lambda peers, smoke: import_row(smoke),
        "numerical": lambda peers, smoke: numerical_row(smoke),
    }
    parser.add_argument("--only", choices=list(families), nargs="+", default=list(families))
    options = parser.parse_args()
    modules = {"scikit-learn": "sklearn", "torch": "torch", "Keras (jax)": "keras"}
    peers = {
        who: make
        for who, make in PEERS.items()
        if options.peers == "all" and importlib.util.find_spec(modules[who])
    }
    print(f"numpy {np.__version__}, one BLAS thread, peers: {', '.join(peers) or 'none'}")
    for name in options.only:
        families[name](peers, options.smoke)


if __name__ == "__main__":
    main()
