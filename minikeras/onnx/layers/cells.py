"""Single steps of recurrent layers: what a loop repeats, and cells that stand in a model alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.layers import GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from minikeras.layers.recurrent.conv_lstm_cell import ConvLSTMCell
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.activations import activated
from minikeras.onnx.layers.convolution import channels_first, channels_last, convolve, filters_first
from minikeras.onnx.layers.loops import run_step

__all__: list[str] = []


def _affine(g: Builder, x: Value, kernel: Any, bias: Any) -> Value:
    z = g.matmul(x, kernel)
    return z if bias is None else g.add(z, bias)


def _gates(g: Builder, z: Value, count: int, axis: int = -1) -> list[Value]:
    """Split the columns of all gates."""
    axis %= z.rank
    n = z.shape[axis]
    shape = (*z.shape[:axis], None if n is None else n // count, *z.shape[axis + 1 :])
    return g.nodes_of("Split", z, shapes=[shape] * count, axis=axis)


def _state(states: Any) -> Value:
    found: Value = states[0] if isinstance(states, list | tuple) else states
    return found


def _with_state(state: Value, states: Any) -> Any:
    return state, [state] if isinstance(states, list | tuple) else state


@writes(SimpleRNNCell)
def _simple(g: Builder, cell: SimpleRNNCell, x: Value, states: Any) -> Any:
    z = g.add(
        _affine(g, x, cell.kernel, cell.bias), g.matmul(_state(states), cell.recurrent_kernel)
    )
    return _with_state(activated(g, z, cell.activation), states)


def _remembered(g: Builder, cell: Any, z: Value, c: Value, axis: int) -> Any:
    """Write what input, forget gate, candidate and output gate do to the state ``c``."""
    i, f, candidate, o = _gates(g, z, 4, axis)
    i, f, o = (activated(g, gate, cell.recurrent_activation) for gate in (i, f, o))
    kept, let_in = g.multiply(f, c), g.multiply(i, activated(g, candidate, cell.activation))
    c = g.add(kept, let_in)
    h = g.multiply(o, activated(g, c, cell.activation))
    return h, [h, c]


@writes(LSTMCell)
def _lstm(g: Builder, cell: LSTMCell, x: Value, states: Any) -> Any:
    h, c = states
    z = g.add(_affine(g, x, cell.kernel, cell.bias), g.matmul(h, cell.recurrent_kernel))
    return _remembered(g, cell, z, c, -1)


@writes(GRUCell)
def _gru(g: Builder, cell: GRUCell, x: Value, states: Any) -> Any:
    h = _state(states)
    bias = None if cell.bias is None else np.reshape(cell.bias.value, (-1, 3 * cell.units))
    az, ar, ag = _gates(g, _affine(g, x, cell.kernel, None if bias is None else bias[0]), 3)
    if cell.reset_after:
        after = None if bias is None else bias[1]
        bz, br, bg = _gates(g, _affine(g, h, cell.recurrent_kernel, after), 3)
    else:
        kz, kr, kg = np.split(cell.recurrent_kernel.value, 3, axis=-1)
        bz, br = g.matmul(h, kz), g.matmul(h, kr)
    z = activated(g, g.add(az, bz), cell.recurrent_activation)
    r = activated(g, g.add(ar, br), cell.recurrent_activation)
    inner = g.multiply(r, bg) if cell.reset_after else g.matmul(g.multiply(r, h), kg)
    candidate = activated(g, g.add(ag, inner), cell.activation)
    state = g.add(g.multiply(z, h), g.multiply(g.subtract(1.0, z), candidate))
    return _with_state(state, states)


@writes(StackedRNNCells)
def _stacked(g: Builder, cell: StackedRNNCells, x: Value, states: Any) -> Any:
    new_states = []
    for one, state in zip(cell.cells, states, strict=True):
        x, new = run_step(g, one, x, state if isinstance(state, list | tuple) else [state])
        new_states.append(list(new))
    return x, new_states


@dataclass
class _Window:
    """How a convolution of the state moves over it."""

    strides: tuple[int, ...]
    dilation_rate: tuple[int, ...]
    padding: str = "same"


@writes(ConvLSTMCell)
def _conv_lstm(g: Builder, cell: ConvLSTMCell, x: Value, states: Any) -> Any:
    h, c = states

    def convolved(value: Value, window: Any, kernel: Any, bias: Any) -> Value:
        first = channels_first(g, value, cell.data_format)
        z = convolve(g, window, first, filters_first(kernel.value), bias)
        return channels_last(g, z, cell.data_format)

    ones = (1,) * cell.rank
    z = g.add(
        convolved(x, cell, cell.kernel, cell.bias),
        convolved(h, _Window(ones, ones), cell.recurrent_kernel, None),
    )
    return _remembered(g, cell, z, c, cell.channel_axis)
