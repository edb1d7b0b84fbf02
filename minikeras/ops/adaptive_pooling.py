"""Pooling into a wanted number of windows: adaptive pooling; global pooling into a single one."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, Shape
from minikeras._validation import check_positive_int
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import under_two_tapes
from minikeras.ops._sums import filled
from minikeras.ops.pooling import spatial_axes

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "global_average_pool",
    "global_max_pool",
]


def windows(before: int, after: int) -> list[tuple[int, int]]:
    """Return where ``after`` windows over ``before`` elements start and stop.

    Window ``i`` reaches from ``floor(i * before / after)`` to ``ceil((i + 1) * before / after)``.

    Examples
    --------
    >>> windows(7, 3)
    [(0, 3), (2, 5), (4, 7)]
    """
    return [(i * before // after, -(-(i + 1) * before // after)) for i in range(after)]


@lru_cache(maxsize=256)
def _mean_weights(before: int, after: int, dtype: str) -> Array:
    weights = np.zeros((after, before), dtype)
    for row, (start, stop) in zip(weights, windows(before, after)):
        row[start:stop] = 1.0 / (stop - start)
    weights.setflags(write=False)
    return weights


def _lengths(x: Any, output_size: Any, data_format: str | None) -> list[tuple[int, int]]:
    """Return pairs of an axis and the number of windows along it."""
    axes = spatial_axes(x.ndim, data_format)
    sizes = output_size if isinstance(output_size, list | tuple) else (output_size,) * len(axes)
    if len(sizes) != len(axes):
        raise ValueError(
            f"output_size expected one number or {len(axes)}, one for each axis that is pooled, "
            f"got {output_size}"
        )
    return [(axis, check_positive_int("output_size", n)) for axis, n in zip(axes, sizes)]


@primitive
def adaptive_average_pool(x: Array, output_size: int | Shape, data_format: str | None = None) -> Op:
    """Means of as many windows as wanted; windows overlap where the lengths do not divide.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    output_size : int or tuple of int
        Number of windows along each axis.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.adaptive_average_pool(np.arange(5.0).reshape(1, 5, 1), 3).ravel()
    array([0.5, 2. , 3.5])
    """
    if x.dtype.kind != "f":
        x = x.astype(config.floatx())
    lengths = _lengths(x, output_size, data_format)
    weights = [_mean_weights(x.shape[axis], n, x.dtype.name) for axis, n in lengths]
    y = x
    for (axis, _), w in zip(lengths, weights):
        y = _weigh(y, w, axis)

    def dx(dy: Array) -> Any:
        for (axis, _), w in zip(lengths[::-1], weights[::-1]):
            dy = _weigh(dy, w.T, axis)
        return dy

    return y, (dx, None, None)


@primitive
def _weigh(x: Array, weights: Array, axis: int) -> Op:
    """Replace an axis by sums along it, weighed with the rows of ``weights``."""
    after, before = weights.shape
    outer, rest = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    if rest == 1:
        y = x.reshape(outer, before) @ weights.T
    else:
        y = weights @ x.reshape(outer, before, rest)
    y = y.reshape((*x.shape[:axis], after, *x.shape[axis + 1 :]))
    return y, (lambda dy: _weigh(dy, weights.T, axis), None, None)


@primitive
def adaptive_max_pool(x: Array, output_size: int | Shape, data_format: str | None = None) -> Op:
    """Largest values of as many windows as wanted.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    output_size, data_format
        As ``adaptive_average_pool``.

    Returns
    -------
    array

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.adaptive_max_pool(np.arange(5.0).reshape(1, 5, 1), 3).ravel()
    array([1., 3., 4.])
    """
    stages = []
    y = x
    for axis, n in _lengths(x, output_size, data_format):
        below, y = y, _largest(y, axis, n)
        stages.append((axis, below, y))

    def dx(dy: Array) -> Any:
        for axis, below, above in stages[::-1]:
            dy = _to_largest(dy, below, above, axis)
        return dy

    return y, (dx, None, None)


def _at(axis: int, part: int | slice) -> tuple[int | slice, ...]:
    return (slice(None),) * axis + (part,)


def _largest(x: Any, axis: int, count: int) -> Any:
    parts = [x[_at(axis, slice(*w))] for w in windows(x.shape[axis], count)]
    return np.stack([np.max(part, axis=axis) for part in parts], axis=axis)


def _to_largest(dy: Any, x: Any, y: Any, axis: int) -> Any:
    """Give the gradient of each window to the first of its largest elements."""
    dx = np.zeros(x.shape, dy.dtype)
    for i, (start, stop) in enumerate(windows(x.shape[axis], y.shape[axis])):
        window = _at(axis, i)
        free = np.ones(y[window].shape, bool)
        for j in range(start, stop):
            place = _at(axis, j)
            won = np.equal(x[place], y[window])
            won &= free
            free ^= won
            dx[place] += dy[window] * won
    return dx


@primitive
def global_average_pool(x: Array, mask: Array | None = None, data_format: str | None = None) -> Op:
    """Mean of each channel over everything but the batch.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    mask : array, shape (batch, steps), optional
        True where a step counts; for an ``x`` with one axis besides batch and channels. A sample
        in which nothing counts gives NaN.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array, shape (batch, channels)

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.global_average_pool(np.array([[[1.0], [2.0], [6.0]]]))
    array([[3.]])
    >>> ops.global_average_pool(np.array([[[1.0], [2.0], [6.0]]]), np.array([[True, True, False]]))
    array([[1.5]])
    """
    if x.dtype.kind != "f":
        x = x.astype(config.floatx())
    flat, along = _flat(x, data_format)
    size = flat.shape[along]
    if mask is None:
        weights = filled(size, 1.0 / max(size, 1), x.dtype)
        y = weights @ flat if along == 1 else flat @ weights
    else:
        counts = np.asarray(mask, bool).astype(x.dtype)
        with np.errstate(invalid="ignore"):  # 0 / 0 where nothing counts
            weights = (counts / counts.sum(axis=1, keepdims=True))[:, np.newaxis]
            y = _weighed(flat, weights, along)
            if not np.all(np.isfinite(y)):  # what does not count may be NaN
                kept = np.where(np.expand_dims(counts, 3 - along), flat, 0.0)
                y = _weighed(kept.astype(x.dtype), weights, along)

    def dx(dy: Array) -> Any:
        if mask is not None:
            d = np.expand_dims(dy, along) * (weights.swapaxes(1, 2) if along == 1 else weights)
        elif under_two_tapes(dy):
            d = np.broadcast_to(np.expand_dims(dy / size, along), flat.shape)
        else:
            d = np.empty(flat.shape, dy.dtype)
            d[...] = np.expand_dims(dy * (1.0 / max(size, 1)), along)
        return d.reshape(x.shape)

    return y, (dx, None, None)


@primitive
def global_max_pool(x: Array, data_format: str | None = None) -> Op:
    """Largest value of each channel over everything but the batch; equal ones share the gradient.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array, shape (batch, channels)

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.global_max_pool(np.array([[[1.0], [6.0], [2.0]]]))
    array([[6.]])
    """
    flat, along = _flat(x, data_format)
    y = _peak(flat, along)

    def dx(dy: Array) -> Any:
        hits = (flat == np.expand_dims(y, along)).astype(dy.dtype)
        ones = filled(hits.shape[along], 1.0, hits.dtype)
        ties = ones @ hits if along == 1 else hits @ ones
        return (hits * np.expand_dims(dy / np.maximum(ties, 1.0), along)).reshape(x.shape)

    return y, (dx, None)


def _flat(x: Any, data_format: str | None) -> tuple[Any, int]:
    """Return ``x`` with one axis in place of those that are pooled, and which one that is."""
    axes = spatial_axes(x.ndim, data_format)
    size = math.prod(x.shape[axis] for axis in axes)
    shape = (*x.shape[: axes.start], size, *x.shape[axes.stop :])
    return x.reshape(shape), axes.start


def _weighed(x: Any, weights: Any, along: int) -> Any:
    """Return sums along an axis with weights of each sample's own, shape (batch, 1, length)."""
    y = weights @ x if along == 1 else x @ weights.swapaxes(1, 2)
    return y.reshape(x.shape[0], x.shape[3 - along])


def _peak(x: Any, axis: int) -> Any:
    """Return the maximum along ``axis``."""
    if axis == 1 and x.size > 2048 and not under_two_tapes(x):
        while x.shape[1] > 4:  # halves against each other: long runs, which np.max has not
            half = x.shape[1] // 2
            y = np.maximum(x[:, :half], x[:, half : 2 * half])
            if x.shape[1] % 2:
                np.maximum(y[:, 0], x[:, -1], out=y[:, 0])
            x = y
    return x.max(axis=axis)
