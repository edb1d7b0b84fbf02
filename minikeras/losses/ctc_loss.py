"""The CTC loss: label sequences whose timing is not known."""

from typing import Any

import numpy as np

from minikeras._typing import Array, ArrayLike, DType
from minikeras.autodiff.tensor import bare
from minikeras.losses.base import Loss
from minikeras.ops.ctc import ctc_loss
from minikeras.registry import register

__all__ = ["CTC", "ctc"]

BLANK = 0


def ctc(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Minus the log-probability of each label sequence.

    Parameters
    ----------
    y_true : array_like of int, shape (batch, labels)
        Class indices from 1 on, filled up with 0.
    y_pred : array_like, shape (batch, steps, classes)
        Logits; class 0 is the blank.

    Returns
    -------
    array, shape (batch,)
        In nats.

    Raises
    ------
    ValueError
        As ``CTC``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import losses
    >>> losses.ctc([[1, 0]], np.zeros((1, 2, 2), "float32")).round(4)  # 3 of 4 paths: -log(3/4)
    array([0.2877], dtype=float32)
    """
    return CTC().per_sample(y_true, y_pred)


@register("loss")
class CTC(Loss):
    """Connectionist temporal classification: minus the log-probability of label sequences.

    For speech and handwriting: the network gives logits for each time step, with class 0 as a
    blank, and the loss counts every way of writing the labels, in order, over the steps.
    ``minikeras.ops.ctc_decode`` finds the likeliest labels. The loss of a batch is the weighted
    mean over samples, see ``Loss``.

    Parameters
    ----------
    reduction, name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        When called: if ``y_true`` is not ``(batch, labels)`` or ``y_pred`` not ``(batch, steps,
        classes)``, labels lie outside ``[0, classes)`` or follow a 0, or there are too few steps.

    References
    ----------
    Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification", ICML 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import losses
    >>> y_pred = np.zeros((1, 2, 2))  # 2 steps; blank and class 1, each with probability 1/2
    >>> round(float(losses.CTC()([[1]], y_pred)), 4)
    0.2877
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return y_true, y_pred

    def check(self, y_true: Array, y_pred: Array) -> None:
        if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
            raise ValueError(
                "CTC expected y_true of shape (batch, labels) and y_pred of shape (batch, steps, "
                f"classes), got {y_true.shape} and {y_pred.shape}; fill up label sequences with 0"
            )
        super().check(y_true, y_pred)
        labels, (_, steps, classes) = np.asarray(bare(y_true)), y_pred.shape
        if not labels.size:
            return
        if labels.min() < 0 or labels.max() >= classes or (labels != np.floor(labels)).any():
            raise ValueError(
                f"CTC expected labels in [1, {classes}) filled up with 0, got values from "
                f"{labels.min()} to {labels.max()}; give the last layer one unit per label and one "
                "for the blank, class 0"
            )
        real = labels != BLANK
        if (real[:, 1:] & ~real[:, :-1]).any():
            row = int(np.argmax((real[:, 1:] & ~real[:, :-1]).any(axis=1)))
            raise ValueError(
                f"CTC expected zeros only after the labels, got {labels[row].tolist()} for sample "
                f"{row}; 0 is the blank, number the labels from 1"
            )
        repeats = (labels[:, 1:] == labels[:, :-1]) & real[:, 1:]
        needed = real.sum(axis=1) + repeats.sum(axis=1)
        if needed.max() > steps:
            row = int(needed.argmax())
            raise ValueError(
                f"CTC expected y_pred with at least {needed[row]} steps for the {real[row].sum()} "
                f"labels of sample {row} (equal neighbours need a blank between them), got "
                f"{steps}; pool less over time, or leave the sample out"
            )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = np.asarray(bare(y_true)).astype(np.intp)
        steps = np.full(len(labels), y_pred.shape[1])
        return ctc_loss(labels, y_pred, (labels != BLANK).sum(axis=1), steps, mask_index=BLANK)
