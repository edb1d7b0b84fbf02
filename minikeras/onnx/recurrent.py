"""Recurrent layers as the operators LSTM, GRU and RNN, whose gates have an order of their own."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.export.value import Value
from minikeras.layers import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)
from minikeras.layers.structures import map_arrays
from minikeras.onnx.builder import Builder, writes

__all__: list[str] = []

# Name of an activation -> the operator's, alpha, beta.
_ACTIVATIONS: dict[str, tuple[str, float, float]] = {
    "tanh": ("Tanh", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "linear": ("Affine", 1.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1.0 / 6.0, 0.5),
    "softsign": ("Softsign", 0.0, 0.0),
    "softplus": ("Softplus", 0.0, 0.0),
    "elu": ("Elu", 1.0, 0.0),
    "leaky_relu": ("LeakyRelu", 0.2, 0.0),
}
_HAS_ALPHA = {"Affine", "HardSigmoid", "Elu", "LeakyRelu"}
_HAS_BETA = {"Affine", "HardSigmoid"}


@dataclass
class Kind:
    """An operator that runs a cell over a sequence."""

    operator: str
    order: tuple[int, ...]
    """Place in Keras's weights of each gate, in the operator's order."""
    states: int
    gates: int
    """How many activations apply to gates, before those that apply to the rest."""


_KINDS: dict[type, Kind] = {
    LSTMCell: Kind("LSTM", (0, 3, 1, 2), 2, 1),  # input, output, forget, candidate
    GRUCell: Kind("GRU", (0, 1, 2), 1, 1),
    SimpleRNNCell: Kind("RNN", (0,), 1, 0),
}


def _by_gate(weight: Array, order: tuple[int, ...]) -> Array:
    """Return ``(..., gates * units)`` as ``(gates * units, ...)``, the gates in another order."""
    parts = np.split(weight, len(order), axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1).T


def _bias(cell: Any, kind: Kind) -> Array | None:
    """Return the biases of inputs and of states one after the other, shape (1, 2 * gates)."""
    if cell.bias is None:
        return None
    bias = cell.bias.value
    both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return np.concatenate([_by_gate(one, kind.order) for one in both])[np.newaxis]


def _activations(g: Builder, cell: Any, kind: Kind) -> dict[str, Any]:
    wanted = [cell.recurrent_activation] * kind.gates + [cell.activation] * kind.states
    names, alphas, betas = [], [], []
    for given in wanted:
        function = activations.get(given)
        name = getattr(function, "__name__", "")
        if not activations.is_builtin(function) or name not in _ACTIVATIONS:
            g.refuse(f"ONNX's {kind.operator} has no activation {name or given!r}")
        operator, alpha, beta = _ACTIVATIONS[name]
        names.append(operator)
        alphas += [alpha] if operator in _HAS_ALPHA else []
        betas += [beta] if operator in _HAS_BETA else []
    return {
        "activations": names,
        "activation_alpha": alphas or None,
        "activation_beta": betas or None,
    }


def _run(
    g: Builder, cell: Any, x: Value, states: list[Value] | None, backwards: bool
) -> tuple[Value, list[Value]]:
    """Write one cell over ``x``, (steps, batch, features).

    Returns
    -------
    tuple
        All outputs, (steps, batch, units), in the order of the input; the last states.
    """
    kind = _KINDS.get(type(cell))
    if kind is None:
        g.refuse(f"ONNX has no operator for {type(cell).__name__}")
    units, (steps, batch, _) = cell.units, x.shape
    if states is None:
        first: list[Value | None] = [None] * kind.states
    else:
        first = [g.expand_dims(state, 0) for state in states]
    state_shape = (1, batch, units)
    reset: dict[str, Any] = (
        {"linear_before_reset": int(cell.reset_after)} if kind.operator == "GRU" else {}
    )
    y, *last = g.nodes_of(
        kind.operator,
        x,
        g.constant(_by_gate(cell.kernel.value, kind.order)[np.newaxis], name="kernel"),
        g.constant(
            _by_gate(cell.recurrent_kernel.value, kind.order)[np.newaxis], name="recurrent_kernel"
        ),
        _bias(cell, kind),
        None,
        *first,
        shapes=[(steps, 1, batch, units), *[state_shape] * kind.states],
        hidden_size=units,
        direction="reverse" if backwards else "forward",
        **reset,
        **_activations(g, cell, kind),
    )
    return g.squeeze(y, 1), [g.squeeze(state, 0) for state in last]


@writes(RNN, LSTM, GRU, SimpleRNN)
def _recurrent(g: Builder, layer: RNN, sequences: Value, initial_state: Any = None) -> Any:
    if layer.stateful:
        g.refuse("it is stateful, and a file keeps nothing from one call to the next")
    if sequences.rank != 3:
        g.refuse(f"it runs over steps of shape {sequences.shape[2:]}")
    if isinstance(initial_state, Value):
        initial_state = [initial_state]
    cells = layer.cell.cells if isinstance(layer.cell, StackedRNNCells) else [layer.cell]
    if initial_state is not None and len(cells) > 1:
        g.refuse("it stacks cells and is given states")
    if initial_state is not None:
        initial_state = [g.value(state, layer.dtype) for state in initial_state]
    y = g.transpose(g.floats(sequences, layer), (1, 0, 2))
    final: list[Any] = []
    for cell in cells:
        y, last = _run(g, cell, y, initial_state, layer.go_backwards)
        final.append(last)
    if layer.return_sequences:
        outputs = g.transpose(g.flip(y, 0) if layer.go_backwards else y, (1, 0, 2))
    else:
        outputs = last[0]
    if not layer.return_state:
        return outputs
    return (outputs, *(final if len(cells) > 1 else final[0]))


@writes(Bidirectional)
def _bidirectional(
    g: Builder, layer: Bidirectional, sequences: Value, initial_state: Any = None
) -> Any:
    states: list[dict[str, Any]] = [{}, {}]
    if initial_state is not None:
        half = len(initial_state) // 2
        states = [{"initial_state": list(initial_state[:half])}]
        states.append({"initial_state": list(initial_state[half:])})
    y = g.call(layer.forward_layer, sequences, **states[0])
    z = g.call(layer.backward_layer, sequences, **states[1])
    last: tuple[Any, ...] = ()
    if layer.return_state:
        (y, *ahead), (z, *behind) = y, z
        last = (*ahead, *behind)
    if layer.return_sequences:
        z = g.flip(z, 1)
    if layer.merge_mode is None:
        return (y, z, *last)
    merged = {
        "concat": lambda: g.concatenate([y, z], -1),
        "sum": lambda: g.add(y, z),
        "ave": lambda: g.multiply(g.add(y, z), 0.5),
        "mul": lambda: g.multiply(y, z),
    }[layer.merge_mode]()
    return (merged, *last) if last else merged


@writes(TimeDistributed)
def _each_step(g: Builder, layer: TimeDistributed, x: Value, mask: Any = None) -> Any:
    if mask is not None and "mask" in layer.layer._takes:
        g.refuse("its layer is given a mask of steps")
    ahead = x.shape[:2]
    flat = g.reshape(x, (None, *x.shape[2:])) if x.rank > 2 else x
    y = g.call(layer.layer, flat)

    def split(part: Value) -> Value:
        shape = (*ahead, *part.shape[1:])
        if ahead[1] is not None:
            return (
                g.reshape(part, (None, *shape[1:])) if ahead[0] is None else g.reshape(part, shape)
            )
        lengths = g.node("Shape", x, shape=(x.rank,), dtype="int64")
        front = g.slice(lengths, 0, 0, 2)
        rest = g.constant([-1 if n is None else n for n in part.shape[1:]], "int64")
        target = g.concatenate([front, rest], 0)
        return g.node("Reshape", part, target, shape=shape)

    return map_arrays(split, y)
