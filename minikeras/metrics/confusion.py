"""Counts of hits and misses above a threshold: precision, recall, and what they are made of."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras._typing import Array, DType
from minikeras._validation import check_non_negative_int, check_number, check_positive_int
from minikeras.autodiff.tensor import bare
from minikeras.losses.shapes import check_same_shape, fit_weights, match_ranks
from minikeras.metrics.base import Metric, plain
from minikeras.registry import register

__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
]

Thresholds = float | Sequence[float] | None


def ratio(a: Any, b: Any) -> Any:
    """Return ``a / b``, and 0 where ``b`` is 0."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b != 0)


def matched(name: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Return which targets are positive, and the predictions, in one shape."""
    true, pred = match_ranks(plain("y_true", y_true), plain("y_pred", y_pred))
    check_same_shape(name, true, pred)
    return true != 0, pred


def count_positives(
    positive: Array, y_pred: Array, weights: Array | None, levels: Array
) -> tuple[Array, Array]:
    """Count what is predicted above each threshold.

    Parameters
    ----------
    positive : bool array, shape (n,)
        Targets.
    y_pred : array, shape (n,)
    weights : array, shape (n,), or None
    levels : array, shape (thresholds,)
        Thresholds, in rising order.

    Returns
    -------
    tuple of arrays, shape (thresholds,)
        True positives and false positives.
    """
    if len(levels) == 1:
        above = y_pred > levels[0]
        right = above & positive
        if weights is None:
            hits = np.count_nonzero(right)
            return np.array([hits]), np.array([np.count_nonzero(above) - hits])
        hits = weights[right].sum()
        return np.array([hits]), np.array([weights[above].sum() - hits])
    # A prediction counts at every threshold below it: find how many those are, then add up.
    below = np.searchsorted(levels.astype(y_pred.dtype), y_pred, side="left")
    below[np.isnan(y_pred)] = 0
    size = len(levels) + 1

    def above_each(chosen: Array) -> Array:
        picked = None if weights is None else weights[chosen]
        buckets = np.bincount(below[chosen], picked, minlength=size)
        return buckets[::-1].cumsum()[::-1][1:]

    return above_each(positive), above_each(~positive)


class Counting(Metric):
    """Keeps the four counts for each threshold; a subclass says what to make of them."""

    state = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(dtype, name)
        self.thresholds = thresholds
        self.top_k = None if top_k is None else check_positive_int("top_k", top_k)
        self.class_id = None if class_id is None else check_non_negative_int("class_id", class_id)
        if thresholds is None:
            levels = [0.5 if top_k is None else -np.inf]
        else:
            given: Any = thresholds if isinstance(thresholds, list | tuple) else [thresholds]
            levels = [float(check_number("thresholds", level, 0, 1)) for level in given]
        self._single = len(levels) == 1
        self._order = np.argsort(levels)
        self._levels = np.array(levels)[self._order]
        zeros = np.zeros(len(levels))
        self.true_positives, self.false_positives = zeros, zeros.copy()
        self.true_negatives, self.false_negatives = zeros.copy(), zeros.copy()

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
            If the shapes differ.
        """
        positive, y_pred = matched(type(self).__name__, y_true, y_pred)
        weights = None
        if sample_weight is not None:
            weights = fit_weights(self.name, bare(sample_weight), y_pred.shape, np.float64)
        if self.top_k is not None:
            y_pred = _keep_top(y_pred, self.top_k)
        if self.class_id is not None:
            if y_pred.ndim < 2 or self.class_id >= y_pred.shape[-1]:
                raise ValueError(
                    f"{type(self).__name__}(class_id={self.class_id}) expected y_pred of shape "
                    f"(batch, classes) with more classes than that, got {y_pred.shape}"
                )
            positive, y_pred = positive[..., self.class_id], y_pred[..., self.class_id]
            weights = None if weights is None else weights[..., self.class_id]
        positive, y_pred = positive.reshape(-1), y_pred.reshape(-1)
        if weights is None:
            total, positives = float(len(positive)), float(np.count_nonzero(positive))
        else:
            weights = weights.reshape(-1)
            total, positives = float(weights.sum()), float(weights[positive].sum())
        right, wrong = count_positives(positive, y_pred, weights, self._levels)
        self.true_positives += right
        self.false_positives += wrong
        self.false_negatives += positives - right
        self.true_negatives += total - positives - wrong

    def _given(self, values: Any) -> float | Array:
        """Return one number, or one per threshold in the order in which they were given."""
        if self._single:
            return float(values[0])
        back = np.empty_like(values)
        back[self._order] = values
        return back  # type: ignore[no-any-return]


def _keep_top(y_pred: Array, k: int) -> Array:
    """Return predictions with all but the ``k`` largest of each row out of the race."""
    best = np.argsort(-y_pred, axis=-1, kind="stable")[..., :k]
    kept = np.full(y_pred.shape, -np.inf)
    np.put_along_axis(kept, best, np.take_along_axis(y_pred, best, axis=-1), axis=-1)
    return kept


@register("metric")
class TruePositives(Counting):
    """Weighted number of positives that were predicted as such.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        In [0, 1]: predictions above it count as positive. A list gives an array of results.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.TruePositives()([0, 1, 1, 1], [0.9, 0.8, 0.2, 0.7])
    2.0
    """

    def __init__(
        self, thresholds: Thresholds = None, name: str | None = None, dtype: DType | None = None
    ):
        super().__init__(thresholds, name=name, dtype=dtype)

    def result(self) -> float | Array:
        """Return the count, one per threshold."""
        return self._given(self.true_positives)


@register("metric")
class FalsePositives(Counting):
    """Weighted number of negatives that were predicted as positive.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        In [0, 1]: predictions above it count as positive. A list gives an array of results.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.FalsePositives()([0, 1, 0, 1], [0.9, 0.8, 0.2, 0.7])
    1.0
    """

    def __init__(
        self, thresholds: Thresholds = None, name: str | None = None, dtype: DType | None = None
    ):
        super().__init__(thresholds, name=name, dtype=dtype)

    def result(self) -> float | Array:
        """Return the count, one per threshold."""
        return self._given(self.false_positives)


@register("metric")
class TrueNegatives(Counting):
    """Weighted number of negatives that were predicted as such.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        In [0, 1]: predictions above it count as positive. A list gives an array of results.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.TrueNegatives()([0, 1, 0, 1], [0.9, 0.8, 0.2, 0.7])
    1.0
    """

    def __init__(
        self, thresholds: Thresholds = None, name: str | None = None, dtype: DType | None = None
    ):
        super().__init__(thresholds, name=name, dtype=dtype)

    def result(self) -> float | Array:
        """Return the count, one per threshold."""
        return self._given(self.true_negatives)


@register("metric")
class FalseNegatives(Counting):
    """Weighted number of positives that were predicted as negative.

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
        In [0, 1]: predictions above it count as positive. A list gives an array of results.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.FalseNegatives()([0, 1, 1, 1], [0.9, 0.8, 0.2, 0.7])
    1.0
    """

    def __init__(
        self, thresholds: Thresholds = None, name: str | None = None, dtype: DType | None = None
    ):
        super().__init__(thresholds, name=name, dtype=dtype)

    def result(self) -> float | Array:
        """Return the count, one per threshold."""
        return self._given(self.false_negatives)


@register("metric")
class Precision(Counting):
    """Of what was predicted as positive, the share that is.

    Parameters
    ----------
    thresholds : float or list of float, optional
        In [0, 1]: predictions above it count as positive; default 0.5, or none with ``top_k``. A
        list gives an array of results.
    top_k : int, optional
        Only the largest ``k`` predictions of each sample can count as positive.
    class_id : int, optional
        Look at this class alone.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.Precision()([0, 1, 1, 1], [0.9, 0.8, 0.2, 0.7])
    0.6666666666666666
    """

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self) -> float | Array:
        """Return the precision, one per threshold; 0 when nothing was predicted as positive."""
        return self._given(ratio(self.true_positives, self.true_positives + self.false_positives))


@register("metric")
class Recall(Counting):
    """Of what is positive, the share that was predicted as such.

    Parameters
    ----------
    thresholds : float or list of float, optional
        In [0, 1]: predictions above it count as positive; default 0.5, or none with ``top_k``. A
        list gives an array of results.
    top_k : int, optional
        Only the largest ``k`` predictions of each sample can count as positive.
    class_id : int, optional
        Look at this class alone.
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.Recall()([0, 1, 1, 1], [0.9, 0.8, 0.2, 0.7])
    0.6666666666666666
    """

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self) -> float | Array:
        """Return the recall, one per threshold; 0 when there was nothing to find."""
        return self._given(ratio(self.true_positives, self.true_positives + self.false_negatives))
