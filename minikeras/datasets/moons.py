"""Two interleaved half circles."""

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.datasets._toy import shares, shuffled
from minikeras.random import generator

__all__ = ["load_data"]


def load_data(n: int = 200, *, noise: float = 0.1, seed: int | None = 0) -> tuple[Array, Array]:
    """Make two half circles of radius 1, one opening downwards into the other.

    Parameters
    ----------
    n : int, default 200
        Number of points of both classes together.
    noise : float, default 0.1
        Standard deviation of the normal noise on each coordinate; 0 for none.
    seed : int or None, default 0
        Same seed, same points; None continues the global stream of ``minikeras.random``.

    Returns
    -------
    x : array of floatx, shape (n, 2)
        Points, shuffled.
    y : int64 array, shape (n,)
        0 for the upper half circle around (0, 0), 1 for the lower one around (1, 0.5).

    Raises
    ------
    TypeError, ValueError
        If ``n`` is not an integer of at least 2 or ``noise`` is negative.

    Notes
    -----
    Same curves as scikit-learn's ``make_moons``; the random numbers differ.

    Examples
    --------
    >>> from minikeras.datasets import moons
    >>> x, y = moons.load_data(6, noise=0.0)
    >>> x[y == 1].round(2).tolist()
    [[2.0, 0.5], [1.0, -0.5], [0.0, 0.5]]
    """
    upper_count, lower_count = shares(n, 2)
    check_number("noise", noise, 0)
    rng = generator(seed)
    t = np.linspace(0.0, np.pi, upper_count)
    upper = np.stack([np.cos(t), np.sin(t)], axis=1)
    t = np.linspace(0.0, np.pi, lower_count)
    lower = np.stack([1.0 - np.cos(t), 0.5 - np.sin(t)], axis=1)
    return shuffled(
        [moon + noise * rng.standard_normal(moon.shape) for moon in (upper, lower)], rng
    )
