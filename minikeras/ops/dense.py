"""The affine map of a fully connected layer."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import (
    HALF,
    ONE,
    ones,
    positive_part,
    product,
    reuse,
    under_two_tapes,
    where_positive,
)

__all__ = ["dense"]


@primitive
def dense(x: Array, kernel: Array, bias: Array | None = None, activation: str | None = None) -> Op:
    """Affine map of the last axis and an activation, ``activation(x @ kernel + bias)``.

    Parameters
    ----------
    x : array, shape (..., features)
    kernel : array, shape (features, units)
    bias : array, shape (units,), optional
    activation : {None, "relu", "tanh", "sigmoid"}
        Applied in place: those whose slope follows from their value alone. One op instead of two
        saves a fifth of the time of a small network.

    Returns
    -------
    array, shape (..., units)

    Raises
    ------
    ValueError
        If the last axis of ``x`` and the first of ``kernel`` differ in length.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.5.6: the gradients.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.dense(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [3.0, 1.0]]), np.array([0.5, 0.5]))
    array([[7.5, 2.5]])
    """
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
    y = product(rows, kernel)
    if bias is not None:
        if under_two_tapes(y) or under_two_tapes(bias):
            y = y + bias
        else:
            y += bias
    if activation is not None:
        y = _VALUES[activation](y)
    last: tuple[Any, Any] = (None, None)

    def dz(dy: Array) -> Any:
        """Return the gradient of the weighted sum as rows; its three users share it."""
        nonlocal last
        if last[0] is not dy:
            d = dy if dy.ndim == 2 else dy.reshape(-1, dy.shape[-1])
            last = dy, d if activation is None else _SLOPES[activation](d, y)
        return last[1]

    def dx(dy: Array) -> Any:
        d = product(dz(dy), kernel.T)
        return d if rows is x else d.reshape(x.shape)

    def dkernel(dy: Array, out: Array | None) -> Any:
        d = dz(dy)
        if _fits(out, d) and rows.dtype == d.dtype:
            return rows.T.dot(d, out)
        return product(rows.T, d)

    def dbias(dy: Array, out: Array | None) -> Any:
        d = dz(dy)
        one = ones(d.shape[0], d.dtype)
        return one.dot(d, out) if _fits(out, d) else product(one, d)

    shaped = y if rows is x else y.reshape(*x.shape[:-1], y.shape[-1])
    return shaped, (dx, dkernel, dbias, None)


def _fits(out: Any, dy: Any) -> bool:
    """Whether a matrix product with ``dy`` can be written straight into ``out``."""
    return out is not None and out.dtype == dy.dtype and out.flags.c_contiguous


def _relu(z: Any) -> Any:
    return positive_part(z, out=reuse(z))


def _tanh(z: Any) -> Any:
    return np.tanh(z, out=reuse(z))


def _sigmoid(z: Any) -> Any:
    half = HALF[z.dtype]
    place = reuse(z)
    z = np.tanh(np.multiply(z, half, out=place), out=place)  # a scaled tanh cannot overflow
    return np.add(np.multiply(z, half, out=place), half, out=place)


def _sigmoid_slope(dy: Any, y: Any) -> Any:
    return dy * (y * (ONE[y.dtype] - y))


def _tanh_slope(dy: Any, y: Any) -> Any:
    return dy * (ONE[y.dtype] - y * y)


_VALUES = {"relu": _relu, "tanh": _tanh, "sigmoid": _sigmoid}
_SLOPES = {"relu": where_positive, "tanh": _tanh_slope, "sigmoid": _sigmoid_slope}
FUSED = frozenset(_VALUES)
"""Activations that ``dense`` can apply itself."""
