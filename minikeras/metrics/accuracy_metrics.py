"""Accuracies: the share of predictions that hit."""

from typing import Any

import numpy as np

from minikeras._typing import Array, DType
from minikeras._validation import check_number, check_positive_int
from minikeras.metrics.base import Average, plain
from minikeras.metrics.hits import (
    hit_binary,
    hit_class,
    hit_equal,
    hit_index,
    hit_top_index,
    hit_top_one_hot,
)
from minikeras.registry import register

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "Share",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
]


class Share(Average):
    """Share of hits; a subclass says which predictions hit."""

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        """Return a boolean per prediction."""
        raise NotImplementedError(f"{type(self).__name__} must define hits(y_true, y_pred)")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
        sample_weight : float, or array_like, shape (batch,), optional

        Raises
        ------
        ValueError
            If the shapes do not fit together.
        """
        hits = self.hits(plain("y_true", y_true), plain("y_pred", y_pred))
        if sample_weight is None and hits.ndim == 1:  # counting beats averaging by far
            self.total += int(np.count_nonzero(hits))
            self.count += len(hits)
        else:
            self.add(hits, sample_weight)


@register("metric", "acc")
class Accuracy(Share):
    """Share of predictions that equal their target.

    For probabilities use one of the other accuracies; ``metrics=["accuracy"]`` of ``compile`` picks
    the right one.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.Accuracy()([1, 2, 3, 4], [1, 2, 3, 0])
    0.75
    """

    def __init__(self, name: str | None = "accuracy", dtype: DType | None = None):
        super().__init__(name, dtype)

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        return hit_equal(y_true, y_pred)


@register("metric")
class BinaryAccuracy(Share):
    """Share of yes-or-no predictions on the right side of a threshold.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    threshold : float, default 0.5
        Predictions above it mean 1; use 0.0 for logits.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 0.3, 0.0, 0.6])
    0.5
    """

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: DType | None = None,
        threshold: float = 0.5,
    ):
        super().__init__(name, dtype)
        self.threshold = check_number("threshold", threshold)

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        return hit_binary(y_true, y_pred, self.threshold)


@register("metric")
class CategoricalAccuracy(Share):
    """Share of samples whose largest prediction is that of their one-hot target.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]])
    0.5
    """

    def __init__(self, name: str | None = "categorical_accuracy", dtype: DType | None = None):
        super().__init__(name, dtype)

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        return hit_class(y_true, y_pred)


@register("metric")
class SparseCategoricalAccuracy(Share):
    """Share of samples whose largest prediction is that of their label.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.2, 0.8]])
    0.5
    """

    def __init__(
        self, name: str | None = "sparse_categorical_accuracy", dtype: DType | None = None
    ):
        super().__init__(name, dtype)

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        return hit_index(y_true, y_pred)


@register("metric")
class TopKCategoricalAccuracy(Share):
    """Share of samples whose one-hot target is among the ``k`` largest predictions.

    Parameters
    ----------
    k : int, default 5
        At least 1. Classes with the same score share the better rank.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.TopKCategoricalAccuracy(k=2)([[0, 0, 1], [1, 0, 0]], [[0.1, 0.9, 0.8]] * 2)
    0.5
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: DType | None = None,
    ):
        super().__init__(name, dtype)
        self.k = check_positive_int("k", k)

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        return hit_top_one_hot(y_true, y_pred, self.k)


@register("metric")
class SparseTopKCategoricalAccuracy(Share):
    """Share of samples whose label is among the ``k`` largest predictions.

    Parameters
    ----------
    k : int, default 5
        At least 1. Classes with the same score share the better rank.
    name, dtype
        As in ``Metric``.
    from_sorted_ids : bool, default False
        Whether ``y_pred`` holds class indices, best first, rather than scores.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.SparseTopKCategoricalAccuracy(k=2)([2, 0], [[0.1, 0.9, 0.8]] * 2)
    0.5
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: DType | None = None,
        from_sorted_ids: bool = False,
    ):
        super().__init__(name, dtype)
        self.k = check_positive_int("k", k)
        self.from_sorted_ids = from_sorted_ids

    def hits(self, y_true: Array, y_pred: Array) -> Any:
        return hit_top_index(y_true, y_pred, self.k, self.from_sorted_ids)
