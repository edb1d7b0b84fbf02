"""NumPy functions that change shapes, join arrays, or take parts of them, as ONNX operators."""

import operator
from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.export.walk import constant_of
from minikeras.onnx.builder import Builder, implements
from minikeras.onnx.layers.reshaping import repeated

__all__: list[str] = []

_FAR = 2**62  # a bound that lies behind every end


@implements(np.reshape)
def _reshape(g: Builder, x: Value, shape: Any) -> Value:
    return g.reshape(x, (shape,) if isinstance(shape, int) else shape)


@implements(np.ravel)
def _ravel(g: Builder, x: Value, order: str = "C") -> Value:
    if order != "C":
        g.refuse(f"order={order!r} has no counterpart there")
    return g.reshape(x, (None,))


@implements(np.transpose)
def _transpose(g: Builder, x: Value, axes: Any = None) -> Value:
    return g.transpose(x, range(x.rank)[::-1] if axes is None else axes)


@implements(np.swapaxes)
def _swapaxes(g: Builder, x: Value, axis1: int, axis2: int) -> Value:
    order = list(range(x.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return g.transpose(x, order)


@implements(np.moveaxis)
def _moveaxis(g: Builder, x: Value, source: Any, destination: Any) -> Value:
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    rest = [i for i in range(x.rank) if i not in {s % x.rank for s in sources}]
    for target, axis in sorted(zip((t % x.rank for t in targets), sources)):
        rest.insert(target, axis % x.rank)
    return g.transpose(x, rest)


@implements(np.expand_dims)
def _expand_dims(g: Builder, x: Value, axis: Any) -> Value:
    return g.expand_dims(x, *([axis] if isinstance(axis, int) else axis))


@implements(np.squeeze)
def _squeeze(g: Builder, x: Value, axis: Any = None) -> Value:
    if axis is None:
        axis = [i for i, n in enumerate(x.shape) if n == 1]
    return g.squeeze(x, *([axis] if isinstance(axis, int) else axis))


def _alike(g: Builder, items: Any) -> list[Value]:
    dtype = np.result_type(
        *(np.dtype(x.dtype) if isinstance(x, Value) else np.asarray(constant_of(x)) for x in items)
    )
    return [g.value(x, dtype.name) for x in items]


@implements(np.concatenate)
def _concatenate(g: Builder, items: Any, axis: int = 0) -> Value:
    return g.concatenate(_alike(g, items), axis)


@implements(np.stack)
def _stack(g: Builder, items: Any, axis: int = 0) -> Value:
    return g.concatenate([g.expand_dims(x, axis) for x in _alike(g, items)], axis)


@implements(np.split, np.array_split)
def _split(g: Builder, x: Value, parts: Any, axis: int = 0) -> list[Value]:
    n = x.shape[axis]
    if n is None:
        g.refuse("a split needs an axis of known length")
    pieces = np.array_split(np.arange(n), parts)
    return [g.slice(x, axis, int(p[0]), int(p[-1]) + 1) for p in pieces]


@implements(np.flip)
def _flip(g: Builder, x: Value, axis: Any = None) -> Value:
    every = range(x.rank) if axis is None else [axis] if isinstance(axis, int) else axis
    for one in every:
        x = g.flip(x, one)
    return x


@implements(np.repeat)
def _repeat(g: Builder, x: Value, repeats: Any, axis: Any = None) -> Value:
    if not isinstance(repeats, int) or axis is None:
        g.refuse("np.repeat needs one number of repeats and an axis")
    return repeated(g, x, axis, repeats)


@implements(np.tile)
def _tile(g: Builder, x: Value, reps: Any) -> Value:
    times = [reps] if isinstance(reps, int) else list(reps)
    if len(times) > x.rank:
        x = g.expand_dims(x, *range(len(times) - x.rank))
    times = [1] * (x.rank - len(times)) + times
    shape = tuple(None if n is None else n * k for n, k in zip(x.shape, times))
    return g.node("Tile", x, np.array(times, np.int64), shape=shape)


@implements(np.pad)
def _pad(
    g: Builder, x: Value, pad_width: Any, mode: str = "constant", constant_values: Any = 0
) -> Value:
    if mode != "constant" or not isinstance(constant_values, int | float):
        g.refuse("np.pad needs mode='constant' and one value")
    pairs = np.broadcast_to(np.asarray(pad_width), (x.rank, 2)).tolist()
    return g.pad(x, [tuple(pair) for pair in pairs], constant_values)


@implements(np.take)
def _take(g: Builder, x: Any, indices: Any, axis: Any = None) -> Value:
    if axis is None:
        g.refuse("np.take needs an axis")
    table = x if isinstance(x, Value) else g.constant(x)
    places = g.cast(indices, "int64") if isinstance(indices, Value) else np.asarray(indices)
    return g.take(table, places, axis % table.rank)


@implements(operator.getitem)
def _getitem(g: Builder, x: Value, index: Any) -> Value:
    items = list(index) if isinstance(index, tuple) else [index]
    if not any(item is ... for item in items):
        items.append(...)
    place = next(i for i, item in enumerate(items) if item is ...)
    used = sum(item is not None and item is not ... for item in items)
    items[place : place + 1] = [slice(None)] * (x.rank - used)
    axis = 0
    for item in items:
        if item is None:
            x = g.expand_dims(x, axis)
            axis += 1
        elif isinstance(item, slice):
            x = _part(g, x, axis, item)
            axis += 1
        elif isinstance(item, int | np.integer):
            x = g.take(x, np.int64(item), axis)
        elif isinstance(item, list) and sum(isinstance(i, list) for i in items) == 1:
            x = g.take(x, np.asarray(item), axis)
            axis += 1
        else:
            g.refuse(f"indexing with {item!r} has no counterpart there")
    return x


def _part(g: Builder, x: Value, axis: int, part: slice) -> Value:
    step = 1 if part.step is None else int(part.step)
    if part.start is None and part.stop is None and step == 1:
        return x
    if part.start is None and part.stop is None and step == -1:
        return g.flip(x, axis)
    start = part.start if part.start is not None else 0 if step > 0 else _FAR
    stop = part.stop if part.stop is not None else _FAR if step > 0 else -_FAR
    return g.slice(x, axis, int(start), int(stop), step)
