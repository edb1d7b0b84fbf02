"""Time the numerical gradient against moving one parameter at a time and running the whole network.

    python benchmarks/numerical.py

The plain way takes half a minute for all 39,760 parameters of a 784-50-10 network, so it is timed
on some of them, drawn at random, and multiplied up; both ways take turns.
"""

import os
import statistics
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from minikeras import Input, Sequential, config
from minikeras.layers import Dense
from minikeras.optimizers import SGD
from minikeras.training.numerical import numerical_model_gradient

H = 1e-5


def network(sizes, batch):
    """Return a compiled, built network and one batch, all in float64."""
    features, hidden, classes = sizes
    before = config.floatx()
    config.set_floatx("float64")
    try:
        model = Sequential(
            [
                Input((features,)),
                Dense(hidden, activation="sigmoid"),
                Dense(classes, activation="softmax"),
            ]
        )
        model.compile(SGD(0.0, gradient="numerical"), "sparse_categorical_crossentropy")
        rng = np.random.default_rng(0)
        x = rng.random((batch, features)) * (rng.random((batch, features)) < 0.2)  # like ink
        y = rng.integers(classes, size=batch)
        model.train_on_batch(x, y)  # builds the optimizer; its rate of 0 changes nothing
    finally:
        config.set_floatx(before)
    return model, x, y


def plain(model, x, y, indices):
    """Return central differences for some parameters, two runs of the network for each."""
    values = model.optimizer.flat.values
    slopes = []
    for i in indices:
        before = values[i]
        values[i] = before + H
        above = float(model.compute_loss(x, y, model(x)))
        values[i] = before - H
        below = float(model.compute_loss(x, y, model(x)))
        values[i] = before
        slopes.append((above - below) / (2.0 * H))
    return np.array(slopes)


def rows(smoke=False):
    """Return the row of this benchmark.

    Parameters
    ----------
    smoke : bool
        Take a tiny network, to see only that it runs.

    Returns
    -------
    list of dict
        ``name``, seconds of ``ours`` and ``plain`` for one gradient, their ``ratio``, and
        ``max_difference`` between the two gradients.
    """
    sizes, batch, sample, rounds = ((784, 50, 10), 100, 80, 7)
    if smoke:
        sizes, batch, sample, rounds = ((12, 5, 3), 10, 10, 2)
    model, x, y = network(sizes, batch)
    flat = model.optimizer.flat
    rng = np.random.default_rng(1)
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    difference = 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        numerical_model_gradient(model, x, y, h=H)
        times["ours"].append(time.perf_counter() - start)
        indices = rng.choice(flat.values.size, sample, replace=False)
        start = time.perf_counter()
        slopes = plain(model, x, y, indices)
        times["plain"].append((time.perf_counter() - start) / sample * flat.values.size)
        difference = max(difference, float(np.abs(slopes - flat.gradient[indices]).max()))
    ours, whole = (statistics.median(times[way]) for way in ("ours", "plain"))
    return [
        {
            "name": f"numerical gradient {'-'.join(map(str, sizes))}, batch {batch}, float64",
            "ours": ours,
            "plain": whole,
            "ratio": whole / ours,
            "max_difference": difference,
        }
    ]


if __name__ == "__main__":
    for row in rows():
        print(
            f"{row['name']}: {row['ours']:.3f} s, plainly {row['plain']:.1f} s, "
            f"{row['ratio']:.0f} times as long; largest difference {row['max_difference']:.0e}"
        )
