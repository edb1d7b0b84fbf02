"""Convolution, pooling and resizing, as exported files have them."""

from typing import Any

import numpy as np


def padded(
    x: Any, size: Any, padding: str = "same", strides: Any = (1, 1, 1), dilation: Any = (1, 1, 1),
    value: float = 0.0,
) -> Any:  # fmt: skip
    """Return x, channels last, with so many zeros (or other values) around that windows fit."""
    pads = [(0, 0)]
    for n, k, s, d in zip(x.shape[1:-1], size, strides, dilation):
        span = (k - 1) * d + 1
        if padding == "causal":  # all before the first step
            pads.append((span - 1, 0))
        else:
            missing = max((-(-n // s) - 1) * s + span - n, 0)
            pads.append((missing // 2, missing - missing // 2))
    return np.pad(x, [*pads, (0, 0)], constant_values=value)


def windows_of(x: Any, size: Any, strides: Any, dilation: Any = (1, 1, 1)) -> Any:
    """Return all windows of x: shape (batch, *places, *size, channels)."""
    rank = len(size)
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    windows = np.lib.stride_tricks.sliding_window_view(x, spans, tuple(range(1, rank + 1)))
    places = [slice(None, None, s) for s in strides[:rank]]
    inside = [slice(None, None, d) for d in dilation[:rank]]
    windows = windows[(slice(None), *places, slice(None), *inside)]
    return np.moveaxis(windows, rank + 1, -1)  # the channels


def in_cache(y: Any, size: int) -> list[Any]:
    """Return parts of y that are computed one after the other, since each fits the cache.

    A part is some images, or some lines of one; ``size`` is the number of bytes for one place.
    """
    cache = 2**21
    lines = y.shape[1]
    line = size * int(np.prod(y.shape[2:-1]))
    if line * lines <= cache:
        images = 2 ** int(np.log2(cache // max(line * lines, 1)))
    else:
        images, lines = 1, max(cache // line // 2 * 2, 2)
    return [
        (slice(i, i + images), slice(j, j + lines))
        for i in range(0, len(y), images)
        for j in range(0, y.shape[1], lines)
    ]


def product(rows: Any, W: Any) -> Any:
    """Return rows times W; in equal parts where it is large, since small products are faster."""
    most = 1_000_000 // W.size
    if len(rows) > most:
        for size in range(most, 31, -1):
            if len(rows) % size == 0:
                return (rows.reshape(-1, size, len(W)) @ W).reshape(len(rows), -1)
    return rows @ W


def conv(x: Any, W: Any, b: Any = None, strides: Any = (1, 1, 1), dilation: Any = (1, 1, 1)) -> Any:
    """Return the convolution of x, channels last: each window of x, as a row, times the weights.

    Where there is a bias, it is the last row of the weights, and each window ends with a 1.
    """
    *size, channels, filters = W.shape
    W = W.reshape(-1, filters)
    windows = windows_of(x, size, strides, dilation)
    y = np.empty((*windows.shape[: x.ndim - 1], filters), x.dtype)
    for part in in_cache(y, x.itemsize * sum(W.shape)):
        rows = windows[part].reshape(-1, len(W))
        if b is not None:
            rows = np.pad(rows, ((0, 0), (0, 1)), constant_values=1.0)
        rows = np.asarray(rows, order="F" if channels <= 3 else "C")  # F: column by column
        y[part] = product(rows, W if b is None else np.vstack([W, b])).reshape(y[part].shape)
    return y


def depthwise_conv(x: Any, W: Any, strides: Any = (1, 1, 1), dilation: Any = (1, 1, 1)) -> Any:
    """Return the convolution of each channel by itself."""
    *size, channels, multiplier = W.shape
    W = W.reshape(*size, channels * multiplier)
    windows = windows_of(np.repeat(x, multiplier, axis=-1), size, strides, dilation)
    places = windows.shape[1 : x.ndim - 1]
    y = np.zeros((len(x), *places, channels * multiplier), x.dtype)
    for place in np.ndindex(*size):
        y += windows[(slice(None), *[slice(None)] * len(places), *place)] * W[place]
    return y


def conv_transpose(x: Any, W: Any, strides: Any, dilation: Any, before: Any, lengths: Any) -> Any:
    """Return the transposed convolution: each place of x spreads a window of weights."""
    *size, filters, channels = W.shape
    few = filters <= 3  # all places of a window are one product then, else each is one
    places = W.reshape(-1, channels) if few else np.ascontiguousarray(W.swapaxes(-1, -2))
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    full = [
        max((n - 1) * s + span, left + length)
        for n, s, span, left, length in zip(x.shape[1:-1], strides, spans, before, lengths)
    ]
    y = np.zeros((len(x), *full, filters), x.dtype)
    numbers = len(places) + filters + channels if few else 4 * filters + 2 * channels
    for images, lines in in_cache(x, x.itemsize * numbers):
        part = x[images, lines]
        rows = part.reshape(-1, channels)
        if few:
            found = (places @ rows.T).reshape(*size, filters, *part.shape[:-1])
        for place in np.ndindex(*size):
            firsts = [i * d for i, d in zip(place, dilation)]
            firsts[0] += lines.start * strides[0]
            where = [
                slice(first, first + (n - 1) * s + 1, s)
                for first, n, s in zip(firsts, part.shape[1:], strides)
            ]
            if few:
                spread = np.moveaxis(found[place], 0, -1)
            else:
                spread = product(rows, places[place]).reshape(*part.shape[:-1], filters)
            y[(images, *where)] += spread
    inner = [slice(left, left + length) for left, length in zip(before, lengths)]
    return y[(slice(None), *inner)]


def max_pool(x: Any, size: Any, strides: Any) -> Any:
    """Return the largest element of each window, channels last."""
    return windows_of(x, size, strides).max(axis=tuple(range(x.ndim - 1, 2 * x.ndim - 3)))


def window_sums(x: Any, size: Any, strides: Any) -> Any:
    """Return the sum of each window, channels last: along one axis after the other."""
    for axis, (k, s) in enumerate(zip(size, strides), 1):
        count = (x.shape[axis] - k) // s + 1
        places = [slice(i, i + (count - 1) * s + 1, s) for i in range(k)]
        first, *others = [x[(slice(None),) * axis + (place,)] for place in places]
        x = sum(others, first)
    return x


def average_pool(x: Any, size: Any, strides: Any) -> Any:
    """Return the mean of each window, channels last."""
    return window_sums(x, size, strides) / float(np.prod(size))


def average_pool_same(x: Any, size: Any, strides: Any) -> Any:
    """Return the mean of each window; what lies over the edges is left out."""
    ones = padded(np.ones_like(x[:1, ..., :1]), size, "same", strides)
    y = window_sums(padded(x, size, "same", strides), size, strides)
    return y / window_sums(ones, size, strides)


def parts_of(length: int, count: int) -> list[slice]:
    """Return windows, as many as wanted, that cover a length."""
    return [slice(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def adaptive_max(x: Any, axes: Any, counts: Any) -> Any:
    """Return the largest elements of so many parts along each axis."""
    for axis, count in zip(axes, counts):
        parts = [x[(slice(None),) * axis + (part,)] for part in parts_of(x.shape[axis], count)]
        x = np.stack([part.max(axis=axis) for part in parts], axis=axis)
    return x


def adaptive_average(x: Any, axes: Any, counts: Any) -> Any:
    """Return the means of so many parts along each axis: a product with a matrix."""
    for axis, count in zip(axes, counts):
        n = x.shape[axis]
        matrix = np.zeros((count, n), x.dtype)
        for row, part in zip(matrix, parts_of(n, count)):
            row[part] = 1.0 / (part.stop - part.start)
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
        rest = int(np.prod(x.shape[axis + 1 :]))
        if rest == 1:
            x = (x.reshape(-1, n) @ matrix.T).reshape(shape)
        else:
            x = (matrix @ x.reshape(-1, n, rest)).reshape(shape)
    return x


def global_average(x: Any, axes: Any) -> Any:
    """Return the mean over the axes of an image; the sum is a product with equal weights."""
    size = int(np.prod([x.shape[axis] for axis in axes]))
    x = x.reshape((*x.shape[: axes[0]], size, *x.shape[axes[-1] + 1 :]))
    weights = np.full(size, 1.0 / size, x.dtype)
    return weights @ x if axes[0] == 1 else x @ weights


def masked_average(x: Any, mask: Any) -> Any:
    """Return the mean over the steps that the mask lets through."""
    weights = mask.astype(x.dtype)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return (weights[:, np.newaxis] @ x)[:, 0]


def resize(x: Any, axis: int, matrix: Any) -> Any:
    """Return x with an axis times a matrix (before, after)."""
    if axis == x.ndim - 3:
        rows = x.reshape((*x.shape[: axis + 1], -1))
        return (matrix.T @ rows).reshape((*x.shape[:axis], matrix.shape[1], *x.shape[axis + 1 :]))
    x = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    y = (x.reshape(-1, x.shape[-1]) @ matrix).reshape((*x.shape[:-1], matrix.shape[1]))
    return np.moveaxis(y, -1, axis)
