"""Recurrent layers: an operator of ONNX where there is one, a loop over the steps otherwise."""

from typing import Any

from minikeras.export.value import Mask, Value
from minikeras.layers import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    SimpleRNN,
    StackedRNNCells,
)
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.loops import first_states, run_loop
from minikeras.onnx.layers.recurrent_operators import has_operator, run_operators

__all__: list[str] = []


def _steps_mask(g: Builder, mask: Any) -> Value | None:
    """Return which steps count, booleans of shape (batch, steps)."""
    if isinstance(mask, list | tuple):  # of sequences and of initial states
        mask = mask[0]
    if mask is None:
        return None
    found = g.value(mask.value() if isinstance(mask, Mask) else mask, "bool")
    if found.rank > 2:  # a step counts if anything in it does
        some = g.reduce("ReduceMax", g.cast(found, "int32"), list(range(2, found.rank)))
        found = g.cast(some, "bool")
    return found


@writes(RNN, LSTM, GRU, SimpleRNN, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D)
def _recurrent(
    g: Builder, layer: RNN, sequences: Value, initial_state: Any = None, mask: Any = None
) -> Any:
    if layer.stateful:
        g.refuse(
            "it is stateful, and a file keeps nothing from one call to the next; use "
            "return_state=True and initial_state, which make the state an output and an input"
        )
    x, keep = g.floats(sequences, layer), _steps_mask(g, mask)
    states = initial_state
    if states is not None:
        states = [states] if isinstance(states, Value) else list(states)
    if layer.go_backwards:
        x = g.flip(x, 1)
        keep = None if keep is None else g.flip(keep, 1)
    cells = layer.cell.cells if isinstance(layer.cell, StackedRNNCells) else [layer.cell]
    if x.rank == 3 and all(has_operator(cell, x.dtype) for cell in cells):
        pairs = None if states is None else states if len(cells) > 1 else [states]
        outputs, final = run_operators(g, cells, x, pairs, keep, layer.return_sequences)
        last = final if len(cells) > 1 else final[0]
    else:
        first = first_states(g, layer, x) if states is None else states
        outputs, last = run_loop(g, layer, x, first, keep)
    if keep is not None and layer.zero_output_for_mask:
        counts = keep if layer.return_sequences else g.take(keep, -1, 1)
        outputs = g.multiply(outputs, g.expand_behind(counts, outputs.rank))
    return (outputs, *last) if layer.return_state else outputs


@writes(Bidirectional)
def _bidirectional(
    g: Builder, layer: Bidirectional, sequences: Value, initial_state: Any = None, mask: Any = None
) -> Any:
    states: list[dict[str, Any]] = [{}, {}]
    if initial_state is not None:
        half = len(initial_state) // 2
        states = [{"initial_state": list(initial_state[:half])}]
        states.append({"initial_state": list(initial_state[half:])})
    y = g.call(layer.forward_layer, sequences, mask=mask, **states[0])
    z = g.call(layer.backward_layer, sequences, mask=mask, **states[1])
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
