"""Normalization layers."""

from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.export.walk import constant_of
from minikeras.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from minikeras.onnx.builder import FUNCTIONS, Builder, writes
from minikeras.ops.normalization import _normalize_groups as normalize_groups
from minikeras.ops.normalization import unit_normalization

__all__ = ["scaled", "standardized", "unit"]


def _axes(axis: Any, rank: int) -> list[int]:
    return sorted(i % rank for i in (axis if isinstance(axis, list | tuple) else [axis]))


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


def _along(g: Builder, weight: Any, x: Value, axes: list[int]) -> Value:
    """Return a weight in a shape that lies along ``axes``."""
    lengths = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    if isinstance(weight, Value):
        return weight if axes[-1] == x.rank - 1 else g.reshape(weight, lengths)
    array = constant_of(weight)
    found = np.asarray(weight if array is None else array, x.dtype)
    return g.constant(found.reshape(lengths) if found.ndim else found)


def scaled(g: Builder, y: Value, gamma: Any, beta: Any, axes: list[int]) -> Value:
    """Multiply by ``gamma`` and add ``beta``, weights along ``axes`` or None."""
    if gamma is not None:
        y = g.multiply(y, _along(g, gamma, y, axes))
    return y if beta is None else g.add(y, _along(g, beta, y, axes))


def standardized(g: Builder, x: Value, axes: list[int], epsilon: float) -> Value:
    """Write ``x`` with mean 0 and variance 1 along axes."""
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
        return scaled(g, y, layer.gamma, None, axes)
    last = axes == list(range(axes[0], x.rank))
    if g.opset < 17 or not last or layer.gamma is None:
        y = standardized(g, x, axes, layer.epsilon)
        return scaled(g, y, layer.gamma, layer.beta, axes)
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
    return scaled(g, y, layer.scale, None, axes)


def _grouped(
    g: Builder, x: Value, groups: int, gamma: Any, beta: Any, axis: int, epsilon: float
) -> Value:
    moved = g.move(x, axis, 1)
    channels: Any = moved.shape[1]
    groups = channels if groups == -1 else groups
    whole = [(moved, i) for i in range(moved.rank)]
    parts = g.reshape_by(moved, whole[0], groups, channels // groups, -1)
    y = g.reshape_by(standardized(g, parts, [2, 3], epsilon), *whole)
    return scaled(g, g.move(y, 1, axis), gamma, beta, _axes(axis, x.rank))


@writes(GroupNormalization)
def _group(g: Builder, layer: GroupNormalization, x: Value) -> Value:
    x = g.floats(x, layer)
    return _grouped(g, x, layer.groups, layer.gamma, layer.beta, layer.axis, layer.epsilon)


def unit(g: Builder, x: Value, axis: Any = -1, epsilon: float = 1e-12) -> Value:
    """Write ``x`` divided by its length along ``axis``."""
    square = g.reduce("ReduceSum", g.multiply(x, x), _axes(axis, x.rank), keepdims=True)
    least = max(epsilon * epsilon, float(np.finfo(x.dtype).tiny))
    return g.divide(x, g.unary("Sqrt", g.binary("Max", square, least)))


@writes(UnitNormalization)
def _unit(g: Builder, layer: UnitNormalization, x: Value) -> Value:
    return unit(g, g.floats(x, layer), layer.axis)


FUNCTIONS[unit_normalization] = unit
FUNCTIONS[normalize_groups] = _grouped
