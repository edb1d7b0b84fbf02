"""What the two-dimensional toy problems share: equal shares, noise, shuffling."""

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_positive_int


def shares(n: int, classes: int) -> list[int]:
    """Split ``n`` points over ``classes`` as evenly as possible, the larger shares first."""
    if check_positive_int("n", n) < check_positive_int("classes", classes):
        raise ValueError(f"n must be at least one point for each of {classes} classes, got {n}")
    return [n // classes + (k < n % classes) for k in range(classes)]


def shuffled(points: list[Array], rng: np.random.Generator) -> tuple[Array, Array]:
    """Join one array of points per class, label them 0, 1, ... and shuffle both alike."""
    x = np.concatenate(points)
    y = np.repeat(np.arange(len(points)), [len(part) for part in points])
    order = rng.permutation(len(x))
    return x[order].astype(config.floatx()), y[order]
