"""Normalization layers: mean and variance, the normalized numbers, scale and shift."""

import math
from typing import Any

import numpy as np

from minikeras.inspect.numbers import number
from minikeras.inspect.worked import Part, Worked, as_float

__all__ = ["batch_normalization", "group_normalization", "layer_normalization", "rms", "unit"]

THROUGH = "(dL/dN - mean(dL/dN) - N * mean(dL/dN * N)) / sqrt(v + {})"


def batch_normalization(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out BatchNormalization as it is in ``predict``: with its moving averages."""
    layer = ran.layer
    x = as_float(args[0], layer.dtype)
    shape = [1] * x.ndim
    shape[layer.axis] = x.shape[layer.axis]
    mean, variance = (
        one.value.reshape(shape) for one in (layer.moving_mean, layer.moving_variance)
    )
    epsilon = number(layer.epsilon)
    n = (x - mean) / np.sqrt(variance + layer.epsilon)
    formula = f"(X - moving_mean) / sqrt(moving_variance + {epsilon})"
    rules = {"X": f"dL/dN / sqrt(moving_variance + {epsilon})"}
    part = Part("N", [n], formula, "normalized", _back(layer))
    return _scaled(layer, [part], n, shape, rules, "samples" if x.ndim == 2 else "all but channels")


def layer_normalization(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out LayerNormalization: each sample by itself."""
    layer = ran.layer
    x = as_float(args[0], layer.dtype)
    axes = tuple(sorted(axis % x.ndim for axis in np.atleast_1d(layer.axis).tolist()))
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    epsilon = number(layer.epsilon)
    variance = np.var(x, axis=axes, keepdims=True)
    root = np.sqrt(variance + layer.epsilon)
    if layer.rms_scaling:
        n = x / root
        parts = [
            Part("v", [variance], "var(X)", "variance", _of_variance(layer)),
            Part("N", [n], f"X / sqrt(v + {epsilon})", "scaled", "dL/dZ * gamma"),
        ]
        rules = {"X": f"dL/dN / sqrt(v + {epsilon}) + dL/dv * 2 (X - mean(X)) / count"}
        return _scaled(layer, parts, n, shape, rules, "samples")
    mean = np.mean(x, axis=axes, keepdims=True)
    n = (x - mean) / root
    parts = _moments(mean, variance, n, epsilon, layer, "")
    return _scaled(layer, parts, n, shape, {"X": THROUGH.format(epsilon)}, "samples")


def group_normalization(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out GroupNormalization: each group of channels of a sample by itself."""
    layer = ran.layer
    x = as_float(args[0], layer.dtype)
    axis = layer.axis % x.ndim
    channels = x.shape[axis]
    groups = channels if layer.groups == -1 else layer.groups
    order = [0, axis, *(i for i in range(1, x.ndim) if i != axis)]
    turned = np.transpose(x, order)
    rest = turned.shape[2:]
    rows = np.reshape(turned, (len(x), groups, channels // groups * math.prod(rest)))
    epsilon = number(layer.epsilon)
    mean, variance = (f(rows, axis=2, keepdims=True) for f in (np.mean, np.var))
    flat = (rows - mean) / np.sqrt(variance + layer.epsilon)
    n = np.transpose(np.reshape(flat, (len(x), channels, *rest)), np.argsort(order).tolist())
    shape = [1] * x.ndim
    shape[axis] = channels
    parts = _moments(mean, variance, n, epsilon, layer, " of each group")
    return _scaled(layer, parts, n, shape, {"X": THROUGH.format(epsilon)}, "all but channels")


def rms(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out RMSNormalization."""
    layer = ran.layer
    x = as_float(args[0], layer.dtype)
    axes = tuple(axis % x.ndim for axis in np.atleast_1d(layer.axis).tolist())
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    epsilon = number(layer.epsilon)
    square = np.mean(x * x, axis=axes, keepdims=True)
    n = x / np.sqrt(square + layer.epsilon)
    parts = [
        Part("q", [square], "mean(X^2)", "mean square", f"-sum(dL/dN * N) / (2 (q + {epsilon}))"),
        Part("N", [n], f"X / sqrt(q + {epsilon})", "normalized", "dL/dZ * scale"),
    ]
    rules = {
        "X": f"dL/dN / sqrt(q + {epsilon}) + dL/dq * 2 X / count",
        "scale": "sum of dL/dZ * N over samples",
    }
    return Worked(parts, [n * layer.scale.reshape(shape)], "scale * N", rules)


def unit(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out UnitNormalization: vectors of length 1."""
    layer = ran.layer
    x = as_float(args[0], layer.dtype)
    axes = tuple(axis % x.ndim for axis in np.atleast_1d(layer.axis).tolist())
    square = np.sum(x * x, axis=axes, keepdims=True)
    parts = [Part("q", [square], "sum(X^2)", "squared length", "-sum(dL/dZ * Z) / (2 q)")]
    rules = {"X": "dL/dZ / sqrt(q) + dL/dq * 2 X"}
    return Worked(parts, [x / np.sqrt(np.maximum(square, 1e-24))], "X / sqrt(q)", rules)


def _back(layer: Any) -> str:
    return "dL/dZ" if layer.gamma is None else "dL/dZ * gamma"


def _of_variance(layer: Any) -> str:
    return f"-sum(dL/dN * N) / (2 (v + {number(layer.epsilon)}))"


def _moments(mean: Any, variance: Any, n: Any, epsilon: str, layer: Any, of: str) -> list[Part]:
    return [
        Part("m", [mean], "mean(X)", f"mean{of}", f"-sum(dL/dN) / sqrt(v + {epsilon})"),
        Part("v", [variance], "mean((X - m)^2)", f"variance{of}", _of_variance(layer)),
        Part("N", [n], f"(X - m) / sqrt(v + {epsilon})", "normalized", _back(layer)),
    ]


def _scaled(
    layer: Any, parts: list[Part], n: Any, shape: list[int], rules: dict[str, str], over: str
) -> Worked:
    z, formula = n, "N"
    if layer.gamma is not None:
        z, formula = z * layer.gamma.reshape(shape), "gamma * N"
    if layer.beta is not None:
        z, formula = z + layer.beta.reshape(shape), f"{formula} + beta"
    rules["gamma"] = f"sum of dL/dZ * N over {over}"
    rules["beta"] = f"sum of dL/dZ over {over}"
    return Worked(parts, [z], formula, rules)
