"""The circle loss: embeddings of one class close together, those of others apart."""

from typing import Any

import numpy as np

from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_number
from minikeras.autodiff.tensor import bare
from minikeras.losses.base import Loss
from minikeras.losses.shapes import as_array, as_float
from minikeras.ops.activation import softplus
from minikeras.registry import register

__all__ = ["Circle", "circle"]


def circle(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ref_labels: ArrayLike | None = None,
    ref_embeddings: ArrayLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Circle loss of each embedding against a set of reference embeddings.

    Parameters
    ----------
    y_true : array_like of int, shape (batch,) or (batch, 1)
        Class indices.
    y_pred : array_like, shape (batch, features)
        Embeddings of length 1.
    ref_labels, ref_embeddings : array_like, shape (references,) and (references, features)
        What to compare with; default is the batch itself.
    remove_diagonal : bool, default True
        Whether embedding ``i`` leaves out reference ``i``, which is itself.
    gamma, margin : float
        As in ``Circle``.

    Returns
    -------
    array, shape (batch,)
        0 where the references hold no other of the same class, or none of another.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or labels are no whole numbers.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.circle([0, 0, 1], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], gamma=1.0).round(4)
    array([0.6163, 0.9617, 0.    ], dtype=float32)
    """
    labels, embeddings = as_array("y_true", y_true), as_float("y_pred", y_pred)
    _check("circle", labels, embeddings)
    others = labels if ref_labels is None else as_array("ref_labels", ref_labels)
    references = embeddings
    if ref_embeddings is not None:
        references = as_float("ref_embeddings", ref_embeddings)
    if ref_labels is not None or ref_embeddings is not None:
        _check("circle", others, references, "ref_labels", "ref_embeddings")
        if references.shape[1:] != embeddings.shape[1:]:
            raise ValueError(
                f"circle expected ref_embeddings with {embeddings.shape[1]} features like y_pred, "
                f"got {references.shape[1]}; make them with the same layers"
            )
    pairs = _pairs(labels, others, remove_diagonal)
    return _losses(embeddings, references, *pairs, gamma, margin)


def _check(
    name: str, labels: Any, embeddings: Any, first: str = "y_true", second: str = "y_pred"
) -> None:
    shape = labels.shape
    if len(embeddings.shape) != 2:
        raise ValueError(
            f"{name} expected {second} of shape (batch, features), got {embeddings.shape}; add a "
            "Flatten or pooling layer before the last Dense"
        )
    if shape not in ((len(embeddings),), (len(embeddings), 1)):
        raise ValueError(
            f"{name} expected class indices of shape {(len(embeddings),)} for {first}, got "
            f"{shape}; for one-hot targets write np.argmax({first}, axis=-1)"
        )
    values = np.asarray(bare(labels))
    if values.dtype.kind == "f" and (values != np.floor(values)).any():
        raise ValueError(
            f"{name} expected whole numbers (class indices) for {first}, got fractions; number the "
            "classes"
        )


def _pairs(labels: Any, others: Any, remove_diagonal: bool) -> tuple[Array, Array]:
    """Return which pairs are of one class, and which of two."""
    rows, columns = np.asarray(bare(labels)).reshape(-1, 1), np.asarray(bare(others)).reshape(1, -1)
    same = np.equal(rows, columns)
    different = np.logical_not(same)
    if remove_diagonal:
        np.fill_diagonal(same, False)
    return same, different


def _log_sum(x: Any, chosen: Array) -> Any:
    """Return ``log(sum(exp(x)))`` over what is chosen of each row; something finite for nothing."""
    values = np.where(chosen, bare(x), -np.inf)
    most = values.max(axis=1, keepdims=True, initial=-np.inf)
    most = np.where(np.isfinite(most), most, 0.0).astype(x.dtype)
    # what is not chosen goes to 0 before exp, which could overflow there
    total = np.sum(np.exp(np.where(chosen, x - most, 0.0)) * chosen.astype(x.dtype), axis=1)
    return np.log(total + (~chosen.any(axis=1)).astype(x.dtype)) + most[:, 0]


def _losses(
    embeddings: Any, references: Any, same: Array, different: Array, gamma: float, margin: float
) -> Any:
    distance = np.maximum(1.0 - embeddings @ references.T, 0.0)
    pull = -gamma * np.maximum(margin + distance, 0.0) * (margin - distance)
    push = gamma * np.maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance)
    losses = softplus(_log_sum(pull, same) + _log_sum(push, different))
    return losses * _counts(same, different).astype(losses.dtype)


def _counts(same: Array, different: Array) -> Array:
    return np.logical_and(same.any(axis=1), different.any(axis=1))


@register("loss")
class Circle(Loss):
    """Circle loss: pulls embeddings of one class together and pushes those of others apart.

    With ``d`` the cosine distance of an embedding from another, at least 0, its loss is ``log(1 +
    sum(exp(-gamma * (margin + d) * (margin - d))) * sum(exp(gamma * (1 + margin - d) * (1 - margin
    - d))))``; the first sum goes over the others of its class, the second over those of other
    classes, where ``1 + margin - d`` is at least 0. Embeddings are taken to have length 1. Samples
    with nothing to sum over are left out of the mean. The loss of a batch is the weighted mean over
    samples, see ``Loss``.

    Parameters
    ----------
    gamma : float, default 80.0
        Above 0: how much the worst pairs outweigh the others.
    margin : float, default 0.4
        In [0, 1]: how far classes are to lie apart.
    remove_diagonal : bool, default True
        Whether an embedding is left out of its own comparisons.
    reduction, name, dtype
        As in ``Loss``.

    Raises
    ------
    ValueError
        If ``gamma`` or ``margin`` is out of range; when called, if labels are one-hot or no whole
        numbers.

    References
    ----------
    Sun et al., "Circle loss: a unified perspective of pair similarity optimization", CVPR 2020.

    Examples
    --------
    >>> from minikeras import losses
    >>> loss = losses.Circle(gamma=1.0)
    >>> round(float(loss([0, 0, 1], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])), 4)
    0.789
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: DType | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.gamma = check_number("gamma", gamma, 0, open_minimum=True)
        self.margin = check_number("margin", margin, 0, 1)
        self.remove_diagonal = remove_diagonal

    def check(self, y_true: Array, y_pred: Array) -> None:
        _check("Circle", y_true, y_pred)

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return y_true, y_pred  # embeddings may have one feature

    def mask(self, y_true: Any, y_pred: Any) -> Array | None:
        return _counts(*_pairs(y_true, y_true, self.remove_diagonal))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        pairs = _pairs(y_true, y_true, self.remove_diagonal)
        return _losses(y_pred, y_pred, *pairs, self.gamma, self.margin)
