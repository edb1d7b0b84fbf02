"""Layers that are one product: Dense, EinsumDense."""

from typing import Any

import numpy as np

from minikeras import activations, ops
from minikeras.inspect.report import name_of
from minikeras.inspect.worked import Part, Worked, as_float

__all__ = ["activated", "by_sum", "dense", "einsum_dense"]


def by_sum(activation: Any, symbol: str = "A") -> str:
    """Return the formula of the gradient for what an activation is applied to."""
    name = name_of(activation)
    if name == "identity":
        return "dL/dZ"
    if name == "softmax":
        return "Z * (dL/dZ - sum(dL/dZ * Z))"
    return f"dL/dZ * {name}'({symbol})"


def activated(layer: Any, a: Any, formula: str, rules: dict[str, str], **more: Any) -> Worked:
    """Return the way of layers whose weighted sum A goes through an activation."""
    part = Part("A", [a], formula, "weighted sum", by_sum(layer.activation), view=more.get("view"))
    z = activations.get(layer.activation)(a)
    return Worked([part], [z], f"{name_of(layer.activation)}(A)", rules, **more)


def dense(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out ``h(X W + B)``."""
    layer = ran.layer
    a = ops.dense(as_float(args[0], layer.dtype), layer.kernel, layer.bias)
    over = "over samples" if a.ndim == 2 else "over samples and places"
    return activated(
        layer,
        a,
        "X W + B" if layer.use_bias else "X W",
        {"X": "dL/dA W^T", "W": "X^T dL/dA", "B": f"sum of dL/dA {over}"},
    )


def einsum_dense(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out a product over named axes."""
    layer = ran.layer
    x = as_float(args[0], layer.dtype)
    a = np.einsum(layer.equation, x, layer.kernel)
    if layer.bias is not None:
        a = a + layer.bias
    into, kernel, out = layer.equation.replace(" ", "").replace("->", ",").split(",")
    return activated(
        layer,
        a,
        f"einsum({layer.equation!r}, X, W){' + B' if layer.bias is not None else ''}",
        {
            "X": f"einsum('{out},{kernel}->{into}', dL/dA, W)",
            "W": f"einsum('{into},{out}->{kernel}', X, dL/dA)",
            "B": "sum of dL/dA over the axes that B has not",
        },
    )
