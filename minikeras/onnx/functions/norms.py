"""``minikeras.ops`` that shift and scale to mean 0 and variance 1, or to length 1."""

from typing import Any

import numpy as np

from minikeras import config, ops
from minikeras.export.value import Value
from minikeras.export.walk import constant_of
from minikeras.onnx.builder import Builder, implements
from minikeras.onnx.layers.normalization import scaled, standardized

__all__: list[str] = []


def _axes(axis: Any, x: Value) -> list[int]:
    return sorted(i % x.rank for i in (axis if isinstance(axis, list | tuple) else [axis]))


@implements(ops.moments)
def _moments(
    g: Builder, x: Value, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Any, Any]:
    along = tuple(_axes(axes, x))
    found = [g.function(f, x, axis=along, keepdims=keepdims) for f in (np.mean, np.var)]
    return found[0], found[1]


@implements(ops.normalize)
def _normalize(
    g: Builder, x: Value, axis: int = -1, order: int = 2, epsilon: float | None = None
) -> Value:
    least = config.epsilon() if epsilon is None else epsilon
    norm = g.function(np.linalg.norm, x, ord=order, axis=axis, keepdims=True)
    return g.divide(x, g.binary("Max", norm, least))


@implements(ops.layer_normalization)
def _layer_normalization(
    g: Builder, x: Value, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: Any = None
) -> Value:
    axes, small = _axes(axis, x), config.epsilon() if epsilon is None else epsilon
    return scaled(g, standardized(g, x, axes, small), gamma, beta, axes)


@implements(ops.rms_normalization)
def _rms_normalization(
    g: Builder, x: Value, scale: Any = None, axis: Any = -1, epsilon: Any = None
) -> Value:
    axes, small = _axes(axis, x), config.epsilon() if epsilon is None else epsilon
    square = g.reduce("ReduceMean", g.multiply(x, x), axes, keepdims=True)
    return scaled(g, g.divide(x, g.unary("Sqrt", g.add(square, small))), scale, None, axes)


@implements(ops.batch_normalization)
def _batch_normalization(
    g: Builder, x: Value, mean: Any, variance: Any, axis: int, offset: Any = None,
    scale: Any = None, epsilon: float = 0.001,
) -> Value:  # fmt: skip
    axes = _axes(axis, x)
    given = [constant_of(one) for one in (mean, variance)]
    if given[0] is None or given[1] is None:
        g.refuse("its mean and variance are computed from the input; use layer_normalization")
    shift, factor = -given[0], 1.0 / np.sqrt(given[1] + epsilon)
    y = scaled(g, x, None, shift, axes)
    return scaled(g, scaled(g, y, factor, None, axes), scale, offset, axes)
