"""Depthwise convolution: each channel has a window of its own.

There is nothing to sum over but the window, so it is a product and a sum of arrays for each place
in the window, on a few images at a time.
"""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import ones, under_two_tapes
from minikeras.ops._memory import empty
from minikeras.ops.convolution.plan import Plan, places
from minikeras.ops.convolution.strips import steps

__all__ = ["convolve"]


@primitive
def convolve(x: Array, kernel: Array, plan: Plan) -> Op:
    """Convolution of channel ``c`` of ``x`` with ``kernel[..., c]``."""
    if under_two_tapes(x) or under_two_tapes(kernel):
        y = convolve(x, kernel, plan)
    else:
        y = _convolve(x, kernel, plan)
    return y, (
        lambda dy: _transpose(dy, kernel, plan),
        lambda dy: _kernel_gradient(x, dy, plan),
        None,
    )


@primitive
def _transpose(y: Array, kernel: Array, plan: Plan) -> Op:
    if under_two_tapes(y) or under_two_tapes(kernel):
        x = _transpose(y, kernel, plan)
    else:
        x = _spread(y, kernel, plan)
    return x, (
        lambda dx: convolve(dx, kernel, plan),
        lambda dx: _kernel_gradient(dx, y, plan),
        None,
    )


@primitive
def _kernel_gradient(x: Array, dy: Array, plan: Plan) -> Op:
    if under_two_tapes(x) or under_two_tapes(dy):
        dkernel = _kernel_gradient(x, dy, plan)
    else:
        dkernel = _correlate(x, dy, plan)
    return dkernel, (
        lambda d: _transpose(dy, d, plan),
        lambda d: convolve(x, d, plan),
        None,
    )


def _parts(x: Any, plan: Plan) -> Any:
    """Yield samples, their padded inputs, rows of outputs, and room for a product."""
    channels = x.shape[-1]
    samples, rows = steps(plan, len(x), 4 * x.itemsize * channels)
    space = None
    if plan.padded != plan.lengths:
        space = np.zeros((samples, *plan.padded, channels), x.dtype)
    room = empty((samples, rows, *plan.outputs[1:], channels), x.dtype)
    for first in range(0, len(x), samples):
        which = slice(first, min(first + samples, len(x)))
        part = x[which]
        if space is not None:
            place = space[: len(part)]
            place[(slice(None), *plan.inner)] = part
            part = place
        for row in range(0, plan.outputs[0], rows):
            last = min(row + rows, plan.outputs[0])
            yield which, part, slice(row, last), room[: len(part), : last - row]


def _convolve(x: Any, kernel: Any, plan: Plan) -> Any:
    x = x.astype(np.result_type(x, kernel), copy=False)
    y = empty((len(x), *plan.outputs, x.shape[-1]), x.dtype)
    rows = _repeated(kernel, plan)
    for which, part, outputs, product in _parts(x, plan):
        target = y[which, outputs]
        target.fill(0.0)
        for place, where in places(plan, outputs.start, outputs.stop):
            np.multiply(part[(slice(None), *where)], rows[place], out=product)
            np.add(target, product, out=target)
    return y


def _spread(y: Any, kernel: Any, plan: Plan) -> Any:
    y = y.astype(np.result_type(y, kernel), copy=False)
    channels = y.shape[-1]
    x = empty((len(y), *plan.lengths, channels), y.dtype)
    rows = _repeated(kernel, plan)
    samples, _ = steps(plan, len(y), 4 * y.itemsize * channels)
    space = empty((samples, *plan.padded, channels), y.dtype)
    room = empty((samples, *plan.outputs, channels), y.dtype)
    for first in range(0, len(y), samples):
        part = y[first : first + samples]
        place, product = space[: len(part)], room[: len(part)]
        place.fill(0.0)
        for offset, where in places(plan, 0, plan.outputs[0]):
            target = place[(slice(None), *where)]
            np.multiply(part, rows[offset], out=product)
            np.add(target, product, out=target)
        x[first : first + samples] = place[(slice(None), *plan.inner)]
    return x


def _correlate(x: Any, dy: Any, plan: Plan) -> Any:
    channels = x.shape[-1]
    x = x.astype(np.result_type(x, dy), copy=False)
    total = np.zeros((*plan.size, channels), x.dtype)
    for which, part, outputs, product in _parts(x, plan):
        gradient = dy[which, outputs]
        one = ones(math.prod(product.shape[:-1]), x.dtype)
        for place, where in places(plan, outputs.start, outputs.stop):
            np.multiply(part[(slice(None), *where)], gradient, out=product)
            total[place] += one.dot(product.reshape(-1, channels))
    return total


def _repeated(kernel: Any, plan: Plan) -> Any:
    """Return ``kernel`` for each output of a row: NumPy's inner loop is then a row, not a pixel."""
    length = plan.outputs[-1]
    return np.repeat(kernel[..., np.newaxis, :], length, axis=-2)
