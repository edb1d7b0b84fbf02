"""Losses for numbers: squared, absolute, Huber, log-cosh, and the angle between vectors."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_number
from minikeras.losses.base import Loss, PrimitiveLoss
from minikeras.losses.shapes import check_same_shape
from minikeras.ops.loss import (
    absolute_error,
    huber_error,
    like,
    log_cosh_error,
    squared_error,
    sum_squared_error,
)
from minikeras.registry import register

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SumSquaredError",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
]


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean of the squared errors of each sample.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., features)

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.mean_squared_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 3.0]])
    array([0.5, 5. ], dtype=float32)
    """
    return MeanSquaredError().per_sample(y_true, y_pred)


@register("loss", "mse", "MSE")
class MeanSquaredError(PrimitiveLoss):
    """Mean of the squared errors, ``mean((y_pred - y_true)**2)`` for each sample.

    The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 3.0]]))
    2.75
    """

    op = squared_error

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean of the absolute errors of each sample.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., features)

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.mean_absolute_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 3.0]])
    array([0.5, 2. ], dtype=float32)
    """
    return MeanAbsoluteError().per_sample(y_true, y_pred)


@register("loss", "mae", "MAE")
class MeanAbsoluteError(PrimitiveLoss):
    """Mean of the absolute errors, ``mean(abs(y_pred - y_true))`` for each sample.

    The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.MeanAbsoluteError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 3.0]]))
    1.25
    """

    op = absolute_error

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)


@register("loss", "sse", "SSE")
class SumSquaredError(PrimitiveLoss):
    """Half the sum of the squared errors, ``sum((y_pred - y_true)**2) / 2`` for each sample.

    The half makes the gradient ``y_pred - y_true``, which is why textbooks print this form; Keras
    has no class for it. The loss of a batch is the weighted mean over samples, see ``Loss``;
    ``reduction="sum"`` adds them up instead.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 5.11.

    Examples
    --------
    >>> from minikeras import losses
    >>> y = [[0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]]
    >>> t = [[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    >>> round(float(losses.SumSquaredError()(t, y)), 6)
    0.0975
    """

    op = sum_squared_error

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "sum_squared_error",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Any:
    """Half the squared error up to ``delta``, and a straight line beyond; mean of each sample.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., features)
    delta : float, default 1.0
        Above 0.

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.huber([[0.0], [0.0]], [[0.5], [3.0]])
    array([0.125, 2.5  ], dtype=float32)
    """
    return Huber(delta).per_sample(y_true, y_pred)


@register("loss")
class Huber(PrimitiveLoss):
    """Half the squared error up to ``delta``, ``delta * (abs(error) - delta / 2)`` beyond.

    Outliers pull on it with a bounded force. The loss of a batch is the weighted mean over samples,
    see ``Loss``.

    Parameters
    ----------
    delta : float, default 1.0
        Above 0.
    reduction, name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        If ``delta`` is not above 0.

    References
    ----------
    Huber, "Robust estimation of a location parameter" (1964).

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.Huber()([[0.0], [0.0]], [[0.5], [3.0]]))
    1.3125
    """

    op = huber_error

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.delta = check_number("delta", delta, 0.0, open_minimum=True)

    def settings(self) -> tuple[Any, ...]:
        return (self.delta,)


def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean of ``log(cosh(error))`` of each sample.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., features)

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.log_cosh([[0.0, 0.0]], [[1.0, 0.0]]).round(4)
    array([0.2169], dtype=float32)
    """
    return LogCosh().per_sample(y_true, y_pred)


@register("loss", "logcosh")
class LogCosh(PrimitiveLoss):
    """Mean of ``log(cosh(error))``: half the square of small errors, the size of large ones.

    The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> round(float(losses.LogCosh()([[0.0, 0.0]], [[1.0, 0.0]])), 4)
    0.2169
    """

    op = log_cosh_error

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)


def _unit(x: Any, axis: int) -> Any:
    square = np.sum(x * x, axis=axis, keepdims=True)
    # the floor comes before the root, whose slope at 0 is infinite
    floor = max(config.epsilon() ** 2, float(np.finfo(square.dtype).tiny))
    return x / np.sqrt(np.maximum(square, floor))


def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Any:
    """Minus the cosine of the angle between target and prediction.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., features)
    axis : int, default -1
        Along which the vectors lie.

    Returns
    -------
    array, shape (batch, ...)
        In [-1, 1]: -1 for the same direction, 0 where one of them is all zeros.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.cosine_similarity([[0.0, 1.0], [0.0, 1.0]], [[0.0, 2.0], [3.0, 0.0]])
    array([-1., -0.], dtype=float32)
    """
    return CosineSimilarity(axis).per_sample(y_true, y_pred)


@register("loss")
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and prediction, for each sample.

    The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    axis : int, default -1
        Along which the vectors lie.
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.CosineSimilarity()([[0.0, 1.0], [0.0, 1.0]], [[0.0, 2.0], [3.0, 0.0]]))
    -0.5
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("CosineSimilarity", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = like(y_true, y_pred)
        return -np.sum(_unit(y_true, self.axis) * _unit(y_pred, self.axis), axis=self.axis)
