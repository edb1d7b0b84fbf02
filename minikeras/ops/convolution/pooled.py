"""Convolution and max pooling in one: what is between them never leaves the processor's cache.

A maximum commutes with what only grows, so bias and activation come after the pooling, on a quarter
of an image. A window is halved axis by axis, and for each halving it is kept for the way back
whether the first of the two was the larger. A last row or column that pooling leaves out is not
computed at all.

Where there is no way back, nothing is kept, and the products are those of a convolution alone: a
network predicts the same bits whether its layers run one by one or not.
"""

from typing import Any

import numpy as np

from minikeras._typing import Array, Shape
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.tensor import active_tape
from minikeras.ops._fast import under_two_tapes
from minikeras.ops._memory import empty
from minikeras.ops.convolution import bilinear, strips
from minikeras.ops.convolution.plan import Plan
from minikeras.ops.dense import _VALUES
from minikeras.ops.pooling import max_pool

__all__ = ["convolve_and_pool"]


@primitive
def convolve_and_pool(
    x: Array, kernel: Array, bias: Array | None, activation: str | None, plan: Plan
) -> Op:
    """``max_pool(convolve(x, kernel, bias, activation, plan), 2)``, and the same gradients."""
    if under_two_tapes(x) or under_two_tapes(kernel) or under_two_tapes(bias):
        y = max_pool(
            bilinear.convolve(x, kernel, bias, activation, plan), 2, data_format="channels_last"
        )
        first: Any = None
    elif active_tape.get() is None:
        y, first = _value(x, kernel, bias, activation, plan), None
    else:
        plan = plan._replace(outputs=tuple(n // 2 * 2 for n in plan.outputs))
        y, first = _forward(x, kernel, bias, activation, plan)
    slope = bilinear.Slope(activation, y)
    filters = kernel.shape[-1]
    last: tuple[Any, Any] = (None, None)

    def unpooled(dy: Array, keep: bool) -> _Unpooled:
        nonlocal last
        if first is None or under_two_tapes(dy):
            raise TypeError("convolution with fused pooling")  # the tape says what that means
        last = dy, _Unpooled(slope.parts(dy), first, plan, y.shape, dy.dtype, keep)
        return last[1]

    def dx(dy: Array) -> Any:  # all is kept for the gradient by the kernel, which comes next
        return strips.transpose(unpooled(dy, keep=True), kernel, None, None, plan)

    def dkernel(dy: Array) -> Any:
        dz = last[1].kept if last[0] is dy else None
        if dz is None:
            dz = unpooled(dy, keep=False)
        return strips.kernel_gradient(x, dz, filters, plan, False)[0]

    def dbias(dy: Array) -> Any:
        return last[1].total if last[0] is dy else bilinear.total(slope.whole(dy))

    return y, (dx, dkernel, dbias, None, None)


def _value(x: Any, kernel: Any, bias: Any, activation: str | None, plan: Plan) -> Any:
    """Return the value alone."""
    filters = kernel.shape[-1]
    matrix = strips.with_bias(kernel, bias)
    finish = _VALUES.get(activation or "")
    shape = tuple(n // 2 for n in plan.outputs)
    y = empty((len(x), *shape, filters), np.result_type(x, matrix))
    room: list[Any] = []
    for (samples, rows), patches in strips.patches_of(x, plan, filters, bias is not None):
        count, lines = samples.stop - samples.start, rows.stop - rows.start
        if not room:
            room = [empty((count, lines, *plan.outputs[1:], filters), y.dtype)]
            for k in range(1, len(shape)):
                lengths = (lines // 2, *shape[1:k], *plan.outputs[k:])
                room.append(empty((count, *lengths, filters), y.dtype))
        z = room[0].reshape(-1, filters)[: len(patches)]
        strips.multiply(patches, matrix, z)
        z = z.reshape(count, lines, *plan.outputs[1:], filters)
        target = y[samples, rows.start // 2 : rows.stop // 2]
        for axis, out in enumerate([*room[1:], target], 1):
            left, right = _pair(z, axis)
            z = out[:count, : left.shape[1]]
            np.maximum(left, right, out=z)
        if finish is not None:
            finish(z)
    return y


def _forward(x: Any, kernel: Any, bias: Any, activation: str | None, plan: Plan) -> Any:
    """Return the value, and for each axis, last one first, which of two was the larger."""
    filters = kernel.shape[-1]
    matrix = kernel.reshape(-1, filters)
    dtype = np.result_type(x, kernel)
    finish = _VALUES.get(activation or "")
    shapes = _halved(plan.outputs)
    y = empty((len(x), *shapes[-1], filters), dtype)
    first = [empty((len(x), *shape, filters), np.dtype(bool)) for shape in shapes]
    room: list[Any] = []
    for (samples, rows), patches in strips.patches_of(x, plan, 2 * filters, False):
        count = samples.stop - samples.start
        if not room:
            room = [empty((count, rows.stop - rows.start, *plan.outputs[1:], filters), dtype)]
            room += [
                empty((count, room[0].shape[1], *shape[1:], filters), dtype) for shape in shapes
            ]
        z = room[0].reshape(-1, filters)[: len(patches)]
        strips.multiply(patches, matrix, z)
        z = z.reshape(count, -1, *plan.outputs[1:], filters)
        half = slice(rows.start // 2, rows.stop // 2)
        for k, axis in enumerate(range(len(plan.outputs), 0, -1)):
            left, right = _pair(z, axis)
            if axis > 1:
                z, won = room[k + 1][:count, : rows.stop - rows.start], first[k][samples, rows]
            else:
                z, won = y[samples, half], first[k][samples, half]
            np.maximum(left, right, out=z)
            np.equal(left, z, out=won)
        if bias is not None:
            np.add(z, bias, out=z)
        if finish is not None:
            finish(z)
    return y, first


class _Unpooled:
    """The gradient before the pooling, a few samples at a time.

    What it gives lasts until it is asked for others, unless ``keep`` makes it hold on to all.
    """

    def __init__(
        self, dy: Any, first: list[Any], plan: Plan, shape: Shape, dtype: np.dtype[Any], keep: bool
    ):
        self.dy, self.first, self.plan = dy, first, plan
        self.samples, self.dtype = shape[0], dtype
        self.total = np.zeros(shape[-1], dtype)  # of what was given, for the gradient by the bias
        self.last: tuple[Any, Any] = (None, None)
        self.room: list[Any] = []
        self.kept = empty((shape[0], *plan.outputs, shape[-1]), dtype) if keep else None

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, part: strips.Part) -> Any:
        samples, rows = part
        if self.last[0] != samples:
            self.last = samples, self._samples(samples)
        return self.last[1][:, rows]

    def _samples(self, samples: slice) -> Any:
        gradient = self.dy[samples]
        count, filters = len(gradient), gradient.shape[-1]
        self.total += bilinear.total(gradient)
        outputs = self.plan.outputs
        if not self.room or len(self.room[0]) < count:
            shapes = [*_halved(outputs)[-2::-1], outputs]
            self.room = [empty((count, *shape, filters), self.dtype) for shape in shapes]
        rooms = [room[:count] for room in self.room]
        if self.kept is not None:
            rooms[-1] = self.kept[samples]
        for axis, (won, room) in enumerate(zip(self.first[::-1], rooms), 1):
            left, right = _pair(room, axis)
            np.multiply(gradient, won[samples], out=left)
            np.subtract(gradient, left, out=right)
            gradient = room
        return gradient


def _halved(lengths: Shape) -> list[Shape]:
    """Return the even ``lengths`` after halving the last axis, the last two, ..., all of them."""
    rank = len(lengths)
    return [(*lengths[:k], *(n // 2 for n in lengths[k:])) for k in range(rank - 1, -1, -1)]


def _pair(z: Any, axis: int) -> tuple[Any, Any]:
    """Return the first and the second of all pairs along an axis; an odd last one has no pair."""
    before = (slice(None),) * axis
    end = z.shape[axis] // 2 * 2
    return z[(*before, slice(0, end, 2))], z[(*before, slice(1, end, 2))]
