"""How well predictions follow their targets: cosine, Pearson's and the concordance correlation."""

from typing import Any

import numpy as np

from minikeras import config, losses
from minikeras._typing import Array, ArrayLike, DType
from minikeras.losses.shapes import as_float, check_same_shape, match_ranks
from minikeras.metrics.base import Average, plain
from minikeras.registry import register

__all__ = [
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "PearsonCorrelation",
    "concordance_correlation",
    "pearson_correlation",
]


def _same(name: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Return both in one shape, and in the dtype of the predictions."""
    pred = as_float("y_pred", plain("y_pred", y_pred))
    true, pred = match_ranks(plain("y_true", y_true).astype(pred.dtype), pred)
    check_same_shape(name, true, pred)
    return true, pred


def _moments(true: Array, pred: Array, axis: int) -> tuple[Array, Array, Array, Array]:
    """Return deviations from the means and their mean squares."""
    dx = true - true.mean(axis=axis, keepdims=True)
    dy = pred - pred.mean(axis=axis, keepdims=True)
    return dx, dy, (dx * dx).mean(axis=axis), (dy * dy).mean(axis=axis)


def pearson_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Any:
    """Pearson's correlation between targets and predictions, along an axis.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., values)
    axis : int, default -1
        Along which the values lie; 0 correlates over the samples of the batch.

    Returns
    -------
    array without that axis
        In [-1, 1]; NaN where targets or predictions do not vary.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Pearson, "Notes on regression and inheritance in the case of two parents" (1895).

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.pearson_correlation([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]).round(4)
    array([1.], dtype=float32)
    """
    true, pred = _same("pearson_correlation", y_true, y_pred)
    dx, dy, x_variance, y_variance = _moments(true, pred, axis)
    with np.errstate(invalid="ignore"):
        return (dx * dy).mean(axis=axis) / (np.sqrt(x_variance) * np.sqrt(y_variance))


def concordance_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Any:
    """Lin's concordance correlation between targets and predictions, along an axis.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., values)
    axis : int, default -1
        Along which the values lie; 0 correlates over the samples of the batch.

    Returns
    -------
    array without that axis
        In [-1, 1]; 1 only for equal values, unlike Pearson's.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Lin, "A concordance correlation coefficient to evaluate reproducibility" (1989).

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.concordance_correlation([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]).round(4)
    array([0.2162], dtype=float32)
    """
    true, pred = _same("concordance_correlation", y_true, y_pred)
    dx, dy, x_variance, y_variance = _moments(true, pred, axis)
    apart = (true.mean(axis=axis) - pred.mean(axis=axis)) ** 2
    norm = x_variance + y_variance + apart + config.epsilon()
    return 2.0 * (dx * dy).mean(axis=axis) / norm


class _Along(Average):
    """Mean over samples of something computed along an axis."""

    def __init__(self, name: str | None, dtype: DType | None, axis: int):
        super().__init__(name, dtype)
        self.axis = axis

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per sample."""
        raise NotImplementedError

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
        self.add(self.values(y_true, y_pred), sample_weight)


@register("metric")
class CosineSimilarity(_Along):
    """Mean cosine of the angle between targets and predictions: 1 for the same direction.

    The loss of this name is minus it.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    axis : int, default -1
        Along which the vectors lie.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.CosineSimilarity()([[0.0, 1.0], [0.0, 1.0]], [[0.0, 2.0], [3.0, 0.0]])
    0.5
    """

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: DType | None = None,
        axis: int = -1,
    ):
        super().__init__(name, dtype, axis)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        return -losses.cosine_similarity(
            plain("y_true", y_true), plain("y_pred", y_pred), self.axis
        )


@register("metric")
class PearsonCorrelation(_Along):
    """Mean of Pearson's correlation between targets and predictions.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    axis : int, default -1
        Along which the values lie: by default, the correlation is taken within each sample. With 0
        it is taken over each batch, for every output, and depends on how the data is cut into
        batches.

    References
    ----------
    Pearson, "Notes on regression and inheritance in the case of two parents" (1895).

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.PearsonCorrelation()([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]), 4)
    1.0
    """

    def __init__(
        self,
        name: str | None = "pearson_correlation",
        dtype: DType | None = None,
        axis: int = -1,
    ):
        super().__init__(name, dtype, axis)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        return pearson_correlation(y_true, y_pred, self.axis)


@register("metric")
class ConcordanceCorrelation(_Along):
    """Mean of Lin's concordance correlation between targets and predictions.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    axis : int, default -1
        Along which the values lie, as in ``PearsonCorrelation``.

    References
    ----------
    Lin, "A concordance correlation coefficient to evaluate reproducibility" (1989).

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.ConcordanceCorrelation()([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]), 4)
    0.2162
    """

    def __init__(
        self,
        name: str | None = "concordance_correlation",
        dtype: DType | None = None,
        axis: int = -1,
    ):
        super().__init__(name, dtype, axis)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        return concordance_correlation(y_true, y_pred, self.axis)
