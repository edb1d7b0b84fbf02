"""Quantiles, statistics that skip NaN, correlations.

A quantile is a weighted mean of two sorted elements and sends its gradient to them. NaN gets no
gradient where it is skipped; a slice of nothing but NaN gives NaN, without NumPy's warning.
"""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import WITHOUT_GRADIENT, composite
from minikeras.autodiff.rules.reductions import Axis, Integer
from minikeras.autodiff.tensor import bare

WITHOUT_GRADIENT.add(np.histogram)


# Quantiles.


def _rows(x: Array, axis: Axis) -> Any:
    """Return ``x`` with the axes that are reduced joined to one, the last."""
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, Integer) else axis
    moved = np.moveaxis(x, axes, tuple(range(-len(axes), 0)))
    return np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], -1))


def _with_axes(y: Any, x: Array, axis: Axis) -> Any:
    """Put axes of length 1 where axes were reduced; axes of ``q`` come before."""
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, Integer) else axis
    extra = y.ndim - (x.ndim - len(axes))
    return np.expand_dims(y, tuple(i % x.ndim + extra for i in axes))


def _quantiles(x: Array, q: Any, axis: Axis, method: str, keepdims: bool, skip: bool) -> Any:
    if method not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise TypeError(
            f"a quantile of a traced value has no gradient rule for method={method!r}; 'linear', "
            "'lower', 'higher', 'midpoint' and 'nearest' have one"
        )
    rows = np.sort(_rows(x, axis), axis=-1)  # NaN comes last
    missing = np.sum(np.isnan(bare(rows)), axis=-1, keepdims=True)
    shape = np.shape(q)
    place = np.reshape(q, -1) * (rows.shape[-1] - (missing if skip else np.zeros_like(missing)) - 1)
    low, high = np.floor(bare(place)), np.ceil(bare(place))
    if method == "lower":
        high = low
    elif method == "higher":
        low = high
    elif method == "nearest":
        low = high = np.rint(bare(place))
    share = place - low if method == "linear" else 0.5
    last = rows.shape[-1] - 1
    below, above = (
        np.take_along_axis(rows, np.clip(i, 0, last).astype(np.intp), -1) for i in (low, high)
    )
    y = np.where(low == high, below, below + (above - below) * share)
    if not skip:
        y = np.where(missing > 0, math.nan, y)
    y = np.moveaxis(
        np.reshape(y, rows.shape[:-1] + shape),
        range(rows.ndim - 1, rows.ndim - 1 + len(shape)),
        range(len(shape)),
    )
    dtype = np.result_type(x.dtype, q if isinstance(q, int | float) else np.asarray(bare(q)).dtype)
    y = y if y.dtype == dtype else y.astype(dtype)
    return _with_axes(y, x, axis) if keepdims else y


@composite(np.quantile)
def _quantile(
    x: Array, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return _quantiles(x, q, axis, method, keepdims, skip=False)


@composite(np.nanquantile)
def _nanquantile(
    x: Array, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return _quantiles(x, q, axis, method, keepdims, skip=True)


@composite(np.percentile)
def _percentile(x: Array, q: Any, axis: Axis = None, **settings: Any) -> Any:
    return np.quantile(x, _share(q), axis, **settings)


@composite(np.nanpercentile)
def _nanpercentile(x: Array, q: Any, axis: Axis = None, **settings: Any) -> Any:
    return np.nanquantile(x, _share(q), axis, **settings)


def _share(percent: Any) -> Any:
    """Return percent as a share; a Python number stays one and leaves the dtype to ``x``."""
    return percent / 100.0 if isinstance(percent, int | float) else np.true_divide(percent, 100.0)


@composite(np.median)
def _median(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Any:
    return _quantiles(x, 0.5, axis, "midpoint", keepdims, skip=False)


@composite(np.nanmedian)
def _nanmedian(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Any:
    return _quantiles(x, 0.5, axis, "midpoint", keepdims, skip=True)


# Without NaN.


def _nan_extreme(function: Any, of: Any, instead: float) -> None:
    """Rule for the largest or smallest element that is a number."""

    @composite(function)
    def op(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Any:
        missing = np.isnan(x)
        y = of(np.where(missing, instead, x), axis=axis, keepdims=keepdims)
        return np.where(np.all(missing, axis=axis, keepdims=keepdims), math.nan, y)


_nan_extreme(np.nanmax, np.max, -math.inf)
_nan_extreme(np.nanmin, np.min, math.inf)


@composite(np.nanvar)
def _nanvar(x: Array, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    known = ~np.isnan(x)
    count = np.sum(known, axis=axis, keepdims=True).astype(x.dtype)
    safe = np.where(known, x, 0.0)
    mean = np.sum(safe, axis=axis, keepdims=True) / np.maximum(count, 1.0)
    squares = np.sum(np.where(known, safe - mean, 0.0) ** 2, axis=axis, keepdims=keepdims)
    freedom = count.reshape(squares.shape) - ddof
    return squares / np.where(freedom > 0, freedom, math.nan).astype(x.dtype)


@composite(np.nanstd)
def _nanstd(x: Array, axis: Axis = None, **settings: Any) -> Any:
    return np.sqrt(np.nanvar(x, axis=axis, **settings))


@composite(np.nancumsum)
def _nancumsum(x: Array, axis: int | None = None, dtype: Any = None) -> Any:
    return np.cumsum(np.where(np.isnan(x), 0.0, x), axis=axis, dtype=dtype)


@composite(np.nancumprod)
def _nancumprod(x: Array, axis: int | None = None, dtype: Any = None) -> Any:
    return np.cumprod(np.where(np.isnan(x), 1.0, x), axis=axis, dtype=dtype)


# Correlations.


@composite(np.corrcoef)
def _corrcoef(x: Array, *, rowvar: bool = True) -> Any:
    rows = np.atleast_2d(x if rowvar or x.ndim < 2 else np.transpose(x))
    centred = rows - np.mean(rows, axis=1, keepdims=True)
    products = np.matmul(centred, np.transpose(centred))
    length = np.sqrt(np.diagonal(products))
    y = products / length[:, None] / length
    y = y.astype(np.result_type(y.dtype, np.float64))  # as NumPy computes it
    return y[0, 0] if x.ndim < 2 else y


@composite(np.correlate)
def _correlate(a: Array, v: Array, mode: str = "valid") -> Any:
    a, v = (x if hasattr(x, "ndim") else np.asarray(x) for x in (a, v))
    if a.size < v.size:
        return np.flip(_correlate(v, a, mode))
    n = v.size
    before, after = {"valid": (0, 0), "same": (n // 2, n - n // 2 - 1), "full": (n - 1, n - 1)}[
        mode
    ]
    padded = np.pad(a, (before, after))
    windows = np.arange(padded.size - n + 1)[:, None] + np.arange(n)
    return np.matmul(np.take(padded, windows), v)
