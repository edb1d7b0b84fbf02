"""Softmax and its relatives: scores along an axis become probabilities."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import ONE, ones, product, under_two_tapes

__all__ = ["log_softmax", "softmax", "sparsemax"]


@primitive
def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Op:
    """Exponentials divided by their sum along ``axis``; never overflows.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, default -1

    Returns
    -------
    array of the same shape and dtype, in [0, 1]
        Sums to 1 along ``axis``.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 4.1: subtracting the maximum.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.softmax(np.array([1.0, 2.0, 3.0]))
    array([0.09003057, 0.24472847, 0.66524096])
    """
    if under_two_tapes(x):  # the outer one records this op as a whole
        y = softmax(x, axis)
    else:
        y = _shifted(x, axis)
        np.exp(y, y)
        y /= _sum(y, axis)

    def dx(dy: Array) -> Any:
        t = y * dy
        return t - y * _sum(t, axis)

    return y, (dx, None)


@primitive
def log_softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Op:
    """Logarithm of the softmax along ``axis``, exact where the softmax itself rounds to 0.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, default -1

    Returns
    -------
    array of the same shape and dtype, at most 0

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    if under_two_tapes(x):
        y = log_softmax(x, axis)
    else:
        y = _shifted(x, axis)
        y -= np.log(_sum(np.exp(y), axis))

    def dx(dy: Array) -> Any:
        return dy - np.exp(y) * _sum(dy, axis)

    return y, (dx, None)


@primitive
def sparsemax(x: Array, axis: int = -1) -> Op:
    """Euclidean projection onto the probabilities along ``axis``: small scores become exactly 0.

    Parameters
    ----------
    x : array
    axis : int, default -1

    Returns
    -------
    array of the same shape and dtype, in [0, 1]
        Sums to 1 along ``axis``.

    References
    ----------
    Martins and Astudillo, "From Softmax to Sparsemax" (ICML 2016), algorithm 1 and equation 14.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.sparsemax(np.array([1.0, 0.5, -1.0]))
    array([0.75, 0.25, 0.  ])
    """
    if under_two_tapes(x):
        y = sparsemax(x, axis)
    else:
        # A score that lies 1 or more below the largest gets nothing; so far down all are alike.
        z = np.maximum(_shifted(x, axis), -ONE[x.dtype])
        down = np.flip(np.sort(z, axis), axis)
        excess = np.cumsum(down, axis) - 1.0
        shape = [1] * x.ndim
        shape[axis] = x.shape[axis]
        rank = np.arange(1, x.shape[axis] + 1, dtype=x.dtype).reshape(shape)
        size = (down * rank > excess).sum(axis, keepdims=True)
        size = np.maximum(size, 1)  # none where NaN makes every comparison false
        y = np.maximum(z - np.take_along_axis(excess, size - 1, axis) / size.astype(x.dtype), 0.0)

    def dx(dy: Array) -> Any:
        chosen = np.sign(y)
        return chosen * (dy - _sum(dy * chosen, axis) / _sum(chosen, axis))

    return y, (dx, None)


def _shifted(x: Any, axis: Any) -> Any:
    """Return ``x`` minus its maximum along ``axis``, an array of its own."""
    if x.ndim == 2 and x.shape[1] <= 32 <= x.shape[0] and axis in (-1, 1):
        peak = x.T.copy().max(axis=0)[:, np.newaxis]  # along short rows NumPy's max is slow
    else:
        peak = x.max(axis=axis, keepdims=True)
    with np.errstate(over="ignore"):  # of numbers near the largest float; exp turns -inf into 0
        return x - peak


def _sum(y: Any, axis: Any) -> Any:
    """Return the sum along ``axis``, which keeps length 1."""
    if y.ndim == 2 and (axis == -1 or axis == 1):
        return product(y, ones(y.shape[1], y.dtype)).reshape(-1, 1)
    return y.sum(axis=axis, keepdims=True)
