"""Long short-term memory over a whole sequence."""

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

__all__ = ["lstm"]

_ORDER = (0, 1, 3, 2)
"""Inside: input, forget, output, candidate. Those that take a sigmoid lie side by side."""


@primitive
def lstm(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array | None = None,
    h: Array | None = None,
    c: Array | None = None,
    mask: Array | None = None,
    *,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
) -> Op:
    """Long short-term memory with tanh and sigmoid, over all steps of a sequence.

    ``c = f * c + i * g`` and ``h = o * tanh(c)``, where the gates ``i, f, o`` are sigmoids and the
    candidate ``g`` is a tanh of ``x @ kernel + h @ recurrent_kernel + bias``.

    Parameters
    ----------
    x : array, shape (batch, steps, features)
    kernel : array, shape (features, 4 * units)
        Columns of i, f, g, o.
    recurrent_kernel : array, shape (units, 4 * units)
    bias : array, shape (4 * units,), optional
    h, c : array, shape (batch, units), optional
        The state before the first step; default zeros.
    mask : bool array, shape (batch, steps), optional
        False where a step leaves the state as it was.
    return_sequences : bool, default False
        Give ``h`` after each step, not only after the last.
    return_state : bool, default False
        Give the last ``h`` and ``c`` as well.
    go_backwards : bool, default False
        Start at the last step; the outputs come in the order in which they are made.

    Returns
    -------
    array, shape (batch, units) or (batch, steps, units), or a tuple of it and the two states

    References
    ----------
    Gers, Schmidhuber and Cummins, "Learning to Forget: Continual Prediction with LSTM", Neural
    Computation 12 (2000).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.recurrent import lstm
    >>> kernel, recurrent_kernel = np.ones((1, 4)), np.zeros((1, 4))
    >>> lstm(np.ones((1, 2, 1)), kernel, recurrent_kernel, return_sequences=True)
    array([[[0.36960635],
            [0.54534608]]])
    """
    batch, steps, features = x.shape
    units = len(recurrent_kernel)
    dtype = np.result_type(x, kernel, recurrent_kernel)
    half, one = HALF[dtype], ONE[dtype]
    xs = time_major(x, dtype, go_backwards)
    rows = masked_rows(mask, steps, go_backwards)

    gates = empty((4, steps, batch, units), dtype)
    sums = gates.reshape(4, steps * batch, units)
    np.matmul(xs.reshape(-1, features), by_gate(kernel, _ORDER, 3, dtype), out=sums)
    if bias is not None:
        sums += by_gate(bias, _ORDER, 3, dtype)[:, np.newaxis]
    weights = by_gate(recurrent_kernel, _ORDER, 3, dtype)
    hs = states(steps, (batch, units), h, dtype)
    cs = states(steps, (batch, units), c, dtype)
    tanhs = empty((steps, batch, units), dtype)
    recurrent = np.empty((4, batch, units), dtype)
    change = np.empty((batch, units), dtype)
    for masked, z, h0, c0, h1, c1, tanh in zip(
        rows, gates.swapaxes(0, 1), hs, cs, hs[1:], cs[1:], tanhs
    ):
        np.matmul(h0, weights, recurrent)
        np.add(z, recurrent, z)
        np.tanh(z, z)
        i, f, o, g = z
        sigmoids = z[:3]
        np.multiply(sigmoids, half, sigmoids)
        np.add(sigmoids, half, sigmoids)
        np.multiply(f, c0, c1)
        np.multiply(i, g, change)
        np.add(c1, change, c1)
        np.tanh(c1, tanh)
        np.multiply(o, tanh, h1)
        if masked is not None:
            h1[masked] = h0[masked]
            c1[masked] = c0[masked]

    def back(dys: Any, finals: Any) -> Any:
        """Return the gradients of the sums that the gates are made of, and of the first state."""
        i, f, o, g = gates
        # What a step multiplies the gradients of its state with does not depend on them.
        slopes = empty((4, steps, batch, units), dtype)  # of c by i, f, g, and of h by o
        di, df, dg, do = slopes
        through = empty(i.shape, dtype)  # of h by c
        np.multiply(i, g, through)
        np.multiply(through, g, dg)
        np.subtract(i, dg, dg)  # i * (1 - g * g)
        np.subtract(one, i, di)
        np.multiply(di, through, di)  # g * i * (1 - i)
        np.subtract(one, f, df)
        np.multiply(df, f, df)
        np.multiply(df, cs[:-1], df)  # c * f * (1 - f)
        h = empty(i.shape, dtype)  # not hs: where a step is masked, these are those before
        np.multiply(o, tanhs, h)
        np.multiply(h, tanhs, through)
        np.subtract(o, through, through)  # o * (1 - tanh * tanh)
        np.subtract(one, o, do)
        np.multiply(do, h, do)  # tanh * o * (1 - o)

        dh, dc = (np.zeros((batch, units), dtype) if d is None else d for d in finals)
        dgates = empty((steps, batch, 4, units), dtype)
        by_gates = dgates.swapaxes(1, 2)
        transposed = np.ascontiguousarray(recurrent_kernel.T, dtype)
        scratch = np.empty((batch, units), dtype)
        kept = dh, dc
        for dy, masked, dz, into, slope, into_o, slope_o, slope_c, keep in backwards(
            dys,
            rows,
            dgates.reshape(steps, batch, -1),
            by_gates[:, :3],
            slopes[:3].swapaxes(0, 1),
            by_gates[:, 3],
            do,
            through,
            f,
        ):
            if dy is not None:
                np.add(dh, dy, dh)
            if masked is not None:
                kept = dh[masked], dc[masked]
            np.multiply(dh, slope_c, scratch)
            np.add(dc, scratch, dc)
            np.multiply(dc, slope, into)
            np.multiply(dh, slope_o, into_o)
            np.multiply(dc, keep, dc)
            if masked is not None:
                dz[masked] = 0.0
            dz.dot(transposed, dh)
            if masked is not None:
                dh[masked], dc[masked] = kept
        return dgates.reshape(steps * batch, 4 * units), dh, dc

    def dx(found: Any, out: Any) -> Any:
        return input_gradient(found[0], kernel, (steps, batch, features), go_backwards)

    def dkernel(found: Any, out: Any) -> Any:
        return product(xs.reshape(-1, features).T, found[0], out)

    def drecurrent(found: Any, out: Any) -> Any:
        return product(hs[:-1].reshape(-1, units).T, found[0], out)

    parts = (
        dx,
        dkernel,
        drecurrent,
        lambda found, out: column_sums(found[0], out),
        lambda found, out: found[1],
        lambda found, out: found[2],
        None,
    )
    return finish((hs, cs), back, parts, return_sequences, return_state)
