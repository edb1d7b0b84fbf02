"""``minikeras.ops`` that compare predictions with what they should be."""

from typing import Any

from minikeras import config, ops
from minikeras.export.value import Value
from minikeras.onnx.builder import Builder, implements

__all__: list[str] = []


def _clipped(g: Builder, p: Value) -> Value:
    return g.clip(p, config.epsilon(), 1.0 - config.epsilon())


def _log_probabilities(g: Builder, output: Value, from_logits: bool, axis: int) -> Value:
    if from_logits:
        return g.unary("LogSoftmax", output, axis=axis)
    total = g.reduce("ReduceSum", output, axis, keepdims=True)
    return g.unary("Log", _clipped(g, g.divide(output, total)))


@implements(ops.binary_crossentropy)
def _binary_crossentropy(
    g: Builder, target: Any, output: Value, from_logits: bool = False
) -> Value:
    target = g.value(target, output.dtype)
    if from_logits:
        return g.subtract(g.function(ops.softplus, output), g.multiply(target, output))
    p = _clipped(g, output)
    hit = g.multiply(target, g.unary("Log", p))
    miss = g.multiply(g.subtract(1.0, target), g.unary("Log", g.subtract(1.0, p)))
    return g.unary("Neg", g.add(hit, miss))


@implements(ops.categorical_crossentropy)
def _categorical_crossentropy(
    g: Builder, target: Any, output: Value, from_logits: bool = False, axis: int = -1
) -> Value:
    logs = _log_probabilities(g, output, from_logits, axis)
    products = g.multiply(g.value(target, output.dtype), logs)
    return g.unary("Neg", g.reduce("ReduceSum", products, axis))


@implements(ops.sparse_categorical_crossentropy)
def _sparse_categorical_crossentropy(
    g: Builder, target: Any, output: Value, from_logits: bool = False, axis: int = -1
) -> Value:
    labels = g.value(target, "int64")
    if labels.rank == output.rank and labels.shape[-1] == 1:
        labels = g.squeeze(labels, -1)
    axis %= output.rank
    places, logs = g.expand_dims(labels, axis), _log_probabilities(g, output, from_logits, axis)
    own = g.node("GatherElements", logs, places, shape=places.shape, axis=axis)
    return g.unary("Neg", g.squeeze(own, axis))
