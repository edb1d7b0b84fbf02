"""Which cross-entropy, or which accuracy, the shapes of targets and predictions call for."""

from typing import Any

from minikeras._typing import DType, Shape
from minikeras.losses.base import Loss
from minikeras.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from minikeras.registry import register

__all__ = ["Crossentropy", "kind_of_target"]


def kind_of_target(y_true_shape: Shape, y_pred_shape: Shape) -> str:
    """Return how targets encode classes, by Keras's rule.

    Parameters
    ----------
    y_true_shape, y_pred_shape : tuple of int

    Returns
    -------
    {"binary", "sparse_categorical", "categorical"}
        Binary for one predicted number per sample; sparse where targets have no axis for the
        classes, or one of length 1.

    Examples
    --------
    >>> from minikeras.losses.by_shape import kind_of_target
    >>> kind_of_target((32,), (32, 1)), kind_of_target((32, 1), (32, 10))
    ('binary', 'sparse_categorical')
    """
    if y_pred_shape[-1:] == (1,):
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1:] == (1,):
        return "sparse_categorical"
    return "categorical"


@register("loss", "ce")
class Crossentropy(Loss):
    """Binary, sparse or categorical cross-entropy, whichever the shapes call for.

    Binary for predictions of shape ``(..., 1)``; sparse for targets without an axis for the
    classes, or one of length 1; categorical else. It is what ``compile(loss="crossentropy")``
    means. The loss of a batch is the weighted mean over samples, see ``Loss``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``y_pred`` holds logits rather than probabilities.
    reduction, name, dtype
        As in ``Loss``.

    Examples
    --------
    >>> from minikeras.losses import Crossentropy
    >>> loss, y_pred = Crossentropy(), [[0.3, 0.5, 0.2]]
    >>> round(float(loss([1], y_pred)), 4), round(float(loss([[0.0, 1.0, 0.0]], y_pred)), 4)
    (0.6931, 0.6931)
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "crossentropy",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self._kinds: dict[str, Loss] = {
            "binary": BinaryCrossentropy(from_logits, reduction=reduction, dtype=dtype),
            "categorical": CategoricalCrossentropy(from_logits, reduction=reduction, dtype=dtype),
            "sparse_categorical": SparseCategoricalCrossentropy(
                from_logits, reduction=reduction, dtype=dtype
            ),
        }

    def _chosen(self, y_true: Any, y_pred: Any) -> Loss:
        return self._kinds[kind_of_target(y_true.shape, y_pred.shape)]

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return self._chosen(y_true, y_pred).match(y_true, y_pred)

    def check(self, y_true: Any, y_pred: Any) -> None:
        self._chosen(y_true, y_pred).check(y_true, y_pred)

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return self._chosen(y_true, y_pred).prepare(y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._chosen(y_true, y_pred).call(y_true, y_pred)

    def mean(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return self._chosen(y_true, y_pred).mean(y_true, y_pred, sample_weight)
