"""Recurrent layers, step by step: gates and states as tables with a row for each step."""

from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.autodiff import bare
from minikeras.inspect.report import Quantity, name_of
from minikeras.layers import GRU, LSTM, SimpleRNN
from minikeras.tree import flatten

__all__ = ["steps"]

Values = dict[str, Array]


def steps(layer: Any, ran: Any, x: Any, states: Any) -> tuple[list[Quantity], list[str]]:
    """Return the gates and states of all steps; nothing of layers whose cell is the user's own.

    Parameters
    ----------
    layer : RNN
    ran : Ran
    x : array, shape (batch, steps, features)
    states : list of array or None
        What the first step starts with; None for zeros.
    """
    kinds: tuple[tuple[type, Any], ...] = (
        (SimpleRNN, (_simple, _simple_formulas)),
        (LSTM, (_lstm, _lstm_formulas)),
        (GRU, (_gru, _gru_formulas)),
    )
    found = next((how for kind, how in kinds if isinstance(layer, kind)), None)
    if found is None:
        return [], ["What happened inside the cell is not shown."]
    one_step, formulas = found
    given = ran.kwargs.get("initial_state", ran.args[1] if len(ran.args) > 1 else None)
    if given is not None:
        states = [bare(one) for one in flatten(given)]
    count = 2 if isinstance(layer, LSTM) else 1
    if states is None:
        states = [np.zeros((len(x), layer.units), x.dtype)] * count
    state: Values = dict(zip(("h", "c"), states))
    table: list[Values] = []
    times = range(x.shape[1])
    for t in reversed(times) if layer.go_backwards else times:
        new = one_step(layer.cell, x[:, t], state)
        if ran.mask is not None:  # a masked step leaves the states as they were
            counts = np.asarray(bare(ran.mask))[:, t, np.newaxis]
            new = {**new, **{name: np.where(counts, new[name], state[name]) for name in state}}
        state = new
        table.append(new)
    last = np.asarray(bare(flatten(ran.output)[0]))
    last = last[:, -1] if layer.return_sequences else last
    if ran.mask is None and not np.allclose(table[-1]["h"], last, rtol=1e-3, atol=1e-5):
        return [], ["The steps are not shown: the layer was called with further arguments."]
    notes = ["Row t of each table is step t of sample 0."]
    if layer.go_backwards:
        notes = ["Row t of each table is the t-th step taken, from the end, of sample 0."]
    if ran.mask is not None:
        notes.append("Masked steps leave the states as they were.")
    shown = formulas(layer)
    return [
        Quantity(name, np.stack([row[name] for row in table], axis=1), formula, what)
        for name, formula, what in shown
    ], notes


def _weights(cell: Any) -> tuple[Any, Any, Any]:
    return cell.kernel.value, cell.recurrent_kernel.value, bare(cell.bias)


def _functions(cell: Any) -> tuple[Any, Any]:
    return activations.get(cell.activation), activations.get(cell.recurrent_activation)


def _simple(cell: Any, x: Array, state: Values) -> Values:
    w, u, b = _weights(cell)
    a = x @ w + state["h"] @ u + (0.0 if b is None else b)
    return {"a": a, "h": activations.get(cell.activation)(a)}


def _lstm(cell: Any, x: Array, state: Values) -> Values:
    w, u, b = _weights(cell)
    activation, gate = _functions(cell)
    parts = np.split(x @ w + state["h"] @ u + (0.0 if b is None else b), 4, axis=1)
    i, f, o = gate(parts[0]), gate(parts[1]), gate(parts[3])
    g = activation(parts[2])
    c = f * state["c"] + i * g
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * activation(c)}


def _gru(cell: Any, x: Array, state: Values) -> Values:
    w, u, b = _weights(cell)
    activation, gate = _functions(cell)
    h = state["h"]
    a, own = x @ w, h @ u
    if b is not None:
        a = a + (b[0] if cell.reset_after else b)
        own = own + (b[1] if cell.reset_after else 0.0)
    (az, ar, ag), (hz, hr, hg) = np.split(a, 3, axis=1), np.split(own, 3, axis=1)
    z, r = gate(az + hz), gate(ar + hr)
    inner = r * hg if cell.reset_after else (r * h) @ np.split(u, 3, axis=1)[2]
    g = activation(ag + inner)
    return {"z": z, "r": r, "g": g, "h": z * h + (1.0 - z) * g}


def _sum(layer: Any, part: str) -> str:
    bias = f" + B_{part}" if layer.use_bias else ""
    return f"x W_{part} + h[t-1] U_{part}{bias}"


def _simple_formulas(layer: Any) -> list[tuple[str, str, str]]:
    bias = " + B" if layer.use_bias else ""
    return [
        ("a", f"x W + h[t-1] U{bias}", "weighted sum"),
        ("h", f"{name_of(layer.activation)}(a)", "state"),
    ]


def _lstm_formulas(layer: Any) -> list[tuple[str, str, str]]:
    h, gate = name_of(layer.activation), name_of(layer.recurrent_activation)
    return [
        ("i", f"{gate}({_sum(layer, 'i')})", "input gate"),
        ("f", f"{gate}({_sum(layer, 'f')})", "forget gate"),
        ("g", f"{h}({_sum(layer, 'g')})", "candidate"),
        ("o", f"{gate}({_sum(layer, 'o')})", "output gate"),
        ("c", "f * c[t-1] + i * g", "cell state"),
        ("h", f"o * {h}(c)", "state"),
    ]


def _gru_formulas(layer: Any) -> list[tuple[str, str, str]]:
    h, gate = name_of(layer.activation), name_of(layer.recurrent_activation)
    bias = " + B_g" if layer.use_bias else ""
    inside = f"r * (h[t-1] U_g{bias}')" if layer.reset_after else "(r * h[t-1]) U_g"
    if layer.reset_after and not layer.use_bias:
        inside = "r * (h[t-1] U_g)"
    return [
        ("z", f"{gate}({_sum(layer, 'z')})", "update gate"),
        ("r", f"{gate}({_sum(layer, 'r')})", "reset gate"),
        ("g", f"{h}(x W_g{bias} + {inside})", "candidate"),
        ("h", "z * h[t-1] + (1 - z) * g", "state"),
    ]
