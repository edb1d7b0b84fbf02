"""A small circle within a large one."""

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.datasets._toy import shares, shuffled
from minikeras.random import generator

__all__ = ["load_data"]


def load_data(
    n: int = 200, *, noise: float = 0.05, factor: float = 0.5, seed: int | None = 0
) -> tuple[Array, Array]:
    """Make two circles around the origin, the inner one the second class.

    Parameters
    ----------
    n : int, default 200
        Number of points of both classes together.
    noise : float, default 0.05
        Standard deviation of the normal noise on each coordinate; 0 for none.
    factor : float, default 0.5
        Radius of the inner circle, in [0, 1); the outer one has radius 1.
    seed : int or None, default 0
        Same seed, same points; None continues the global stream of ``minikeras.random``.

    Returns
    -------
    x : array of floatx, shape (n, 2)
        Points, shuffled.
    y : int64 array, shape (n,)
        0 for the outer circle, 1 for the inner one.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is not an integer of at least 2, ``noise`` is negative, or ``factor`` lies
        outside [0, 1).

    Notes
    -----
    Same curves as scikit-learn's ``make_circles`` (whose ``factor`` is 0.8 by default); the
    random numbers differ.

    Examples
    --------
    >>> from minikeras.datasets import circles
    >>> x, y = circles.load_data(8, noise=0.0)
    >>> np.hypot(x[:, 0], x[:, 1])[y == 1].tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    counts = shares(n, 2)
    check_number("noise", noise, 0)
    check_number("factor", factor, 0, 1, open_maximum=True)
    rng = generator(seed)
    rings = []
    for count, radius in zip(counts, (1.0, factor), strict=True):
        t = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
        ring = radius * np.stack([np.cos(t), np.sin(t)], axis=1)
        rings.append(ring + noise * rng.standard_normal(ring.shape))
    return shuffled(rings, rng)
