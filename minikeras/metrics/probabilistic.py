"""Metrics for predicted probabilities: cross-entropies, KL divergence, Poisson."""

from typing import Any

import numpy as np

from minikeras import losses
from minikeras._typing import DType
from minikeras.autodiff.tensor import bare
from minikeras.losses.shapes import fit_weights
from minikeras.metrics.base import LossMetric, plain
from minikeras.registry import register

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "KLDivergence",
    "Poisson",
    "SparseCategoricalCrossentropy",
]


@register("metric", "bce", "BCE")
class BinaryCrossentropy(LossMetric):
    """Mean cross-entropy between targets of 0 and 1 and probabilities of a 1, in nats.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    from_logits : bool, default False
        Whether predictions are logits rather than probabilities.
    label_smoothing : float, default 0
        In [0, 1]: how far targets move towards 0.5.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.2]]), 4)
    0.4581
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: DType | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ):
        super().__init__(losses.BinaryCrossentropy(from_logits, label_smoothing), name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


@register("metric")
class CategoricalCrossentropy(LossMetric):
    """Mean cross-entropy between one-hot targets and predicted distributions, in nats.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    from_logits : bool, default False
        Whether predictions are logits rather than probabilities.
    label_smoothing : float, default 0
        In [0, 1]: how far targets move towards an even distribution.
    axis : int, default -1
        That of the classes.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.CategoricalCrossentropy()([[0.0, 1.0, 0.0]], [[0.3, 0.5, 0.2]]), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: DType | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ):
        super().__init__(
            losses.CategoricalCrossentropy(from_logits, label_smoothing, axis), name, dtype
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@register("metric")
class KLDivergence(LossMetric):
    """Mean Kullback-Leibler divergence of predicted distributions from the targets, in nats.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
    0.1438
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: DType | None = None):
        super().__init__(losses.KLDivergence(), name, dtype)


@register("metric")
class Poisson(LossMetric):
    """Mean negative log-likelihood of counts under predicted rates, up to a constant.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.Poisson()([[2.0, 0.0]], [[1.0, 3.0]]), 4)
    2.0
    """

    def __init__(self, name: str | None = "poisson", dtype: DType | None = None):
        super().__init__(losses.Poisson(), name, dtype)


@register("metric")
class SparseCategoricalCrossentropy(LossMetric):
    """Mean cross-entropy between class indices and predicted distributions, in nats.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.
    from_logits : bool, default False
        Whether predictions are logits rather than probabilities.
    ignore_class : int or None, default None
        Samples with this label have a loss of 0. As in Keras they are left out of a weighted mean,
        but count in one without weights; for a mean over the others use the loss of this name.
    axis : int, default -1
        That of the classes.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.SparseCategoricalCrossentropy()([1], [[0.3, 0.5, 0.2]]), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DType | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ):
        super().__init__(
            losses.SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis), name, dtype
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true : array_like of int, shape (batch, ...) or (batch, ..., 1)
        y_pred : array_like, shape (batch, ..., classes)
        sample_weight : array_like, shape (batch,) or that of the labels, optional
        """
        if self.ignore_class is not None and sample_weight is not None:
            pair = self.loss.match(plain("y_true", y_true), plain("y_pred", y_pred))
            kept = pair[0] != self.ignore_class
            given = fit_weights(self.name, bare(sample_weight), kept.shape, np.float64)
            sample_weight = given * kept
        super().update_state(y_true, y_pred, sample_weight)
