"""Cross-entropies that look away from what is easy: focal losses, and one for noisy labels."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_number
from minikeras.losses.base import Loss
from minikeras.losses.shapes import check_labels
from minikeras.losses.targets import ClassTargets, YesNoTargets
from minikeras.ops.activation import sigmoid
from minikeras.ops.loss import like
from minikeras.ops.softmax import softmax
from minikeras.registry import register

__all__ = [
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
]


def _inside(p: Any) -> Any:
    """Return probabilities clipped to ``[epsilon, 1 - epsilon]``."""
    limits, small = np.finfo(p.dtype), config.epsilon()
    # float16 rounds 1 - 1e-7 up to 1, and 1 / 1e-7 up to infinity
    low, below_one = max(small, float(limits.tiny)), 1.0 - max(small, float(limits.epsneg))
    return np.clip(p, low, below_one)


def binary_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Focal cross-entropy between probabilities of a yes, mean of each sample.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., labels)
    apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis
        As in ``BinaryFocalCrossentropy``.

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
    >>> losses.binary_focal_crossentropy([[1.0], [0.0]], [[0.5], [0.2]]).round(4)
    array([0.1733, 0.0089], dtype=float32)
    """
    loss = BinaryFocalCrossentropy(
        apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis
    )
    return loss.per_sample(y_true, y_pred)


@register("loss")
class BinaryFocalCrossentropy(YesNoTargets):
    """Binary cross-entropy in which samples count less the better they are predicted.

    The cross-entropy of each number is multiplied by ``(1 - p)**gamma``, where ``p`` is the
    probability given to the right answer; the mean is taken for each sample. It is for data in
    which one of the answers is rare. The loss of a batch is the weighted mean over samples, see
    ``Loss``.

    Parameters
    ----------
    apply_class_balancing : bool, default False
        Whether a yes counts ``alpha`` times and a no ``1 - alpha`` times.
    alpha : float, default 0.25
    gamma : float, default 2.0
        At least 0; 0 leaves the binary cross-entropy.
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
        If ``alpha`` or ``label_smoothing`` lies outside [0, 1], or ``gamma`` is negative.

    References
    ----------
    Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017.

    Examples
    --------
    >>> from minikeras import losses
    >>> loss = losses.BinaryFocalCrossentropy(gamma=2.0)
    >>> round(float(loss([[1.0], [0.0]], [[0.5], [0.2]])), 4)
    0.0911
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = check_number("alpha", alpha, 0, 1)
        self.gamma = check_number("gamma", gamma, 0)
        self.from_logits = from_logits
        self.label_smoothing = check_number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = like(y_true, y_pred)
        p = sigmoid(y_pred) if self.from_logits else y_pred
        kept = _inside(p)
        losses = -(y_true * np.log(kept) + (1.0 - y_true) * np.log(1.0 - kept))
        wrong = 1.0 - (y_true * p + (1.0 - y_true) * (1.0 - p))
        losses = np.power(wrong, self.gamma) * losses
        if self.apply_class_balancing:
            losses = (y_true * self.alpha + (1.0 - y_true) * (1.0 - self.alpha)) * losses
        return np.mean(losses, axis=-1)


def categorical_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Focal cross-entropy between one-hot targets, or any distributions, and predictions.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ..., classes)
    alpha, gamma, from_logits, label_smoothing, axis
        As in ``CategoricalFocalCrossentropy``.

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
    >>> losses.categorical_focal_crossentropy([[0.0, 1.0, 0.0]], [[0.3, 0.5, 0.2]]).round(4)
    array([0.0433], dtype=float32)
    """
    loss = CategoricalFocalCrossentropy(alpha, gamma, from_logits, label_smoothing, axis)
    return loss.per_sample(y_true, y_pred)


@register("loss")
class CategoricalFocalCrossentropy(ClassTargets):
    """Categorical cross-entropy in which samples count less the better they are predicted.

    ``-sum(alpha * (1 - y_pred)**gamma * y_true * log(y_pred))`` for each sample. Probabilities are
    divided by their sum and clipped to ``[epsilon, 1 - epsilon]``. The loss of a batch is the
    weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    alpha : float or sequence of float, default 0.25
        Weight of the loss, or of each class.
    gamma : float, default 2.0
        At least 0; 0 leaves the cross-entropy times ``alpha``.
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
        If ``label_smoothing`` lies outside [0, 1] or ``gamma`` is negative; when called, if
        ``alpha`` is neither one number nor one per class.

    References
    ----------
    Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017.

    Examples
    --------
    >>> from minikeras import losses
    >>> loss = losses.CategoricalFocalCrossentropy()
    >>> round(float(loss([[0.0, 1.0, 0.0]], [[0.3, 0.5, 0.2]])), 4)
    0.0433
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.gamma = check_number("gamma", gamma, 0)
        self.from_logits = from_logits
        self.label_smoothing = check_number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis

    def check(self, y_true: Array, y_pred: Array) -> None:
        super().check(y_true, y_pred)
        shape, classes = np.shape(self.alpha), y_pred.shape[self.axis]
        if shape not in ((), (classes,)):
            raise ValueError(
                "CategoricalFocalCrossentropy expected alpha to be one number, or one for each of "
                f"{classes} classes, got shape {shape}"
            )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        p = softmax(y_pred) if self.from_logits else y_pred
        kept = _inside(p / np.sum(p, axis=-1, keepdims=True))
        alpha = self.alpha if np.ndim(self.alpha) == 0 else np.asarray(self.alpha, y_pred.dtype)
        weights = np.power(1.0 - kept, self.gamma) * alpha
        return -np.sum(weights * like(y_true, y_pred) * np.log(kept), axis=-1)


def categorical_generalized_cross_entropy(y_true: ArrayLike, y_pred: ArrayLike, q: float) -> Any:
    """Generalized cross-entropy between class indices and predictions.

    Parameters
    ----------
    y_true : array_like of int, shape (batch, ...) or (batch, ..., 1)
    y_pred : array_like, shape (batch, ..., classes)
    q : float
        In (0, 1), as in ``CategoricalGeneralizedCrossEntropy``.

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the labels are no class indices for ``y_pred``.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.categorical_generalized_cross_entropy([1], [[0.3, 0.25, 0.45]], q=0.5)
    array([1.], dtype=float32)
    """
    return CategoricalGeneralizedCrossEntropy(q).per_sample(y_true, y_pred)


@register("loss")
class CategoricalGeneralizedCrossEntropy(Loss):
    """Loss that wrong labels mislead less, ``(1 - y_pred[label]**q) / q`` for each sample.

    ``q`` leads from the cross-entropy (towards 0) to the mean absolute error (towards 1). The loss
    of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    q : float, default 0.5
        In (0, 1).
    reduction, name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        If ``q`` lies outside (0, 1); when called, if labels are one-hot, no whole numbers, or
        outside ``[0, classes)``.

    References
    ----------
    Zhang, Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy
    labels", NeurIPS 2018.

    Examples
    --------
    >>> from minikeras import losses
    >>> loss = losses.CategoricalGeneralizedCrossEntropy()
    >>> float(loss([1, 0], [[0.3, 0.25, 0.45], [0.25, 0.5, 0.25]]))
    1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.q = check_number("q", q, 0, 1, open_minimum=True, open_maximum=True)

    def check(self, y_true: Array, y_pred: Array) -> None:
        name = "CategoricalGeneralizedCrossEntropy"
        check_labels(name, y_true, y_pred.shape, "categorical_crossentropy")

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
            y_true = np.squeeze(y_true, -1)
        return y_true, y_pred

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = y_true.astype(np.intp)[..., None]
        p = np.take_along_axis(y_pred, labels, axis=-1)[..., 0]
        p = np.maximum(p, float(np.finfo(p.dtype).tiny))  # the slope at 0 is infinite
        return (1.0 - np.power(p, self.q)) / self.q
