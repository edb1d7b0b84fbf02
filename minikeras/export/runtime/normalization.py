"""Normalization, as exported files have it. ``axes`` are the axes of one mean, from the front."""

from typing import Any

import numpy as np


def along(weight: Any, x: Any, axes: Any) -> Any:
    """Return a weight in a shape that lies along some axes of x."""
    return weight.reshape([n if i in axes else 1 for i, n in enumerate(x.shape)])


def rows_of(x: Any, axes: Any) -> Any:
    """Return x as a matrix with a row for each mean."""
    moved = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    return moved.reshape(int(np.prod(moved.shape[: x.ndim - len(axes)])), -1)


def back(rows: Any, x: Any, axes: Any) -> Any:
    """Return such a matrix in the shape of x."""
    last = range(x.ndim - len(axes), x.ndim)
    return np.moveaxis(rows.reshape(np.moveaxis(x, axes, last).shape), last, axes)


def layer_norm(x: Any, gamma: Any, beta: Any, axes: Any, epsilon: float) -> Any:
    """Return x with mean 0 and variance 1 along some axes, times gamma plus beta."""
    rows = rows_of(x, axes)
    mean = np.full(rows.shape[1], 1.0 / rows.shape[1], rows.dtype)
    unit = rows - rows.dot(mean)[:, np.newaxis]
    unit *= (1.0 / np.sqrt((unit * unit).dot(mean) + epsilon))[:, np.newaxis]
    if gamma is not None:
        unit = unit * gamma.ravel()
    return back(unit if beta is None else unit + beta.ravel(), x, axes)


def rms_norm(x: Any, scale: Any, axes: Any, epsilon: float) -> Any:
    """Return x divided by its root mean square along some axes, times scale."""
    rows = rows_of(x, axes)
    mean = np.full(rows.shape[1], 1.0 / rows.shape[1], rows.dtype)
    unit = rows * (1.0 / np.sqrt((rows * rows).dot(mean) + epsilon))[:, np.newaxis]
    return back(unit * scale.ravel(), x, axes)


def group_norm(x: Any, gamma: Any, beta: Any, groups: int, axis: int, epsilon: float) -> Any:
    """Return x with mean 0 and variance 1 in each sample and group of channels."""
    moved = np.moveaxis(x, axis, -1)
    channels = moved.shape[-1]
    values = moved.reshape(len(x), -1, channels)
    places, size = values.shape[1], channels // groups
    ones = np.ones(places, x.dtype)
    share = 1.0 / (places * size)
    totals = (ones @ values).reshape(len(x), groups, size).sum(axis=2)
    centred = values - np.repeat(totals * share, size, axis=1)[:, np.newaxis]
    totals = (ones @ (centred * centred)).reshape(len(x), groups, size).sum(axis=2)
    factor = 1.0 / np.sqrt(np.repeat(totals * share, size, axis=1) + epsilon)
    y = centred * (factor if gamma is None else factor * gamma)[:, np.newaxis]
    y = y if beta is None else y + beta
    return np.moveaxis(y.reshape(moved.shape), -1, axis)


def unit_norm(x: Any, axes: Any, epsilon: float = 1e-12) -> Any:
    """Return x divided by its length along some axes."""
    square = np.sum(x * x, axis=axes, keepdims=True)
    least = max(epsilon * epsilon, float(np.finfo(x.dtype).tiny))
    return x / np.sqrt(np.maximum(square, least))
