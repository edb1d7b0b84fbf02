"""Time minikeras against hand-written NumPy and installed peers, and write the tables of the site.

    python benchmarks/run.py                  # some minutes; all peers that are installed
    python benchmarks/run.py --only convnet   # one family
    python benchmarks/run.py --smoke          # a minute: only shows that it runs
    python benchmarks/run.py --peers none
    python benchmarks/run.py --write          # also into results.json and the tables of pages

All are run in turn, round by round, in one process on one BLAS thread; the figures are medians over
the rounds, so a machine that is busy for a while disturbs all of them alike. Read the ratios.
"""

import argparse
import json
import os
import pathlib
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)  # an older processor's kernels halve the speed
os.environ.setdefault("KERAS_BACKEND", "jax")
if hasattr(os, "sched_setaffinity"):  # XLA has threads of its own: one processor for everybody
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import batchnorm
import convnet
import files
import footprint
import hand
import numerical
import numpy as np
import recurrent
import report
import transformer
from peers import PEERS, keras_network, tensors, torch_network
from timing import in_turn, installed, machine

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


def our_network(sizes, hidden, output, optimizer):
    """Return a compiled model of minikeras."""
    model = minikeras.Sequential([minikeras.Input((sizes[0],))])
    for i, n in enumerate(sizes[1:]):
        model.add(Dense(n, activation=hidden if i < len(sizes) - 2 else output))
    chosen = minikeras.optimizers.get("adam")
    if optimizer == "sgd":
        chosen = minikeras.optimizers.SGD(0.1)
    model.compile(chosen, "sparse_categorical_crossentropy" if output == "softmax" else "mse")
    return model


def ours(sizes, hidden, output, optimizer, batch):
    """Return (train, predict) with minikeras."""
    model = our_network(sizes, hidden, output, optimizer)

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


def show(row):
    """Print one row: the time of each, and its ratio to the hand-written one."""
    base, limit = row["seconds"]["hand"], row["limit"]
    verdict = ""
    if limit is not None:
        reached = row["seconds"]["minikeras"] / base <= limit
        verdict = f"  [wanted {limit:g}x: {'yes' if reached else 'NO'}]"
    print(f"{row['name']:30}{verdict}")
    for who, value in row["seconds"].items():
        print(f"    {who} {report.duration(value)} ({value / base:.2f}x)", flush=True)


def train_rows(smoke, peers):
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
        seconds = {who: t / batches / EPOCHS for who, t in seconds.items()}
        yield {"name": name, "seconds": seconds, "limit": limit}


def batch_rows(smoke, peers):
    """Time a step where the user's own loop hands over each batch: train_on_batch."""
    repeats = 2 if smoke else 300
    for name, *network, batch, _, _ in ROWS[1:3]:
        x, y = data(network[0], network[2], batch)
        step = hand.HandWritten(*network, batch)
        steps = {"hand": lambda step=step, x=x, y=y: step.step(x, y)}
        model = our_network(*network)
        steps["minikeras"] = lambda model=model, x=x, y=y: model.train_on_batch(x, y)
        if "torch" in peers:
            _, step = torch_network(*network)
            steps["torch"] = lambda step=step, x=x, y=y: step(*tensors(x, y))
        if "Keras (jax)" in peers:
            model = keras_network(*network)
            steps["Keras (jax)"] = lambda model=model, x=x, y=y: model.train_on_batch(x, y)
        contestants = {
            who: (lambda step=step: [step() for _ in range(repeats)]) for who, step in steps.items()
        }
        in_turn(contestants, 1)
        seconds = in_turn(contestants, 1 if smoke else 7)
        seconds = {who: t / repeats for who, t in seconds.items()}
        yield {"name": f"{name}, train_on_batch", "seconds": seconds, "limit": None}


def predict_rows(smoke, peers):
    """Time prediction of one sample and of many."""
    for name, sizes, samples, repeats in [
        ("1 sample, 784-128-10", [784, 128, 10], 1, 200),
        ("60,000 samples, 784-512-512-10", [784, 512, 512, 10], 60000, 1),
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
        seconds = {who: t / repeats for who, t in seconds.items()}
        yield {"name": name, "seconds": seconds, "limit": None}


def show_costs(row):
    """Print what a library takes before it computes anything."""
    print(
        f"{row['name']:13} {row['size'] / 1e6:,.1f} MB in {row['packages']} packages, import "
        f"{row['import']:.3f} s, first prediction after {row['answer']:.3f} s, "
        f"{row['memory'] / 1e6:,.0f} MB of memory",
        flush=True,
    )


def show_numerical(row):
    """Print the numerical gradient against moving one parameter at a time."""
    print(
        f"{row['name']}: {row['ours']:.3f} s against {row['plain']:.2f} s, "
        f"{row['ratio']:.0f} times faster, largest difference {row['max_difference']:.1e}",
        flush=True,
    )


# Family: the table of the site that its rows stand in, what makes them, what prints one.
FAMILIES = {
    "dense": ("train", train_rows, show),
    "batch": ("train", batch_rows, show),
    "batchnorm": ("train", batchnorm.rows, show),
    "convnet": ("train", convnet.rows, show),
    "recurrent": ("train", recurrent.rows, show),
    "transformer": ("train", transformer.rows, show),
    "predict": ("predict", predict_rows, show),
    "import": ("import", footprint.rows, show_costs),
    "files": ("files", files.rows, files.show),
    "numerical": ("numerical", lambda smoke, peers: numerical.rows(smoke), show_numerical),
}
HERE = pathlib.Path(__file__).parent
RESULTS = HERE / "results.json"
PAGES = [HERE.parent / "docs" / "benchmarks.md", HERE.parent / "README.md"]


def main():
    """Run all rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one round")
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    parser.add_argument("--only", choices=list(FAMILIES), nargs="+", default=list(FAMILIES))
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all numbers")
    parser.add_argument(
        "--write", action="store_true", help="keep the numbers, and fill the tables of the pages"
    )
    options = parser.parse_args()
    if options.write:
        options.json = options.json or RESULTS
        if options.smoke or options.peers == "none" or set(options.only) != set(FAMILIES):
            parser.error("--write is for the site: it takes all families, all peers, full size")
    peers = {who: PEERS[who] for who in installed()} if options.peers == "all" else {}
    print(f"numpy {np.__version__}, one BLAS thread, peers: {', '.join(peers) or 'none'}")
    results = {"machine": machine()}
    for name in options.only:
        place, rows, display = FAMILIES[name]
        given = peers if name in ("dense", "batch", "predict") else bool(peers)
        for row in rows(options.smoke, given):
            display(row)
            results.setdefault(place, []).append(row)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.write:
        report.main(options.json, *PAGES)


if __name__ == "__main__":
    main()
