"""Choosing elements: indexing, ``where``, ``clip``, ``take``, sorting; and what has no gradient.

``clip`` passes the gradient on at the bounds themselves. A sort sends each gradient back to the
element that it came from; equal elements keep their order.
"""

import math
import operator
from typing import Any

import numpy as np

from minikeras._typing import Array, Shape
from minikeras.autodiff.record import WITHOUT_GRADIENT, Op, composite, primitive, rule, unbroadcast
from minikeras.autodiff.tensor import Traced, bare

WITHOUT_GRADIENT.update(  # one tuple of functions a line
    # Truth values.
    (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    (np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.signbit),
    (np.isnan, np.isinf, np.isfinite, np.isneginf, np.isposinf, np.isclose, np.allclose, np.isin),
    (np.all, np.any, np.array_equal, np.array_equiv, np.isreal, np.iscomplex),
    (np.isrealobj, np.iscomplexobj),
    # Places and counts.
    (np.argmax, np.argmin, np.argsort, np.argpartition, np.lexsort, np.nanargmax, np.nanargmin),
    (np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.searchsorted, np.digitize),
    (np.linalg.matrix_rank,),
    # Steps: flat wherever they have a slope.
    (np.sign, np.floor, np.ceil, np.rint, np.trunc, np.round, np.around, np.fix),
    (np.floor_divide, np.heaviside, np.nextafter, np.spacing),
    # Integers and bits.
    (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift),
    # What depends on shape and dtype alone.
    (np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.imag),
    (np.result_type, np.can_cast, np.min_scalar_type, np.common_type),
    (np.shares_memory, np.may_share_memory),
    # Printed or written to a file.
    (np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savetxt),
)


@rule(operator.getitem)
def _getitem(x: Array, index: Any) -> Op:
    index = bare(index) if isinstance(index, Traced) else index
    return x[index], (lambda dy: scatter(dy, index, x.shape), None)


@primitive
def scatter(dy: Array, index: Any, shape: Shape) -> Op:
    """Zeros of ``shape`` with ``dy`` added at ``index``: the reverse of indexing, and its VJP."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [np.asarray(part) for part in parts if isinstance(part, list | np.ndarray)]
    if isinstance(dy, Traced):  # of a tape further out: go on until it is a plain array
        dx = scatter(dy, index, shape)
    elif any(array.dtype.kind in "iu" for array in arrays):
        dx = _scatter_add(dy, parts, shape)
    else:  # slices, single places and masks choose no element twice
        dx = np.zeros(shape, dy.dtype)
        dx[index] = dy
    return dx, (lambda ddx: ddx[index], None, None)


def _scatter_add(dy: Array, parts: tuple[Any, ...], shape: Shape) -> Any:
    """Sum what lands on the same element, where integer arrays may choose it several times."""
    axis = len(parts) - 1
    if all(isinstance(part, slice) and part == slice(None) for part in parts[:-1]):
        rows = np.asarray(parts[-1]).ravel() % max(shape[axis], 1)  # whole rows along `axis`
        outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
        if outer * inner > 1 and rows.size:
            sums = np.moveaxis(dy.reshape(outer, rows.size, inner), 1, 0)
            order = np.argsort(rows, kind="stable")
            rows = rows[order]
            first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
            dx = np.zeros((outer, shape[axis], inner), dy.dtype)
            dx[:, rows[first]] = np.moveaxis(np.add.reduceat(sums[order], first), 0, 1)
            return dx.reshape(shape)
    places = np.arange(math.prod(shape)).reshape(shape)[parts]
    dx = np.bincount(places.ravel(), np.ravel(dy), math.prod(shape))
    return dx.reshape(shape).astype(dy.dtype)


@composite(np.where)
def _where(condition: Array, *choices: Array) -> Any:
    condition = bare(condition)
    return _where_else(condition, *choices) if choices else np.where(condition)


@primitive
def _where_else(condition: Array, x: Array, y: Array) -> Op:
    return np.where(condition, x, y), (
        None,
        lambda dz: unbroadcast(np.where(condition, dz, 0.0), x),
        lambda dz: unbroadcast(np.where(condition, 0.0, dz), y),
    )


@composite(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0.0) -> Any:
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = np.where(condition, choice, chosen)
    return chosen


@composite(np.clip)
def _clip(
    x: Array, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    return _clip_between(x, -math.inf if low is None else low, math.inf if high is None else high)


@primitive
def _clip_between(x: Array, low: Array, high: Array) -> Op:
    def inside(dy: Array) -> Any:
        return dy * (np.greater_equal(x, low) & np.less_equal(x, high))

    return np.clip(x, low, high), (
        lambda dy: unbroadcast(inside(dy), x),
        lambda dy: unbroadcast(dy * (np.less(x, low) & np.less_equal(low, high)), low),
        lambda dy: unbroadcast(dy * np.greater(np.maximum(x, low), high), high),
    )


@rule(np.take)
def _take(x: Array, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Op:
    shape = (x.size,) if axis is None else x.shape
    places = np.asarray(bare(indices))
    if mode == "clip":
        places = np.clip(places, 0, shape[axis or 0] - 1)
    elif mode == "wrap":
        places = places % shape[axis or 0]
    index = (slice(None),) * ((axis or 0) % len(shape)) + (places,)
    y = np.take(x, places, axis=axis)
    return y, (lambda dy: scatter(dy, index, shape).reshape(x.shape), None)


@rule(np.take_along_axis)
def _take_along_axis(x: Array, indices: Any, axis: int | None = -1) -> Op:
    indices = bare(indices)
    shape = (x.size,) if axis is None else x.shape
    index = list(np.ogrid[tuple(map(slice, shape))]) if len(shape) > 1 else [np.arange(shape[0])]
    index[axis or 0] = indices
    y = np.take_along_axis(x, indices, axis=axis)
    return y, (lambda dy: scatter(dy, tuple(index), shape).reshape(x.shape), None)


@composite(np.sort)
def _sort(x: Array, axis: int | None = -1, kind: Any = None, *, stable: Any = None) -> Any:
    order = np.argsort(bare(x), axis=axis, kind="stable")
    return np.take_along_axis(x, order, axis=axis)


@composite(np.extract)
def _extract(condition: Array, x: Array) -> Any:
    return np.ravel(x)[np.flatnonzero(condition)]


@composite(np.compress)
def _compress(condition: Array, x: Array, axis: int | None = None) -> Any:
    return np.take(x, np.flatnonzero(condition), axis=axis)


@composite(np.delete)
def _delete(x: Array, obj: Any, axis: int | None = None) -> Any:
    count = x.size if axis is None else x.shape[axis]
    return np.take(x, np.delete(np.arange(count), bare(obj)), axis=axis)


@composite(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(x: Array, window_shape: Any, axis: Any = None) -> Any:
    lengths = np.atleast_1d(window_shape).tolist()
    axes = np.arange(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
    for i, length in zip(axes.tolist(), lengths, strict=True):
        start = np.arange(x.shape[i] - length + 1)
        x = np.moveaxis(np.take(x, start[:, None] + np.arange(length), axis=i), i + 1, -1)
    return x


@composite(np.diff)
def _diff(x: Array, n: int = 1, axis: int = -1) -> Any:
    lead = (slice(None),) * (axis % x.ndim)
    for _ in range(n):
        x = x[(*lead, slice(1, None))] - x[(*lead, slice(None, -1))]
    return x
