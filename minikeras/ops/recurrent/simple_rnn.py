"""The plain recurrent layer over a whole sequence."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import ONE
from minikeras.ops._memory import empty
from minikeras.ops.recurrent._sequence import (
    backwards,
    column_sums,
    finish,
    input_gradient,
    masked_rows,
    product,
    states,
    time_major,
)

__all__ = ["simple_rnn"]


@primitive
def simple_rnn(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array | None = None,
    h: Array | None = None,
    mask: Array | None = None,
    *,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
) -> Op:
    """``h = tanh(x @ kernel + h @ recurrent_kernel + bias)``, over all steps of a sequence.

    Parameters
    ----------
    x : array, shape (batch, steps, features)
    kernel : array, shape (features, units)
    recurrent_kernel : array, shape (units, units)
    bias : array, shape (units,), optional
    h : array, shape (batch, units), optional
        The state before the first step; default zeros.
    mask : bool array, shape (batch, steps), optional
        False where a step leaves the state as it was.
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
    Elman, "Finding Structure in Time", Cognitive Science 14 (1990).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.recurrent import simple_rnn
    >>> simple_rnn(np.ones((1, 2, 1)), np.ones((1, 1)), np.ones((1, 1)), return_sequences=True)
    array([[[0.76159416],
            [0.94268079]]])
    """
    batch, steps, features = x.shape
    units = len(recurrent_kernel)
    dtype = np.result_type(x, kernel, recurrent_kernel)
    xs = time_major(x, dtype, go_backwards)
    rows = masked_rows(mask, steps, go_backwards)

    sums = empty((steps, batch, units), dtype)
    flat = sums.reshape(steps * batch, units)
    np.matmul(xs.reshape(-1, features), kernel.astype(dtype, copy=False), out=flat)
    if bias is not None:
        flat += bias
    weights = recurrent_kernel.astype(dtype, copy=False)
    hs = states(steps, (batch, units), h, dtype)
    for masked, z, h0, h1 in zip(rows, sums, hs, hs[1:]):
        h0.dot(weights, h1)
        np.add(h1, z, h1)
        np.tanh(h1, h1)
        if masked is not None:
            h1[masked] = h0[masked]

    def back(dys: Any, finals: Any) -> Any:
        """Return the gradients of the sums inside tanh, and of the first state."""
        dsums = ONE[dtype] - hs[1:] * hs[1:]  # the slopes; the gradients take their place
        (dh,) = finals
        if dh is None:
            dh = np.zeros((batch, units), dtype)
        transposed = np.ascontiguousarray(weights.T)
        kept = dh
        for dy, masked, dz in backwards(dys, rows, dsums):
            if dy is not None:
                np.add(dh, dy, dh)
            np.multiply(dz, dh, dz)
            if masked is not None:
                kept = dh[masked]
                dz[masked] = 0.0
            dz.dot(transposed, dh)
            if masked is not None:
                dh[masked] = kept
        return dsums.reshape(-1, units), dh

    def dx(found: Any, out: Any) -> Any:
        return input_gradient(found[0], kernel, (steps, batch, features), go_backwards)

    def dkernel(found: Any, out: Any) -> Any:
        return product(xs.reshape(-1, features).T, found[0], out)

    def drecurrent(found: Any, out: Any) -> Any:
        return product(hs[:-1].reshape(-1, units).T, found[0], out)

    def dbias(found: Any, out: Any) -> Any:
        return column_sums(found[0], out)

    parts = (dx, dkernel, drecurrent, dbias, lambda found, out: found[1], None)
    return finish((hs,), back, parts, return_sequences, return_state)
