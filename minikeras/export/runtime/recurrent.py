"""Recurrent layers, as exported files have them: loops over the steps.

Each gives the outputs of all steps, (batch, steps, units), in the order in which they were
computed, and the last states. Those without activations among their arguments take tanh and
sigmoid, and make the products of the inputs for all steps at once.
"""

from typing import Any

import numpy as np

from minikeras.export.runtime.activations import sigmoid


def in_order(x: Any, mask: Any, go_backwards: bool) -> Any:
    """Return x with its steps first, as they are read, and which samples count at each."""
    x = x.swapaxes(0, 1)
    counts = [None] * len(x) if mask is None else list(mask.T.astype(bool))
    return (x[::-1], counts[::-1]) if go_backwards else (x, counts)


def by_gate(weight: Any, gates: int) -> Any:
    """Return the columns of each gate as an array of its own, (gates, ..., units)."""
    return np.array(np.split(weight, gates, axis=-1))


def of_all_steps(x: Any, W: Any, b: Any) -> Any:
    """Return x W + b for all steps; all of them are the rows of one matrix."""
    rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    return (rows @ W).reshape(*x.shape[:2], W.shape[1]) + b


def choose(counts: Any, new: Any, old: Any) -> Any:
    """Return the new state where a sample's step counts, else the old one."""
    if counts is None:
        return new
    return np.where(counts.reshape(counts.shape + (1,) * (new.ndim - 1)), new, old)


def simple_rnn(
    x: Any,
    W: Any,
    U: Any,
    b: Any = 0.0,
    h: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
) -> Any:
    """Return outputs and state of h = tanh(x W + b + h U)."""
    x, counts = in_order(x, mask, go_backwards)
    h = np.zeros((x.shape[1], len(U)), x.dtype) if h is None else h
    outputs = []
    for a, some in zip(of_all_steps(x, W, b), counts):
        h = choose(some, np.tanh(h.dot(U) + a), h)
        outputs.append(h)
    return np.stack(outputs).swapaxes(0, 1), h


def lstm(
    x: Any, W: Any, U: Any, b: Any = None, h: Any = None, c: Any = None, mask: Any = None,
    go_backwards: bool = False,
) -> Any:  # fmt: skip
    """Return outputs and states of a long short-term memory.

    W, U and b hold the columns of input gate, forget gate, candidate and output gate.
    """
    x, counts = in_order(x, mask, go_backwards)
    h = np.zeros((x.shape[1], len(U)), x.dtype) if h is None else h
    c = np.zeros_like(h) if c is None else c
    b = np.zeros(W.shape[1], W.dtype) if b is None else b
    W, U, b = by_gate(W, 4), by_gate(U, 4), by_gate(b, 4)
    inputs = np.stack([of_all_steps(x, *gate) for gate in zip(W, b)], axis=1)
    outputs = []
    for a, some in zip(inputs, counts):
        i, f, g, o = a + h @ U
        new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h, c = choose(some, sigmoid(o) * np.tanh(new), h), choose(some, new, c)
        outputs.append(h)
    return np.stack(outputs).swapaxes(0, 1), h, c


def gru(
    x: Any, W: Any, U: Any, b: Any = None, h: Any = None, mask: Any = None,
    go_backwards: bool = False, reset_after: bool = True,
) -> Any:  # fmt: skip
    """Return outputs and state of a gated recurrent unit.

    W, U and b hold the columns of update gate, reset gate and candidate. Where the reset comes
    after the product with U, that has a bias of its own.
    """
    x, counts = in_order(x, mask, go_backwards)
    h = np.zeros((x.shape[1], len(U)), x.dtype) if h is None else h
    b = np.zeros(W.shape[1], W.dtype) if b is None else b
    W, U, b = by_gate(W, 3), by_gate(U, 3), by_gate(b, 3)
    outer, inner = b.swapaxes(0, 1) if b.ndim == 3 else (b, np.zeros_like(b))
    biases = [outer[0] + inner[0], outer[1] + inner[1], outer[2]]
    inputs = [of_all_steps(x, *gate) for gate in zip(W, biases)]
    outputs = []
    for z, r, g, some in zip(*inputs, counts):
        z, r = sigmoid(z + h @ U[0]), sigmoid(r + h @ U[1])
        if reset_after:
            g = np.tanh(g + r * (h @ U[2] + inner[2]))
        else:
            g = np.tanh(g + (r * h).dot(U[2]))
        h = choose(some, (h - g) * z + g, h)
        outputs.append(h)
    return np.stack(outputs).swapaxes(0, 1), h


def simple_rnn_with(
    activation: Any, x: Any, W: Any, U: Any, b: Any = 0.0, h: Any = None, mask: Any = None,
    go_backwards: bool = False,
) -> Any:  # fmt: skip
    """Return outputs and state of h = activation(x W + b + h U)."""
    x, counts = in_order(x, mask, go_backwards)
    h = np.zeros((x.shape[1], len(U)), x.dtype) if h is None else h
    outputs = []
    for now, some in zip(x, counts):
        h = choose(some, activation(now @ W + b + h @ U), h)
        outputs.append(h)
    return np.stack(outputs, axis=1), h


def lstm_with(
    activation: Any, gate: Any, x: Any, W: Any, U: Any, b: Any = 0.0, h: Any = None, c: Any = None,
    mask: Any = None, go_backwards: bool = False,
) -> Any:  # fmt: skip
    """Return outputs and states of a long short-term memory.

    W, U and b hold the columns of input gate, forget gate, candidate and output gate.
    """
    x, counts = in_order(x, mask, go_backwards)
    h = np.zeros((x.shape[1], len(U)), x.dtype) if h is None else h
    c = np.zeros_like(h) if c is None else c
    outputs = []
    for now, some in zip(x, counts):
        i, f, g, o = np.split(now @ W + h @ U + b, 4, axis=-1)
        new = gate(f) * c + gate(i) * activation(g)
        h, c = choose(some, gate(o) * activation(new), h), choose(some, new, c)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c


def gru_with(
    activation: Any, gate: Any, x: Any, W: Any, U: Any, b: Any = None, h: Any = None,
    mask: Any = None, go_backwards: bool = False, reset_after: bool = True,
) -> Any:  # fmt: skip
    """Return outputs and state of a gated recurrent unit.

    W, U and b hold the columns of update gate, reset gate and candidate. Where the reset comes
    after the product with U, that has a bias of its own.
    """
    x, counts = in_order(x, mask, go_backwards)
    h = np.zeros((x.shape[1], len(U)), x.dtype) if h is None else h
    b = np.zeros(W.shape[1], W.dtype) if b is None else b
    outer, inner = b if b.ndim == 2 else (b, np.zeros_like(b))
    outputs = []
    for now, some in zip(x, counts):
        az, ar, ag = np.split(now @ W + outer, 3, axis=-1)
        if reset_after:
            bz, br, bg = np.split(h @ U + inner, 3, axis=-1)
            z, r = gate(az + bz), gate(ar + br)
            g = activation(ag + r * bg)
        else:
            Uz, Ur, Ug = np.split(U, 3, axis=-1)
            z, r = gate(az + h @ Uz), gate(ar + h @ Ur)
            g = activation(ag + (r * h) @ Ug)
        h = choose(some, z * h + (1.0 - z) * g, h)
        outputs.append(h)
    return np.stack(outputs, axis=1), h


def conv_lstm(
    activation: Any, gate: Any, inputs: Any, U: Any, convolve: Any, h: Any = None, c: Any = None,
    mask: Any = None, go_backwards: bool = False,
) -> Any:  # fmt: skip
    """Return outputs and states of an LSTM over images; ``inputs`` have been convolved already."""
    inputs, counts = in_order(inputs, mask, go_backwards)
    if h is None:
        h = c = np.zeros((*inputs.shape[1:-1], inputs.shape[-1] // 4), inputs.dtype)
    outputs = []
    for now, some in zip(inputs, counts):
        i, f, g, o = np.split(now + convolve(h, U), 4, axis=-1)
        new = gate(f) * c + gate(i) * activation(g)
        h, c = choose(some, gate(o) * activation(new), h), choose(some, new, c)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c
