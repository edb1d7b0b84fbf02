"""Recurrent layers, step by step: gates and states as tables with a row for each step."""

from typing import Any

import numpy as np

from minikeras.autodiff import bare
from minikeras.inspect.cells import read
from minikeras.inspect.worked import Part, Worked, as_float
from minikeras.layers import StackedRNNCells
from minikeras.layers.recurrent.conv_lstm import ConvLSTM
from minikeras.tree import flatten

__all__ = ["cell_symbols", "steps"]


def cell_symbols(layer: Any) -> dict[int, str]:
    """Return the symbols of the weights of cells on top of each other, by the weights' ``id``."""
    cells = layer.cell.cells if isinstance(layer.cell, StackedRNNCells) else []
    letters = {"kernel": "W", "recurrent_kernel": "U", "bias": "B"}
    return {
        id(weight): f"{letters.get(weight.name, weight.name)}{i}"
        for i, cell in enumerate(cells, 1)
        for weight in getattr(cell, "weights", [])
    }


def steps(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out the gates and states of all steps."""
    layer = ran.layer
    given = {**dict(zip(layer._arguments, args)), **kwargs}
    x = as_float(given["sequences"], layer.dtype)
    mask = layer._steps_mask(x, given.get("mask"))
    states = layer._given_states(x, given.get("initial_state"))
    if states is None:
        states = _first_states(layer, x)
    reading = read(layer.cell, layer.return_sequences)
    table: list[dict[str, Any]] = []

    def keep(after: Any) -> None:  # as they are once masked steps have been undone
        if table:
            table[-1].update(zip(reading.states, flatten(after)))

    def run(inputs: Any, before: Any) -> Any:
        keep(before)
        output, new, values = reading.step(inputs, before)
        table.append(values)
        return output, new

    output, last = layer.loop(run, x, states, mask)
    keep(last)
    if mask is not None and layer.zero_output_for_mask:
        output = _zeroed(layer, output, mask)
    view = _view(layer, bare(output).ndim + (not layer.return_sequences))
    parts = [
        Part(symbol, [row[symbol] for row in table], formula, what, back, True, view)
        for symbol, formula, what, back in reading.rows
        if not _repeats(symbol, table, reading.states)
    ]
    backwards = layer.go_backwards
    if view is not None and view[1] == -1:
        last_step = "the last step taken, the first one," if backwards else "the last step"
        notes = [f"Of each quantity sample 0, {last_step} and the first channel are shown."]
    elif backwards:
        notes = ["Row t of each table is the t-th step taken, from the end, of sample 0."]
    else:
        notes = ["Row t of each table is step t of sample 0."]
    if mask is not None:
        notes.append("Masked steps leave the states as they were.")
    rules = {**reading.rules}
    rules["X1"] = rules.get("X", "")
    return Worked(parts, [output], _output_formula(layer, reading.states[0]), rules, notes=notes)


def _first_states(layer: Any, x: Any) -> list[Any]:
    if isinstance(layer, ConvLSTM):
        whole, _ = layer.cell.compute_output_shape((len(x), *x.shape[2:]))
        return [np.zeros(whole, layer.dtype) for _ in range(2)]
    found: list[Any] = layer.get_initial_state(len(x))
    return found


def _repeats(symbol: str, table: list[dict[str, Any]], states: list[str]) -> bool:
    """Whether a cell's output is one of its states, which is shown anyway."""
    if not symbol.startswith("y"):
        return False
    return any(all(row[symbol] is row[state] for row in table) for state in states)


def _output_formula(layer: Any, state: str) -> str:
    if state.startswith("s") or isinstance(layer.cell, StackedRNNCells):
        return "outputs of all steps" if layer.return_sequences else "output of the last step"
    return f"{state} of all steps" if layer.return_sequences else f"{state} of the last step"


def _zeroed(layer: Any, output: Any, mask: Any) -> Any:
    counts = mask[:, ::-1] if layer.go_backwards else mask
    counts = counts if layer.return_sequences else counts[:, -1]
    counts = counts.reshape(counts.shape + (1,) * (output.ndim - counts.ndim))
    return output * counts.astype(output.dtype)


def _view(layer: Any, axes: int) -> Any:
    """Return what is shown of (batch, steps, ...): of images the last step, the first channel."""
    rank = getattr(layer, "rank", 0)
    if not isinstance(layer, ConvLSTM) or axes != rank + 3:
        return None
    first = layer.cell.data_format == "channels_first"
    both = (slice(None), slice(None))
    if rank == 1:
        return (0, slice(None), 0, slice(None)) if first else (0, *both, 0)
    inner = (*(0,) * (rank - 2), *both)
    return (0, -1, 0, *inner) if first else (0, -1, *inner, 0)
