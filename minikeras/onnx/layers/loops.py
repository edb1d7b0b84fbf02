"""Recurrent layers as a loop: ONNX's Scan, whose body is one step of the cell."""

from typing import Any

import numpy as np

from minikeras.export.value import Value, values_in
from minikeras.layers import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, Layer
from minikeras.onnx.builder import Builder
from minikeras.tree import map_leaves

__all__ = ["first_states", "run_loop", "run_step"]


def run_step(g: Builder, cell: Any, x: Value, states: Any) -> tuple[Value, Any]:
    """Write one step of a cell, of the package's or of the user's own.

    Returns
    -------
    tuple
        The output, and the next states in the structure of ``states``.
    """
    if isinstance(cell, Layer):
        output, new = g.layer(cell, (x, states), {}, None)
    else:
        output, new = g.function(cell if callable(cell) else cell.call, x, states)
    if isinstance(states, list | tuple) and not isinstance(new, list | tuple):
        new = [new]
    return output, new


def first_states(g: Builder, layer: Any, x: Value) -> Any:
    """Return what the first step starts with, for a batch as large as that of ``x``."""
    if isinstance(layer, ConvLSTM1D | ConvLSTM2D | ConvLSTM3D):
        (_, *size), _ = layer.cell.compute_output_shape((1, *x.shape[2:]))
        if None in size:
            g.refuse("it needs images of known size; declare it with Input(shape)")
        states: Any = [np.zeros((2, *size), x.dtype)] * 2
    else:
        states = layer.get_initial_state(2)

    def whole_batch(state: Any) -> Value:
        state = np.asarray(state)
        if not np.array_equal(state[0], state[1]):
            g.refuse("its get_initial_state differs from sample to sample")
        return _repeated(g, state[:1], x)

    return map_leaves(whole_batch, states)


def _repeated(g: Builder, row: Any, x: Value) -> Value:
    """Return a row of shape (1, ...) as often as ``x`` has samples."""
    ones = g.constant([1] * (row.ndim - 1), "int64")
    shape = g.concatenate([g.length(x, 0), ones], 0)
    found = g.constant(row, x.dtype)
    return g.node("Expand", found, shape, shape=(x.shape[0], *row.shape[1:]))


def run_loop(
    g: Builder, layer: Any, x: Value, states: Any, keep: Value | None
) -> tuple[Value, list[Any]]:
    """Write a layer's cell over the steps of ``x``.

    Parameters
    ----------
    g : Builder
    layer : RNN
    x : Value, shape (batch, steps, ...)
    states : Value, or nested list of them
        Those before the first step.
    keep : Value or None
        Which steps count, bool, shape (batch, steps); where it is False the states stay.

    Returns
    -------
    tuple
        The outputs of all steps, or the last; the last states.
    """
    states = map_leaves(lambda state: g.value(state, x.dtype), states)
    flat = values_in(states)

    def nested(values: list[Value]) -> Any:
        left = iter(values)
        return map_leaves(lambda _: next(left), states)

    def step(now: list[Value], parts: list[Value]) -> tuple[list[Value], list[Value]]:
        old = now[: len(flat)]
        output, new = run_step(g, layer.cell, parts[0], nested(old))
        after = [g.cast(state, x.dtype) for state in values_in(new)]
        if keep is None:
            return after, [output]
        counts, before = parts[1], now[-1]
        after = [
            g.where(g.expand_behind(counts, state.rank), state, other)
            for state, other in zip(after, old, strict=True)
        ]
        output = g.where(g.expand_behind(counts, output.rank), output, before)
        return [*after, output], [output]

    if keep is None:
        last, (outputs,) = g.scan(step, flat, [x], 1)
    else:
        first = [*flat, _output_before(g, layer, x, states)]
        last, (outputs,) = g.scan(step, first, [x, keep], 1)
    if not layer.return_sequences:
        outputs = g.take(outputs, -1, 1)
    return outputs, nested(last)


def _output_before(g: Builder, layer: Any, x: Value, states: Any) -> Value:
    """Return what stands for the output before the first step: a state, if it has the shape."""
    shape = layer.compute_output_shape(x.shape)
    if layer.return_state:
        shape = shape[0]
    size = shape[2:] if layer.return_sequences else shape[1:]
    state: Value = states[-1][0] if isinstance(states[0], list) else states[0]
    return state if state.shape[1:] == size else _repeated(g, np.zeros((1, *size)), x)
