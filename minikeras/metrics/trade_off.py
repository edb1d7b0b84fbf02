"""The best of one rate that can be had at a given value of the other, over thresholds."""

from typing import ClassVar

import numpy as np

from minikeras._typing import Array, DType
from minikeras._validation import check_number, check_positive_int
from minikeras.metrics.confusion import Counting, ratio
from minikeras.registry import register

__all__ = [
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]


class _Best(Counting):
    """The largest value of one rate where another is at least what was asked for."""

    wanted: ClassVar[str]
    """Name of the argument, and of the rate that it bounds."""
    given: ClassVar[str]
    """Name of the rate that comes back."""

    def __init__(
        self,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: DType | None,
    ):
        self.num_thresholds = check_positive_int("num_thresholds", num_thresholds)
        setattr(self, self.wanted, check_number(self.wanted, value, 0, 1))
        levels = [0.5]
        if num_thresholds > 1:
            levels = [i / (num_thresholds - 1) for i in range(num_thresholds)]
        super().__init__(levels, class_id=class_id, name=name, dtype=dtype)

    def _rate(self, name: str) -> Array:
        right, others = {
            "precision": (self.true_positives, self.false_positives),
            "recall": (self.true_positives, self.false_negatives),
            "sensitivity": (self.true_positives, self.false_negatives),
            "specificity": (self.true_negatives, self.false_positives),
        }[name]
        return ratio(right, right + others)  # type: ignore[no-any-return]

    def result(self) -> float:
        """Return the rate, 0 when no threshold reaches the bound."""
        reached = self._rate(self.wanted) >= getattr(self, self.wanted)
        return float(np.where(reached, self._rate(self.given), 0.0).max())


@register("metric")
class SensitivityAtSpecificity(_Best):
    """Best sensitivity (share of positives found) at a specificity of at least that given.

    Parameters
    ----------
    specificity : float
        In [0, 1]: the share of negatives that are predicted as such.
    num_thresholds : int, default 200
        Evenly spaced thresholds to choose from; 1 means 0.5 alone.
    class_id : int, optional
        Look at this class alone.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If ``specificity`` lies outside [0, 1].

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    wanted, given = "specificity", "sensitivity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


@register("metric")
class SpecificityAtSensitivity(_Best):
    """Best specificity (share of negatives recognised) at a sensitivity of at least that given.

    Parameters
    ----------
    sensitivity : float
        In [0, 1]: the share of positives that are predicted as such.
    num_thresholds : int, default 200
        Evenly spaced thresholds to choose from; 1 means 0.5 alone.
    class_id : int, optional
        Look at this class alone.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If ``sensitivity`` lies outside [0, 1].

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]), 4)
    0.6667
    """

    wanted, given = "sensitivity", "specificity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


@register("metric")
class PrecisionAtRecall(_Best):
    """Best precision at a recall of at least that given.

    Parameters
    ----------
    recall : float
        In [0, 1]: the share of positives that are predicted as such.
    num_thresholds : int, default 200
        Evenly spaced thresholds to choose from; 1 means 0.5 alone.
    class_id : int, optional
        Look at this class alone.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If ``recall`` lies outside [0, 1].

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    wanted, given = "recall", "precision"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)


@register("metric")
class RecallAtPrecision(_Best):
    """Best recall at a precision of at least that given.

    Parameters
    ----------
    precision : float
        In [0, 1]: the share of what is predicted as positive that is.
    num_thresholds : int, default 200
        Evenly spaced thresholds to choose from; 1 means 0.5 alone.
    class_id : int, optional
        Look at this class alone.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If ``precision`` lies outside [0, 1].

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    0.5
    """

    wanted, given = "precision", "recall"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
