"""What a layer computes, in symbols and numbers."""

from typing import Any

import numpy as np

from minikeras import ops
from minikeras._typing import Array
from minikeras.autodiff import bare
from minikeras.inspect import recurrent, windows
from minikeras.inspect.record import Ran
from minikeras.inspect.report import Quantity, name_of
from minikeras.layers import RNN, Activation, Dense, Dropout, Embedding, Flatten, Operation, Reshape
from minikeras.layers.convolution.conv import Conv
from minikeras.layers.pooling.base import GlobalPooling, Pooling
from minikeras.tree import flatten

__all__ = ["explain", "inputs_of", "named_weights", "numbered", "plain", "view_of"]

SYMBOLS = {"kernel": "W", "bias": "B", "recurrent_kernel": "U", "embeddings": "W"}


def explain(ran: Ran, states: Any = None) -> tuple[list[Quantity], list[str]]:
    """Return the quantities of a step, and notes.

    Parameters
    ----------
    ran : Ran
    states : list of array, optional
        What a stateful layer started with.
    """
    layer = ran.layer
    inputs = [
        Quantity(symbol, plain(x), what="input", view=view_of(layer, symbol))
        for symbol, x in numbered("X", inputs_of(ran))
    ]
    weights = [
        Quantity(symbol, plain(weight), what=weight.name, view=view_of(layer, symbol))
        for symbol, weight in named_weights(ran)
    ]
    given = inputs + weights
    outputs = [
        Quantity(symbol, plain(z), what="output")
        for symbol, z in numbered("Z", flatten(ran.output))
    ]
    z = outputs[0].value if outputs else None
    if isinstance(layer, Dense):
        return given + _dense(layer, inputs[0].value, z), []
    if isinstance(layer, Conv):
        found, notes = windows.convolution(layer, inputs[0].value, z)
        return given + found, notes
    if isinstance(layer, Pooling):
        return given + windows.pooling(layer, inputs[0].value, z), []
    if isinstance(layer, RNN):
        found, notes = recurrent.steps(layer, ran, inputs[0].value, states)
        return given + found + outputs, notes
    if len(outputs) == 1:
        formula = _formula(ran)
        outputs = [Quantity("Z", z, formula, "" if formula else "output")]
    return given + outputs, []


def plain(value: Any) -> Array:
    """Return a copy as an array, without tapes."""
    return np.array(bare(value))


def inputs_of(ran: Ran) -> list[Any]:
    """Return the arrays that went into a layer, those inside lists and dicts too."""
    return [one for one in flatten((ran.args, ran.kwargs)) if hasattr(one, "shape")]


def numbered(symbol: str, values: list[Any]) -> list[tuple[str, Any]]:
    """Return values with a symbol each: Z for a single one, else Z1, Z2 and so on."""
    if len(values) == 1:
        return [(symbol, values[0])]
    return [(f"{symbol}{i}", value) for i, value in enumerate(values, 1)]


def named_weights(ran: Ran) -> list[tuple[str, Any]]:
    """Return the weights of a step, each with a symbol of its own."""
    found: list[tuple[str, Any]] = []
    for variable in ran.weights:
        symbol = SYMBOLS.get(variable.name, variable.name)
        if any(symbol == other for other, _ in found):
            symbol = variable.path
        found.append((symbol, variable))
    return found


def _dense(layer: Any, x: Any, z: Any) -> list[Quantity]:
    a = bare(ops.dense(x.astype(z.dtype), layer.kernel.value, bare(layer.bias)))
    return [
        Quantity("A", plain(a), "X W + B" if layer.use_bias else "X W", "weighted sum"),
        Quantity("Z", z, f"{name_of(layer.activation)}(A)", "output"),
    ]


def view_of(layer: Any, symbol: str) -> Any:
    """Return what to show of an array: of images and their kernels the first channel."""
    if getattr(layer, "rank", None) != 2:
        return None
    both = (slice(None), slice(None))
    if symbol == "W":
        return (*both, 0, 0)
    if symbol in ("X", "Z", "A") and getattr(layer, "data_format", "") == "channels_first":
        return (0, 0, *both)
    return None


def _formula(ran: Ran) -> str:
    layer = ran.layer
    count = len(inputs_of(ran))
    arguments = ", ".join(symbol for symbol, _ in numbered("X", [None] * count))
    if isinstance(layer, Operation):
        return f"{ran.kind}({arguments})"
    if isinstance(layer, Activation):
        return f"{name_of(layer.activation)}(X)"
    if isinstance(layer, GlobalPooling):
        return f"{'max' if 'Max' in ran.kind else 'mean'} of X over its positions"
    if isinstance(layer, Flatten | Reshape):
        return "X in another shape"
    if isinstance(layer, Dropout):
        return "X (drops only while training)"
    if isinstance(layer, Embedding):
        return "the rows of W that X names"
    return ""
