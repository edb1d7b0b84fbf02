"""Windows that fade a stretch of a signal in and out, as SciPy names them."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from minikeras._typing import Array
from minikeras._validation import did_you_mean

__all__ = ["get_window"]

COSINES: dict[str, Sequence[float]] = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}
"""Weights of ``cos(0), -cos(x), cos(2x), ...`` over one turn: Harris (1978), table 1."""


def _cosine_sum(n: int, weights: Sequence[float]) -> Array:
    turn = np.linspace(-math.pi, math.pi, n)
    total = np.zeros(n)
    for k, weight in enumerate(weights):
        total += weight * np.cos(k * turn)
    return total


def _triang(n: int) -> Array:
    slope = 1 - np.abs(2 * np.arange(n) - n + 1) / (n + n % 2)
    return slope


def _bohman(n: int) -> Array:
    x = np.abs(np.linspace(-1, 1, n))
    y = (1 - x) * np.cos(math.pi * x) + np.sin(math.pi * x) / math.pi
    y[[0, -1]] = 0.0
    return y


def _parzen(n: int) -> Array:
    x = 2 * np.abs(np.arange(n) - (n - 1) / 2) / n
    y: Array = np.where(x <= 0.5, 1 - 6 * x**2 + 6 * x**3, 2 * np.maximum(1 - x, 0) ** 3)
    return y


def _barthann(n: int) -> Array:
    x = np.abs(np.arange(n) / (n - 1) - 0.5)
    y: Array = 0.62 - 0.48 * x + 0.38 * np.cos(2 * math.pi * x)
    return y


OTHERS: dict[str, Callable[[int], Array]] = {
    "bartlett": np.bartlett,
    "barthann": _barthann,
    "bohman": _bohman,
    "cosine": lambda n: np.sin(math.pi / n * (np.arange(n) + 0.5)),
    "lanczos": lambda n: np.sinc(2 * np.arange(n) / (n - 1) - 1),
    "parzen": _parzen,
    "triang": _triang,
}
NAMES = {
    **dict.fromkeys(COSINES),
    **dict.fromkeys(OTHERS),
    **{"box": "boxcar", "ones": "boxcar", "rect": "boxcar", "rectangular": "boxcar"},
    **{"han": "hann", "hamm": "hamming", "black": "blackman"},
    **{"bart": "bartlett", "blackharr": "blackmanharris", "flat": "flattop", "sinc": "lanczos"},
    **{"nutl": "nuttall", "triangle": "triang", "tri": "triang", "halfcosine": "cosine"},
}


def get_window(name: str, length: int, periodic: bool = True) -> Array:
    """Return a window by name.

    Parameters
    ----------
    name : str
        "hann", "hamming", "blackman", "bartlett", "boxcar", "triang", "cosine", "nuttall",
        "blackmanharris", "flattop", "bohman", "parzen", "barthann", "lanczos".
    length : int
        At least 1.
    periodic : bool, default True
        Whether the value after the last would be the first again, as spectra want it; else the
        window is symmetric.

    Returns
    -------
    float64 array, shape (length,)

    Raises
    ------
    ValueError
        If the name is unknown.

    References
    ----------
    Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform"
    (1978).

    Examples
    --------
    >>> from minikeras.ops._windows import get_window
    >>> get_window("hann", 4), get_window("hann", 3, periodic=False)
    (array([0. , 0.5, 1. , 0.5]), array([0., 1., 0.]))
    """
    if name not in NAMES:
        raise ValueError(f"unknown window {name!r}{did_you_mean(name, NAMES)}")
    if length <= 1:
        return np.ones(max(length, 0))
    name = NAMES[name] or name
    n = length + periodic
    window = _cosine_sum(n, COSINES[name]) if name in COSINES else OTHERS[name](n)
    return window[:length]
