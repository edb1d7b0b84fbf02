"""Along axes: sums, means, products, extremes, cumulative sums, norms.

Elements that tie for the maximum or minimum share its gradient equally. The gradient of a norm or a
standard deviation is 0 where the value is 0.
"""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, composite, primitive, rule
from minikeras.autodiff.tensor import Traced

Integer = int | np.integer
Axis = int | tuple[int, ...] | None


def _kept(x: Array, axis: Axis) -> tuple[int, ...]:
    """Return the shape of a reduction over ``axis`` that keeps the reduced axes."""
    if axis is None:
        return (1,) * x.ndim
    axes = {i % x.ndim for i in ((axis,) if isinstance(axis, Integer) else axis)}
    return tuple([1 if i in axes else n for i, n in enumerate(x.shape)])


def _count(x: Array, axis: Axis) -> int:
    """Return how many elements each result of a reduction over ``axis`` is made of."""
    return x.size // max(math.prod(_kept(x, axis)), 1) if axis is not None else x.size


def _spread(dy: Array, x: Array, axis: Axis) -> Any:
    """Give every element of ``x`` the gradient of the result that it went into."""
    dy = dy.reshape(_kept(x, axis))
    if isinstance(dy, Traced):
        return np.broadcast_to(dy if dy.dtype == x.dtype else dy.astype(x.dtype), x.shape)
    dx = np.empty(x.shape, x.dtype)  # several times faster than np.broadcast_to
    dx[...] = dy
    return dx


@rule(np.sum)
def _sum(x: Array, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Op:
    y = x.sum(axis, dtype, keepdims=keepdims)
    return y, (lambda dy: _spread(dy, x, axis),)


@rule(np.mean)
def _mean(x: Array, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Op:
    y = x.mean(axis, dtype, keepdims=keepdims)
    return y, (lambda dy: _spread(dy / _count(x, axis), x, axis),)


@rule(np.var)
def _var(
    x: Array, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False
) -> Op:
    y = np.var(x, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)

    def dx(dy: Array) -> Any:
        freedom = _count(x, axis) - ddof
        centred = x - np.mean(x, axis=axis, keepdims=True)
        return _spread(dy * (2.0 / freedom if freedom > 0 else math.nan), x, axis) * centred

    return y, (dx,)


@composite(np.std)
def _std(x: Array, axis: Axis = None, dtype: Any = None, **settings: Any) -> Any:
    return np.sqrt(np.var(x, axis=axis, dtype=dtype, **settings))


def _extreme(*functions: Any) -> None:
    """Rule for the largest or smallest element."""
    function = functions[0]

    @rule(*functions)
    def op(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Op:
        y = function(x, axis=axis, keepdims=keepdims)

        def dx(dy: Array) -> Any:
            hits = x == y.reshape(_kept(x, axis))
            ties = np.maximum(np.sum(hits, axis=axis), 1).reshape(_kept(x, axis))
            return _spread(dy, x, axis) * (hits / ties).astype(x.dtype)

        return y, (dx,)

    op.__name__ = function.__name__


_extreme(np.max, np.amax)
_extreme(np.min, np.amin)


@rule(np.prod)
def _prod(x: Array, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Op:
    y = np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)

    def dx(dy: Array) -> Any:
        if np.all(x):
            return _spread(dy * y, x, axis) / x
        return _spread(dy, x, axis) * _products_of_others(x, axis)

    return y, (dx,)


def _products_of_others(x: Array, axis: Axis) -> Any:
    """For every element, the product over ``axis`` without it: products before it times after."""
    axes = tuple(i for i, n in enumerate(_kept(x, axis)) if n == 1)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    flat = moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)
    one = np.ones((*flat.shape[:-1], 1), x.dtype)
    before = np.cumprod(np.concatenate([one, flat[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([one, flat[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return np.moveaxis((before * after).reshape(moved.shape), last, axes)


@rule(np.cumsum)
def _cumsum(x: Array, axis: int | None = None, dtype: Any = None) -> Op:
    def dx(dy: Array) -> Any:
        along = 0 if axis is None else axis
        return np.flip(np.cumsum(np.flip(dy, along), axis=along), along).reshape(x.shape)

    return np.cumsum(x, axis=axis, dtype=dtype), (dx,)


@composite(np.cumprod)
def _cumprod(x: Array, axis: int | None = None, dtype: Any = None) -> Any:
    if dtype is not None and dtype != x.dtype:
        x = x.astype(dtype)
    if axis is None:
        return _cumprod_last(np.ravel(x))
    return np.moveaxis(_cumprod_last(np.moveaxis(x, axis, -1)), -1, axis)


@primitive
def _cumprod_last(x: Array) -> Op:
    y = np.cumprod(x, axis=-1)

    def dx(dy: Array) -> Any:
        if np.all(x):
            return np.flip(np.cumsum(np.flip(dy * y, -1), axis=-1), -1) / x
        # Row j holds x with a 1 in place j: its products are those of the other elements.
        others = np.cumprod(np.where(np.eye(x.shape[-1], dtype=bool), 1.0, x[..., None, :]), -1)
        return np.sum(dy[..., None, :] * np.triu(others), axis=-1)

    return y, (dx,)


@composite(np.ptp)
def _ptp(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Any:
    return np.max(x, axis=axis, keepdims=keepdims) - np.min(x, axis=axis, keepdims=keepdims)


@composite(np.average)
def _average(
    x: Array, axis: Axis = None, weights: Array | None = None, *, keepdims: bool = False
) -> Any:
    if weights is None:
        return np.mean(x, axis=axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(x):
        if not isinstance(axis, Integer):
            raise TypeError("np.average expected weights of the shape of x, or one axis")
        weights = np.reshape(weights, [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
        weights = np.broadcast_to(weights, x.shape)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    return np.sum(x * weights, axis=axis, keepdims=keepdims) / total


def _without_nan(function: Any, of: Any, instead: float) -> None:
    """Rule for a reduction that skips NaN."""

    @composite(function)
    def op(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Any:
        return of(np.where(np.isnan(x), instead, x), axis=axis, keepdims=keepdims)


_without_nan(np.nansum, np.sum, 0.0)
_without_nan(np.nanprod, np.prod, 1.0)


@composite(np.nanmean)
def _nanmean(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Any:
    count = np.sum(~np.isnan(x), axis=axis, keepdims=keepdims)
    return np.nansum(x, axis=axis, keepdims=keepdims) / count.astype(x.dtype)


@composite(np.linalg.norm)
def _norm(x: Array, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    if ord is None and (axis is None or not isinstance(axis, Integer)):
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if axis is None:
        axis = tuple(range(x.ndim))
    axes = (axis,) if isinstance(axis, Integer) else axis
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, (axes[0] % x.ndim, axes[1] % x.ndim), keepdims)
    raise ValueError(f"np.linalg.norm with ord={ord!r} expected one or two axes, got {len(axes)}")


def _vector_norm(x: Array, ord: Any, axis: Axis, keepdims: bool) -> Any:
    if ord == 2:
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    size = np.abs(x)
    if ord in (math.inf, -math.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if not isinstance(ord, int | float) or ord == 0:
        raise ValueError(f"np.linalg.norm of a vector has no gradient for ord={ord!r}")
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


def _matrix_norm(x: Array, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    if ord == "fro":
        return np.sqrt(np.sum(x * x, axis=axes, keepdims=keepdims))
    if ord in (1, -1, math.inf, -math.inf):  # largest or smallest sum of a column or row
        along, over = axes if abs(ord) == 1 else axes[::-1]
        sums = np.sum(np.abs(x), axis=along, keepdims=True)
        y = (np.max if ord > 0 else np.min)(sums, axis=over, keepdims=True)
    elif ord in ("nuc", 2, -2):
        values = np.linalg.svdvals(np.moveaxis(x, axes, (-2, -1)))
        reduce: Any = {"nuc": np.sum, 2: np.max, -2: np.min}[ord]
        y = np.expand_dims(reduce(values, axis=-1), axes)
    else:
        raise ValueError(f"np.linalg.norm of a matrix has no gradient for ord={ord!r}")
    return y if keepdims else np.squeeze(y, axes)


@composite(np.linalg.vector_norm)
def _array_api_vector_norm(
    x: Array, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    axes = tuple(range(x.ndim)) if axis is None else axis
    return _vector_norm(x, ord, axes, keepdims)


@composite(np.linalg.matrix_norm)
def _array_api_matrix_norm(x: Array, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return _matrix_norm(x, ord, (x.ndim - 2, x.ndim - 1), keepdims)
