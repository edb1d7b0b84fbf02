"""F-scores: one number for precision and recall."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType
from minikeras._validation import check_choice, check_number
from minikeras.autodiff.tensor import bare
from minikeras.losses.shapes import fit_weights
from minikeras.metrics.base import Metric
from minikeras.metrics.confusion import matched
from minikeras.registry import register

__all__ = ["F1Score", "FBetaScore"]


@register("metric")
class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall, per class.

    ``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)``.

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}
        How the scores of the classes become one: None gives an array; "micro" counts all classes
        together; "macro" takes the mean; "weighted" weights it by how often each class occurs.
    beta : float, default 1.0
        Above 0: how much more recall counts than precision.
    threshold : float, optional
        In (0, 1]: predictions above it count as positive. Default: the largest of each sample.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    van Rijsbergen, *Information Retrieval* (1979), chapter 7.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metric = metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
    >>> metric(y_true, y_pred).round(4)
    array([0.3846, 0.9091, 0.8333])
    """

    state = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: DType | None = None,
    ):
        super().__init__(dtype, name)
        self.average = check_choice("average", average, (None, "micro", "macro", "weighted"))
        self.beta = check_number("beta", beta, 0, open_minimum=True)
        if threshold is not None:
            check_number("threshold", threshold, 0, 1, open_minimum=True)
        self.threshold = threshold
        self.true_positives: Any = 0.0
        self.false_positives: Any = 0.0
        self.false_negatives: Any = 0.0
        self.intermediate_weights: Any = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, classes)
        sample_weight : float, or array_like, shape (batch,), optional

        Raises
        ------
        ValueError
            If the shapes differ or have another number of axes.
        """
        positive, y_pred = matched(type(self).__name__, y_true, y_pred)
        if y_pred.ndim == 1:
            positive, y_pred = positive[:, None], y_pred[:, None]
        if y_pred.ndim != 2:
            raise ValueError(
                f"{type(self).__name__} expected shape (batch, classes), got {y_pred.shape}; "
                "reshape both"
            )
        if self.threshold is None:
            chosen = y_pred >= y_pred.max(axis=-1, keepdims=True)
            chosen &= np.abs(y_pred) > 1e-9  # a row of zeros chooses nothing
        else:
            chosen = y_pred > self.threshold
        weights: Any = 1.0
        if sample_weight is not None:
            weights = fit_weights(self.name, bare(sample_weight), y_pred.shape, np.float64)
        axis = None if self.average == "micro" else 0
        self.true_positives = self.true_positives + ((chosen & positive) * weights).sum(axis)
        self.false_positives = self.false_positives + ((chosen & ~positive) * weights).sum(axis)
        self.false_negatives = self.false_negatives + ((~chosen & positive) * weights).sum(axis)
        self.intermediate_weights = self.intermediate_weights + (positive * weights).sum(axis)

    def result(self) -> float | Array:
        """Return the score, or one per class."""
        small = config.epsilon()
        hits = self.true_positives
        precision = hits / (hits + self.false_positives + small)
        recall = hits / (hits + self.false_negatives + small)
        square = self.beta**2
        score = (1.0 + square) * precision * recall / (square * precision + recall + small)
        if self.average is None:
            return score  # type: ignore[no-any-return]
        if self.average == "weighted":
            weights = self.intermediate_weights
            return float((score * weights).sum() / (weights.sum() + small))
        return float(np.mean(score))


@register("metric")
class F1Score(FBetaScore):
    """Harmonic mean of precision and recall, per class.

    Parameters
    ----------
    average, threshold
        As in ``FBetaScore``.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metric = metrics.F1Score(threshold=0.5)
    >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
    >>> metric(y_true, y_pred).round(4)
    array([0.5   , 0.8   , 0.6667])
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: DType | None = None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)
