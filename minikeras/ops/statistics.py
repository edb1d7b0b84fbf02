"""Counts, quantiles and their like, with the arguments that Keras has."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_positive_int
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare
from minikeras.ops._convert import alike, array, floating, number

Axis = int | tuple[int, ...] | None


@symbolic
def average(x: Any, axis: Axis = None, weights: Any = None) -> Any:
    """Weighted mean along ``axis``.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, optional
    weights : array, optional
        Of the shape of ``x``, or of the length of ``axis``.

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.average([1.0, 4.0], weights=[2.0, 1.0])
    np.float32(2.0)
    """
    if weights is None:
        return np.average(floating(x), axis=axis)
    x, weights = (floating(each) for each in alike([array(x), array(weights)]))
    return np.average(x, axis=axis, weights=weights)


@symbolic
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """Count how often each integer occurs, or sum its weights.

    Parameters
    ----------
    x : int array, shape (n,) or (batch, n)
        At least 0.
    weights : array of the same shape, optional
        Their gradients are known.
    minlength : int, default 0
        Least number of bins.
    sparse : bool
        Must be False: there are no sparse arrays here.

    Returns
    -------
    array, shape (bins,) or (batch, bins)
    """
    if sparse:
        raise ValueError("ops.bincount expected sparse=False: minikeras has no sparse arrays")
    values = np.asarray(bare(array(x)))
    bins = int(max(values.max(initial=-1) + 1, number(minlength)))
    if weights is None:
        rows = values.reshape(-1, values.shape[-1])
        counts = np.stack([np.bincount(row, minlength=bins) for row in rows]) if len(rows) else 0
        return np.reshape(counts, (*values.shape[:-1], bins)).astype(np.int32)
    hits = values[..., None] == np.arange(bins)
    weights = floating(weights)
    return np.sum(np.where(hits, np.expand_dims(weights, -1), 0.0), axis=-2)


@symbolic
def histogram(x: Any, bins: int = 10, range: tuple[float, float] | None = None) -> Any:
    """Count the elements of ``x`` in ``bins`` equal intervals; there is no gradient.

    Parameters
    ----------
    x : array
    bins : int, default 10
    range : (low, high), optional
        Default: the smallest and the largest element.

    Returns
    -------
    (counts, edges) : array, shape (bins,) and (bins + 1,)
    """
    check_positive_int("bins", bins)
    if range is not None and range[0] > range[1]:
        raise ValueError(f"ops.histogram expected range to be (low, high), got {range}")
    values = floating(bare(array(x)))
    counts, edges = np.histogram(values, bins, range)
    return counts.astype(values.dtype), edges.astype(values.dtype)


@symbolic
def corrcoef(x: Any) -> Any:
    """Correlations of the rows of ``x``, in [-1, 1].

    Parameters
    ----------
    x : array, shape (variables, observations)

    Returns
    -------
    array, shape (variables, variables)
    """
    x = floating(x)
    return astype(np.corrcoef(x), x.dtype)


# Quantiles.


def _quantile(function: Any, x: Any, q: Any, axis: Any, method: str, keepdims: bool) -> Any:
    x = floating(x)
    axis = tuple(axis) if isinstance(axis, list) else axis
    y = function(x, array(q, x.dtype), axis=axis, method=method, keepdims=keepdims)
    return y if y.dtype == x.dtype else y.astype(x.dtype)


@symbolic
def quantile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """Return the value below which a share ``q`` of the elements lies.

    Parameters
    ----------
    x : array
    q : float or array, in [0, 1]
        Its axes come first in the result.
    axis : int or tuple of int, optional
        Default: all.
    method : {"linear", "lower", "higher", "midpoint", "nearest"}
        What lies between two elements.
    keepdims : bool, default False

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> float(ops.quantile([1.0, 2.0, 4.0], 0.75))
    3.0
    """
    return _quantile(np.quantile, x, q, axis, method, keepdims)


@symbolic
def nanquantile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """Return the quantile of the elements that are not NaN; see ``quantile``."""
    return _quantile(np.nanquantile, x, q, axis, method, keepdims)


@symbolic
def percentile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """Return the quantile of ``q`` percent, in [0, 100]; see ``quantile``."""
    return _quantile(np.percentile, x, q, axis, method, keepdims)


@symbolic
def nanpercentile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """Return the percentile of the elements that are not NaN; see ``quantile``."""
    return _quantile(np.nanpercentile, x, q, axis, method, keepdims)


# Without NaN. A slice of nothing but NaN gives NaN, or the place -1, without a warning.


def _nan_extreme(function: Any, x: Any, axis: Axis, keepdims: bool, worst: float) -> Any:
    x = array(x)
    if x.dtype.kind != "f":
        return function(x, axis=axis, keepdims=keepdims)
    missing = np.isnan(x)
    y = function(np.where(missing, worst, x), axis=axis, keepdims=keepdims)
    return np.where(np.all(missing, axis=axis, keepdims=keepdims), math.nan, y)


@symbolic
def nanmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest element that is not NaN."""
    return _nan_extreme(np.max, x, axis, keepdims, -math.inf)


@symbolic
def nanmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the smallest element that is not NaN."""
    return _nan_extreme(np.min, x, axis, keepdims, math.inf)


def _nan_place(function: Any, x: Any, axis: int | None, keepdims: bool, worst: float) -> Any:
    values = np.asarray(bare(array(x)))
    missing = np.isnan(values)
    place = function(np.where(missing, worst, values), axis=axis, keepdims=keepdims)
    return np.where(np.all(missing, axis=axis, keepdims=keepdims), -1, place)


@symbolic
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the place of the largest element that is not NaN; -1 if all are."""
    return _nan_place(np.argmax, x, axis, keepdims, -math.inf)


@symbolic
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the place of the smallest element that is not NaN; -1 if all are."""
    return _nan_place(np.argmin, x, axis, keepdims, math.inf)


@symbolic
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Return the different elements, in rising order; there is no gradient.

    Parameters
    ----------
    x : array
    sorted : bool
        Accepted for Keras's sake; they are always sorted.
    return_index, return_inverse, return_counts : bool, default False
        Also return where each occurs first, which of them every element of ``x`` is, how often
        each occurs.
    axis : int, optional
        Compare the slices along this axis; None compares elements.
    size : int, optional
        Cut or fill up to so many.
    fill_value : number, optional
        What to fill up with; default the smallest.

    Returns
    -------
    array, or a tuple of arrays

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.unique([3, 1, 3])
    array([1, 3], dtype=int32)
    """
    values = np.asarray(bare(array(x)))
    found, index, inverse, counts = np.unique(values, True, True, True, axis=axis, equal_nan=False)
    inverse = inverse.reshape(values.shape if axis is None else -1)
    if size is not None:
        along = 0 if axis is None else axis
        found, index, counts = _resized(found, index, counts, size, along, fill_value)
    optional = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    parts = [part.astype(np.int32) for wanted, part in optional if wanted]
    return (found, *parts) if parts else found


def _resized(
    found: Array, index: Array, counts: Array, size: int, axis: int, fill_value: Any
) -> tuple[Array, Array, Array]:
    missing = max(size - len(counts), 0)
    found = np.take(found, np.arange(min(size, len(counts))), axis=axis)
    if missing:
        first = np.take(found, [0], axis=axis)
        filler = first if fill_value is None else np.full_like(first, fill_value)
        found = np.concatenate([found, np.repeat(filler, missing, axis=axis)], axis=axis)
        index = np.concatenate([index, np.full(missing, index[0])])
    return found, index[:size], np.pad(counts, (0, missing))[:size]
