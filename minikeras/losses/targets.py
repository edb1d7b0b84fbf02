"""What losses for the same kind of targets share: how these are checked, smoothed and laid out."""

import warnings
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.tensor import bare
from minikeras.losses.base import Loss
from minikeras.losses.shapes import check_one_hot, check_same_shape
from minikeras.ops.loss import like

__all__ = ["ClassTargets", "YesNoTargets", "axis_last"]


def axis_last(x: Any, axis: int) -> Any:
    """Return ``x`` with an axis moved to the end."""
    return x if axis == -1 or axis == len(x.shape) - 1 else np.moveaxis(x, axis, -1)


class YesNoTargets(Loss):
    """Targets in [0, 1] for each predicted number; a subclass adds the formula."""

    label_smoothing: float
    axis: int
    _warned = False

    def check(self, y_true: Array, y_pred: Array) -> None:
        check_same_shape(type(self).__name__, y_true, y_pred)
        values = np.asarray(bare(y_true))
        if self._warned or not values.size:
            return
        low, high = values.min(), values.max()
        if low < 0 or high > 1:
            self._warned = True
            remedy = (
                "for targets of -1 and 1 use 'hinge', or (y_true + 1) / 2"
                if low == -1 and high == 1
                else "for a regression use 'mean_squared_error'"
            )
            warnings.warn(
                f"{type(self).__name__} expected targets in [0, 1], got values from {low} to "
                f"{high}; the loss means nothing then; {remedy}",
                stacklevel=4,
            )

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        y_true, y_pred = super().prepare(y_true, y_pred)
        if self.label_smoothing:
            smoothing = self.label_smoothing
            y_true = like(y_true, y_pred) * (1.0 - smoothing) + 0.5 * smoothing
        return axis_last(y_true, self.axis), axis_last(y_pred, self.axis)


class ClassTargets(Loss):
    """One-hot targets, or any distributions over classes; a subclass adds the formula."""

    label_smoothing: float
    axis: int

    def check(self, y_true: Array, y_pred: Array) -> None:
        name = type(self).__name__
        check_one_hot(name, y_true, y_pred, "sparse_categorical_crossentropy", self.axis)

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return y_true, y_pred  # classes are never left out

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        y_true, y_pred = super().prepare(y_true, y_pred)
        y_true, y_pred = axis_last(y_true, self.axis), axis_last(y_pred, self.axis)
        if self.label_smoothing:
            smoothing = self.label_smoothing
            y_true = like(y_true, y_pred) * (1.0 - smoothing) + smoothing / y_pred.shape[-1]
        return y_true, y_pred
