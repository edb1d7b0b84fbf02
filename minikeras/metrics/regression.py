"""Metrics for numbers: mean errors, and the share of variance explained."""

import math
import warnings
from typing import Any

import numpy as np

from minikeras import losses
from minikeras._typing import Array, DType
from minikeras._validation import check_choice, check_non_negative_int
from minikeras.autodiff.tensor import bare
from minikeras.losses.shapes import check_same_shape, fit_weights, match_ranks
from minikeras.metrics.base import Average, LossMetric, Metric, plain
from minikeras.registry import register

__all__ = [
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "R2Score",
    "RootMeanSquaredError",
]


@register("metric", "mse", "MSE")
class MeanSquaredError(LossMetric):
    """Mean of the squared errors.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]])
    0.5
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: DType | None = None):
        super().__init__(losses.MeanSquaredError(), name, dtype)


@register("metric", "mae", "MAE")
class MeanAbsoluteError(LossMetric):
    """Mean of the absolute errors.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.MeanAbsoluteError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [2.0, 0.0]])
    0.75
    """

    def __init__(self, name: str | None = "mean_absolute_error", dtype: DType | None = None):
        super().__init__(losses.MeanAbsoluteError(), name, dtype)


@register("metric", "mape", "MAPE")
class MeanAbsolutePercentageError(LossMetric):
    """Mean of the errors in percent of the targets.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 5.0]])
    37.5
    """

    def __init__(
        self, name: str | None = "mean_absolute_percentage_error", dtype: DType | None = None
    ):
        super().__init__(losses.MeanAbsolutePercentageError(), name, dtype)


@register("metric", "msle", "MSLE")
class MeanSquaredLogarithmicError(LossMetric):
    """Mean of the squared differences of ``log(1 + value)``.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.MeanSquaredLogarithmicError()([[0.0, 3.0]], [[1.0, 3.0]]), 4)
    0.2402
    """

    def __init__(
        self, name: str | None = "mean_squared_logarithmic_error", dtype: DType | None = None
    ):
        super().__init__(losses.MeanSquaredLogarithmicError(), name, dtype)


@register("metric")
class LogCoshError(LossMetric):
    """Mean of ``log(cosh(error))``.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.LogCoshError()([[0.0, 0.0]], [[1.0, 0.0]]), 4)
    0.2169
    """

    def __init__(self, name: str | None = "logcosh", dtype: DType | None = None):
        super().__init__(losses.LogCosh(), name, dtype)


def _same(name: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Return both as float64 in one shape."""
    true, pred = match_ranks(plain("y_true", y_true), plain("y_pred", y_pred))
    check_same_shape(name, true, pred)
    return true.astype(np.float64), pred.astype(np.float64)


@register("metric", "rmse", "RMSE")
class RootMeanSquaredError(Average):
    """Square root of the mean of the squared errors.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.RootMeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]])
    0.7071067811865476
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: DType | None = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
        sample_weight : array_like, shape (batch,), optional
        """
        y_true, y_pred = _same("RootMeanSquaredError", y_true, y_pred)
        self.add((y_pred - y_true) ** 2, sample_weight)

    def result(self) -> float:
        """Return the root of the mean."""
        return math.sqrt(super().result())


@register("metric")
class R2Score(Metric):
    """Share of the targets' variance that predictions explain: 1 at best, 0 for their mean.

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average", None}
        How the scores of several outputs become one; None gives an array.
    num_regressors : int, default 0
        Number of features; above 0 the adjusted score comes back, which punishes each of them.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If an argument is out of range, or inputs have more than two axes.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]), 6)
    0.571429
    """

    state = ("squared_sum", "sum", "total_mse", "count", "num_samples")

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: DType | None = None,
    ):
        super().__init__(dtype, name)
        self.class_aggregation = check_choice(
            "class_aggregation",
            class_aggregation,
            ("uniform_average", "variance_weighted_average", None),
        )
        self.num_regressors = check_non_negative_int("num_regressors", num_regressors)
        self.squared_sum: Any = 0.0
        self.sum: Any = 0.0
        self.total_mse: Any = 0.0
        self.count: Any = 0.0
        self.num_samples = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch,) or (batch, outputs)
        sample_weight : array_like, shape (batch,), optional
        """
        y_true, y_pred = _same("R2Score", y_true, y_pred)
        if y_true.ndim == 1:
            y_true, y_pred = y_true[:, None], y_pred[:, None]
        if y_true.ndim != 2:
            raise ValueError(
                f"R2Score expected shape (batch, outputs), got {y_true.shape}; reshape both, or "
                "take a mean first"
            )
        if sample_weight is None:
            weights = np.ones_like(y_true)
        else:
            weights = fit_weights(self.name, bare(sample_weight), y_true.shape, np.float64)
        weighted = y_true * weights
        self.sum = self.sum + weighted.sum(axis=0)
        self.squared_sum = self.squared_sum + (y_true * weighted).sum(axis=0)
        self.total_mse = self.total_mse + ((y_true - y_pred) ** 2 * weights).sum(axis=0)
        self.count = self.count + weights.sum(axis=0)
        self.num_samples += y_true.size

    def result(self) -> float | Array:
        """Return the score, 0 when there were no samples; an array if nothing is aggregated."""
        if not self.num_samples:
            return 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            total = self.squared_sum - self.sum * (self.sum / self.count)
            scores = 1.0 - self.total_mse / total
        scores = np.where(np.isinf(scores), 0.0, scores)  # targets that do not vary
        if self.class_aggregation is None:
            return self._adjusted(scores)  # type: ignore[no-any-return]
        if self.class_aggregation == "uniform_average":
            score = scores.mean()
        else:
            score = (total * scores).sum() / total.sum()
        return float(self._adjusted(score))

    def _adjusted(self, score: Any) -> Any:
        if self.num_regressors == 0:
            return score
        free = self.num_samples - self.num_regressors - 1.0
        if free <= 0:
            warnings.warn(
                f"R2Score(num_regressors={self.num_regressors}) needs more samples than regressors "
                f"plus one, got {self.num_samples:.0f}; the plain score is given instead",
                stacklevel=3,
            )
            return score
        return 1.0 - (1.0 - score) * (self.num_samples - 1.0) / free
