"""The recorded ops: convolution, its transpose, and the gradient by the kernel.

All three are linear in each argument, and their VJPs are one another: that makes them
differentiable as often as one likes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import ZERO, ones, product, under_two_tapes, where_positive
from minikeras.ops._memory import empty
from minikeras.ops.activation import sigmoid, tanh
from minikeras.ops.convolution import strips
from minikeras.ops.convolution.plan import Plan
from minikeras.ops.dense import _SLOPES, _VALUES
from minikeras.ops.rectifier import relu

__all__ = ["Slope", "convolve", "finished", "kernel_gradient", "total", "transpose"]

_ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid, "tanh": tanh}


@primitive
def convolve(x: Array, kernel: Array, bias: Array | None, activation: str | None, plan: Plan) -> Op:
    """Convolution of channels-last ``x``, plus bias, through an activation."""
    traced = under_two_tapes(x) or under_two_tapes(kernel) or under_two_tapes(bias)
    if traced:  # the outer tape records this op as a whole
        y = finished(convolve(x, kernel, None, None, plan), bias, activation)
    else:
        y = strips.convolve(x, kernel, bias, _VALUES.get(activation or ""), plan)
    slope = Slope(activation, y)
    found: tuple[Any, Any, Any] = (None, None, None)

    def dx(dy: Array) -> Any:
        return transpose(slope.whole(dy), kernel, None, None, plan)

    def weights(dy: Array) -> tuple[Any, Any]:
        """Return the gradients by kernel and bias, which come from the same product."""
        nonlocal found
        if found[0] is not dy:
            if traced or under_two_tapes(dy):
                dz = slope.whole(dy)
                found = dy, kernel_gradient(x, dz, plan), total(dz)
            else:
                filters = kernel.shape[-1]
                found = (
                    dy,
                    *strips.kernel_gradient(x, slope.parts(dy), filters, plan, bias is not None),
                )
        return found[1:]

    return y, (dx, lambda dy: weights(dy)[0], lambda dy: weights(dy)[1], None, None)


@primitive
def transpose(
    y: Array, kernel: Array, bias: Array | None, activation: str | None, plan: Plan
) -> Op:
    """Transpose of the convolution with ``kernel``, plus bias, through an activation."""
    if under_two_tapes(y) or under_two_tapes(kernel) or under_two_tapes(bias):
        x = finished(transpose(y, kernel, None, None, plan), bias, activation)
    else:
        x = strips.transpose(y, kernel, bias, _VALUES.get(activation or ""), plan)
    slope = Slope(activation, x)

    def dy(dx: Array) -> Any:
        return convolve(slope.whole(dx), kernel, None, None, plan)

    def dkernel(dx: Array) -> Any:
        return kernel_gradient(slope.whole(dx), y, plan)

    return x, (dy, dkernel, lambda dx: total(slope.whole(dx)), None, None)


@primitive
def kernel_gradient(x: Array, dy: Array, plan: Plan) -> Op:
    """Gradient of ``convolve`` by its kernel."""
    if under_two_tapes(x) or under_two_tapes(dy):
        dkernel = kernel_gradient(x, dy, plan)
    else:
        dkernel = strips.kernel_gradient(x, dy, dy.shape[-1], plan, False)[0]
    return dkernel, (
        lambda d: transpose(dy, d, None, None, plan),
        lambda d: convolve(x, d, None, None, plan),
        None,
    )


class Slope:
    """The gradient before the activation, which several VJPs need: computed once for all of them.

    Parameters
    ----------
    activation : str or None
    y : array
        What the activation gave.
    """

    def __init__(self, activation: str | None, y: Any):
        self.slope: Callable[[Any, Any], Any] | None = _SLOPES.get(activation or "")
        self.y = y
        self.last: tuple[Any, Any] = (None, None)

    def whole(self, dy: Any) -> Any:
        """Return the gradient of the sum that the activation was given."""
        if self.slope is None:
            return dy
        if self.last[0] is not dy:
            if self.slope is where_positive and type(dy) is np.ndarray:
                dz = _where_positive(dy, self.y, empty(dy.shape, dy.dtype), empty(dy.shape, bool))
            else:
                dz = self.slope(dy, self.y)
            self.last = dy, dz
        return self.last[1]

    def parts(self, dy: Any) -> Any:
        """Return the same, or what computes a part of it while that part is in the cache."""
        if self.slope is not where_positive or self.last[0] is dy:
            return self.whole(dy)
        return _PositiveParts(dy, self.y)


class _PositiveParts:
    """``where_positive(dy, y)`` a part at a time; a part lasts until the next one is asked for."""

    def __init__(self, dy: Any, y: Any):
        self.dy, self.y = dy, y
        self.room: tuple[Any, Any] | None = None

    def __getitem__(self, part: strips.Part) -> Any:
        dz = self.dy[part]
        if self.room is None or dz.size > self.room[0].size:
            self.room = empty((dz.size,), dz.dtype), empty((dz.size,), bool)
        out, mask = (a[: dz.size].reshape(dz.shape) for a in self.room)
        return _where_positive(dz, self.y[part], out, mask)


def _where_positive(dy: Any, y: Any, out: Any, mask: Any) -> Any:
    """Return ``dy`` where ``y > 0`` and 0 elsewhere, in the arrays that it is given."""
    np.greater(y, ZERO[y.dtype], out=mask)
    return np.multiply(dy, mask, out=out)


def finished(y: Any, bias: Any, activation: str | None) -> Any:
    """Return ``y`` plus a bias, through an activation."""
    if bias is not None:
        y = y + bias
    return y if activation is None else _ACTIVATIONS[activation](y)


def total(dz: Any) -> Any:
    """Return the sum over all axes but the last."""
    rows = dz.reshape(-1, dz.shape[-1])
    return product(ones(len(rows), dz.dtype), rows)
