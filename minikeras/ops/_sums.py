"""Constant vectors that sum, and what else the losses have in common."""

from functools import lru_cache
from typing import Any

import numpy as np

from minikeras._typing import Array

__all__ = ["filled", "like", "mean", "row_starts"]

CACHED = 4096  # longest constant vector that is kept; longer ones cost little beside their use


def filled(size: int, value: float, dtype: Any) -> Array:
    """Return a read-only vector of one value; short ones are kept.

    A dot product with it is a sum or a mean, several times faster than ``np.sum`` on small arrays.

    Parameters
    ----------
    size : int
    value : float
    dtype : dtype

    Returns
    -------
    array, shape (size,)

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops._sums import filled
    >>> float(np.array([1.0, 2.0, 6.0]).dot(filled(3, 1 / 3, np.float64)))
    3.0
    """
    return _filled(size, value, dtype) if size <= CACHED else np.full(size, value, dtype)


@lru_cache(maxsize=256)
def _filled(size: int, value: float, dtype: Any) -> Array:
    array = np.full(size, value, dtype)
    array.setflags(write=False)
    return array


def row_starts(rows: int, columns: int) -> Array:
    """Where each row begins in a flattened array."""
    if rows <= CACHED:
        return _cached_row_starts(rows, columns)
    return np.arange(0, rows * columns, columns, dtype=np.intp)


@lru_cache(maxsize=64)
def _cached_row_starts(rows: int, columns: int) -> Array:
    array = np.arange(0, rows * columns, columns, dtype=np.intp)
    array.setflags(write=False)
    return array


def like(y_true: Array, y_pred: Array) -> Array:
    """Return ``y_true`` in the dtype of ``y_pred``: integers would turn float32 into float64."""
    return y_true if y_true.dtype == y_pred.dtype else y_true.astype(y_pred.dtype)


def mean(values: Any) -> Any:
    """Return the mean over the last axis."""
    size = values.shape[-1]
    return values.dot(filled(size, 1.0 / max(size, 1), values.dtype))
