"""The area under the ROC or precision-recall curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType
from minikeras._validation import check_choice, check_number, check_positive_int
from minikeras.autodiff.tensor import bare
from minikeras.losses.shapes import fit_weights
from minikeras.metrics.base import Metric
from minikeras.metrics.confusion import count_positives, matched, ratio
from minikeras.registry import register

__all__ = ["AUC"]


@register("metric")
class AUC(Metric):
    """Area under the ROC or precision-recall curve, from counts at evenly spaced thresholds.

    The area under the ROC curve is the probability that a positive sample scores higher than a
    negative one.

    Parameters
    ----------
    num_thresholds : int, default 200
        At least 2; more are more exact.
    curve : {"ROC", "PR"}
        True-positive rate over false-positive rate, or precision over recall.
    summation_method : {"interpolation", "minoring", "majoring"}
        How the area between two thresholds is filled: a trapezoid for ROC and the interpolation of
        Davis and Goadrich for PR, or the lower or upper rectangle.
    name, dtype
        As in ``Metric``.
    thresholds : list of float, optional
        In [0, 1], to use instead of ``num_thresholds``; -epsilon and 1 + epsilon are added.
    multi_label : bool, default False
        Take the mean of one area for each column of the predictions, rather than one over all.
    num_labels : int, optional
        Number of columns, only with ``multi_label``.
    label_weights : list of float, optional
        Weight of each column.
    from_logits : bool, default False
        Whether predictions are logits rather than probabilities.

    Raises
    ------
    ValueError
        If an argument is out of range, or when predictions lie outside [0, 1].

    References
    ----------
    Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    0.75
    """

    state = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DType | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ):
        super().__init__(dtype, name)
        check_choice("curve", curve.upper(), ("ROC", "PR"))
        check_choice(
            "summation_method",
            summation_method.lower(),
            ("interpolation", "minoring", "majoring"),
        )
        if num_labels is not None and not multi_label:
            raise ValueError(
                f"AUC(num_labels={num_labels}) needs multi_label=True; leave num_labels out"
            )
        self.num_thresholds = num_thresholds
        self.curve = curve
        self.summation_method = summation_method
        self.thresholds = thresholds
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        if thresholds is None:
            if check_positive_int("num_thresholds", num_thresholds) < 2:
                raise ValueError(f"num_thresholds must be at least 2, got {num_thresholds}")
            inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
        else:
            inner = np.sort([check_number("thresholds", level, 0, 1) for level in thresholds])
        small = config.epsilon()
        self._levels = np.concatenate([[-small], inner, [1.0 + small]])
        columns = (num_labels,) if num_labels else ()
        self.true_positives, self.false_positives, self.true_negatives, self.false_negatives = (
            np.zeros((4, len(self._levels), *columns))
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true : array_like, shape (batch, ...)
            0 is negative, everything else positive.
        y_pred : array_like, shape (batch, ...)
        sample_weight : float, or array_like, shape (batch,) or (batch, ...), optional

        Raises
        ------
        ValueError
            If the shapes differ, or predictions are no probabilities.
        """
        positive, y_pred = matched("AUC", y_true, y_pred)
        if self.from_logits:
            y_pred = 0.5 * np.tanh(0.5 * y_pred) + 0.5
        if y_pred.size and not (y_pred.min() >= 0 and y_pred.max() <= 1):
            raise ValueError(
                f"AUC expected probabilities in [0, 1], got values from {y_pred.min()} to "
                f"{y_pred.max()}; for logits use AUC(from_logits=True)"
            )
        if y_pred.dtype.kind != "f":
            y_pred = y_pred.astype(np.float64)
        weights = np.ones(y_pred.shape)
        if sample_weight is not None:
            weights = fit_weights(self.name, bare(sample_weight), y_pred.shape, np.float64)
        if not self.multi_label:
            if self.label_weights is not None:
                weights = weights * np.asarray(self.label_weights, np.float64)
            columns = [(positive.reshape(-1), y_pred.reshape(-1), weights.reshape(-1))]
        else:
            if y_pred.ndim != 2 or self.num_labels not in (None, y_pred.shape[1]):
                wanted = "labels" if self.num_labels is None else self.num_labels
                raise ValueError(
                    f"AUC(multi_label=True) expected y_pred of shape (batch, {wanted}), "
                    f"got {y_pred.shape}"
                )
            columns = list(zip(positive.T, y_pred.T, weights.T, strict=True))
        counts = [self._counts(*column) for column in columns]
        gained = np.stack(counts, axis=-1) if self.multi_label else counts[0]
        self.true_positives = _grown(self.true_positives, gained[0])
        self.false_positives = _grown(self.false_positives, gained[1])
        self.true_negatives = _grown(self.true_negatives, gained[2])
        self.false_negatives = _grown(self.false_negatives, gained[3])

    def _counts(self, positive: Array, y_pred: Array, weights: Array) -> Array:
        right, wrong = count_positives(positive, y_pred, weights, self._levels)
        positives, total = weights[positive].sum(), weights.sum()
        return np.stack([right, wrong, total - positives - wrong, positives - right])

    def result(self) -> float:
        """Return the area, in [0, 1]; 0 when there were no samples."""
        tp, fp, fn = self.true_positives, self.false_positives, self.false_negatives
        recall = ratio(tp, tp + fn)
        method = self.summation_method.lower()
        if self.curve.upper() == "PR" and method == "interpolation":
            areas = self._interpolated()
        else:
            if self.curve.upper() == "ROC":
                x, y = ratio(fp, fp + self.true_negatives), recall
            else:
                x, y = recall, ratio(tp, tp + fp)
            if method == "interpolation":
                heights = (y[:-1] + y[1:]) / 2.0
            elif method == "minoring":
                heights = np.minimum(y[:-1], y[1:])
            else:
                heights = np.maximum(y[:-1], y[1:])
            areas = (x[:-1] - x[1:]) * heights
        area = areas.sum(axis=0)
        if not self.multi_label or area.ndim == 0:
            return float(area)
        if self.label_weights is None:
            return float(area.mean())
        weights = np.asarray(self.label_weights, np.float64)
        return float(ratio((area * weights).sum(), weights.sum()))

    def _interpolated(self) -> Array:
        """Areas between thresholds when true positives grow in proportion to all positives."""
        tp, fp, fn = self.true_positives, self.false_positives, self.false_negatives
        predicted = tp + fp
        gained = tp[:-1] - tp[1:]
        slope = ratio(gained, np.maximum(predicted[:-1] - predicted[1:], 0.0))
        intercept = tp[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        growth = np.where(both, ratio(predicted[:-1], predicted[1:]), 1.0)
        area = slope * (gained + intercept * np.log(growth))
        return ratio(area, np.maximum(tp[1:] + fn[1:], 0.0))  # type: ignore[no-any-return]


def _grown(counts: Array, gained: Array) -> Array:
    """Add; the number of labels may become known with the first batch."""
    return counts + gained if counts.shape == gained.shape else counts[:, None] + gained
