"""Losses for numbers whose size matters less than their ratio: percentages and logarithms."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike, DType
from minikeras.losses.base import Loss
from minikeras.losses.shapes import check_same_shape
from minikeras.ops.loss import like
from minikeras.registry import register

__all__ = [
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
]


def mean_absolute_percentage_error(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean of the errors of each sample in percent of the targets.

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
    >>> losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 5.0]])
    array([37.5], dtype=float32)
    """
    return MeanAbsolutePercentageError().per_sample(y_true, y_pred)


@register("loss", "mape", "MAPE")
class MeanAbsolutePercentageError(Loss):
    """Mean of the errors in percent, ``100 * mean(abs((y_true - y_pred) / y_true))``.

    Targets are taken to be at least epsilon in size (1e-7 by default), so one of 0 makes the loss
    enormous. The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 5.0]]))
    37.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("MeanAbsolutePercentageError", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = like(y_true, y_pred)
        size = np.maximum(np.abs(y_true), config.epsilon())
        return 100.0 * np.mean(np.abs((y_true - y_pred) / size), axis=-1)


def mean_squared_logarithmic_error(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean of the squared differences of ``log(1 + value)`` of each sample.

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
    >>> losses.mean_squared_logarithmic_error([[0.0, 3.0]], [[1.0, 3.0]]).round(4)
    array([0.2402], dtype=float32)
    """
    return MeanSquaredLogarithmicError().per_sample(y_true, y_pred)


@register("loss", "msle", "MSLE")
class MeanSquaredLogarithmicError(Loss):
    """Mean squared error of logarithms, ``mean((log(1 + y_pred) - log(1 + y_true))**2)``.

    For numbers of at least 0; smaller ones are taken as epsilon (1e-7 by default), where the
    gradient is 0. The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> round(float(losses.MeanSquaredLogarithmicError()([[0.0, 3.0]], [[1.0, 3.0]])), 4)
    0.2402
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("MeanSquaredLogarithmicError", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true, small = like(y_true, y_pred), config.epsilon()
        difference = np.log1p(np.maximum(y_pred, small)) - np.log1p(np.maximum(y_true, small))
        return np.mean(difference**2, axis=-1)
