"""Cross-entropy between targets and predicted probabilities or logits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_number
from minikeras.autodiff.tensor import bare
from minikeras.losses.base import MEANS, PrimitiveLoss
from minikeras.losses.shapes import check_labels
from minikeras.losses.targets import ClassTargets, YesNoTargets, axis_last
from minikeras.ops import loss as ops
from minikeras.registry import register

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Cross-entropy between probabilities of a yes, mean of each sample.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., labels)
    from_logits, label_smoothing, axis
        As in ``BinaryCrossentropy``.

    Returns
    -------
    array, shape (batch, ...)
        In nats.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.binary_crossentropy([[1.0], [0.0]], [[0.5], [0.2]]).round(4)
    array([0.6931, 0.2231], dtype=float32)
    """
    return BinaryCrossentropy(from_logits, label_smoothing, axis).per_sample(y_true, y_pred)


@register("loss", "bce", "BCE")
class BinaryCrossentropy(YesNoTargets, PrimitiveLoss):
    """Cross-entropy for yes-or-no targets, one or several per sample.

    ``-mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))`` for each sample, in nats.
    Probabilities are clipped to ``[epsilon, 1 - epsilon]`` (epsilon is 1e-7 by default), so the
    loss stays below 16.2 and the gradient is 0 where it was clipped; logits need no clipping. The
    loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``y_pred`` holds logits, numbers before the sigmoid, rather than probabilities.
    label_smoothing : float, default 0.0
        In [0, 1]. Targets move this part of the way to 0.5.
    axis : int, default -1
        Over which the mean of a sample is taken.
    reduction, name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        If ``label_smoothing`` lies outside [0, 1].

    Warns
    -----
    UserWarning
        Once, when targets lie outside [0, 1].

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90.

    Examples
    --------
    >>> from minikeras import losses
    >>> round(float(losses.BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.2]])), 4)
    0.4581
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = check_number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis

    def _op(self) -> Callable[..., Any]:
        return ops.binary_crossentropy_from_logits if self.from_logits else ops.binary_crossentropy


def categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Cross-entropy between one-hot targets, or any distributions, and predictions.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., classes)
    from_logits, label_smoothing, axis
        As in ``CategoricalCrossentropy``.

    Returns
    -------
    array, shape (batch, ...)
        In nats.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.categorical_crossentropy([[0.0, 1.0, 0.0]], [[0.3, 0.5, 0.2]]).round(4)
    array([0.6931], dtype=float32)
    """
    return CategoricalCrossentropy(from_logits, label_smoothing, axis).per_sample(y_true, y_pred)


@register("loss")
class CategoricalCrossentropy(ClassTargets, PrimitiveLoss):
    """Cross-entropy for one-hot targets, or any distributions over classes.

    ``-sum(y_true * log(y_pred))`` for each sample, in nats. Probabilities are divided by their sum
    and clipped to ``[epsilon, 1 - epsilon]`` (epsilon is 1e-7 by default), so the loss stays below
    16.2 and the gradient is 0 where it was clipped; logits need no clipping. The loss of a batch is
    the weighted mean over samples, see ``Loss``.

    Some textbooks add 1e-7 inside the logarithm instead of clipping, which differs in the seventh
    digit: 0.51082546 against 0.51082562 for a probability of 0.6. A function does that too, as in
    the example below: any callable is a loss.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``y_pred`` holds logits, numbers before the softmax, rather than probabilities.
    label_smoothing : float, default 0.0
        In [0, 1]. This part of each target is spread evenly over all classes.
    axis : int, default -1
        That of the classes.
    reduction, name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        If ``label_smoothing`` lies outside [0, 1].

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import losses
    >>> y = np.array([[0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]])
    >>> t = np.eye(10)[[2]]
    >>> f"{losses.CategoricalCrossentropy()(t, y):.8f}"
    '0.51082562'
    >>> textbook = losses.get(lambda t, y: -np.sum(t * np.log(y + 1e-7), axis=-1))
    >>> f"{textbook(t, y):.8f}"
    '0.51082546'
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = check_number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis

    def _op(self) -> Callable[..., Any]:
        if self.from_logits:
            return ops.categorical_crossentropy_from_logits
        return ops.categorical_crossentropy


def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """Cross-entropy between class indices and predictions.

    Parameters
    ----------
    y_true : array_like of int, shape (batch, ...) or (batch, ..., 1)
    y_pred : array_like, shape (batch, ..., classes)
    from_logits, ignore_class, axis
        As in ``SparseCategoricalCrossentropy``.

    Returns
    -------
    array, shape (batch, ...)
        In nats; 0 where the label is ``ignore_class``.

    Raises
    ------
    ValueError
        If the labels are no class indices for ``y_pred``.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.sparse_categorical_crossentropy([1], [[0.3, 0.5, 0.2]]).round(4)
    array([0.6931], dtype=float32)
    """
    loss = SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis)
    return loss.per_sample(y_true, y_pred)


@register("loss")
class SparseCategoricalCrossentropy(PrimitiveLoss):
    """Cross-entropy for targets that are class indices.

    ``-log(y_pred[label])`` for each sample, in nats. Probabilities are divided by their sum and
    clipped to ``[epsilon, 1 - epsilon]`` (epsilon is 1e-7 by default), so the loss stays below 16.2
    and the gradient is 0 where it was clipped; logits need no clipping. The loss of a batch is the
    weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``y_pred`` holds logits, numbers before the softmax, rather than probabilities.
    ignore_class : int or None, default None
        Samples with this label count for nothing, neither in the sum nor in the number of samples.
    reduction : str or None
        As in ``Loss``.
    axis : int, default -1
        That of the classes.
    name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        When called: if labels are one-hot, no whole numbers, or outside ``[0, classes)``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import losses
    >>> y_pred = np.array([[0.3, 0.5, 0.2], [0.9, 0.1, 0.0]])
    >>> round(float(losses.SparseCategoricalCrossentropy()([1, 0], y_pred)), 4)
    0.3993
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def _op(self) -> Callable[..., Any]:
        return ops.sparse_crossentropy_from_logits if self.from_logits else ops.sparse_crossentropy

    def check(self, y_true: Array, y_pred: Array) -> None:
        shape = list(y_pred.shape)
        shape.append(shape.pop(self.axis))
        check_labels(
            "SparseCategoricalCrossentropy",
            y_true,
            tuple(shape),
            "categorical_crossentropy",
            self.ignore_class,
        )

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        shape = y_true.shape
        if len(shape) == len(y_pred.shape) and shape[self.axis] == 1:
            y_true = np.squeeze(y_true, self.axis)
        return y_true, y_pred

    def mean(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        logits = getattr(y_pred, "logits", None)
        if logits is None or self.from_logits or self.ignore_class is not None or self.dtype:
            return super().mean(y_true, y_pred, sample_weight)
        p = y_pred.value  # after a softmax: same value and gradient, by a shorter way
        if type(p) is not np.ndarray or p.ndim != 2 or self.axis not in (-1, 1):
            return super().mean(y_true, y_pred, sample_weight)
        weights = None
        if sample_weight is not None or self.reduction not in MEANS:
            weights = self._weights(p.shape[:1], p.dtype, sample_weight)
        return ops.sparse_crossentropy_of_softmax(y_true, logits, p, weights)

    def mask(self, y_true: Any, y_pred: Any) -> Array | None:
        if self.ignore_class is None:
            return None
        labels = bare(self.match(y_true, y_pred)[0])
        return labels != self.ignore_class  # type: ignore[no-any-return]

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        mask = self.mask(y_true, y_pred)
        y_true, y_pred = super().prepare(y_true, y_pred)
        y_pred = axis_last(y_pred, self.axis)
        if mask is not None:  # whatever was predicted there, NaN even, has no part in the loss
            y_true = np.where(mask, bare(y_true), 0)
            y_pred = np.where(mask[..., None], y_pred, 1.0)
        return y_true, y_pred

    def per_sample(self, y_true: ArrayLike, y_pred: ArrayLike) -> Any:
        true, pred = self._checked(y_true, y_pred)
        losses, mask = self._losses(*self.prepare(true, pred)), self.mask(true, pred)
        return losses if mask is None else losses * mask
