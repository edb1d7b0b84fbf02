"""Losses between distributions and counts: KL divergence, Poisson."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike, DType
from minikeras.losses.base import Loss
from minikeras.losses.shapes import check_same_shape
from minikeras.ops.loss import like
from minikeras.registry import register

__all__ = ["KLDivergence", "Poisson", "kl_divergence", "poisson"]


def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Kullback-Leibler divergence of each predicted distribution from its target.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., classes)
        Clipped to ``[epsilon, 1]``.

    Returns
    -------
    array, shape (batch, ...)
        In nats.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4)
    array([0.1438], dtype=float32)
    """
    return KLDivergence().per_sample(y_true, y_pred)


@register("loss", "kld", "KLD", "kullback_leibler_divergence")
class KLDivergence(Loss):
    """Kullback-Leibler divergence, ``sum(y_true * log(y_true / y_pred))`` for each sample.

    Both are clipped to ``[epsilon, 1]`` first (epsilon is 1e-7 by default). The loss of a batch is
    the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 1.113.

    Examples
    --------
    >>> from minikeras import losses
    >>> round(float(losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("KLDivergence", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        low = config.epsilon()
        y_true = np.clip(like(y_true, y_pred), low, 1.0)
        return np.sum(y_true * np.log(y_true / np.clip(y_pred, low, 1.0)), axis=-1)


def poisson(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Poisson loss of predicted rates, mean of each sample.

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
    >>> losses.poisson([[2.0, 0.0]], [[1.0, 3.0]]).round(4)
    array([2.], dtype=float32)
    """
    return Poisson().per_sample(y_true, y_pred)


@register("loss")
class Poisson(Loss):
    """Negative log-likelihood of counts, ``mean(y_pred - y_true * log(y_pred))`` for each sample.

    ``y_pred`` is the expected count; epsilon (1e-7 by default) is added inside the logarithm, and
    the term that does not depend on ``y_pred`` is left out. The loss of a batch is the weighted
    mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras import losses
    >>> round(float(losses.Poisson()([[2.0, 0.0]], [[1.0, 3.0]])), 4)
    2.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape("Poisson", y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        log_rate = np.log(y_pred + config.epsilon())
        return np.mean(y_pred - like(y_true, y_pred) * log_rate, axis=-1)
