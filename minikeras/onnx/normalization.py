"""Normalization layers."""

from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from minikeras.onnx.builder import FUNCTIONS, Builder, writes
from minikeras.ops.normalization import unit_normalization

__all__ = ["unit"]


def _axes(axis: Any, rank: int) -> list[int]:
    return sorted(i % rank for i in (axis if isinstance(axis, list | tuple) else [axis]))


def _weights(weight: Any, x: Value, axes: list[int]) -> Any:
    """Return a weight in a shape that lies along ``axes``."""
    return weight.value.reshape([n if i in axes else 1 for i, n in enumerate(x.shape)])


@writes(BatchNormalization)
def _batch(g: Builder, layer: BatchNormalization, x: Value, mask: Any = None) -> Value:
    x = g.floats(x, layer)
    factor = 1.0 / np.sqrt(layer.moving_variance.value + layer.epsilon)
    if layer.gamma is not None:
        factor = factor * layer.gamma.value
    shift = -layer.moving_mean.value * factor
    if layer.beta is not None:
        shift = shift + layer.beta.value
    shape = [1] * x.rank
    shape[layer.axis] = -1
    return g.add(g.multiply(x, factor.reshape(shape)), shift.reshape(shape))


def _scaled(g: Builder, layer: Any, y: Value, axes: list[int]) -> Value:
    if layer.gamma is not None:
        y = g.multiply(y, _weights(layer.gamma, y, axes))
    return y if layer.beta is None else g.add(y, _weights(layer.beta, y, axes))


def _standardized(g: Builder, x: Value, axes: list[int], epsilon: float) -> Value:
    centred = g.subtract(x, g.reduce("ReduceMean", x, axes, keepdims=True))
    variance = g.reduce("ReduceMean", g.multiply(centred, centred), axes, keepdims=True)
    return g.divide(centred, g.unary("Sqrt", g.add(variance, epsilon)))


@writes(LayerNormalization)
def _layer(g: Builder, layer: LayerNormalization, x: Value) -> Value:
    x = g.floats(x, layer)
    axes = _axes(layer.axis, x.rank)
    if layer.rms_scaling:
        centred = g.subtract(x, g.reduce("ReduceMean", x, axes, keepdims=True))
        variance = g.reduce("ReduceMean", g.multiply(centred, centred), axes, keepdims=True)
        y = g.divide(x, g.unary("Sqrt", g.add(variance, layer.epsilon)))
        return g.multiply(y, _weights(layer.gamma, x, axes))
    last = axes == list(range(axes[0], x.rank))
    if g.opset < 17 or not last or layer.gamma is None:
        return _scaled(g, layer, _standardized(g, x, axes, layer.epsilon), axes)
    return g.node(
        "LayerNormalization",
        x,
        g.constant(layer.gamma),
        None if layer.beta is None else g.constant(layer.beta),
        shape=x.shape,
        axis=axes[0],
        epsilon=float(layer.epsilon),
    )


@writes(RMSNormalization)
def _rms(g: Builder, layer: RMSNormalization, x: Value) -> Value:
    x = g.floats(x, layer)
    axes = _axes(layer.axis, x.rank)
    square = g.reduce("ReduceMean", g.multiply(x, x), axes, keepdims=True)
    y = g.divide(x, g.unary("Sqrt", g.add(square, layer.epsilon)))
    return g.multiply(y, _weights(layer.scale, x, axes))


@writes(GroupNormalization)
def _group(g: Builder, layer: GroupNormalization, x: Value) -> Value:
    moved = g.move(g.floats(x, layer), layer.axis, 1)
    groups = layer.channels if layer.groups == -1 else layer.groups
    inner = moved.shape[2:]
    if None in inner:
        inner = (None,)
    parts = g.reshape(moved, (None, groups, layer.channels // groups, *inner), kept=1)
    y = _standardized(g, parts, list(range(2, parts.rank)), layer.epsilon)
    if None in moved.shape[2:]:
        shape = g.node("Shape", moved, shape=(moved.rank,), dtype="int64")
        y = g.node("Reshape", y, shape, shape=moved.shape)
    else:
        y = g.reshape(y, moved.shape, kept=1)
    return _scaled(g, layer, g.move(y, 1, layer.axis), _axes(layer.axis, x.rank))


def unit(g: Builder, x: Value, axis: Any = -1, epsilon: float = 1e-12) -> Value:
    """Write ``x`` divided by its length along ``axis``."""
    square = g.reduce("ReduceSum", g.multiply(x, x), _axes(axis, x.rank), keepdims=True)
    least = max(epsilon * epsilon, float(np.finfo(x.dtype).tiny))
    return g.divide(x, g.unary("Sqrt", g.binary("Max", square, least)))


@writes(UnitNormalization)
def _unit(g: Builder, layer: UnitNormalization, x: Value) -> Value:
    return unit(g, g.floats(x, layer), layer.axis)


FUNCTIONS[unit_normalization] = unit
