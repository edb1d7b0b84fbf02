"""Losses of margins: how far predictions fall short of the right side of a boundary."""

from typing import Any

import numpy as np

from minikeras._typing import Array, ArrayLike, DType
from minikeras.autodiff.tensor import bare
from minikeras.losses.base import Loss
from minikeras.losses.shapes import check_one_hot, check_same_shape
from minikeras.ops.loss import like
from minikeras.registry import register

__all__ = [
    "CategoricalHinge",
    "Hinge",
    "SquaredHinge",
    "categorical_hinge",
    "hinge",
    "squared_hinge",
]


def _margin(y_true: Any, y_pred: Any) -> Any:
    """Return ``max(1 - y_true * y_pred, 0)``, with targets of 0 and 1 taken as -1 and 1."""
    y_true = like(y_true, y_pred)
    labels = bare(y_true)
    if ((labels == 0) | (labels == 1)).all():
        y_true = 2.0 * y_true - 1.0
    return np.maximum(1.0 - y_true * y_pred, 0.0)


def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Hinge loss, mean of each sample.

    Parameters
    ----------
    y_true : array_like, shape (batch, ..., features)
        -1 and 1; 0 and 1 are taken as -1 and 1.
    y_pred : array_like, shape (batch, ..., features)

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
    >>> losses.hinge([[1.0], [-1.0]], [[0.5], [2.0]])
    array([0.5, 3. ], dtype=float32)
    """
    return Hinge().per_sample(y_true, y_pred)


@register("loss")
class Hinge(Loss):
    """Distance from the right side of a margin, ``mean(max(1 - y_true * y_pred, 0))``.

    The loss of a batch is the weighted mean over samples, see ``Loss``. Targets are -1 and 1;
    when all targets of a batch are 0 or 1, they are taken as -1 and 1.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), section 7.1.2.

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.Hinge()([[1.0], [-1.0]], [[0.5], [2.0]]))
    1.75
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("Hinge", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return np.mean(_margin(y_true, y_pred), axis=-1)


def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Squared hinge loss, mean of each sample.

    Parameters
    ----------
    y_true : array_like, shape (batch, ..., features)
        -1 and 1; 0 and 1 are taken as -1 and 1.
    y_pred : array_like, shape (batch, ..., features)

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
    >>> losses.squared_hinge([[1.0], [-1.0]], [[0.5], [2.0]])
    array([0.25, 9.  ], dtype=float32)
    """
    return SquaredHinge().per_sample(y_true, y_pred)


@register("loss")
class SquaredHinge(Loss):
    """Squared distance from the right side of a margin, ``mean(max(1 - y_true * y_pred, 0)**2)``.

    Unlike the hinge loss it has no kink. The loss of a batch is the weighted mean over samples, see
    ``Loss``. Targets are -1 and 1; when all targets of a batch are 0 or 1, they are taken as -1 and
    1.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    References
    ----------
    Lee, Mangasarian, "SSVM: a smooth support vector machine for classification" (2001).

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.SquaredHinge()([[1.0], [-1.0]], [[0.5], [2.0]]))
    4.625
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("SquaredHinge", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return np.mean(_margin(y_true, y_pred) ** 2, axis=-1)


def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Hinge loss between the score of the right class and the best of the others.

    Parameters
    ----------
    y_true : array_like, shape (batch, ..., classes)
        One-hot.
    y_pred : array_like, shape (batch, ..., classes)

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
    >>> losses.categorical_hinge([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]])
    array([0.5], dtype=float32)
    """
    return CategoricalHinge().per_sample(y_true, y_pred)


@register("loss")
class CategoricalHinge(Loss):
    """How far the score of the right class is from beating all others by 1.

    ``max(max((1 - y_true) * y_pred) - sum(y_true * y_pred) + 1, 0)`` for each sample, with one-hot
    targets; the right class counts as a score of 0 among the others. The loss of a batch is the
    weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    References
    ----------
    Crammer, Singer, "On the algorithmic implementation of multiclass kernel-based vector machines"
    (2001).

    Examples
    --------
    >>> from minikeras import losses
    >>> float(losses.CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]]))
    0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_one_hot("CategoricalHinge", y_true, y_pred)

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return y_true, y_pred  # classes are never left out

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = like(y_true, y_pred)
        others = np.max((1.0 - y_true) * y_pred, axis=-1)
        return np.maximum(others - np.sum(y_true * y_pred, axis=-1) + 1.0, 0.0)
