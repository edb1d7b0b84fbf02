"""Normalization within a sample: layer, RMS, group and unit normalization."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.tensor import active_tape
from minikeras.ops._sums import filled

__all__ = [
    "group_normalization",
    "layer_normalization",
    "rms_normalization",
    "unit_normalization",
]

Axis = int | tuple[int, ...] | list[int]


def layer_normalization(
    x: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    axis: Axis = -1,
    epsilon: float = 1e-7,
) -> Any:
    """Subtract the mean along ``axis`` and divide by the standard deviation.

    Parameters
    ----------
    x : array
    gamma, beta : array, optional
        Multiplied with the result, and added; shape: the lengths of ``x`` along ``axis``.
    axis : int or several, default -1
    epsilon : float, default 1e-7
        Added to the variances.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Ba, Kiros and Hinton, "Layer Normalization" (2016), equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.layer_normalization(np.array([[1.0, 3.0], [10.0, 30.0]]))
    array([[-0.99999995,  0.99999995],
           [-1.        ,  1.        ]])
    """
    if _nested():
        axes = _axes(x, axis)
        centred = x - np.mean(x, axis=axes, keepdims=True)
        y = centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + epsilon)
        y = y if gamma is None else y * _shaped(gamma, x, axes)
        return y if beta is None else y + _shaped(beta, x, axes)
    return _normalize_rows(x, gamma, beta, _axes(x, axis), epsilon, True)


def rms_normalization(
    x: Array, scale: Array | None = None, axis: Axis = -1, epsilon: float = 1e-7
) -> Any:
    """Divide by the root of the mean square along ``axis``.

    Parameters
    ----------
    x : array
    scale : array, optional
        Multiplied with the result; shape: the lengths of ``x`` along ``axis``.
    axis : int or several, default -1
    epsilon : float, default 1e-7
        Added to the mean squares.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Zhang and Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019), equation 4.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.rms_normalization(np.array([[1.0, 7.0]])).round(6)
    array([[0.2, 1.4]])
    """
    if _nested():
        axes = _axes(x, axis)
        y = x / np.sqrt(np.mean(x * x, axis=axes, keepdims=True) + epsilon)
        return y if scale is None else y * _shaped(scale, x, axes)
    return _normalize_rows(x, scale, None, _axes(x, axis), epsilon, False)


def _nested() -> bool:
    """Whether two tapes record: what is differentiated twice is written in NumPy's functions."""
    tape = active_tape.get()
    return tape is not None and tape.parent is not None


def _axes(x: Any, axis: Axis) -> tuple[int, ...]:
    axes = axis if isinstance(axis, list | tuple) else (axis,)
    return tuple(sorted(i % x.ndim for i in axes))


def _shaped(weight: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """Return a weight so that it broadcasts along ``axes`` of ``x``."""
    return weight.reshape([n if i in axes else 1 for i, n in enumerate(x.shape)])


def _matrix(x: Any, axes: tuple[int, ...]) -> tuple[Any, Callable[[Any], Any]]:
    """Return ``x`` as a matrix with ``axes`` along its rows, and what undoes that."""
    first = x.ndim - len(axes)
    last = tuple(range(first, x.ndim))
    moved = x if axes == last else np.moveaxis(x, axes, last)
    shape = moved.shape

    def back(rows: Any) -> Any:
        y = rows.reshape(shape)
        return (y if axes == last else np.moveaxis(y, last, axes)).astype(x.dtype, copy=False)

    if x.dtype == np.float16:
        moved = moved.astype(np.float32)
    return moved.reshape(math.prod(shape[:first]), math.prod(shape[first:])), back


@primitive
def _normalize_rows(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    axes: tuple[int, ...],
    epsilon: float,
    centred: bool,
) -> Op:
    rows, back = _matrix(x, axes)
    mean = filled(rows.shape[1], 1.0 / max(rows.shape[1], 1), rows.dtype)
    if centred:
        unit = rows - rows.dot(mean)[:, np.newaxis]
        square = unit * unit
    else:
        square = rows * rows
    inverse = (1.0 / np.sqrt(square.dot(mean) + epsilon))[:, np.newaxis]
    if centred:
        unit *= inverse
    else:
        unit = rows * inverse
    y = np.multiply(unit, gamma.ravel(), out=square) if gamma is not None else unit.copy()
    if beta is not None:
        y += beta.ravel()

    def flat(dy: Array) -> Any:
        return _matrix(dy, axes)[0]

    def dx(dy: Array) -> Any:
        d = flat(dy)
        d = d.copy() if gamma is None else d * gamma.ravel()
        t = d * unit
        along = t.dot(mean)
        np.multiply(unit, along[:, np.newaxis], out=t)
        if centred:
            d -= d.dot(mean)[:, np.newaxis]
        d -= t
        d *= inverse
        return back(d)

    def dgamma(dy: Array) -> Any:
        ones = filled(len(unit), 1.0, unit.dtype)
        return _like(ones.dot(flat(dy) * unit), gamma)

    def dbeta(dy: Array) -> Any:
        return _like(filled(len(unit), 1.0, unit.dtype).dot(flat(dy)), beta)

    return back(y), (dx, dgamma, dbeta, None, None, None)


def _like(gradient: Any, weight: Any) -> Any:
    return gradient.reshape(weight.shape).astype(weight.dtype, copy=False)


def group_normalization(
    x: Array,
    groups: int,
    gamma: Array | None = None,
    beta: Array | None = None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Any:
    """Normalize groups of neighbouring channels, in every sample for itself.

    Parameters
    ----------
    x : array, shape (batch, ...)
    groups : int
        Number of groups; divides the number of channels.
    gamma, beta : array, shape (channels,), optional
        Multiplied with the result, and added.
    axis : int, default -1
        The channels' axis.
    epsilon : float, default 1e-3
        Added to the variances.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Wu and He, "Group Normalization" (ECCV 2018), equations 1 to 3.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.group_normalization(np.array([[1.0, 3.0, 10.0, 30.0]]), 2, epsilon=0.0)
    array([[-1.,  1., -1.,  1.]])
    """
    if not _nested():
        return _normalize_groups(x, groups, gamma, beta, axis, epsilon)
    moved = np.moveaxis(x, axis, -1)
    places = math.prod(moved.shape[1:-1])
    parts = moved.reshape((x.shape[0], places, groups, x.shape[axis] // groups))
    centred = parts - np.mean(parts, axis=(1, 3), keepdims=True)
    variance = np.mean(centred * centred, axis=(1, 3), keepdims=True)
    y = np.moveaxis((centred / np.sqrt(variance + epsilon)).reshape(moved.shape), -1, axis)
    axes = (axis % x.ndim,)
    y = y if gamma is None else y * _shaped(gamma, x, axes)
    return y if beta is None else y + _shaped(beta, x, axes)


@primitive
def _normalize_groups(
    x: Array,
    groups: int,
    gamma: Array | None,
    beta: Array | None,
    axis: int,
    epsilon: float,
) -> Op:
    moved = np.moveaxis(x, axis, -1)
    channels = moved.shape[-1]
    places, size = math.prod(moved.shape[1:-1]), channels // groups
    shape = (len(x), places, channels)

    def cube(a: Any) -> Any:  # (batch, places, channels)
        a = np.moveaxis(a, axis, -1).reshape(shape)
        return a.astype(np.float32) if a.dtype == np.float16 else a

    def back(a: Any) -> Any:
        return np.moveaxis(a.reshape(moved.shape), -1, axis).astype(x.dtype, copy=False)

    def of_groups(a: Any) -> Any:
        """Mean over each group of sums over places: (batch, channels) to the same."""
        means = a.reshape(len(x), groups, size).sum(axis=2) * (1.0 / (places * size))
        return np.repeat(means, size, axis=1)

    values = cube(x)
    ones = filled(places, 1.0, values.dtype)
    centred = values - of_groups(ones @ values)[:, np.newaxis]
    variance = of_groups(ones @ (centred * centred))
    inverse = 1.0 / np.sqrt(variance + epsilon)
    factor = inverse if gamma is None else inverse * gamma
    y = centred * factor[:, np.newaxis]
    if beta is not None:
        y += beta
    last: tuple[Any, Any] = (None, None)

    def sums(dy: Array) -> Any:
        """Return ``dy`` as a cube, and sums over places of it and of it times ``centred``."""
        nonlocal last
        if last[0] is not dy:
            d = cube(dy)
            last = dy, (d, ones @ d, ones @ (d * centred))
        return last[1]

    def dx(dy: Array) -> Any:
        d, plain, weighed = sums(dy)
        if gamma is not None:
            plain, weighed = plain * gamma, weighed * gamma
        dvalues = d * factor[:, np.newaxis]
        dvalues -= centred * (inverse**3 * of_groups(weighed))[:, np.newaxis]
        dvalues -= (inverse * of_groups(plain))[:, np.newaxis]
        return back(dvalues)

    def dgamma(dy: Array) -> Any:
        return _like((sums(dy)[2] * inverse).sum(axis=0), gamma)

    def dbeta(dy: Array) -> Any:
        return _like(sums(dy)[1].sum(axis=0), beta)

    return back(y), (dx, None, dgamma, dbeta, None, None)


def unit_normalization(x: Array, axis: Axis = -1, epsilon: float = 1e-12) -> Any:
    """Divide by the Euclidean norm along ``axis``; a norm below ``epsilon`` counts as that.

    Parameters
    ----------
    x : array
    axis : int or several, default -1
    epsilon : float, default 1e-12

    Returns
    -------
    array of the same shape and dtype

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.unit_normalization(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    axes = _axes(x, axis)
    square = np.sum(x * x, axis=axes, keepdims=True)
    least = max(epsilon * epsilon, float(np.finfo(x.dtype).tiny))  # not to divide by 0
    return x / np.sqrt(np.maximum(square, least))
