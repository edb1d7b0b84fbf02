"""Recurrent layers, as exported files have them: loops over the steps.

Each gives the outputs of all steps, (batch, steps, units), in the order in which they were
computed, and the last states.
"""

from typing import Any

import numpy as np


def steps_of(x: Any, mask: Any, go_backwards: bool) -> Any:
    """Return what goes in at each step, and which samples count there."""
    order = range(x.shape[1])[::-1] if go_backwards else range(x.shape[1])
    return [(x[:, t], None if mask is None else mask[:, t].astype(bool)) for t in order]


def choose(counts: Any, new: Any, old: Any) -> Any:
    """Return the new state where a sample's step counts, else the old one."""
    if counts is None:
        return new
    return np.where(counts.reshape(counts.shape + (1,) * (new.ndim - 1)), new, old)


def simple_rnn(
    x: Any, W: Any, U: Any, b: Any, activation: Any, h: Any, mask: Any, go_backwards: bool
) -> Any:
    """Return outputs and state of h = activation(x W + b + h U)."""
    if h is None:
        h = np.zeros((len(x), len(U)), x.dtype)
    outputs = []
    for now, counts in steps_of(x, mask, go_backwards):
        h = choose(counts, activation(h.dot(U) + (now.dot(W) + b)), h)
        outputs.append(h)
    return np.stack(outputs, axis=1), h


def lstm(
    x: Any, W: Any, U: Any, b: Any, activation: Any, gate: Any, h: Any, c: Any, mask: Any,
    go_backwards: bool,
) -> Any:  # fmt: skip
    """Return outputs and states of a long short-term memory: gates input, forget, new, output."""
    if h is None:
        h = np.zeros((len(x), len(U)), x.dtype)
        c = np.zeros((len(x), len(U)), x.dtype)
    outputs = []
    for now, counts in steps_of(x, mask, go_backwards):
        i, f, g, o = np.split(now.dot(W) + b + h.dot(U), 4, axis=-1)
        new = gate(f) * c + gate(i) * activation(g)
        h, c = choose(counts, gate(o) * activation(new), h), choose(counts, new, c)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c


def gru(
    x: Any, W: Any, U: Any, b: Any, activation: Any, gate: Any, reset_after: bool, h: Any,
    mask: Any, go_backwards: bool,
) -> Any:  # fmt: skip
    """Return outputs and state of a gated recurrent unit: gates update, reset, new."""
    if h is None:
        h = np.zeros((len(x), len(U)), x.dtype)
    units = len(U)
    gates = slice(2 * units)
    b = np.zeros(3 * units, x.dtype) if b is None else b
    outer, inner = b if b.ndim == 2 else (b, np.zeros_like(b))
    both = (outer + inner)[gates]
    outputs = []
    for now, counts in steps_of(x, mask, go_backwards):
        a = now.dot(W)
        if reset_after:
            again = h.dot(U)
            z, r = np.split(gate(a[:, gates] + both + again[:, gates]), 2, axis=-1)
            g = activation((a + outer)[:, 2 * units :] + r * (again + inner)[:, 2 * units :])
        else:
            z, r = np.split(gate(a[:, gates] + both + h.dot(U[:, gates])), 2, axis=-1)
            g = activation((a + outer)[:, 2 * units :] + (r * h).dot(U[:, 2 * units :]))
        h = choose(counts, (h - g) * z + g, h)
        outputs.append(h)
    return np.stack(outputs, axis=1), h


def conv_lstm(
    x: Any, W: Any, U: Any, b: Any, convolve: Any, again: Any, activation: Any, gate: Any, h: Any,
    c: Any, mask: Any, go_backwards: bool,
) -> Any:  # fmt: skip
    """Return outputs and states of an LSTM over images; ``convolve`` and ``again`` convolve."""
    outputs = []
    for now, counts in steps_of(x, mask, go_backwards):
        z = convolve(now, W, b)
        if h is None:
            h = c = np.zeros((*z.shape[:-1], z.shape[-1] // 4), z.dtype)
        i, f, g, o = np.split(z + again(h, U, 0.0), 4, axis=-1)
        new = gate(f) * c + gate(i) * activation(g)
        h, c = choose(counts, gate(o) * activation(new), h), choose(counts, new, c)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c
