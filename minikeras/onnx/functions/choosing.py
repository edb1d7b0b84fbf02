"""Functions that choose, join and take apart, made of others."""

import operator
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.export.value import Value
from minikeras.onnx.builder import FUNCTIONS, Builder, implements

__all__: list[str] = []


@implements(ops.clip)
def _clip(g: Builder, x: Any, x_min: Any, x_max: Any) -> Any:
    return g.function(np.clip, x, x_min, x_max)


def _extreme(function: Any) -> Any:
    def write(
        g: Builder, x: Value, axis: Any = None, keepdims: bool = False, initial: Any = None
    ) -> Any:
        if initial is not None:
            g.refuse("initial= has no counterpart there")
        return g.function(function, x, axis=axis, keepdims=keepdims)

    return write


FUNCTIONS[ops.max], FUNCTIONS[ops.min] = _extreme(np.max), _extreme(np.min)


@implements(ops.where)
def _where(g: Builder, condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None:
        g.refuse("where(condition) alone gives as many places as there happen to be")
    return g.function(np.where, condition, x1, x2)


@implements(ops.select)
def _select(g: Builder, condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    found = default
    for condition, choice in list(zip(condlist, choicelist))[::-1]:
        found = g.function(np.where, condition, choice, found)
    return found


@implements(ops.get_item)
def _get_item(g: Builder, x: Value, key: Any) -> Any:
    return g.function(operator.getitem, x, key)


@implements(ops.copy)
def _copy(g: Builder, x: Value) -> Value:
    return x


@implements(ops.einsum)
def _einsum(g: Builder, subscripts: str, *operands: Any, **settings: Any) -> Any:
    return g.function(np.einsum, subscripts, *operands, **settings)


@implements(ops.pad)
def _pad(
    g: Builder, x: Value, pad_width: Any, mode: str = "constant", constant_values: Any = None
) -> Any:
    if mode == "constant":
        return g.function(np.pad, x, pad_width, constant_values=constant_values or 0)
    if mode not in ("reflect", "edge"):
        g.refuse(f"padding with mode={mode!r} has no counterpart there")
    pairs = np.broadcast_to(np.asarray(pad_width), (x.rank, 2))
    shape = tuple(None if n is None else n + int(sum(p)) for n, p in zip(x.shape, pairs))
    return g.node("Pad", x, pairs.T.ravel().astype(np.int64), shape=shape, mode=mode)


@implements(np.broadcast_to)
def _broadcast_to(g: Builder, x: Value, shape: Any) -> Value:
    return g.node("Expand", x, np.array(shape, np.int64), shape=tuple(shape))


@implements(ops.unstack)
def _unstack(g: Builder, x: Value, num: int | None = None, axis: int = 0) -> list[Value]:
    count = x.shape[axis] if num is None else num
    if count is None:
        g.refuse("unstack needs an axis of known length")
    return [g.take(x, np.int64(i), axis % x.rank) for i in range(count)]


def _cuts(axis: int) -> Any:
    return lambda g, x, parts: g.function(np.split, x, parts, axis=axis)


def _joins(axis: int) -> Any:
    return lambda g, items: g.function(np.concatenate, items, axis=axis)


FUNCTIONS.update({np.vsplit: _cuts(0), np.hsplit: _cuts(1), np.dsplit: _cuts(2)})
FUNCTIONS.update({np.vstack: _joins(0), np.hstack: _joins(1), np.dstack: _joins(2)})
FUNCTIONS[np.flipud] = lambda g, x: g.flip(x, 0)
FUNCTIONS[np.fliplr] = lambda g, x: g.flip(x, 1)


@implements(np.append)
def _append(g: Builder, x: Any, values: Any, axis: int | None = None) -> Any:
    if axis is None:
        x, values = (g.function(np.ravel, item) for item in (x, values))
    return g.function(np.concatenate, [x, values], axis=axis or 0)


@implements(np.roll)
def _roll(g: Builder, x: Value, shift: Any, axis: Any = None) -> Value:
    if not isinstance(shift, int) or not isinstance(axis, int):
        g.refuse("roll needs one shift and one axis")
    axis %= x.rank
    n = x.shape[axis]
    if n is None:
        g.refuse("roll needs an axis of known length")
    cut = -shift % max(n, 1)
    y = g.concatenate([g.slice(x, axis, cut, n), g.slice(x, axis, 0, cut)], axis)
    return y if cut else x


@implements(np.rot90)
def _rot90(g: Builder, x: Value, k: int = 1, axes: Any = (0, 1)) -> Any:
    for _ in range(k % 4):
        x = g.flip(g.function(np.swapaxes, x, *axes), axes[0])
    return x
