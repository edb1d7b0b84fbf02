"""Sorted arrays and what is made of them; places of numbers among others."""

from typing import Any

import numpy as np

from minikeras import ops
from minikeras.export.value import Value
from minikeras.onnx.builder import Builder, implements
from minikeras.onnx.functions.elementwise import operands

__all__: list[str] = []


def _ranked(
    g: Builder, x: Value, axis: int, count: Value, n: int | None, largest: bool
) -> tuple[Value, Value]:
    """Return the first ``count`` numbers in order, and their places; of equals the first one."""
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
    values, places = g.nodes_of(
        "TopK", x, count, shapes=[shape, shape], axis=axis, largest=int(largest)
    )
    return values, Value(places.name, shape, "int64")


def _sorted(g: Builder, x: Value, axis: int | None) -> tuple[Value, Value, int]:
    """Return all numbers in order, their places, and the axis."""
    if axis is None:
        x, axis = g.reshape(x, (None,)), 0
    axis %= x.rank
    return *_ranked(g, x, axis, g.length(x, axis), x.shape[axis], largest=False), axis


@implements(np.sort)
def _sort(g: Builder, x: Value, axis: int | None = -1) -> Value:
    return _sorted(g, x, axis)[0]


@implements(np.argsort, ops.argsort)
def _argsort(g: Builder, x: Value, axis: int | None = -1) -> Value:
    return _sorted(g, x, axis)[1]


@implements(ops.top_k)
def _top_k(g: Builder, x: Value, k: int, sorted: bool = True) -> tuple[Value, ...]:
    values, places = _ranked(g, x, x.rank - 1, g.constant([k], "int64"), k, largest=True)
    return values, g.cast(places, "int32")


@implements(ops.in_top_k)
def _in_top_k(g: Builder, targets: Value, predictions: Value, k: int) -> Value:
    places = g.expand_dims(g.cast(targets, "int64"), -1)
    own = g.node("GatherElements", predictions, places, shape=places.shape, axis=1)
    better = g.cast(g.binary("Greater", predictions, own, "bool"), "int64")
    return g.binary("Less", g.reduce("ReduceSum", better, -1), k, "bool")


@implements(np.take_along_axis, ops.take_along_axis)
def _take_along(g: Builder, x: Value, indices: Any, axis: int | None = None) -> Value:
    if axis is None:
        x, indices, axis = g.reshape(x, (None,)), g.reshape(indices, (None,)), 0
    places = g.value(indices, "int64")
    return g.node("GatherElements", x, places, shape=places.shape, axis=axis % x.rank)


def _quantile(g: Builder, x: Value, q: float, axis: Any, keepdims: bool) -> Value:
    """Write the number below which a share ``q`` of those along an axis lies."""
    if isinstance(axis, tuple | list) or not isinstance(q, int | float):
        g.refuse("quantiles need one axis and one share")
    ordered, _, axis = _sorted(g, x, axis)
    n = ordered.shape[axis]
    if n is None:
        g.refuse("quantiles need an axis of known length")
    place = q * (n - 1)
    below = int(place)
    low, high = (g.slice(ordered, axis, i, i + 1) for i in (below, min(below + 1, n - 1)))
    y = g.add(low, g.multiply(g.subtract(high, low), place - below))
    return y if keepdims else g.squeeze(y, axis)


@implements(np.median)
def _median(g: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    return _quantile(g, x, 0.5, axis, keepdims)


@implements(ops.quantile)
def _quantiles(
    g: Builder, x: Value, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Value:
    if method != "linear":
        g.refuse(f"quantiles with method={method!r} have no counterpart there")
    return _quantile(g, x, q, axis, keepdims)


@implements(ops.percentile)
def _percentile(
    g: Builder, x: Value, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Value:
    return _quantiles(g, x, q / 100.0, axis, method, keepdims)


def _beside(g: Builder, x: Value, table: Any) -> tuple[Value, Value]:
    """Return numbers and a constant vector, as one dtype, such that they broadcast."""
    if isinstance(table, Value) or np.ndim(table) != 1:
        g.refuse("numbers are looked up in a vector that does not change")
    (x, other), _ = operands(g, np.subtract, (x, np.asarray(table)))
    return g.expand_dims(x, -1), other


def _count(g: Builder, kind: str, x: Value, table: Any) -> Value:
    numbers, vector = _beside(g, x, table)
    above = g.cast(g.binary(kind, numbers, vector, "bool"), "int64")
    return g.reduce("ReduceSum", above, -1)


@implements(np.searchsorted)
def _searchsorted(g: Builder, table: Any, x: Value, side: str = "left") -> Value:
    return _count(g, "Greater" if side == "left" else "GreaterOrEqual", x, table)


@implements(np.digitize)
def _digitize(g: Builder, x: Value, bins: Any) -> Value:
    return _count(g, "GreaterOrEqual", x, bins)


@implements(np.isin)
def _isin(
    g: Builder, x: Value, table: Any, assume_unique: bool = False, invert: bool = False
) -> Value:
    found = g.binary("Greater", _count(g, "Equal", x, np.ravel(table)), 0, "bool")
    return g.node("Not", found, shape=found.shape) if invert else found
