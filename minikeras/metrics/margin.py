"""Metrics of margins: the hinge losses as means over batches."""

from minikeras import losses
from minikeras._typing import DType
from minikeras.metrics.base import LossMetric
from minikeras.registry import register

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge"]


@register("metric")
class Hinge(LossMetric):
    """Mean distance from the right side of a margin, ``max(1 - y_true * y_pred, 0)``.

    Targets are -1 and 1; 0 and 1 are taken as -1 and 1.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.Hinge()([[1.0], [-1.0]], [[0.5], [2.0]])
    1.75
    """

    def __init__(self, name: str | None = "hinge", dtype: DType | None = None):
        super().__init__(losses.Hinge(), name, dtype)


@register("metric")
class SquaredHinge(LossMetric):
    """Mean squared distance from the right side of a margin.

    Targets are -1 and 1; 0 and 1 are taken as -1 and 1.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.SquaredHinge()([[1.0], [-1.0]], [[0.5], [2.0]])
    4.625
    """

    def __init__(self, name: str | None = "squared_hinge", dtype: DType | None = None):
        super().__init__(losses.SquaredHinge(), name, dtype)


@register("metric")
class CategoricalHinge(LossMetric):
    """Mean of how far the score of the right class is from beating all others by 1.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]])
    0.5
    """

    def __init__(self, name: str | None = "categorical_hinge", dtype: DType | None = None):
        super().__init__(losses.CategoricalHinge(), name, dtype)
