"""Convolution, pooling and resizing, as exported files have them."""

from typing import Any

import numpy as np


def pad_for(x: Any, size: Any, strides: Any, padding: str, dilation: Any, value: float) -> Any:
    """Return x, channels last, with so many zeros (or other values) around that windows fit."""
    steps, gaps = (np.broadcast_to(n, len(size)).tolist() for n in (strides, dilation))
    pads = [(0, 0)]
    for n, k, s, d in zip(x.shape[1:-1], size, steps, gaps):
        span = (k - 1) * d + 1
        missing = max((-(-n // s) - 1) * s + span - n, 0)
        left = {"valid": 0, "same": missing // 2, "causal": span - 1}[padding]
        pads.append((left, missing - left if padding == "same" else 0))
    return np.pad(x, [*pads, (0, 0)], constant_values=value)


def windows_of(x: Any, size: Any, strides: Any, dilation: Any) -> Any:
    """Return all windows of x: shape (batch, *places, *size, channels)."""
    steps, gaps = (np.broadcast_to(n, len(size)).tolist() for n in (strides, dilation))
    axes = tuple(range(1, x.ndim - 1))
    spans = tuple((k - 1) * d + 1 for k, d in zip(size, gaps))
    windows = np.lib.stride_tricks.sliding_window_view(x, spans, axes)
    places = [slice(None), *(slice(None, None, s) for s in steps), slice(None)]
    windows = windows[(*places, *(slice(None, None, d) for d in gaps))]
    return np.moveaxis(windows, len(axes) + 1, -1)  # the channels


def conv(
    x: Any, W: Any, b: Any = 0.0, strides: Any = 1, padding: str = "valid", dilation: Any = 1
) -> Any:
    """Return the convolution of x, channels last: windows times weights."""
    *size, channels, filters = W.shape
    groups = x.shape[-1] // channels
    if groups > 1 and channels == 1:
        W = W.reshape(*size, groups, filters // groups)
        return depthwise_conv(x, W, b, strides, padding, dilation)
    if groups > 1:
        parts = zip(np.split(x, groups, -1), np.split(W, groups, -1))
        found = [conv(part, w, 0.0, strides, padding, dilation) for part, w in parts]
        return np.concatenate(found, axis=-1) + b
    x = pad_for(x, size, strides, padding, dilation, 0.0)
    windows = windows_of(x, size, strides, dilation)
    rows = windows.reshape(-1, W.size // filters)
    return (rows.dot(W.reshape(-1, filters)) + b).reshape(*windows.shape[: x.ndim - 1], filters)


def depthwise_conv(
    x: Any, W: Any, b: Any = 0.0, strides: Any = 1, padding: str = "valid", dilation: Any = 1
) -> Any:
    """Return the convolution of each channel by itself."""
    *size, channels, multiplier = W.shape
    x = np.repeat(pad_for(x, size, strides, padding, dilation, 0.0), multiplier, axis=-1)
    W = W.reshape(*size, channels * multiplier)
    windows = windows_of(x, size, strides, dilation)
    axes = tuple(range(x.ndim - 1, windows.ndim - 1))
    y = np.zeros(windows.shape[: x.ndim - 1] + windows.shape[-1:], x.dtype)
    windows = np.moveaxis(windows, axes, range(len(axes)))
    for place in np.ndindex(*size):
        y += windows[place] * W[place]
    return y + b


def conv_transpose(
    x: Any, W: Any, b: Any, strides: Any, dilation: Any, before: Any, lengths: Any
) -> Any:
    """Return the transposed convolution: each element spreads a window of weights."""
    *size, filters, _ = W.shape
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    full = [
        max((n - 1) * s + span, left + length)
        for n, s, span, left, length in zip(x.shape[1:-1], strides, spans, before, lengths)
    ]
    y = np.zeros((len(x), *full, filters), x.dtype)
    for place in np.ndindex(*size):
        where = [
            slice(i * d, i * d + (n - 1) * s + 1, s)
            for i, d, n, s in zip(place, dilation, x.shape[1:-1], strides)
        ]
        y[(slice(None), *where)] += x @ W[place].T
    inner = [slice(left, left + length) for left, length in zip(before, lengths)]
    return y[(slice(None), *inner)] + b


def max_pool(x: Any, size: Any, strides: Any, padding: str = "valid") -> Any:
    """Return the largest element of each window, channels last."""
    x = pad_for(x, size, strides, padding, 1, -np.inf)
    axes = tuple(range(x.ndim - 1, x.ndim - 1 + len(size)))
    return windows_of(x, size, strides, 1).max(axis=axes)


def average_pool(x: Any, size: Any, strides: Any, padding: str = "valid") -> Any:
    """Return the mean of each window, channels last; what was added at the edges is left out."""
    counts = pad_for(np.ones_like(x[:1, ..., :1]), size, strides, padding, 1, 0.0)
    x = pad_for(x, size, strides, padding, 1, 0.0)
    axes = tuple(range(x.ndim - 1, x.ndim - 1 + len(size)))
    counts = windows_of(counts, size, strides, 1).sum(axis=axes)
    for axis, (k, s) in enumerate(zip(size, strides), 1):  # one axis after the other
        count = (x.shape[axis] - k) // s + 1
        places = [slice(i, i + (count - 1) * s + 1, s) for i in range(k)]
        parts = [x[(slice(None),) * axis + (place,)] for place in places]
        x = sum(parts[1:], parts[0])
    return x / counts


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
