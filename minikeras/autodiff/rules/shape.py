"""The same numbers in another form: reshaped, transposed, joined, split, repeated, padded."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from minikeras._typing import Array, Shape
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.record import Op, composite, primitive, rule, unbroadcast
from minikeras.autodiff.tensor import bare


@rule(np.reshape)
def _reshape(x: Array, shape: Any, order: Any = "C", *, copy: bool | None = None) -> Op:
    y = x.reshape(shape) if order == "C" else np.reshape(x, shape, order=order)
    return y, (
        lambda dy: dy.reshape(x.shape) if order == "C" else np.reshape(dy, x.shape, order=order),
        None,
    )


@composite(np.ravel)
def _ravel(x: Array, order: Any = "C") -> Any:
    return np.reshape(x, -1, order=order)


@rule(np.transpose, np.permute_dims)
def _transpose(x: Array, axes: Sequence[int] | None = None) -> Op:
    if axes is None:
        return x.transpose(), (lambda dy: dy.transpose(),)
    back = tuple(np.argsort([i % x.ndim for i in axes]).tolist())
    return x.transpose(axes), (lambda dy: dy.transpose(back), None)


@rule(np.swapaxes)
def _swapaxes(x: Array, axis1: int, axis2: int) -> Op:
    return x.swapaxes(axis1, axis2), (lambda dy: dy.swapaxes(axis1, axis2), None, None)


@composite(np.matrix_transpose, np.linalg.matrix_transpose)
def _matrix_transpose(x: Array) -> Any:
    return np.swapaxes(x, -1, -2)


@rule(np.moveaxis)
def _moveaxis(x: Array, source: Any, destination: Any) -> Op:
    return np.moveaxis(x, source, destination), (
        lambda dy: np.moveaxis(dy, destination, source),
        None,
        None,
    )


@rule(np.squeeze)
def _squeeze(x: Array, axis: Any = None) -> Op:
    return np.squeeze(x, axis=axis), (lambda dy: dy.reshape(x.shape),)


@rule(np.expand_dims)
def _expand_dims(x: Array, axis: Any) -> Op:
    return np.expand_dims(x, axis), (lambda dy: dy.reshape(x.shape), None)


@rule(np.broadcast_to)
def _broadcast_to(x: Array, shape: Shape) -> Op:
    return np.broadcast_to(x, shape), (lambda dy: unbroadcast(dy, x), None)


@composite(np.broadcast_arrays)
def _broadcast_arrays(*arrays: Array) -> Any:
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple(np.broadcast_to(x, shape) for x in arrays)


@composite(np.full_like)
def _full_like(x: Array, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    zeros = np.zeros_like(bare(x), dtype=dtype, shape=shape)
    return astype(zeros + fill_value, zeros.dtype)


@composite(astype, np.astype)
def _astype(x: Array, dtype: Any, *, copy: bool = True) -> Any:
    if np.dtype(dtype).kind != "f":  # integers and booleans carry no gradient
        return astype(bare(x), dtype, copy=copy)
    return _cast(x, dtype)


@primitive
def _cast(x: Array, dtype: Any) -> Op:
    return x.astype(dtype), (lambda dy: dy.astype(x.dtype), None)


# Joined.


@rule(np.concatenate, unpack=("axis",))
def _concatenate(*arrays: Array, axis: int | None = 0) -> Op:
    y = np.concatenate(arrays, axis=axis)
    lead = 0 if axis is None else axis % y.ndim
    ends = list(accumulate(np.size(x) if axis is None else np.shape(x)[axis] for x in arrays))

    def part(x: Array, start: int, end: int) -> Any:
        index = (slice(None),) * lead + (slice(start, end),)
        return lambda dy: unbroadcast(dy[index].reshape(np.shape(x)), x)

    return y, tuple(map(part, arrays, [0, *ends[:-1]], ends))


@rule(np.stack, unpack=("axis",))
def _stack(*arrays: Array, axis: int = 0) -> Op:
    y = np.stack(arrays, axis=axis)
    lead = (slice(None),) * (axis % y.ndim)

    def part(i: int, x: Array) -> Any:
        return lambda dy: unbroadcast(dy[(*lead, i)], x)

    return y, tuple(map(part, range(len(arrays)), arrays))


@composite(np.hstack)
def _hstack(arrays: Any) -> Any:
    arrays = [np.atleast_1d(x) for x in arrays]
    return np.concatenate(arrays, axis=0 if arrays[0].ndim == 1 else 1)


@composite(np.vstack)
def _vstack(arrays: Any) -> Any:
    return np.concatenate([np.atleast_2d(x) for x in arrays], axis=0)


@composite(np.dstack)
def _dstack(arrays: Any) -> Any:
    return np.concatenate([np.atleast_3d(x) for x in arrays], axis=2)


@composite(np.column_stack)
def _column_stack(arrays: Any) -> Any:
    columns = [np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in arrays]
    return np.concatenate(columns, axis=1)


@composite(np.append)
def _append(x: Array, values: Array, axis: int | None = None) -> Any:
    return np.concatenate([x, values], axis=axis)


@composite(np.block)
def _block(arrays: Any) -> Any:
    def depth(item: Any) -> int:
        return 1 + max(map(depth, item)) if isinstance(item, list) else 0

    def rank(item: Any) -> int:
        return max(map(rank, item)) if isinstance(item, list) else np.ndim(item)

    ndim = max(depth(arrays), rank(arrays))

    def join(item: Any) -> Any:
        if isinstance(item, list):  # the innermost lists along the last axis, and so on outwards
            return np.concatenate(list(map(join, item)), axis=-depth(item))
        return np.reshape(item, (1,) * (ndim - np.ndim(item)) + np.shape(item))

    return join(arrays)


# Split.


@rule(np.split)
def _split(x: Array, indices_or_sections: Any, axis: int = 0) -> Op:
    parts = np.split(x, indices_or_sections, axis=axis)
    return parts, (lambda dparts: np.concatenate(dparts, axis=axis), None)


@rule(np.array_split)
def _array_split(x: Array, indices_or_sections: Any, axis: int = 0) -> Op:
    parts = np.array_split(x, indices_or_sections, axis=axis)
    return parts, (lambda dparts: np.concatenate(dparts, axis=axis), None)


@composite(np.hsplit)
def _hsplit(x: Array, indices_or_sections: Any) -> Any:
    return np.split(x, indices_or_sections, axis=0 if x.ndim == 1 else 1)


@composite(np.vsplit)
def _vsplit(x: Array, indices_or_sections: Any) -> Any:
    return np.split(x, indices_or_sections, axis=0)


@composite(np.dsplit)
def _dsplit(x: Array, indices_or_sections: Any) -> Any:
    return np.split(x, indices_or_sections, axis=2)


@composite(*([np.unstack] if hasattr(np, "unstack") else []))  # since NumPy 2.1
def _unstack(x: Array, *, axis: int = 0) -> Any:
    return tuple(np.squeeze(part, axis) for part in np.split(x, x.shape[axis], axis=axis))


# Repeated, moved along, padded.


@rule(np.tile)
def _tile(x: Array, reps: Any) -> Op:
    def dx(dy: Array) -> Any:
        counts = (reps,) if isinstance(reps, int | np.integer) else tuple(reps)
        ndim = max(len(counts), x.ndim)
        counts = (1,) * (ndim - len(counts)) + counts
        shape = (1,) * (ndim - x.ndim) + x.shape
        each = [length for pair in zip(counts, shape) for length in pair]
        return np.sum(dy.reshape(each), axis=tuple(range(0, 2 * ndim, 2))).reshape(x.shape)

    return np.tile(x, reps), (dx, None)


@composite(np.repeat)
def _repeat(x: Array, repeats: Any, axis: int | None = None) -> Any:
    repeats = bare(repeats)
    if axis is None:
        x, axis = np.ravel(x), 0
    if np.size(repeats) == 1:
        return _repeat_alike(x, int(np.ravel(repeats)[0]), axis % x.ndim)
    return np.take(x, np.repeat(np.arange(x.shape[axis]), repeats), axis=axis)


@primitive
def _repeat_alike(x: Array, count: int, axis: int) -> Op:
    each = (*x.shape[: axis + 1], count, *x.shape[axis + 1 :])
    return np.repeat(x, count, axis=axis), (
        lambda dy: np.sum(dy.reshape(each), axis=axis + 1),
        None,
        None,
    )


@rule(np.roll)
def _roll(x: Array, shift: Any, axis: Any = None) -> Op:
    return np.roll(x, shift, axis), (lambda dy: np.roll(dy, np.negative(shift), axis), None, None)


@rule(np.flip)
def _flip(x: Array, axis: Any = None) -> Op:
    return np.flip(x, axis), (lambda dy: np.flip(dy, axis), None)


@composite(np.fliplr)
def _fliplr(x: Array) -> Any:
    return np.flip(x, 1)


@composite(np.flipud)
def _flipud(x: Array) -> Any:
    return np.flip(x, 0)


@rule(np.rot90)
def _rot90(x: Array, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Op:
    return np.rot90(x, k, axes), (lambda dy: np.rot90(dy, -k, axes), None, None)


@composite(np.pad)
def _pad(x: Array, pad_width: Any, mode: Any = "constant", **settings: Any) -> Any:
    if isinstance(pad_width, dict):
        widths = [(0, 0)] * x.ndim
        for axis, width in pad_width.items():
            widths[axis] = (width, width) if isinstance(width, int) else width
        pad_width = widths
    pairs = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    if mode == "constant":
        return _pad_constant(x, pairs, **settings)
    if mode not in ("edge", "reflect", "symmetric", "wrap") or settings:
        raise TypeError(
            f"np.pad(mode={mode!r}) of a traced value has no gradient rule; the modes 'constant', "
            "'edge', 'reflect', 'symmetric' and 'wrap' have one"
        )
    for axis, pair in enumerate(pairs):  # which element stands where
        if pair != [0, 0]:
            x = np.take(x, np.pad(np.arange(x.shape[axis]), pair, mode=mode), axis=axis)
    return x


@primitive
def _pad_constant(x: Array, pairs: list[list[int]], constant_values: Any = 0) -> Op:
    inside = tuple([slice(before, before + n) for (before, _), n in zip(pairs, x.shape)])
    y = np.pad(x, pairs, constant_values=constant_values)
    return y, (lambda dy: dy[inside], None)


def _atleast(function: Any, expand: Any) -> None:
    """Rule for ``np.atleast_1d`` and its like; ``expand`` gives the shape."""

    @composite(function)
    def op(*arrays: Array) -> Any:
        results = tuple(np.reshape(x, expand(np.shape(x))) for x in arrays)
        return results[0] if len(results) == 1 else results


_atleast(np.atleast_1d, lambda shape: shape or (1,))
_atleast(np.atleast_2d, lambda shape: (1,) * (2 - len(shape)) + shape)
_atleast(
    np.atleast_3d,
    lambda shape: {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}.get(len(shape), shape),
)
