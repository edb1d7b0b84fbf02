"""Losses of overlap, for the pixels of segmented images: Dice and Tversky."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_number
from minikeras.losses.base import Loss
from minikeras.losses.shapes import check_same_shape
from minikeras.ops.loss import like
from minikeras.registry import register

__all__ = ["Dice", "Tversky", "dice", "tversky"]

Axis = int | Sequence[int] | None


def _total(x: Any, axis: Any) -> Any:
    return np.sum(x, axis=tuple(axis) if isinstance(axis, list) else axis)


def dice(y_true: ArrayLike, y_pred: ArrayLike, axis: Axis = None) -> Any:
    """Dice loss between targets and predictions.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ...)
    axis : int, tuple of int or None
        As in ``Dice``.

    Returns
    -------
    scalar, or array without the axes in ``axis``

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.dice([[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], axis=1).round(4)
    array([0.3333, 0.    ], dtype=float32)
    """
    return Dice(axis=axis).per_sample(y_true, y_pred)


@register("loss")
class Dice(Loss):
    """One minus twice the overlap by the sum of both areas.

    ``1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + epsilon)``, 0 for equal areas and
    1 for areas that lie apart (epsilon is 1e-7 by default).

    Parameters
    ----------
    reduction, name
        As in ``Loss``.
    axis : int, tuple of int or None, default None
        Over which the sums go. All axes but the first give one loss per sample; None gives one for
        the whole batch, whose samples then cannot be weighted: Keras takes the mean of the weights
        there, which is the same for every sample.
    dtype
        As in ``Loss``.

    References
    ----------
    Milletari, Navab, Ahmadi, "V-Net: fully convolutional neural networks for volumetric medical
    image segmentation", 3DV 2016.

    Examples
    --------
    >>> from minikeras import losses
    >>> loss = losses.Dice()
    >>> round(float(loss([[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])), 4)
    0.2
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Axis = None,
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("Dice", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = like(y_true, y_pred)
        both = _total(y_true, self.axis) + _total(y_pred, self.axis)
        return 1.0 - 2.0 * _total(y_true * y_pred, self.axis) / (both + config.epsilon())


def tversky(
    y_true: ArrayLike, y_pred: ArrayLike, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None
) -> Any:
    """Tversky loss between targets and predictions.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ...)
    alpha, beta, axis
        As in ``Tversky``.

    Returns
    -------
    scalar, or array without the axes in ``axis``

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> y_true, y_pred = [[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]
    >>> losses.tversky(y_true, y_pred, alpha=1.0, beta=1.0, axis=1).round(4)
    array([0.5, 0. ], dtype=float32)
    """
    return Tversky(alpha, beta, axis=axis).per_sample(y_true, y_pred)


@register("loss")
class Tversky(Loss):
    """One minus the overlap by the overlap plus what only one side has, weighted.

    ``1 - both / (both + alpha * missed + beta * extra + epsilon)`` with ``both = sum(y_true *
    y_pred)``, ``missed = sum(y_true * (1 - y_pred))``, ``extra = sum((1 - y_true) * y_pred)``
    (epsilon is 1e-7 by default). With ``alpha = beta = 0.5`` it is the Dice loss, with 1 and 1 that
    of the intersection over the union.

    Parameters
    ----------
    alpha : float, default 0.5
        Weight of what is missing from the prediction, at least 0.
    beta : float, default 0.5
        Weight of what is predicted in excess, at least 0.
    reduction, name
        As in ``Loss``.
    axis : int, tuple of int or None, default None
        Over which the sums go, as in ``Dice``.
    dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        If a weight is negative.

    References
    ----------
    Salehi, Erdogmus, Gholipour, "Tversky loss function for image segmentation using 3D fully
    convolutional deep networks" (2017).

    Examples
    --------
    >>> from minikeras import losses
    >>> loss = losses.Tversky(alpha=1.0, beta=1.0)
    >>> round(float(loss([[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])), 4)
    0.3333
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Axis = None,
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.alpha = check_number("alpha", alpha, 0)
        self.beta = check_number("beta", beta, 0)
        self.axis = axis

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("Tversky", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = like(y_true, y_pred)
        both = _total(y_true * y_pred, self.axis)
        missed = _total(y_true * (1.0 - y_pred), self.axis)
        extra = _total((1.0 - y_true) * y_pred, self.axis)
        either = both + missed * self.alpha + extra * self.beta
        return 1.0 - both / (either + config.epsilon())
