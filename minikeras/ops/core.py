"""Arrays as values: conversion, casts, shapes, and parts of them taken out or replaced."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array, DType, Shape
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.functional import custom_gradient
from minikeras.autodiff.rules.selection import scatter as _scatter
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import Tensor, bare, stop_gradient
from minikeras.ops import _convert
from minikeras.ops._convert import alike, array, number
from minikeras.ops.segments import segment_max, segment_min, segment_prod, segment_sum

__all__ = [
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "is_tensor",
    "saturate_cast",
    "scatter",
    "scatter_update",
    "shape",
    "slice",
    "slice_update",
    "stop_gradient",
    "unstack",
]

_span = slice  # Python's own; the name is Keras's function below


@symbolic
def convert_to_tensor(
    x: Any, dtype: DType | None = None, sparse: bool | None = None, ragged: bool | None = None
) -> Any:
    """Return ``x`` as an array; what is traced stays traced.

    Parameters
    ----------
    x : array_like
    dtype : dtype, optional
        Default: that of ``x``; ``config.floatx()`` for Python floats, int32 for Python integers.
    sparse, ragged : None or False
        There are neither sparse nor ragged arrays here.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If ``sparse`` or ``ragged`` is true.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.convert_to_tensor([1.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    if sparse or ragged:
        raise ValueError(
            "convert_to_tensor expected sparse and ragged to be false: minikeras has dense arrays "
            "only; pad the rows to one length, for example with utils.pad_sequences"
        )
    found = _convert.array(x, dtype)
    return found if isinstance(found, Tensor) else bare(found)


def convert_to_numpy(x: Any) -> Array:
    """Return the numbers of ``x`` as a plain array of their own, without gradient."""
    return np.array(bare(_convert.array(x)))


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is an array that ops compute with: an ``ndarray`` or a ``Tensor``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.is_tensor(np.ones(2)), ops.is_tensor([1.0, 1.0])
    (True, False)
    """
    return isinstance(x, np.ndarray | np.generic | Tensor)


def dtype(x: Any) -> str:
    """Return the name of the dtype of ``x``, such as ``"float32"``."""
    return str(x.dtype if hasattr(x, "dtype") else _convert.array(x).dtype)


def shape(x: Any) -> Any:
    """Return the shape of ``x`` as a tuple; None for lengths that a placeholder does not know."""
    return tuple(x.shape if hasattr(x, "shape") else _convert.array(x).shape)


@symbolic
def cast(x: Any, dtype: DType) -> Any:
    """Return ``x`` in another dtype; the gradient comes back in its own.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.cast([0.7, 2.0], "int32")
    array([0, 2], dtype=int32)
    """
    x = array(x)
    return astype(x, np.dtype(dtype))


@symbolic
def saturate_cast(x: Any, dtype: DType) -> Any:
    """Return ``x`` in another dtype, limited to what that can hold.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.saturate_cast([-5.0, 300.0], "uint8")
    array([  0, 255], dtype=uint8)
    """
    x, target = array(x), np.dtype(dtype)
    if target.kind == "b":
        limits: tuple[Any, Any] = (0, 1)
    else:
        info: Any = np.finfo(target) if target.kind == "f" else np.iinfo(target)
        limits = info.min, info.max
        if target.kind == "f":
            limits = float(info.min), float(info.max)
    if x.dtype.kind in "iub":
        own = np.iinfo(x.dtype if x.dtype.kind != "b" else np.uint8)
        low = int(max(limits[0], own.min))
        return astype(np.clip(x, low, int(min(limits[1], own.max))), target)
    low, high = (x.dtype.type(limit) for limit in _inside(limits, x.dtype))
    return astype(np.clip(x, low, high), target)


def _inside(limits: tuple[Any, Any], dtype: Any) -> tuple[float, float]:
    """Return limits that floats of ``dtype`` can hold without being rounded beyond them."""
    low, high = (float(limit) for limit in limits)
    largest = float(np.finfo(dtype).max)
    low, high = max(low, -largest), min(high, largest)
    rounded = dtype.type(high)
    return low, float(np.nextafter(rounded, dtype.type(0))) if int(rounded) > limits[1] else high


@symbolic
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """Return the slices of ``x`` along ``axis`` as a list.

    Parameters
    ----------
    x : array
    num : int, optional
        How many there are; only checked.
    axis : int, default 0

    Returns
    -------
    list of array

    Raises
    ------
    ValueError
        If ``num`` is another number than the length of the axis.
    """
    x = array(x)
    if num is not None and num != x.shape[axis]:
        raise ValueError(
            f"ops.unstack expected num to be the length {x.shape[axis]} of axis {axis}, got {num}"
        )
    lead = (_span(None),) * (axis % x.ndim)
    return [x[(*lead, i)] for i in range(x.shape[axis])]


# Parts.


def _box(inputs: Any, start_indices: Any, lengths: Any) -> tuple[Any, ...]:
    starts = [int(number(i)) for i in start_indices]
    sizes = [int(number(n)) for n in lengths]
    if not len(starts) == len(sizes) == inputs.ndim:
        raise ValueError(
            f"expected one start and one length per axis of an array of shape {inputs.shape}, got "
            f"{len(starts)} starts and {len(sizes)} lengths"
        )
    sizes = [n - i if size == -1 else size for n, i, size in zip(inputs.shape, starts, sizes)]
    for n, size in zip(inputs.shape, sizes):
        if size > n:
            raise ValueError(f"a part of shape {tuple(sizes)} does not fit into {inputs.shape}")
    starts = [min(max(i, 0), n - size) for i, n, size in zip(starts, inputs.shape, sizes)]
    return tuple(_span(i, i + size) for i, size in zip(starts, sizes))


@symbolic
def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """Return a part of an array.

    Parameters
    ----------
    inputs : array
    start_indices : sequence of int, one per axis
        Moved inwards where the part would reach beyond the array.
    shape : sequence of int, one per axis
        -1 takes the rest of the axis.

    Returns
    -------
    array of ``shape``

    Raises
    ------
    ValueError
        If the part is larger than the array, or there is not one number per axis.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.slice([[1, 2, 3], [4, 5, 6]], (0, 1), (2, 2))
    array([[2, 3],
           [5, 6]], dtype=int32)
    """
    x = array(inputs)
    return x[_box(x, start_indices, shape)]


@symbolic
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """Return an array with a part of it replaced.

    Parameters
    ----------
    inputs : array
    start_indices : sequence of int, one per axis
        Moved inwards where the part would reach beyond the array.
    updates : array
        What to put there, with the same number of axes.

    Returns
    -------
    array of the shape of ``inputs``

    Raises
    ------
    ValueError
        If ``updates`` is larger than the array, or has another number of axes.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.slice_update([0, 0, 0, 0], [1], [7, 8])
    array([0, 7, 8, 0], dtype=int32)
    """
    x, new = array(inputs), array(updates)
    place = _box(x, start_indices, new.shape)
    inside = np.zeros(x.shape, bool)
    inside[place] = True
    return np.where(inside, _scatter(_in(new, x.dtype), place, x.shape), x)


def _in(x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype else astype(x, dtype)


@symbolic
def scatter(indices: Any, values: Any, shape: Shape) -> Any:
    """Return zeros of ``shape`` with ``values`` added at ``indices``.

    Parameters
    ----------
    indices : int array, shape (n, k)
        Places on the first ``k`` axes.
    values : array, shape (n, *shape[k:])
        What falls on the same place is added up.
    shape : tuple of int

    Returns
    -------
    array of ``shape``

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.scatter([[0], [2], [2]], [1.0, 2.0, 3.0], (4,))
    array([1., 0., 5., 0.], dtype=float32)
    """
    places, x = np.asarray(bare(array(indices))), array(values)
    target = tuple(int(number(n)) for n in shape)
    _check_places(places, target)
    return _scatter(x, tuple(np.moveaxis(places, -1, 0)), target)


def _check_places(places: Array, shape: Shape) -> None:
    depth = places.shape[-1] if places.ndim else 0
    if places.dtype.kind not in "iu" or not 1 <= depth <= len(shape):
        raise ValueError(
            f"expected integer indices of shape (n, k) with k of at most {len(shape)}, got "
            f"{places.dtype} of shape {places.shape}"
        )
    lengths = np.array(shape[:depth])
    if places.size and ((places < -lengths) | (places >= lengths)).any():
        raise ValueError(f"an index lies outside an array of shape {shape}")


@symbolic
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """Return an array with single places of it replaced, or changed.

    Parameters
    ----------
    inputs : array
    indices : int array, shape (n, k)
        Places on the first ``k`` axes.
    updates : array, shape (n, *inputs.shape[k:])
    reduction : {None, "add", "max", "min", "mul"}
        How updates meet what is there, and each other. None replaces; the last one stays.

    Returns
    -------
    array of the shape of ``inputs``

    Raises
    ------
    ValueError
        If ``reduction`` is another name, or an index lies outside.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.scatter_update([1, 1, 1], [[0], [0]], [5, 7], reduction="add")
    array([13,  1,  1], dtype=int32)
    """
    reductions: dict[str | None, Any] = {
        None: None,
        "add": (segment_sum, np.add),
        "max": (segment_max, np.maximum),
        "min": (segment_min, np.minimum),
        "mul": (segment_prod, np.multiply),
    }
    if reduction not in reductions:
        raise ValueError(
            f"ops.scatter_update expected reduction to be one of {list(reductions)}, got "
            f"{reduction!r}"
        )
    x, places = array(inputs), np.asarray(bare(array(indices)))
    _check_places(places, x.shape)
    depth = places.shape[-1]
    lead, rest = x.shape[:depth], x.shape[depth:]
    flat = np.ravel_multi_index(tuple(np.moveaxis(places, -1, 0)), lead, mode="wrap").ravel()
    new = _in(np.broadcast_to(alike([array(updates), x])[0], places.shape[:-1] + rest), x.dtype)
    new = np.reshape(new, (flat.size, *rest))
    changed, group = np.unique(flat, return_inverse=True)
    if reduction is None:
        last = np.zeros(changed.size, np.intp)
        last[group] = np.arange(flat.size)  # of several assignments the last one stays
        new = new[last]
    else:
        gather, combine = reductions[reduction]
        there = np.reshape(x, (math.prod(lead), *rest))[changed]
        new = combine(there, gather(new, group, changed.size))
    touched = np.zeros(math.prod(lead), bool)
    touched[changed] = True
    touched = touched.reshape(lead + (1,) * len(rest))
    placed = np.reshape(_scatter(new, (changed,), (math.prod(lead), *rest)), x.shape)
    return np.where(touched, placed, x)
