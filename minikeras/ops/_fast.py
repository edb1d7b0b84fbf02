"""The cheapest spelling of what ops do all the time: on small arrays, calls are the whole cost."""

from functools import lru_cache
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.tensor import Traced
from minikeras.ops._memory import empty

LARGE = 128
"""Rows from which on a product asks for memory that was used before."""


class Constant(dict[np.dtype[Any], Array]):
    """A number as a 0-d array of each dtype that asks for it.

    A ufunc takes a 0-d array in half the time of a Python float.

    Examples
    --------
    >>> half = Constant(0.5)
    >>> half[np.dtype("float32")]
    array(0.5, dtype=float32)
    """

    def __init__(self, number: float):
        super().__init__()
        self.number = number

    def __missing__(self, dtype: np.dtype[Any]) -> Array:
        constant = np.array(self.number, np.result_type(dtype, self.number))
        constant.setflags(write=False)
        self[dtype] = constant
        return constant


ZERO = Constant(0.0)
HALF = Constant(0.5)
ONE = Constant(1.0)
INFINITY = Constant(float("inf"))


@lru_cache(maxsize=32)
def ones(length: int, dtype: np.dtype[Any]) -> Array:
    """Return a read-only vector of ones: a product with it sums faster than ``sum(axis)`` does."""
    vector = np.ones(length, dtype)
    vector.setflags(write=False)
    return vector


def under_two_tapes(x: Any) -> bool:
    """Whether ``x``, seen from inside an op, is traced by an outer tape: no ``out=`` then."""
    return isinstance(x, Traced)


def product(a: Any, b: Any) -> Any:
    """Return ``np.dot(a, b)``; the method is faster, but knows Tensors only on its left."""
    if under_two_tapes(b):
        return np.dot(a, b)
    if len(a) >= LARGE and type(a) is np.ndarray and a.ndim == b.ndim == 2 and a.dtype is b.dtype:
        return a.dot(b, empty((len(a), b.shape[1]), a.dtype))
    return a.dot(b)


def reuse(y: Any) -> Any:
    """Return ``y`` as a place for ``out=``; None for a scalar, or what an outer tape traces."""
    return y if type(y) is np.ndarray else None


def positive_part(x: Any, out: Any = None) -> Any:
    """Return ``max(x, 0)``."""
    zero = ZERO[x.dtype]
    if x.size < 2048 or under_two_tapes(x):
        return np.maximum(x, zero) if out is None else np.maximum(x, zero, out=out)
    # With two bounds NumPy's clip is vectorised; maximum with one number is not.
    return x.clip(zero, INFINITY[x.dtype], out=out)


def negative_part(x: Any) -> Any:
    """Return ``min(x, 0)``."""
    zero = ZERO[x.dtype]
    if x.size < 2048 or under_two_tapes(x):
        return np.minimum(x, zero)
    return x.clip(-INFINITY[x.dtype], zero)


def where_positive(dy: Any, y: Any) -> Any:
    """Return ``dy`` where ``y > 0``, 0 where ``y == 0``, for an ``y`` that is never negative."""
    if y.size < 640:
        return dy * np.sign(y)  # a product of floats and booleans costs 1 us however small
    return dy * (y > ZERO[y.dtype])
