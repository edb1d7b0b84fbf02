"""Gated recurrent unit over a whole sequence."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import HALF, ONE
from minikeras.ops._memory import empty
from minikeras.ops.recurrent._sequence import (
    backwards,
    by_gate,
    column_sums,
    finish,
    input_gradient,
    masked_rows,
    product,
    states,
    time_major,
)

__all__ = ["gru"]

_ORDER = (0, 1, 2)
"""Update, reset, candidate, as in Keras."""


@primitive
def gru(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array | None = None,
    h: Array | None = None,
    mask: Array | None = None,
    *,
    reset_after: bool = True,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
) -> Op:
    """Gated recurrent unit with tanh and sigmoid, over all steps of a sequence.

    ``h = z * h + (1 - z) * g``, where the gates ``z`` (update) and ``r`` (reset) are sigmoids, and
    the candidate ``g`` is a tanh in which ``r`` scales what comes from ``h``.

    Parameters
    ----------
    x : array, shape (batch, steps, features)
    kernel : array, shape (features, 3 * units)
        Columns of z, r, g.
    recurrent_kernel : array, shape (units, 3 * units)
    bias : array, optional
        Shape (2, 3 * units), for ``kernel`` and ``recurrent_kernel``, with ``reset_after``; else
        shape (3 * units,).
    h : array, shape (batch, units), optional
        The state before the first step; default zeros.
    mask : bool array, shape (batch, steps), optional
        False where a step leaves the state as it was.
    reset_after : bool, default True
        Whether r scales the product of ``h`` and ``recurrent_kernel``, or ``h`` before it.
    return_sequences : bool, default False
        Give ``h`` after each step, not only after the last.
    return_state : bool, default False
        Give the last ``h`` as well.
    go_backwards : bool, default False
        Start at the last step; the outputs come in the order in which they are made.

    Returns
    -------
    array, shape (batch, units) or (batch, steps, units), or a tuple of it and the state

    References
    ----------
    Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation" (2014), arXiv:1406.1078; version 1 resets after the product, version 3 before.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.recurrent import gru
    >>> kernel, recurrent_kernel = np.ones((1, 3)), np.zeros((1, 3))
    >>> gru(np.ones((1, 2, 1)), kernel, recurrent_kernel, return_sequences=True)
    array([[[0.20482421],
            [0.35456271]]])
    """
    batch, steps, features = x.shape
    units = len(recurrent_kernel)
    dtype = np.result_type(x, kernel, recurrent_kernel)
    half, one = HALF[dtype], ONE[dtype]
    xs = time_major(x, dtype, go_backwards)
    rows = masked_rows(mask, steps, go_backwards)

    gates = empty((3, steps, batch, units), dtype)
    sums = gates.reshape(3, steps * batch, units)
    np.matmul(xs.reshape(-1, features), by_gate(kernel, _ORDER, 2, dtype), out=sums)
    weights = by_gate(recurrent_kernel, _ORDER, 2, dtype)
    inner_bias = None  # of the candidate's recurrent part, which r scales
    if bias is not None:
        biases = by_gate(bias, _ORDER, 2, dtype)  # (3, units) or (3, 2, units)
        if reset_after:
            inner_bias = biases[2, 1].copy()
            biases[2, 1] = 0.0
            biases = biases.sum(axis=1)
        sums += biases[:, np.newaxis]
    hs = states(steps, (batch, units), h, dtype)
    inner = empty((steps, batch, units), dtype)  # h @ weights[2] + its bias, or r * h
    recurrent = np.empty((3 if reset_after else 2, batch, units), dtype)
    used, two, last = weights[: len(recurrent)], recurrent[:2], recurrent[-1]
    scratch = np.empty((batch, units), dtype)
    for masked, zrg, n, h0, h1 in zip(rows, gates.swapaxes(0, 1), inner, hs, hs[1:]):
        z, r, g = zrg
        sigmoids = zrg[:2]
        np.matmul(h0, used, recurrent)
        np.add(sigmoids, two, sigmoids)
        np.tanh(sigmoids, sigmoids)
        np.multiply(sigmoids, half, sigmoids)
        np.add(sigmoids, half, sigmoids)
        if not reset_after:
            np.multiply(r, h0, n)
            n.dot(weights[2], scratch)
        else:
            if inner_bias is None:
                n[...] = last
            else:
                np.add(last, inner_bias, n)
            np.multiply(r, n, scratch)
        np.add(g, scratch, g)
        np.tanh(g, g)
        np.subtract(h0, g, h1)
        np.multiply(h1, z, h1)
        np.add(h1, g, h1)
        if masked is not None:
            h1[masked] = h0[masked]

    def back(dys: Any, finals: Any) -> Any:
        """Return the gradients of the sums inside the gates, and of the first state."""
        z, r, g = gates
        (dh,) = finals
        if dh is None:
            dh = np.zeros((batch, units), dtype)
        # What a step multiplies the gradient of its state with does not depend on it. With
        # reset_after there is one more, of the recurrent part of g: the recurrent kernel then has
        # the columns n, z, r and the kernel z, r, g, side by side.
        slopes = empty((3 + reset_after, steps, batch, units), dtype)
        dz, dr, dg = slopes[-3:]
        rest = empty(z.shape, dtype)
        np.subtract(one, z, rest)
        np.multiply(g, g, dg)
        np.subtract(one, dg, dg)
        np.multiply(dg, rest, dg)
        np.subtract(hs[1:], g, dz)  # z * (h - g), for the h before
        np.multiply(dz, rest, dz)
        np.subtract(one, r, dr)
        if reset_after:
            np.multiply(dg, r, slopes[0])
            np.multiply(dr, inner, dr)
            np.multiply(dr, slopes[0], dr)
            order = [2, 0, 1]
        else:
            np.multiply(dr, inner, dr)  # inner is r * h
            order = [0, 1]
        columns = [recurrent_kernel[:, k * units : (k + 1) * units].T for k in order]
        transposed = np.ascontiguousarray(np.concatenate(columns), dtype)
        candidate = np.ascontiguousarray(recurrent_kernel[:, 2 * units :].T, dtype)
        dgates = empty((steps, batch, len(slopes), units), dtype)
        scratch = np.empty((batch, units), dtype)
        kept = dh
        for dy, masked, d, into, slope, used, z0, r0 in backwards(
            dys,
            rows,
            dgates,
            dgates.swapaxes(1, 2),
            slopes.swapaxes(0, 1),
            dgates.reshape(steps, batch, -1)[:, :, : len(transposed)],
            z,
            r,
        ):
            if dy is not None:
                np.add(dh, dy, dh)
            if masked is not None:
                kept = dh[masked]
            np.multiply(dh, slope, into)
            if masked is not None:
                d[masked] = 0.0
            np.multiply(dh, z0, dh)
            if not reset_after:
                into[2].dot(candidate, scratch)  # the gradient of r * h
                np.multiply(slope[1], scratch, into[1])
                np.multiply(scratch, r0, scratch)
                np.add(dh, scratch, dh)
            used.dot(transposed, scratch)
            np.add(dh, scratch, dh)
            if masked is not None:
                dh[masked] = kept
        return dgates.reshape(steps * batch, -1), dh

    def dx(found: Any, out: Any) -> Any:
        d = found[0][:, -3 * units :]
        return input_gradient(d, kernel, (steps, batch, features), go_backwards)

    def dkernel(found: Any, out: Any) -> Any:
        return product(xs.reshape(-1, features).T, found[0][:, -3 * units :], out)

    def drecurrent(found: Any, out: Any) -> Any:
        d = found[0][:, : 3 * units]
        before = hs[:-1].reshape(-1, units).T
        if reset_after:
            return np.roll(np.matmul(before, d), -units, axis=1)
        dg = np.matmul(inner.reshape(-1, units).T, d[:, 2 * units :])
        return np.concatenate([np.matmul(before, d[:, : 2 * units]), dg], axis=1)

    def dbias(found: Any, out: Any) -> Any:
        if not reset_after:
            return column_sums(found[0], out)
        sums = column_sums(found[0], None)
        return np.stack([sums[units:], np.roll(sums[: 3 * units], -units)])

    parts = (dx, dkernel, drecurrent, dbias, lambda found, out: found[1], None)
    return finish((hs,), back, parts, return_sequences, return_state)
