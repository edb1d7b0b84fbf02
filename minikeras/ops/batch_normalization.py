"""Batch normalization: every channel gets mean 0 and variance 1 over all other axes.

The kernels see a matrix, a row for each place and a column for each channel. Where there are few
channels, several rows are taken as one long row (and the channels' numbers repeated), because
NumPy's inner loops run over rows; large matrices are gone through in blocks that fit the cache.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.tensor import active_tape, bare
from minikeras.ops._sums import filled

__all__ = ["batch_normalization", "channel_moments", "normalize_batch"]

BLOCK = 65536  # elements worked on at once
ROW = 2048  # length of the rows that short ones are joined to, at most


def batch_normalization(
    x: Array,
    mean: Array,
    variance: Array,
    axis: int,
    offset: Array | None = None,
    scale: Array | None = None,
    epsilon: float = 1e-3,
) -> Any:
    """Normalize with given means and variances, ``(x - mean) / sqrt(variance + epsilon)``.

    Parameters
    ----------
    x : array
    mean, variance : array, shape (channels,)
    axis : int
        The channels' axis.
    offset, scale : array, shape (channels,), optional
        Added to the result, and multiplied with before.
    epsilon : float, default 1e-3
        Added to the variances.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift" (ICML 2015), algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> x = np.array([[1.0, 4.0], [3.0, 8.0]])
    >>> ops.batch_normalization(x, np.array([2.0, 6.0]), np.array([1.0, 4.0]), -1, epsilon=0.0)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    factor = 1.0 / np.sqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor
    if offset is not None:
        shift = shift + offset
    if axis not in (-1, x.ndim - 1):
        shape = [1] * x.ndim
        shape[axis] = -1
        factor, shift = factor.reshape(shape), shift.reshape(shape)
    return x * factor + shift


def channel_moments(x: Any, axis: int = -1) -> tuple[Array, Array]:
    """Return mean and variance of each channel, as constants.

    Parameters
    ----------
    x : array
    axis : int, default -1
        The channels' axis.

    Returns
    -------
    (array, array), shape (channels,)
        In float32 for a float16 ``x``, otherwise of its dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.channel_moments(np.array([[1.0, 4.0], [3.0, 8.0]]))
    (array([2., 6.]), array([1., 4.]))
    """
    return _moments(_rows(bare(x), axis))


def normalize_batch(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    moments: tuple[Array, Array] | None = None,
    axis: int = -1,
    epsilon: float = 1e-3,
    *,
    constant: bool = False,
) -> Any:
    """Normalize with the means and variances of ``x`` itself, which the gradient knows of.

    Parameters
    ----------
    x : array
    gamma, beta : array, shape (channels,), or None
        Multiplied with the normalized channels, and added.
    moments : (array, array), optional
        ``channel_moments(x, axis)``, if known already.
    axis : int, default -1
        The channels' axis.
    epsilon : float, default 1e-3
        Added to the variances.
    constant : bool, default False
        Whether ``moments`` are some other numbers, which do not depend on ``x``.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift" (ICML 2015), algorithm 1 and section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.normalize_batch(np.array([[1.0, 4.0], [3.0, 8.0]]), None, None, epsilon=0.0)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    tape = active_tape.get()
    if tape is not None and tape.parent is not None:  # in NumPy's functions, differentiable twice
        if not constant:
            axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
            moments = np.mean(x, axis=axes), np.var(x, axis=axes)
        mean, variance = moments  # type: ignore[misc]
        return batch_normalization(x, mean, variance, axis, beta, gamma, epsilon)
    mean, variance = channel_moments(x, axis) if moments is None else moments
    return _normalize(x, gamma, beta, mean, variance, axis, epsilon, constant)


@primitive
def _normalize(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    mean: Array,
    variance: Array,
    axis: int,
    epsilon: float,
    constant: bool,
) -> Op:
    rows = _rows(x, axis)
    count = len(rows)
    inverse = 1.0 / np.sqrt(variance + epsilon)
    factor = inverse if gamma is None else inverse * gamma
    shift = -mean * factor
    if beta is not None:
        shift += beta
    y = _back(_scaled(rows, factor, shift), x, axis)
    last: tuple[Any, Any] = (None, None)

    def sums(dy: Array) -> Any:
        """Return ``dy`` as rows, and the gradients of beta and gamma; their users share them."""
        nonlocal last
        if last[0] is not dy:
            d = _rows(dy, axis)
            dbeta, dgamma = _sums(d, rows, mean)
            last = dy, (d, dbeta, dgamma * inverse)
        return last[1]

    def dx(dy: Array) -> Any:
        if constant:
            return _back(_scaled(_rows(dy, axis), factor, None), x, axis)
        d, dbeta, dgamma = sums(dy)
        by_x = factor * inverse * dgamma * (-1.0 / max(count, 1))
        rest = factor * dbeta * (-1.0 / max(count, 1)) - by_x * mean
        return _back(_combined(d, factor, rows, by_x, rest), x, axis)

    def dgamma(dy: Array) -> Any:
        return sums(dy)[2].astype(x.dtype, copy=False)

    def dbeta(dy: Array) -> Any:
        return sums(dy)[1].astype(x.dtype, copy=False)

    return y, (dx, dgamma, dbeta, None, None, None, None, None)


def _rows(x: Any, axis: int) -> Any:
    """Return ``x`` as a matrix with a column for each channel; float16 becomes float32."""
    if axis not in (-1, x.ndim - 1):
        x = np.moveaxis(x, axis, -1)
    if x.dtype == np.float16:
        x = x.astype(np.float32)
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


def _back(rows: Any, x: Any, axis: int) -> Any:
    """Return a matrix in shape and dtype of ``x``."""
    if axis not in (-1, x.ndim - 1):
        shape = np.moveaxis(x, axis, -1).shape
        rows = np.moveaxis(rows.reshape(shape), -1, axis)
    return rows.reshape(x.shape).astype(x.dtype, copy=False)


@lru_cache(maxsize=256)
def _joined(rows: int, channels: int) -> int:
    """Return how many rows are taken as one."""
    count = 1
    while rows and rows % (2 * count) == 0 and 2 * count * channels <= ROW:
        count *= 2
    return count


def _blocks(rows: int, length: int) -> Iterator[slice]:
    step = max(BLOCK // max(length, 1), 1)
    for start in range(0, rows, step):
        yield slice(start, start + step)


def _long(x: Any) -> tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]:
    """Join rows of ``x``; also return what repeats the channels' numbers, and what sums them."""
    rows, channels = x.shape
    count = _joined(rows, channels)
    if count == 1:
        return x, lambda v: v, lambda v: v
    long = x.reshape(rows // count, count * channels)
    return long, lambda v: np.tile(v, count), lambda v: v.reshape(count, channels).sum(axis=0)


def _moments(x: Any) -> tuple[Array, Array]:
    weights = filled(len(x), 1.0 / max(len(x), 1), x.dtype)
    if x.size <= BLOCK:
        mean = weights.dot(x)
        t = x - mean
        t *= t
        return mean, weights.dot(t)
    long, repeat, fold = _long(x)
    total = np.zeros(long.shape[1], x.dtype)
    for block in _blocks(*long.shape):
        part = long[block]
        total += weights[: len(part)].dot(part)
    mean = fold(total)
    centre = repeat(mean)
    total = np.zeros_like(total)
    for block in _blocks(*long.shape):
        t = long[block] - centre
        t *= t
        total += weights[: len(t)].dot(t)
    return mean, fold(total)


def _scaled(x: Any, factor: Any, shift: Any) -> Any:
    """Return ``x * factor + shift``; without ``shift`` if that is None."""
    if x.size <= BLOCK:
        y = x * factor
        if shift is not None:
            y += shift
        return y
    long, repeat, _ = _long(x)
    factor = repeat(factor)
    shift = shift if shift is None else repeat(shift)
    y = np.empty(long.shape, x.dtype)
    for block in _blocks(*long.shape):
        part = y[block]
        np.multiply(long[block], factor, out=part)
        if shift is not None:
            part += shift
    return y.reshape(x.shape)


def _sums(dy: Any, x: Any, mean: Any) -> tuple[Any, Any]:
    """Return the channels' sums of ``dy`` and of ``dy * (x - mean)``."""
    ones = filled(len(x), 1.0, x.dtype)
    if x.size <= BLOCK:
        t = x - mean
        t *= dy
        return ones.dot(dy), ones.dot(t)
    long, repeat, fold = _long(x)
    dy, mean = dy.reshape(long.shape), repeat(mean)
    plain, weighed = np.zeros((2, long.shape[1]), x.dtype)
    for block in _blocks(*long.shape):
        part = dy[block]
        t = long[block] - mean
        t *= part
        plain += ones[: len(t)].dot(part)
        weighed += ones[: len(t)].dot(t)
    return fold(plain), fold(weighed)


def _combined(dy: Any, by_dy: Any, x: Any, by_x: Any, constant: Any) -> Any:
    """Return ``dy * by_dy + x * by_x + constant``."""
    if x.size <= BLOCK:
        dx = dy * by_dy
        dx += x * by_x
        dx += constant
        return dx
    long, repeat, _ = _long(x)
    dy = dy.reshape(long.shape)
    by_dy, by_x, constant = repeat(by_dy), repeat(by_x), repeat(constant)
    dx = np.empty(long.shape, x.dtype)
    for block in _blocks(*long.shape):
        part = dx[block]
        np.multiply(dy[block], by_dy, out=part)
        part += long[block] * by_x
        part += constant
    return dx.reshape(x.shape)
