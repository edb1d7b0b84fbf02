"""Activations as ONNX operators: functions of ``minikeras.ops``, named ones, and layers."""

import math
from typing import Any

import numpy as np

from minikeras import activations, ops
from minikeras.export.activations import op_of
from minikeras.export.value import Mask, Value
from minikeras.layers import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from minikeras.onnx.builder import FUNCTIONS, Builder, writes
from minikeras.ops.activation import SELU_ALPHA, SELU_SCALE

__all__ = ["activated"]


def activated(g: Builder, x: Value, activation: Any) -> Value:
    """Write an activation as layers hold it: a name, a function or None."""
    function, settings = op_of(activation)
    found: Value = g.function(function, x, **settings)
    return found


def _relu(
    g: Builder,
    x: Value,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Value:
    if threshold == 0.0 and negative_slope == 0.0:
        return g.unary("Relu", x) if max_value is None else g.clip(x, 0.0, max_value)
    above = g.node("Greater", x, g.constant(threshold, x.dtype), shape=x.shape, dtype="bool")
    y = g.where(above, x, 0.0)
    if max_value is not None:
        y = g.clip(y, 0.0, max_value)
    if negative_slope == 0.0:
        return y
    below = g.unary("Relu", g.subtract(threshold, x))
    return g.subtract(y, g.multiply(below, negative_slope))


def _leaky_relu(g: Builder, x: Value, negative_slope: float = 0.2) -> Value:
    return g.unary("LeakyRelu", x, alpha=float(negative_slope))


def _celu(g: Builder, x: Value, alpha: float = 1.0) -> Value:
    return g.multiply(g.unary("Elu", g.divide(x, alpha)), alpha)  # ONNX's Celu is float32 alone


def _gelu(g: Builder, x: Value, approximate: bool = True) -> Value:
    if approximate:
        square = g.multiply(x, x)
        inner = g.multiply(x, g.add(g.multiply(square, 0.044715), 1.0))
        share = g.unary("Tanh", g.multiply(inner, math.sqrt(2.0 / math.pi)))
    else:
        share = g.unary("Erf", g.multiply(x, math.sqrt(0.5)))
    return g.multiply(x, g.multiply(g.add(share, 1.0), 0.5))


def _softplus(g: Builder, x: Value) -> Value:
    tail = g.unary("Exp", g.unary("Neg", g.unary("Abs", x)))  # never overflows
    return g.add(g.unary("Log", g.add(tail, 1.0)), g.unary("Relu", x))


def _hard_sigmoid(g: Builder, x: Value) -> Value:
    return g.unary("HardSigmoid", x, alpha=1.0 / 6.0, beta=0.5)


def _half_clipped(g: Builder, x: Value) -> Value:
    return g.unary("HardSigmoid", x, alpha=0.5, beta=0.5)


def _hard_shrink(g: Builder, x: Value, threshold: float = 0.5) -> Value:
    limit = g.constant(threshold, x.dtype)
    outside = g.node("Greater", g.unary("Abs", x), limit, shape=x.shape, dtype="bool")
    return g.where(outside, x, 0.0)


def _threshold(g: Builder, x: Value, threshold: float, default_value: float) -> Value:
    above = g.node("Greater", x, g.constant(threshold, x.dtype), shape=x.shape, dtype="bool")
    return g.where(above, x, default_value)


def _squareplus(g: Builder, x: Value, b: float = 4.0) -> Value:
    root = g.unary("Sqrt", g.add(g.multiply(x, x), float(b)))
    return g.multiply(g.add(x, root), 0.5)


def _sparse_plus(g: Builder, x: Value) -> Value:
    s = _half_clipped(g, x)
    return g.binary("Max", g.multiply(s, s), x)


def _glu(g: Builder, x: Value, axis: int = -1) -> Value:
    n = x.shape[axis]
    if n is None:
        g.refuse("glu needs an axis of known length")
    a, b = (g.slice(x, axis, start, start + n // 2) for start in (0, n // 2))
    return g.multiply(a, g.unary("Sigmoid", b))


def _softmax(g: Builder, x: Value, axis: Any = -1) -> Value:
    return _along(g, x, axis, "Softmax")


def _log_softmax(g: Builder, x: Value, axis: Any = -1) -> Value:
    return _along(g, x, axis, "LogSoftmax")


def _along(g: Builder, x: Value, axis: Any, kind: str) -> Value:
    if isinstance(axis, int):
        return g.unary(kind, x, axis=axis)
    shifted = g.subtract(x, g.reduce("ReduceMax", x, axis, keepdims=True))
    exponentials = g.unary("Exp", shifted)
    total = g.reduce("ReduceSum", exponentials, axis, keepdims=True)
    if kind == "Softmax":
        return g.divide(exponentials, total)
    return g.subtract(shifted, g.unary("Log", total))


def _sparsemax(g: Builder, x: Value, axis: int = -1) -> Value:
    """Sort, count the scores that stay positive, and lower all by the same amount."""
    axis %= x.rank
    n = x.shape[axis]
    if n is None:
        g.refuse("sparsemax needs an axis of known length")
    z = g.subtract(x, g.reduce("ReduceMax", x, axis, keepdims=True))
    count = g.constant(np.array([n]), "int64")
    down, _ = g.nodes_of("TopK", z, count, shapes=[z.shape, z.shape], axis=axis)
    sums = g.node("CumSum", down, g.constant(axis, "int64"), shape=z.shape)
    excess = g.subtract(sums, 1.0)
    shape = [n if i == axis else 1 for i in range(x.rank)]
    rank = np.arange(1, n + 1).reshape(shape)
    kept = g.binary("Greater", g.multiply(down, rank), excess, dtype="bool")
    size = g.reduce("ReduceSum", g.cast(kept, "int64"), axis, keepdims=True)
    last = g.binary("Sub", size, 1)
    at = g.node("GatherElements", excess, last, shape=last.shape, axis=axis)
    return g.unary("Relu", g.subtract(z, g.divide(at, g.cast(size, x.dtype))))


FUNCTIONS.update(
    {
        ops.relu: _relu,
        ops.relu6: lambda g, x: g.clip(x, 0.0, 6.0),
        ops.leaky_relu: _leaky_relu,
        ops.elu: lambda g, x, alpha=1.0: g.unary("Elu", x, alpha=float(alpha)),
        ops.selu: lambda g, x: g.unary("Selu", x, alpha=SELU_ALPHA, gamma=SELU_SCALE),
        ops.celu: _celu,
        ops.gelu: _gelu,
        ops.sigmoid: lambda g, x: g.unary("Sigmoid", x),
        ops.tanh: lambda g, x: g.unary("Tanh", x),
        ops.exponential: lambda g, x: g.unary("Exp", x),
        ops.silu: lambda g, x: g.multiply(x, g.unary("Sigmoid", x)),
        ops.softplus: _softplus,
        ops.softsign: lambda g, x: g.unary("Softsign", x),
        ops.log_sigmoid: lambda g, x: g.unary("Neg", _softplus(g, g.unary("Neg", x))),
        ops.mish: lambda g, x: g.multiply(x, g.unary("Tanh", _softplus(g, x))),
        ops.tanh_shrink: lambda g, x: g.subtract(x, g.unary("Tanh", x)),
        ops.squareplus: _squareplus,
        ops.hard_sigmoid: _hard_sigmoid,
        ops.hard_silu: lambda g, x: g.multiply(x, _hard_sigmoid(g, x)),
        ops.hard_tanh: lambda g, x: g.clip(x, -1.0, 1.0),
        ops.hard_shrink: _hard_shrink,
        ops.soft_shrink: lambda g, x, threshold=0.5: g.unary(
            "Shrink", x, lambd=float(threshold), bias=float(threshold)
        ),
        ops.threshold: _threshold,
        ops.sparse_plus: _sparse_plus,
        ops.sparse_sigmoid: _half_clipped,
        ops.step: lambda g, x: g.unary("Sign", g.unary("Relu", x)),
        ops.glu: _glu,
        ops.softmax: _softmax,
        ops.log_softmax: _log_softmax,
        ops.sparsemax: _sparsemax,
        ops.erf: lambda g, x: g.unary("Erf", x),
        activations.linear: lambda g, x: x,
    }
)


@writes(Activation)
def _activation(g: Builder, layer: Activation, x: Value) -> Value:
    return activated(g, x, layer.activation)


@writes(ReLU)
def _relu_layer(g: Builder, layer: ReLU, x: Value) -> Value:
    return _relu(g, x, layer.negative_slope, layer.max_value, layer.threshold)


@writes(LeakyReLU)
def _leaky_relu_layer(g: Builder, layer: LeakyReLU, x: Value) -> Value:
    return _leaky_relu(g, x, layer.negative_slope)


@writes(ELU)
def _elu_layer(g: Builder, layer: ELU, x: Value) -> Value:
    return g.unary("Elu", x, alpha=float(layer.alpha))


@writes(PReLU)
def _prelu(g: Builder, layer: PReLU, x: Value) -> Value:
    return g.node("PRelu", x, g.constant(layer.alpha), shape=x.shape)


@writes(Softmax)
def _softmax_layer(g: Builder, layer: Softmax, x: Value, mask: Any = None) -> Value:
    axis = tuple(layer.axis) if isinstance(layer.axis, list) else layer.axis
    if mask is None:
        return _softmax(g, x, axis)
    if isinstance(mask, Mask):
        mask = mask.value()
    kept = mask if isinstance(mask, Value) else g.constant(np.asarray(mask))
    if kept.dtype != "bool":
        kept = g.binary("Greater", kept, 0.5, "bool")
    least = -30000.0 if x.dtype == "float16" else -1e9
    return g.multiply(_softmax(g, g.where(kept, x, least), axis), g.cast(kept, x.dtype))
