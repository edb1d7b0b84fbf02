"""Intersection over union: how well segmented areas lie on top of each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType
from minikeras._validation import check_number, check_positive_int
from minikeras.autodiff.tensor import bare
from minikeras.losses.shapes import check_same_shape, fit_weights, match_ranks
from minikeras.metrics.base import Metric, plain
from minikeras.registry import register

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


@register("metric")
class IoU(Metric):
    """Intersection over union of chosen classes: their mean, over all samples together.

    ``true positives / (true positives + false positives + false negatives)`` for each class, from a
    confusion matrix that grows with every batch. Classes that never occurred are left out.

    Parameters
    ----------
    num_classes : int
    target_class_ids : sequence of int
        The classes to average over.
    name, dtype
        As in ``Metric``.
    ignore_class : int, optional
        Targets with this label count for nothing; it may lie outside ``[0, num_classes)``.
    sparse_y_true, sparse_y_pred : bool, default True
        Whether they hold class indices; otherwise the largest along ``axis`` is taken.
    axis : int, default -1
        That of the classes, where there is one.

    Raises
    ------
    ValueError
        If a target class lies outside ``[0, num_classes)``; when updated, if a label does.

    References
    ----------
    Jaccard, "The distribution of the flora in the alpine zone" (1912).

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.IoU(2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    0.3333
    """

    state = ("total_cm",)

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(dtype, name)
        self.num_classes = check_positive_int("num_classes", num_classes)
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        low, high = min(self.target_class_ids, default=0), max(self.target_class_ids, default=0)
        if not self.target_class_ids or low < 0 or high >= num_classes:
            raise ValueError(
                f"target_class_ids expected classes in [0, {num_classes}), got "
                f"{self.target_class_ids}"
            )
        self.total_cm = np.zeros((num_classes, num_classes))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
            Class indices, or one number per class where they are not sparse.
        sample_weight : float, or array_like, shape (batch,) or that of the indices, optional

        Raises
        ------
        ValueError
            If the shapes differ, or labels are no class indices.
        """
        true, pred = plain("y_true", y_true), plain("y_pred", y_pred)
        true = true if self.sparse_y_true else self._largest("y_true", true)
        pred = pred if self.sparse_y_pred else self._largest("y_pred", pred)
        self._count(*match_ranks(true, pred), sample_weight)

    def _largest(self, what: str, scores: Array) -> Array:
        shape = scores.shape
        if not shape or shape[self.axis] != self.num_classes:
            raise ValueError(
                f"{type(self).__name__}(num_classes={self.num_classes}) expected {what} with "
                f"{self.num_classes} values along axis {self.axis}, got shape {shape}; set "
                "num_classes to the number of classes"
            )
        return scores.argmax(axis=self.axis)  # type: ignore[no-any-return]

    def _count(self, true: Array, pred: Array, sample_weight: Any) -> None:
        name = type(self).__name__
        check_same_shape(name, true, pred)
        shape = true.shape
        kept = np.ones(shape, bool) if self.ignore_class is None else true != self.ignore_class
        true, pred = self._indices("y_true", true[kept]), self._indices("y_pred", pred[kept])
        weights = None
        if sample_weight is not None:
            weights = fit_weights(self.name, bare(sample_weight), shape, np.float64)[kept]
        cells = np.bincount(true * self.num_classes + pred, weights, self.num_classes**2)
        self.total_cm = self.total_cm + cells.reshape(self.total_cm.shape)

    def _indices(self, what: str, labels: Array) -> Array:
        if not labels.size:
            return labels.astype(np.intp)
        low, high = labels.min(), labels.max()
        if not (low >= 0 and high < self.num_classes):
            remedy = (
                "leave out a label of targets with ignore_class"
                if what == "y_true"
                else "for one number per class set sparse_y_pred=False"
            )
            raise ValueError(
                f"{type(self).__name__}(num_classes={self.num_classes}) expected {what} in "
                f"[0, {self.num_classes}), got values from {low} to {high}; {remedy}"
            )
        indices = labels.astype(np.intp)
        if (indices != labels).any():
            raise ValueError(
                f"{type(self).__name__} expected class indices for {what}, got fractions; take the "
                "largest of each sample with np.argmax, or set a threshold with BinaryIoU"
            )
        return indices

    def result(self) -> float:
        """Return the mean over the target classes, 0 when none of them occurred."""
        hits = np.diag(self.total_cm)[self.target_class_ids]
        union = (self.total_cm.sum(axis=0) + self.total_cm.sum(axis=1))[self.target_class_ids]
        union = union - hits
        occurred = union > 1e-9
        scores = hits[occurred] / (union[occurred] + config.epsilon())
        return float(scores.sum() / (np.count_nonzero(occurred) + config.epsilon()))


@register("metric")
class BinaryIoU(IoU):
    """Intersection over union for yes-or-no predictions, cut at a threshold.

    Parameters
    ----------
    target_class_ids : sequence of int, default (0, 1)
        0 for the negative class, 1 for the positive.
    threshold : float, default 0.5
        Predictions of at least it mean 1.
    name, dtype
        As in ``Metric``.

    Raises
    ------
    ValueError
        If a target class is neither 0 nor 1.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metric = metrics.BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
    >>> round(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = check_number("threshold", threshold)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
            Targets of 0 and 1, and numbers that are cut at the threshold.
        sample_weight : float, or array_like, shape (batch,) or (batch, ...), optional

        Raises
        ------
        ValueError
            If the shapes differ, or a target is neither 0 nor 1.
        """
        true, pred = match_ranks(plain("y_true", y_true), plain("y_pred", y_pred))
        self._count(true, (pred >= self.threshold).astype(np.intp), sample_weight)


@register("metric")
class MeanIoU(IoU):
    """Mean over all classes of the intersection over union.

    Parameters
    ----------
    num_classes : int
    name, dtype
        As in ``Metric``.
    ignore_class, sparse_y_true, sparse_y_pred, axis
        As in ``IoU``.

    Raises
    ------
    ValueError
        When updated, if a label lies outside ``[0, num_classes)``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> round(metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(
            num_classes,
            range(check_positive_int("num_classes", num_classes)),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )


@register("metric")
class OneHotIoU(IoU):
    """Intersection over union of chosen classes, for one-hot targets.

    Parameters
    ----------
    num_classes, target_class_ids
        As in ``IoU``.
    name, dtype
        As in ``Metric``.
    ignore_class : int, optional
        As in ``IoU``.
    sparse_y_pred : bool, default False
        Whether predictions are class indices rather than one number per class.
    axis : int, default -1
        That of the classes.

    Raises
    ------
    ValueError
        If a target class lies outside ``[0, num_classes)``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> y_true = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    >>> y_pred = [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1], [0.1, 0.4, 0.5]]
    >>> round(metrics.OneHotIoU(3, target_class_ids=[0, 2])(y_true, y_pred), 4)
    0.1667
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


@register("metric")
class OneHotMeanIoU(MeanIoU):
    """Mean over all classes of the intersection over union, for one-hot targets.

    Parameters
    ----------
    num_classes : int
    name, dtype
        As in ``Metric``.
    ignore_class, sparse_y_pred, axis
        As in ``OneHotIoU``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> y_true = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    >>> y_pred = [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1], [0.1, 0.4, 0.5]]
    >>> round(metrics.OneHotMeanIoU(num_classes=3)(y_true, y_pred), 4)
    0.1111
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
