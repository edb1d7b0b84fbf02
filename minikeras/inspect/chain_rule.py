"""The chain rule in a layer's own symbols."""

from typing import Any

from minikeras.inspect.record import Ran
from minikeras.inspect.report import name_of
from minikeras.layers import (
    LSTM,
    Activation,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Reshape,
    SimpleRNN,
)
from minikeras.layers.convolution.conv import Conv
from minikeras.layers.pooling.base import GlobalPooling, Pooling

__all__ = ["by_input", "by_sum", "by_weight", "has_sum"]

DENSE = {"W": "X^T dL/dA", "B": "sum of dL/dA over samples"}
CONV = {
    "W": "sum over positions of P * dL/dA",
    "B": "sum of dL/dA over samples and positions",
}
RECURRENT = {
    "W": "sum over steps of x[t]^T dL/da[t]",
    "U": "sum over steps of h[t-1]^T dL/da[t]",
    "B": "sum of dL/da[t] over steps and samples",
}


def has_sum(layer: Any) -> bool:
    """Whether the layer has a weighted sum A that goes through an activation."""
    return isinstance(layer, Dense | Conv)


def by_sum(activation: Any, symbol: str = "A") -> str:
    """Return the formula of the gradient for what an activation is applied to."""
    name = name_of(activation)
    if name == "identity":
        return "dL/dZ"
    if name == "softmax":
        return "Z * (dL/dZ - sum(dL/dZ * Z))"
    return f"dL/dZ * {name}'({symbol})"


def by_weight(layer: Any, symbol: str) -> str:
    """Return the formula of the gradient for a weight."""
    if isinstance(layer, Dense):
        rules = DENSE
    elif isinstance(layer, Conv):
        rules = CONV
    else:
        rules = RECURRENT if isinstance(layer, SimpleRNN | LSTM) else {}
    return rules.get(symbol, f"dL/dZ dZ/d{symbol}")


def by_input(ran: Ran, symbol: str) -> str:
    """Return the formula of the gradient for an input."""
    layer = ran.layer
    if isinstance(layer, Dense):
        return "dL/dA W^T"
    if isinstance(layer, Conv):
        return "dL/dA spread back by W"
    if isinstance(layer, SimpleRNN | LSTM):
        return "dL/da[t] W^T at each step" if symbol in ("X", "X1") else f"dL/dZ dZ/d{symbol}"
    if isinstance(layer, Activation):
        return by_sum(layer.activation, "X")
    if isinstance(layer, Pooling):
        maximum = "dL/dZ where X is the largest of its window"
        return maximum if "Max" in ran.kind else "dL/dZ shared out over each window"
    if isinstance(layer, GlobalPooling):
        maximum = "dL/dZ where X is the largest"
        return maximum if "Max" in ran.kind else "dL/dZ shared out over all positions"
    if isinstance(layer, Flatten | Reshape):
        return "dL/dZ in the shape of X"
    if isinstance(layer, Dropout | Identity):
        return "dL/dZ"
    return f"dL/dZ dZ/d{symbol}"
