"""One step of a recurrent layer, worked out: gates and states of its cell."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minikeras import activations
from minikeras.inspect.report import name_of
from minikeras.layers import GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from minikeras.layers.recurrent.conv_lstm_cell import ConvLSTMCell

__all__ = ["Reading", "read"]

Values = dict[str, Any]
Row = tuple[str, str, str, str]
"""Symbol, formula, what it is in words, and the formula of the gradient for it."""


class Reading(NamedTuple):
    """How a kind of cell is read."""

    states: list[str]
    """Symbols of the states; of cells on top of each other, those of all."""

    step: Callable[[Any, Any], tuple[Any, Any, Values]]
    """Takes inputs and states, gives the output, the new states, and all values by symbol."""

    rows: list[Row]

    rules: dict[str, str]
    """Formulas of the gradients for weights and inputs, by symbol."""


def read(cell: Any, every: bool, x: str = "x", number: str = "") -> Reading:
    """Return how a cell computes.

    Parameters
    ----------
    cell : Layer or object
    every : bool
        Whether what comes after gets the output of every step.
    x : str
        Symbol of its input.
    number : str
        What its symbols end with: that of a cell among others on top of each other.
    """
    makers: tuple[tuple[Any, Any], ...] = (
        (SimpleRNNCell, _simple),
        (ConvLSTMCell, _conv_lstm),
        (LSTMCell, _lstm),
        (GRUCell, _gru),
        (StackedRNNCells, _stacked),
    )
    for kind, make in makers:
        if isinstance(cell, kind) and type(cell).forward is kind.forward:
            found: Reading = make(cell, every, x, number)
            return found
    return _own(cell, every, x, number)


def _after(every: bool, path: str) -> str:
    """Return where the gradient for a state comes from."""
    return f"dL/dZ[t] + {path}" if every else f"{path}; at the last step dL/dZ"


def _weights(cell: Any) -> tuple[Any, Any, Any]:
    return cell.kernel, cell.recurrent_kernel, cell.bias


def _simple(cell: Any, every: bool, x: str, n: str) -> Reading:
    a, h = f"a{n}", f"h{n}"
    name = name_of(cell.activation)

    def step(inputs: Any, states: Any) -> Any:
        w, u, b = _weights(cell)
        total = np.matmul(inputs, w) + np.matmul(states[0], u)
        total = total if b is None else total + b
        state = activations.get(cell.activation)(total)
        return state, [state], {a: total, h: state}

    bias = f" + B{n}" if cell.use_bias else ""
    slope = "" if name == "identity" else f" * {name}'({a})"
    rows = [
        (a, f"{x} W{n} + {h}[t-1] U{n}{bias}", "weighted sum", f"dL/d{h}{slope}"),
        (h, f"{name}({a})", "state", _after(every, f"dL/d{a}[t+1] U{n}^T")),
    ]
    return Reading([h], step, rows, _rules(f"dL/d{a}[t]", x, h, n))


def _rules(da: str, x: str, h: str, n: str) -> dict[str, str]:
    return {
        f"W{n}": f"sum over steps of {x}[t]^T {da}",
        f"U{n}": f"sum over steps of {h}[t-1]^T {da}",
        f"B{n}": f"sum of {da} over steps and samples",
        "X": f"{da} W{n}^T at each step",
    }


def _lstm(cell: Any, every: bool, x: str, n: str) -> Reading:
    def total(inputs: Any, h: Any) -> Any:
        w, u, b = _weights(cell)
        found = np.matmul(inputs, w) + np.matmul(h, u)
        return found if b is None else found + b

    bias = f" + B{n}" if cell.use_bias else ""
    formula = f"{x} W{n} + h{n}[t-1] U{n}{bias}"
    back = f"dL/da{n}[t+1] U{n}^T"
    step = _lstm_step(cell, total, lambda z: np.split(z, 4, axis=-1), n)
    rows = _lstm_rows(cell, formula, _after(every, back), n)
    return Reading([f"h{n}", f"c{n}"], step, rows, _rules(f"dL/da{n}[t]", x, f"h{n}", n))


def _lstm_step(cell: Any, total: Any, split: Any, n: str) -> Any:
    def step(inputs: Any, states: Any) -> Any:
        h, c = states
        a = total(inputs, h)
        activation = activations.get(cell.activation)
        gate = activations.get(cell.recurrent_activation)
        ai, af, ag, ao = split(a)
        i, f, g, o = gate(ai), gate(af), activation(ag), gate(ao)
        c = f * c + i * g
        h = o * activation(c)
        values = {"a": a, "i": i, "f": f, "g": g, "o": o, "c": c, "h": h}
        return h, [h, c], {f"{symbol}{n}": value for symbol, value in values.items()}

    return step


def _lstm_rows(cell: Any, formula: str, dh: str, n: str) -> list[Row]:
    h, gate = name_of(cell.activation), name_of(cell.recurrent_activation)
    slopes = ", ".join(
        f"dL/d{part}{n} * {name}'" for part, name in zip("ifgo", (gate, gate, h, gate))
    )
    dc = f"dL/dc{n}"
    return [
        (f"a{n}", formula, "weighted sums of i, f, g, o side by side", f"[{slopes}]"),
        (f"i{n}", f"{gate}(a{n}_i)", "input gate", f"{dc} * g{n}"),
        (f"f{n}", f"{gate}(a{n}_f)", "forget gate", f"{dc} * c{n}[t-1]"),
        (f"g{n}", f"{h}(a{n}_g)", "candidate", f"{dc} * i{n}"),
        (f"o{n}", f"{gate}(a{n}_o)", "output gate", f"dL/dh{n} * {h}(c{n})"),
        (
            f"c{n}",
            f"f{n} * c{n}[t-1] + i{n} * g{n}",
            "cell state",
            f"dL/dh{n} * o{n} * {h}'(c{n}) + {dc}[t+1] * f{n}[t+1]",
        ),
        (f"h{n}", f"o{n} * {h}(c{n})", "state", dh),
    ]


def _conv_lstm(cell: Any, every: bool, x: str, n: str) -> Reading:
    def total(inputs: Any, h: Any) -> Any:
        again = cell._convolve(h, cell.recurrent_kernel, None, None, padding="same")
        return cell.project(inputs) + again

    def split(z: Any) -> Any:
        return np.split(z, 4, axis=cell.channel_axis)

    bias = f" + B{n}" if cell.use_bias else ""
    rows = _lstm_rows(
        cell,
        f"{x} conv W{n} + h{n}[t-1] conv U{n}{bias}",
        _after(every, f"dL/da{n}[t+1] spread back by U{n}"),
        n,
    )
    da = f"dL/da{n}[t]"
    rules = {
        f"W{n}": f"sum over steps and positions of patch of {x}[t] * {da}",
        f"U{n}": f"sum over steps and positions of patch of h{n}[t-1] * {da}",
        f"B{n}": f"sum of {da} over steps, samples and positions",
        "X": f"{da} spread back by W{n} at each step",
    }
    step = _lstm_step(cell, total, split, n)
    return Reading([f"h{n}", f"c{n}"], step, rows, rules)


def _gru(cell: Any, every: bool, x: str, n: str) -> Reading:
    after = cell.reset_after

    def step(inputs: Any, states: Any) -> Any:
        (h,) = states
        w, u, b = _weights(cell)
        ax, uz_ur_ug = np.matmul(inputs, w), np.split(u, 3, axis=1)
        own = [np.matmul(h, part) for part in uz_ur_ug]
        if b is not None:
            ax = ax + (b[0] if after else b)
            if after:
                own = [one + part for one, part in zip(own, np.split(b[1], 3))]
        az, ar, ag = np.split(ax, 3, axis=1)
        az, ar = az + own[0], ar + own[1]
        gate = activations.get(cell.recurrent_activation)
        z, r = gate(az), gate(ar)
        ag = ag + (r * own[2] if after else np.matmul(r * h, uz_ur_ug[2]))
        g = activations.get(cell.activation)(ag)
        h = z * h + (1.0 - z) * g
        values = {"a_z": az, "a_r": ar, "a_g": ag, "z": z, "r": r, "g": g, "h": h}
        return h, [h], {_numbered(symbol, n): value for symbol, value in values.items()}

    return Reading([f"h{n}"], step, _gru_rows(cell, every, x, n), _gru_rules(cell, x, n))


def _numbered(symbol: str, n: str) -> str:
    """Return ``a1_z`` for ``a_z`` of cell 1."""
    head, gap, tail = symbol.partition("_")
    return f"{head}{n}{gap}{tail}"


def _gru_rows(cell: Any, every: bool, x: str, n: str) -> list[Row]:
    name, gate = name_of(cell.activation), name_of(cell.recurrent_activation)
    after, h = cell.reset_after, f"h{n}"
    slope = "" if name == "identity" else f" * {name}'(a{n}_g)"

    def total(part: str) -> str:
        biases = [f" + B{n}_{part}", f" + B'{n}_{part}" if after else ""] if cell.use_bias else []
        return f"{x} W{n}_{part} + {h}[t-1] U{n}_{part}{''.join(biases)}"

    first = f"{x} W{n}_g{f' + B{n}_g' if cell.use_bias else ''}"
    again = f"{h}[t-1] U{n}_g{f' + B{chr(39)}{n}_g' if cell.use_bias else ''}"
    again = f"({again})" if cell.use_bias else again
    inner = f"r{n} * {again}" if after else f"(r{n} * {h}[t-1]) U{n}_g"
    reset = f"dL/da{n}_g * {again}" if after else f"(dL/da{n}_g U{n}_g^T) * {h}[t-1]"
    two, third = f"dL/da{n}_z, dL/da{n}_r", f"dL/da{n}_g"
    back = f"[{two}, r{n} * {third}][t+1] U{n}^T"
    if not after:
        own = f"({third}[t+1] U{n}_g^T) * r{n}[t+1]"
        back = f"[{two}][t+1] [U{n}_z, U{n}_r]^T + {own}"
    return [
        (f"a{n}_z", total("z"), "weighted sum", f"dL/dz{n} * {gate}'(a{n}_z)"),
        (f"a{n}_r", total("r"), "weighted sum", f"dL/dr{n} * {gate}'(a{n}_r)"),
        (f"a{n}_g", f"{first} + {inner}", "weighted sum", f"dL/dg{n}{slope}"),
        (f"z{n}", f"{gate}(a{n}_z)", "update gate", f"dL/d{h} * ({h}[t-1] - g{n})"),
        (f"r{n}", f"{gate}(a{n}_r)", "reset gate", reset),
        (f"g{n}", f"{name}(a{n}_g)", "candidate", f"dL/d{h} * (1 - z{n})"),
        (
            h,
            f"z{n} * {h}[t-1] + (1 - z{n}) * g{n}",
            "state",
            _after(every, f"dL/d{h}[t+1] * z{n}[t+1] + {back}"),
        ),
    ]


def _gru_rules(cell: Any, x: str, n: str) -> dict[str, str]:
    az, ar, ag = (f"dL/da{n}_{part}" for part in "zrg")
    h = f"h{n}[t-1]"
    together = f"[{az}, {ar}, {ag}]"
    scaled = f"[{az}, {ar}, r{n} * {ag}]"
    own = (
        f"sum over steps of {h}^T {scaled}"
        if cell.reset_after
        else f"sum over steps of [{h}^T {az}, {h}^T {ar}, (r{n} * {h})^T {ag}]"
    )
    bias = f"sum over steps and samples of {together}"
    return {
        f"W{n}": f"sum over steps of {x}[t]^T {together}",
        f"U{n}": own,
        f"B{n}": f"{bias}; row 1: of {scaled}" if cell.reset_after else bias,
        "X": f"{together} W{n}^T at each step",
    }


def _stacked(cell: Any, every: bool, x: str, n: str) -> Reading:
    readings: list[Reading] = []
    for i, one in enumerate(cell.cells, 1):
        last = i == len(cell.cells)
        readings.append(read(one, every or not last, x, f"{n}{i}"))
        x = readings[-1].states[0]
    # What a cell below the last gets its gradient from is the cell above it.
    rows = []
    for i, reading in enumerate(readings, 1):
        above = readings[i].rules if i < len(readings) else {}
        through = above.get("X", f"the way through cell {i + 1}").removesuffix(" at each step")
        for symbol, formula, what, back in reading.rows:
            back = back if i == len(readings) else back.replace("dL/dZ[t]", through)
            rows.append((symbol, formula, f"{what} of cell {i}" if what else "", back))

    def step(inputs: Any, states: Any) -> Any:
        values: Values = {}
        new = []
        for reading, state in zip(readings, states, strict=True):
            state = state if isinstance(state, list | tuple) else [state]
            inputs, after, found = reading.step(inputs, list(state))
            new.append(after)
            values.update(found)
        return inputs, new, values

    rules: dict[str, str] = {}
    for reading in reversed(readings):  # X is the input of the first one
        rules.update(reading.rules)
    symbols = [symbol for reading in readings for symbol in reading.states]
    return Reading(symbols, step, rows, rules)


def _own(cell: Any, every: bool, x: str, n: str) -> Reading:
    """Read a cell of a user's own: its output and its states."""
    sizes = cell.state_size
    count = len(sizes) if isinstance(sizes, list | tuple) else 1
    states = [f"s{n}" if count == 1 else f"s{n}_{i}" for i in range(1, count + 1)]
    run = cell if callable(cell) else cell.call

    def step(inputs: Any, before: Any) -> Any:
        output, new = run(inputs, before)
        new = list(new) if isinstance(new, list | tuple) else [new]
        return output, new, {f"y{n}": output, **dict(zip(states, new))}

    name = getattr(cell, "name", type(cell).__name__)
    before = ", ".join(f"{state}[t-1]" for state in states)
    formula = f"{name}({x}, {before})"
    rows = [(f"y{n}", f"output of {formula}", "", "dL/dZ[t]" if every else "")]
    rows += [(state, f"state of {formula}", "", "") for state in states]
    return Reading(states, step, rows, {})
