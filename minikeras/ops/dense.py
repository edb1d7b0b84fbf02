"""The affine map of a fully connected layer."""

from typing import Any

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import ones, product, under_two_tapes

__all__ = ["dense"]


@primitive
def dense(x: Array, kernel: Array, bias: Array | None = None) -> Op:
    """Affine map of the last axis, ``x @ kernel + bias``.

    Parameters
    ----------
    x : array, shape (..., features)
    kernel : array, shape (features, units)
    bias : array, shape (units,), optional

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
        if under_two_tapes(bias):  # under two tapes
            y = y + bias
        else:
            y += bias
    if rows is not x:
        y = y.reshape(*x.shape[:-1], y.shape[-1])

    def dx(dy: Array) -> Any:
        if dy.ndim == 2:
            return product(dy, kernel.T)
        return product(dy.reshape(-1, dy.shape[-1]), kernel.T).reshape(x.shape)

    def dkernel(dy: Array, out: Array | None) -> Any:
        if dy.ndim != 2:
            dy = dy.reshape(-1, dy.shape[-1])
        if _fits(out, dy) and rows.dtype == dy.dtype:
            return rows.T.dot(dy, out)
        return product(rows.T, dy)

    def dbias(dy: Array, out: Array | None) -> Any:
        if dy.ndim != 2:
            dy = dy.reshape(-1, dy.shape[-1])
        one = ones(dy.shape[0], dy.dtype)
        return one.dot(dy, out) if _fits(out, dy) else product(one, dy)

    return y, (dx, dkernel, dbias)


def _fits(out: Any, dy: Any) -> bool:
    """Whether a matrix product with ``dy`` can be written straight into ``out``."""
    return out is not None and out.dtype == dy.dtype and out.flags.c_contiguous
