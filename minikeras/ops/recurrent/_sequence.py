"""What the recurrent ops share: time-major buffers, masked rows, and how gradients are handed out.

Inside an op, time is the first axis: what one step reads and writes is contiguous. The product of
the inputs with the kernel is made for all steps at once, and so are the gradients of the weights.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import ones, under_two_tapes
from minikeras.ops._memory import empty

Part = Callable[[Any, Any], Any]  # (what the backward pass found, place for the result or None)


@primitive
def unstack(x: Any, axis: int = 0) -> Op:
    """Return the slices of ``x`` along ``axis``; their gradients are put together only once."""
    return tuple(np.moveaxis(x, axis, 0)), lambda dys: (np.stack(dys, axis=axis), None)


def time_major(x: Any, dtype: Any, go_backwards: bool) -> Any:
    """Return ``x`` (batch, steps, features) as a contiguous array (steps, batch, features)."""
    if under_two_tapes(x):
        raise TypeError("a fused recurrent op computes in place")
    x = x.transpose(1, 0, 2)
    if go_backwards:
        x = x[::-1]
    if x.flags.c_contiguous and x.dtype == dtype:
        return x
    copy = empty(x.shape, dtype)
    copy[...] = x
    return copy


def batch_major(x: Any, go_backwards: bool = False) -> Any:
    """Undo ``time_major``; the result is a view."""
    return (x[::-1] if go_backwards else x).transpose(1, 0, 2)


def by_gate(kernel: Any, order: Sequence[int], halved: int, dtype: Any) -> Any:
    """Return the columns of ``kernel`` as one matrix a gate, in ``order``, shape (gates, n, units).

    The first ``halved`` of them are divided by two: a sigmoid is ``tanh(z / 2) / 2 + 1 / 2``, so
    that one call of tanh serves all gates.
    """
    gates = len(order)
    split = kernel.reshape(*kernel.shape[:-1], gates, -1)
    matrices = np.array(np.moveaxis(split, -2, 0)[list(order)], dtype, order="C")
    matrices[:halved] *= 0.5
    return matrices


def states(steps: int, shape: tuple[int, int], first: Any, dtype: Any) -> Any:
    """Return a buffer for ``steps + 1`` states; the first of them is ``first``, or zeros."""
    buffer = empty((steps + 1, *shape), dtype)
    buffer[0] = 0.0 if first is None else first
    return buffer


def masked_rows(mask: Any, steps: int, go_backwards: bool) -> list[Any]:
    """Return for each step the rows to leave as they were, None where there are none.

    An index list of the few such rows costs less than a choice for every element.
    """
    if mask is None:
        return [None] * steps
    masked = np.logical_not(mask).T
    if go_backwards:
        masked = masked[::-1]
    some = masked.any(axis=1).tolist()
    return [np.flatnonzero(row) if any_ else None for row, any_ in zip(masked, some, strict=True)]


def backwards(dys: Any, rows: list[Any], *arrays: Any) -> Any:
    """Yield from the last step to the first: gradient of the output or None, masked rows, views."""
    reversed_dys = [None] * len(rows) if dys is None else dys[::-1]
    return zip(reversed_dys, reversed(rows), *(array[::-1] for array in arrays), strict=True)


def input_gradient(d: Any, kernel: Any, shape: tuple[int, int, int], go_backwards: bool) -> Any:
    """Return the gradient of ``x``; ``d`` is that of ``x @ kernel``, ``shape`` time-major."""
    dx = empty(shape, d.dtype)
    np.matmul(d, kernel.T, out=dx.reshape(len(d), shape[2]))
    return batch_major(dx, go_backwards)


def product(a: Any, b: Any, out: Any) -> Any:
    """Return ``a @ b``, written into ``out`` where that is possible.

    Not by ``np.dot``, which makes a copy of ``b`` when that is a part of the columns of an array.
    """
    if out is not None and out.dtype == b.dtype:
        return np.matmul(a, b, out=out)
    return np.matmul(a, b)


def column_sums(rows: Any, out: Any) -> Any:
    """Return the sum over the first axis."""
    return product(ones(len(rows), rows.dtype), rows, out)


def finish(
    buffers: Sequence[Any],
    back: Callable[[Any, Any], Any],
    parts: Sequence[Part | None],
    return_sequences: bool,
    return_state: bool,
) -> Op:
    """Return what an op returns: its value, and one function that gives all gradients.

    Parameters
    ----------
    buffers : arrays, shape (steps + 1, batch, units)
        The states before each step and after the last; the first of them are the outputs.
    back : callable
        Takes the gradients of the outputs, shape (steps, batch, units) or None, and of the final
        states, a list of arrays of its own or None; walks back through time once.
    parts : callables or None
        For each argument of the op, what makes its gradient from what ``back`` gave.
    """
    outputs = buffers[0]
    y = batch_major(outputs[1:]) if return_sequences else outputs[-1].copy()
    value = (y, *[buffer[-1].copy() for buffer in buffers]) if return_state else y

    def gradients(dy: Any) -> tuple[Any, ...]:
        finals: list[Any] = [None] * len(buffers)
        if return_state:
            dy, *finals = dy
            finals = [final.copy() for final in finals]
        if return_sequences:
            found = back(batch_major(dy), finals)
        else:
            finals[0] = dy.copy() if finals[0] is None else finals[0] + dy
            found = back(None, finals)
        return tuple([part and _delayed(part, found) for part in parts])

    return value, gradients


def _delayed(part: Part, found: Any) -> Callable[[Any, Any], Any]:
    """Return a VJP: only the gradients that are wanted get computed."""

    def vjp(dy: Any, out: Any) -> Any:
        return part(found, out)

    return vjp
