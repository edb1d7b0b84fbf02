"""Layers that merge several inputs into one."""

import math
from collections.abc import Callable
from typing import Any

from minikeras import config
from minikeras.export.value import Value
from minikeras.layers import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.normalization import unit

__all__: list[str] = []


def _aligned(g: Builder, inputs: list[Value]) -> list[Value]:
    """Give all inputs one rank: axes of length 1 behind the batch."""
    rank = max(x.rank for x in inputs)
    return [g.expand_dims(x, *range(1, 1 + rank - x.rank)) if x.rank < rank else x for x in inputs]


def _folded(g: Builder, inputs: list[Value], merge: Callable[[Value, Value], Value]) -> Value:
    first, *rest = _aligned(g, inputs)
    for x in rest:
        first = merge(first, x)
    return first


@writes(Add)
def _add(g: Builder, layer: Add, inputs: list[Value], mask: Any = None) -> Value:
    return _folded(g, inputs, g.add)


@writes(Subtract)
def _subtract(g: Builder, layer: Subtract, inputs: list[Value], mask: Any = None) -> Value:
    return _folded(g, inputs, g.subtract)


@writes(Average)
def _average(g: Builder, layer: Average, inputs: list[Value], mask: Any = None) -> Value:
    return g.multiply(_folded(g, inputs, g.add), 1.0 / len(inputs))


@writes(Multiply)
def _multiply(g: Builder, layer: Multiply, inputs: list[Value]) -> Value:
    return _folded(g, inputs, g.multiply)


@writes(Maximum)
def _maximum(g: Builder, layer: Maximum, inputs: list[Value]) -> Value:
    return _folded(g, inputs, lambda a, b: g.binary("Max", a, b))


@writes(Minimum)
def _minimum(g: Builder, layer: Minimum, inputs: list[Value]) -> Value:
    return _folded(g, inputs, lambda a, b: g.binary("Min", a, b))


@writes(Concatenate)
def _concatenate(g: Builder, layer: Concatenate, inputs: list[Value]) -> Value:
    return g.concatenate(list(inputs), layer.axis)


@writes(Dot)
def _dot(g: Builder, layer: Dot, inputs: list[Value]) -> Value:
    x, y = inputs
    a, b = layer._axes((x.shape, y.shape))
    if layer.normalize:
        x, y = unit(g, x, a, config.epsilon()), unit(g, y, b, config.epsilon())
    x, y = g.move(x, a, -1), g.move(y, b, 1)
    before, after = x.shape[1:-1], y.shape[2:]
    if (None in before and x.rank > 3) or (None in after and y.rank > 3):
        g.refuse("it needs inputs of known lengths; declare them with Input(shape)")
    rows = x if x.rank == 3 else g.reshape(x, (None, _size(before), x.shape[-1]), kept=1)
    columns = y if y.rank == 3 else g.reshape(y, (None, y.shape[1], _size(after)), kept=1)
    products = g.matmul(rows, columns)
    return g.reshape(products, (x.shape[0], *((*before, *after) or (1,))), kept=1)


def _size(lengths: Any) -> int:
    return math.prod(lengths)
