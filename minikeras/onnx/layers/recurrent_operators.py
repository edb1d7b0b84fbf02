"""Cells as the operators LSTM, GRU and RNN, which run over whole sequences.

Their gates have an order of their own, and time is their first axis. They know how long each
sequence is, but not that steps in the middle are missing: where there is a mask, the steps that
count are moved to the front, and the outputs back to where their steps were.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.export.value import Value
from minikeras.layers import GRUCell, LSTMCell, SimpleRNNCell
from minikeras.onnx.builder import Builder

__all__ = ["has_operator", "run_operators"]

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


def _functions(cell: Any) -> list[Any]:
    kind = _KINDS[type(cell)]
    wanted = [cell.recurrent_activation] * kind.gates + [cell.activation] * kind.states
    return [activations.get(one) for one in wanted]


def has_operator(cell: Any, dtype: str) -> bool:
    """Whether an operator computes what a cell does; ONNX Runtime has none for float64."""
    return (
        type(cell) in _KINDS
        and dtype != "float64"
        and all(
            activations.is_builtin(function) and function.__name__ in _ACTIVATIONS
            for function in _functions(cell)
        )
    )


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


def _activations(cell: Any) -> dict[str, Any]:
    names, alphas, betas = [], [], []
    for function in _functions(cell):
        operator, alpha, beta = _ACTIVATIONS[function.__name__]
        names.append(operator)
        alphas += [alpha] if operator in _HAS_ALPHA else []
        betas += [beta] if operator in _HAS_BETA else []
    return {
        "activations": names,
        "activation_alpha": alphas or None,
        "activation_beta": betas or None,
    }


def _operator(
    g: Builder, cell: Any, x: Value, states: list[Value] | None, lengths: Value | None
) -> tuple[Value, list[Value]]:
    """Write one cell over ``x``, (steps, batch, features).

    Returns
    -------
    tuple
        All outputs, (steps, batch, units); the last states.
    """
    kind = _KINDS[type(cell)]
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
        lengths,
        *first,
        shapes=[(steps, 1, batch, units), *[state_shape] * kind.states],
        hidden_size=units,
        **reset,
        **_activations(cell),
    )
    return g.squeeze(y, 1), [g.squeeze(state, 0) for state in last]


class _Front:
    """Sequences whose steps that count are in front.

    Parameters
    ----------
    g : Builder
    keep : Value, bool, shape (batch, steps)
    """

    def __init__(self, g: Builder, keep: Value):
        self.g = g
        numbers = g.cast(keep, "int64")
        self.counts = g.node("CumSum", numbers, g.constant(1, "int64"), shape=keep.shape)
        length = g.take(self.counts, -1, 1)
        self.lengths = g.cast(length, "int32")
        self.empty = g.expand_dims(g.binary("Equal", length, 0, "bool"), 1)
        behind = g.binary("Sub", 1, numbers)
        places = g.add(g.places(keep, 1), g.multiply(behind, g.length(keep, 1)))
        _, self.order = g.nodes_of(
            "TopK",
            places,
            g.length(keep, 1),
            shapes=[keep.shape, keep.shape],
            dtype="int64",
            axis=1,
            largest=0,
        )

    def gather(self, x: Value, places: Value) -> Value:
        """Take the steps at ``places``, (batch, steps), of each sample."""
        return self.g.node(
            "GatherND", x, self.g.expand_dims(places, -1), shape=x.shape, batch_dims=1
        )

    def collect(self, x: Value) -> Value:
        """Move the steps that count to the front."""
        return self.gather(x, self.order)

    def spread(self, y: Value, first: Value | None) -> Value:
        """Undo it for outputs; a step that does not count repeats the output before it."""
        g = self.g
        places = g.binary("Max", g.binary("Sub", self.counts, 1), 0)
        none_yet = g.expand_dims(g.binary("Equal", self.counts, 0, "bool"), -1)
        before: Any = 0.0 if first is None else g.expand_dims(first, 1)
        found = self.gather(y, places)
        return g.where(none_yet, g.value(before, y.dtype), found)

    def last(self, state: Value, first: Value) -> Value:
        """Return the last state: the first one where no step counts."""
        return self.g.where(self.empty, first, state)


def run_operators(
    g: Builder,
    cells: list[Any],
    x: Value,
    states: list[list[Value]] | None,
    keep: Value | None,
    sequences: bool,
) -> tuple[Value, list[list[Value]]]:
    """Write cells, each over the outputs of the one before.

    Parameters
    ----------
    g : Builder
    cells : list
        Such that ``has_operator`` is True for each.
    x : Value, shape (batch, steps, features)
    states : list of lists of Value, or None
        Those that each cell starts with; zeros by default.
    keep : Value or None
        Which steps count, bool, shape (batch, steps).
    sequences : bool
        Whether all outputs are wanted, not only the last.

    Returns
    -------
    tuple
        The outputs, (batch, steps, units) or (batch, units); the last states of each cell.
    """
    front = None if keep is None else _Front(g, keep)
    y = g.transpose(x if front is None else front.collect(x), (1, 0, 2))
    final = []
    for i, cell in enumerate(cells):
        own = None if states is None else [g.value(state, x.dtype) for state in states[i]]
        y, last = _operator(g, cell, y, own, None if front is None else front.lengths)
        if front is not None and own is not None:
            last = [front.last(after, before) for after, before in zip(last, own)]
        final.append(last)
    if not sequences:
        return last[0], final
    outputs = g.transpose(y, (1, 0, 2))
    if front is not None:
        outputs = front.spread(outputs, None if own is None else own[0])
    return outputs, final
