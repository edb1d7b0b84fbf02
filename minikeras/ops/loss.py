"""Losses as fused ops: values per sample, and their gradients, in a handful of NumPy calls.

Each op takes ``y_true`` and ``y_pred`` as arrays of floats and reduces the last axis. They are what
``minikeras.losses`` is made of; shapes are checked there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive, unbroadcast
from minikeras.ops._sums import filled, like, mean
from minikeras.ops.crossentropy import (
    binary_crossentropy,
    binary_crossentropy_from_logits,
    categorical_crossentropy,
    categorical_crossentropy_from_logits,
    sparse_crossentropy,
    sparse_crossentropy_from_logits,
    sparse_crossentropy_of_softmax,
)

__all__ = [
    "absolute_error",
    "binary_crossentropy",
    "binary_crossentropy_from_logits",
    "categorical_crossentropy",
    "categorical_crossentropy_from_logits",
    "huber_error",
    "like",
    "log_cosh_error",
    "sparse_crossentropy",
    "sparse_crossentropy_from_logits",
    "sparse_crossentropy_of_softmax",
    "squared_error",
    "sum_squared_error",
    "weighted_sum",
]


@primitive
def weighted_sum(
    op: Any, y_true: Array, y_pred: Array, weights: Array | None, *settings: Any
) -> Op:
    """Sum of the losses of ``op`` times ``weights``, recorded as one op.

    Parameters
    ----------
    op : primitive
        One of this module: gives a loss per sample.
    y_true, y_pred : array
        Its arguments.
    weights : array, shape (number of losses,), or None
        In the dtype of ``y_pred``. None makes the mean: ``1 / number`` for each.
    *settings
        Further arguments of ``op``.

    Returns
    -------
    scalar

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.loss import squared_error, weighted_sum
    >>> y_true, y_pred = np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]])
    >>> float(weighted_sum(squared_error, y_true, y_pred, np.array([0.5, 0.5])))
    2.5
    """
    losses, vjps = op.__wrapped__(y_true, y_pred, *settings)
    shape = losses.shape
    flat = losses if len(shape) == 1 else losses.reshape(-1)
    if weights is None:
        weights = filled(flat.size, 1.0 / max(flat.size, 1), flat.dtype)

    def through(vjp: Any) -> Any:
        if vjp is None:
            return None
        if len(shape) == 1:
            return lambda dy: vjp(weights * dy)
        return lambda dy: vjp((weights * dy).reshape(shape))

    return flat.dot(weights), (
        None,
        through(vjps[0]),
        through(vjps[1]),
        lambda dy: flat * dy,
    )


# Errors: a function of y_pred - y_true, averaged over the last axis.


def _error_vjps(y_true: Array, slope: Callable[[], Array], scale: float) -> tuple[Any, Any]:
    """VJPs of ``sum(f(y_pred - y_true)) * scale`` over the last axis; ``slope`` gives ``f'``."""
    return (
        lambda dy: unbroadcast(slope() * (dy * -scale)[..., None], y_true),
        lambda dy: slope() * (dy * scale)[..., None],
    )


@primitive
def squared_error(y_true: Array, y_pred: Array) -> Op:
    """Mean of the squared errors over the last axis.

    Parameters
    ----------
    y_true, y_pred : array, shape (..., features)

    Returns
    -------
    array, shape (...)
    """
    error = y_pred - like(y_true, y_pred)
    return mean(error * error), _error_vjps(y_true, lambda: error, 2.0 / max(error.shape[-1], 1))


@primitive
def sum_squared_error(y_true: Array, y_pred: Array) -> Op:
    """Half the sum of the squared errors over the last axis; its gradient is the error itself.

    Parameters
    ----------
    y_true, y_pred : array, shape (..., features)

    Returns
    -------
    array, shape (...)
    """
    error = y_pred - like(y_true, y_pred)
    halves = filled(error.shape[-1], 0.5, error.dtype)
    return (error * error).dot(halves), _error_vjps(y_true, lambda: error, 1.0)


@primitive
def absolute_error(y_true: Array, y_pred: Array) -> Op:
    """Mean of the absolute errors over the last axis; the gradient of an error of 0 is 0.

    Parameters
    ----------
    y_true, y_pred : array, shape (..., features)

    Returns
    -------
    array, shape (...)
    """
    error = y_pred - like(y_true, y_pred)
    scale = 1.0 / max(error.shape[-1], 1)
    return mean(np.abs(error)), _error_vjps(y_true, lambda: np.sign(error), scale)


@primitive
def huber_error(y_true: Array, y_pred: Array, delta: float) -> Op:
    """Mean over the last axis of half the square up to ``delta``, and a straight line beyond.

    Parameters
    ----------
    y_true, y_pred : array, shape (..., features)
    delta : float

    Returns
    -------
    array, shape (...)

    References
    ----------
    Huber, "Robust estimation of a location parameter" (1964).
    """
    error = y_pred - like(y_true, y_pred)
    size = np.abs(error)
    near = np.minimum(size, delta)
    scale = 1.0 / max(error.shape[-1], 1)
    # near * (size - near / 2) is size**2 / 2 within delta, and delta * (size - delta / 2) beyond
    return mean(near * (size - 0.5 * near)), _error_vjps(
        y_true, lambda: near * np.sign(error), scale
    )


@primitive
def log_cosh_error(y_true: Array, y_pred: Array) -> Op:
    """Mean of ``log(cosh(error))`` over the last axis.

    Parameters
    ----------
    y_true, y_pred : array, shape (..., features)

    Returns
    -------
    array, shape (...)
    """
    error = y_pred - like(y_true, y_pred)
    size = np.abs(error)
    # cosh(e) = exp(|e|) * (1 + exp(-2|e|)) / 2, which cannot overflow once it is a sum of logs
    value = size + np.log1p(np.exp(-2.0 * size)) - 0.6931471805599453
    return mean(value), _error_vjps(y_true, lambda: np.tanh(error), 1.0 / max(error.shape[-1], 1))
