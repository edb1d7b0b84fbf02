"""Pooling: the largest value or the mean of windows that slide over an image.

A window is taken apart by the places in it. For one place, all windows together are one strided
view of the input, so a maximum over windows is a few ``np.maximum`` of views, axis by axis, and
there are no padded copies: at the edges a place simply belongs to fewer windows. Images are worked
on a few at a time, so that they stay in the processor's cache.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from minikeras import config
from minikeras._typing import Array, Shape
from minikeras._validation import check_choice, check_positive_int
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.tensor import bare
from minikeras.ops._fast import under_two_tapes
from minikeras.ops._memory import empty

__all__ = ["average_pool", "max_pool", "upsample"]

CACHE = 600_000  # bytes of input worked on at once; with its gradient it fits a usual level-2 cache

Index = tuple[slice, ...]


class Stage(NamedTuple):
    """Pooling along one axis."""

    axis: int
    before: int  # length of the axis
    after: int
    places: tuple[tuple[Index, Index], ...]
    """For each place in a window: the windows that have it, and where in the input it lies."""
    order: tuple[tuple[Index, Index], ...]
    """The places again, those that all windows have before the others."""
    tiled: bool  # windows lie side by side and leave nothing out


class Plan(NamedTuple):
    """How an input of one shape is pooled."""

    shape: Shape  # of a pooled sample
    stages: tuple[Stage, ...]
    places: tuple[tuple[Index, Index], ...]  # in windows of all axes, row by row
    disjoint: bool  # no input belongs to two windows
    tiled: bool
    count: Any  # how many inputs a window has: a number, or an array that broadcasts


@primitive
def max_pool(
    x: Array,
    pool_size: int | Shape = 2,
    strides: int | Shape | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Op:
    """Largest value of each window.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
        With one, two or any number of axes in place of the dots.
    pool_size : int or tuple of int, default 2
        Lengths of a window.
    strides : int or tuple of int, optional
        Steps from one window to the next; default ``pool_size``.
    padding : {"valid", "same"}
        Whether windows stay inside the input, or reach over its edges so that there are
        ``ceil(length / stride)`` of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array
        ``floor((length - pool_size) / stride) + 1`` windows along each axis for ``"valid"``.

    Raises
    ------
    ValueError
        If a window is larger than the input and ``padding`` is ``"valid"``.

    Notes
    -----
    Among equal maxima of a window, the first one, row by row, has the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.max_pool(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    plan = plan_of(x.shape, pool_size, strides, padding, data_format)
    if under_two_tapes(x):  # the outer one records this op as a whole
        y = max_pool(x, pool_size, strides, padding, data_format)
    else:
        y = _pooled(np.maximum, x, plan)
    return y, (lambda dy: _to_maxima(dy, x, y, plan), None, None, None, None)


@primitive
def average_pool(
    x: Array,
    pool_size: int | Shape = 2,
    strides: int | Shape | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Op:
    """Mean of each window; what lies over the edge does not count.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    pool_size, strides, padding, data_format
        As ``max_pool``.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If a window is larger than the input and ``padding`` is ``"valid"``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.average_pool(np.arange(6.0).reshape(1, 6, 1), 3)[0, :, 0]
    array([1., 4.])
    """
    plan = plan_of(x.shape, pool_size, strides, padding, data_format)
    if x.dtype.kind != "f":
        x = x.astype(config.floatx())
    shape, count = x.shape, _counts(plan, x)
    return window_sums(x, plan) / count, (
        lambda dy: spread(dy / count, shape, plan),
        None,
        None,
        None,
        None,
    )


@primitive
def upsample(x: Array, size: int | Shape, data_format: str | None = None) -> Op:
    """Repeat every element ``size`` times along each axis: the transpose of pooling.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    size : int or tuple of int
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.upsample(np.array([[[1.0], [2.0]]]), 2).ravel()
    array([1., 1., 2., 2.])
    """
    axes = spatial_axes(x.ndim, data_format)
    lengths = list(x.shape)
    for axis, n in zip(axes, _per_axis("size", size, len(axes))):
        lengths[axis] *= n
    shape = tuple(lengths)
    plan = plan_of(shape, size, None, "valid", data_format)
    return spread(x, shape, plan), (lambda dy: window_sums(dy, plan), None, None)


def plan_of(
    shape: Shape, pool_size: Any, strides: Any, padding: str, data_format: str | None
) -> Plan:
    """Return how an input of ``shape`` is pooled; the same object for the same arguments."""
    pool = tuple(pool_size) if isinstance(pool_size, list | tuple) else pool_size
    steps = tuple(strides) if isinstance(strides, list | tuple) else strides
    return _plan(shape[1:], pool, steps, padding, data_format or config.image_data_format())


@lru_cache(maxsize=256)
def _plan(sample: Shape, pool_size: Any, strides: Any, padding: str, data_format: str) -> Plan:
    axes = spatial_axes(len(sample) + 1, data_format)
    check_choice("padding", padding, ["valid", "same"])
    sizes = _per_axis("pool_size", pool_size, len(axes))
    steps = sizes if strides is None else _per_axis("strides", strides, len(axes))
    stages = [
        _stage(axis, sample[axis - 1], size, step, padding)
        for axis, size, step in zip(axes, sizes, steps)
    ]
    shape = list(sample)
    for stage in stages:
        shape[stage.axis - 1] = stage.after
    places = tuple(
        (_joined([p[0] for p in combination]), _joined([p[1] for p in combination]))
        for combination in product(*(stage.places for stage in stages))
    )
    count: Any = float(math.prod(sizes))
    if padding == "same":
        count = np.ones((1,) * (len(sample) + 1))
        for stage in stages:
            windows = np.zeros([stage.after if i == stage.axis else 1 for i in range(count.ndim)])
            for outputs, _ in stage.places:
                windows[outputs] += 1.0
            count = count * windows
    disjoint = all(size <= step for size, step in zip(sizes, steps))
    tiled = all(stage.tiled for stage in stages)
    moving = tuple(s for s in stages if len(s.places) > 1 or s.after < s.before)
    return Plan(tuple(shape), moving or tuple(stages[:1]), places, disjoint, tiled, count)


def _stage(axis: int, length: int, size: int, step: int, padding: str) -> Stage:
    """Take the windows along one axis apart."""
    if padding == "same":
        after = -(-length // step)
        left = max((after - 1) * step + size - length, 0) // 2  # that many lie before the input
    else:
        after, left = (length - size) // step + 1, 0
        if length < size:
            raise ValueError(
                f"pool_size expected an input at least as long as a window of {size}, got length "
                f"{length} along axis {axis}; make the window smaller, or padding='same'"
            )
    places = []
    for place in range(size):
        first = max(-((place - left) // step), 0)  # first and last window with this place inside
        last = min((length - 1 - place + left) // step, after - 1)
        if first <= last:
            start = first * step + place - left
            inputs = slice(start, start + (last - first) * step + 1, step)
            places.append((_at(axis, slice(first, last + 1)), _at(axis, inputs)))
    order = sorted(places, key=lambda p: p[0][-1] != slice(0, after))  # place ``left`` is in all
    tiled = size == step and length == after * size
    return Stage(axis, length, after, tuple(places), tuple(order), tiled)


def _at(axis: int, part: slice) -> Index:
    return (slice(None),) * axis + (part,)


def _joined(indices: list[Index]) -> Index:
    """Return one index of all axes; each of ``indices`` speaks of its last axis."""
    whole = [slice(None)] * max(map(len, indices))
    for index in indices:
        whole[len(index) - 1] = index[-1]
    return tuple(whole)


def spatial_axes(ndim: int, data_format: str | None) -> range:
    """Return the axes of an input that windows slide along."""
    data_format = data_format or config.image_data_format()
    check_choice("data_format", data_format, ["channels_last", "channels_first"])
    return range(1, ndim - 1) if data_format == "channels_last" else range(2, ndim)


def _per_axis(name: str, value: Any, count: int) -> Shape:
    values = tuple(value) if isinstance(value, list | tuple) else (value,) * count
    if len(values) != count:
        raise ValueError(
            f"{name} expected one number or {count}, one for each axis that windows slide along, "
            f"got {value}"
        )
    return tuple(check_positive_int(f"each of {name}", n) for n in values)


def _blocks(x: Any) -> Iterator[slice]:
    """Yield parts of the batch that fit into the cache."""
    samples = len(x)
    block = max(CACHE * samples // max(x.nbytes, 1), 1)
    for start in range(0, samples, block):
        yield slice(start, start + block)


def _pooled(combine: np.ufunc, x: Any, plan: Plan) -> Any:
    """Combine the inputs of each window, which is a maximum or a sum."""
    y = empty((len(x), *plan.shape), x.dtype)
    for block in _blocks(x):
        part = x[block]
        for stage in plan.stages[:-1]:
            part = _along(combine, part, stage, None)
        _along(combine, part, plan.stages[-1], y[block])
    return y


def _along(combine: np.ufunc, x: Any, stage: Stage, out: Any) -> Any:
    if out is None:
        shape = (*x.shape[: stage.axis], stage.after, *x.shape[stage.axis + 1 :])
        out = empty(shape, x.dtype)
    (_, first), *rest = stage.order
    if rest and rest[0][0][-1] == slice(0, stage.after):
        combine(x[first], x[rest.pop(0)[1]], out=out)
    else:
        out[...] = x[first]
    for outputs, inputs in rest:
        part = out[outputs]
        combine(part, x[inputs], out=part)
    return out


def _winners(x: Any, y: Any, plan: Plan) -> Iterator[tuple[Index, Index, Any]]:
    """Yield, for each place in a window, in which windows it is the first of the largest."""
    free = np.ones(y.shape, bool)
    *places, (outputs, last) = plan.places
    for windows, inputs in places:
        won = np.equal(x[inputs], y[windows])
        part = free[windows]
        won &= part
        part ^= won
        yield windows, inputs, won
    yield outputs, last, free[outputs]  # nowhere else was the largest


@primitive
def _to_maxima(dy: Array, x: Array, y: Array, plan: Plan) -> Op:
    """Gradient of ``max_pool``: what comes in goes to the inputs that were the largest."""
    x, y = bare(x), bare(y)
    if under_two_tapes(dy):
        dx = _to_maxima(dy, x, y, plan)
    else:
        dx = empty(x.shape, dy.dtype)
        for block in _blocks(x):
            part, gradient = dx[block], dy[block]
            if not plan.tiled:
                part.fill(0.0)
            for outputs, inputs, won in _winners(x[block], y[block], plan):
                if plan.disjoint:
                    np.multiply(gradient[outputs], won, out=part[inputs])
                else:
                    part[inputs] += gradient[outputs] * won
    return dx, (lambda d: _from_maxima(d, x, y, plan), None, None, None)


@primitive
def _from_maxima(d: Array, x: Array, y: Array, plan: Plan) -> Op:
    """Transpose of ``_to_maxima``: of ``d``, the values where ``x`` is largest."""
    if under_two_tapes(d):
        taken = _from_maxima(d, x, y, plan)
    else:
        taken = np.zeros(y.shape, d.dtype)
        for outputs, inputs, won in _winners(x, y, plan):
            taken[outputs] += d[inputs] * won
    return taken, (lambda dy: _to_maxima(dy, x, y, plan), None, None, None)


def _counts(plan: Plan, y: Any) -> Any:
    """Return how many inputs each window has, in the dtype of ``y``."""
    count = plan.count
    return count.astype(y.dtype) if isinstance(count, np.ndarray) else count


@primitive
def window_sums(x: Array, plan: Plan) -> Op:
    """Sum of each window."""
    y = window_sums(x, plan) if under_two_tapes(x) else _pooled(np.add, x, plan)
    shape = x.shape
    return y, (lambda dy: spread(dy, shape, plan), None)


@primitive
def spread(dy: Array, shape: Shape, plan: Plan) -> Op:
    """Transpose of ``window_sums``: every input of a window gets the window's value."""
    if under_two_tapes(dy):
        dx = spread(dy, shape, plan)
    else:
        dx = empty(shape, dy.dtype)
        for block in _blocks(dx):
            part = dy[block]
            for stage in plan.stages[:0:-1]:
                part = _back_along(part, stage, None)
            _back_along(part, plan.stages[0], dx[block])
    return dx, (lambda d: window_sums(d, plan), None, None)


def _back_along(dy: Any, stage: Stage, out: Any) -> Any:
    if out is None:
        shape = (*dy.shape[: stage.axis], stage.before, *dy.shape[stage.axis + 1 :])
        out = empty(shape, dy.dtype)
    if stage.tiled:
        for _, inputs in stage.places:
            out[inputs] = dy
        return out
    out.fill(0.0)
    for outputs, inputs in stage.places:
        out[inputs] += dy[outputs]
    return out
