"""Interleaved spiral arms: the classic picture of what a hidden layer is for."""

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.datasets._toy import shares, shuffled
from minikeras.random import generator

__all__ = ["load_data"]


def load_data(
    n: int = 300, *, classes: int = 3, noise: float = 0.2, seed: int | None = 0
) -> tuple[Array, Array]:
    """Make points on spiral arms, one arm per class, wound around the origin.

    Parameters
    ----------
    n : int, default 300
        Number of points of all classes together.
    classes : int, default 3
        Number of arms.
    noise : float, default 0.2
        Standard deviation, in radians, of the normal noise on each point's angle; 0 for none.
    seed : int or None, default 0
        Same seed, same points; None continues the global stream of ``minikeras.random``.

    Returns
    -------
    x : array of floatx, shape (n, 2)
        Points within the unit circle, shuffled.
    y : int64 array, shape (n,)
        Arm of each point, from 0 to ``classes - 1``.

    Raises
    ------
    TypeError, ValueError
        If ``n`` or ``classes`` is not a positive integer, ``n < classes``, or ``noise`` is
        negative.

    Notes
    -----
    Arm k runs from radius 0 to 1 while its angle goes from 4k to 4k + 4 radians.

    References
    ----------
    A. Karpathy, "CS231n: Putting it together: minimal neural network case study", Stanford.

    Examples
    --------
    >>> from minikeras.datasets import spiral
    >>> x, y = spiral.load_data(90)
    >>> x.shape, [int((y == arm).sum()) for arm in range(3)]
    ((90, 2), [30, 30, 30])
    """
    counts = shares(n, classes)
    check_number("noise", noise, 0)
    rng = generator(seed)
    arms = []
    for k, count in enumerate(counts):
        radius = np.linspace(0.0, 1.0, count)
        angle = 4.0 * (k + radius) + noise * rng.standard_normal(count)
        arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
    return shuffled(arms, rng)
