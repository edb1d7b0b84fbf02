"""Which predictions hit: the rules behind the accuracies, and their function forms."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike
from minikeras.losses.shapes import check_labels, check_same_shape, match_ranks
from minikeras.metrics.base import plain

__all__ = [
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def _floats(hits: Any) -> Any:
    return hits.astype(config.floatx())


def _same(name: str, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    if y_true.shape != y_pred.shape:
        y_true, y_pred = match_ranks(y_true, y_pred)
        check_same_shape(name, y_true, y_pred)
    return y_true, y_pred


def _one_hot(name: str, y_true: Array, y_pred: Array) -> Array:
    """Return the class that each row of one-hot targets names."""
    if y_true.shape != y_pred.shape:
        got, wanted = y_true.shape, y_pred.shape
        if got in (wanted[:-1], (*wanted[:-1], 1)):
            raise ValueError(
                f"{name} expected one-hot y_true of shape {wanted} like y_pred, got {got}; for "
                f"class indices use 'sparse_{name}', or make them one-hot with "
                "minikeras.utils.to_categorical"
            )
        check_same_shape(name, y_true, y_pred)
    return y_true.argmax(axis=-1)  # type: ignore[no-any-return]


def _indices(name: str, y_true: Array, y_pred: Array) -> Array:
    """Return class indices without an axis for the classes."""
    shape = y_pred.shape
    if len(y_true.shape) == len(shape) and y_true.shape[-1] == 1:
        y_true = y_true.reshape(y_true.shape[:-1])
    if y_true.shape != shape[:-1]:
        check_labels(name, y_true, shape, name.removeprefix("sparse_"))
    return y_true


def hit_equal(y_true: Array, y_pred: Array) -> Any:
    y_true, y_pred = _same("accuracy", y_true, y_pred)
    return y_true == y_pred


def hit_binary(y_true: Array, y_pred: Array, threshold: float) -> Any:
    y_true, y_pred = _same("binary_accuracy", y_true, y_pred)
    return (y_pred > threshold) == y_true


def hit_class(y_true: Array, y_pred: Array) -> Any:
    return _one_hot("categorical_accuracy", y_true, y_pred) == y_pred.argmax(axis=-1)


def hit_index(y_true: Array, y_pred: Array) -> Any:
    return _indices("sparse_categorical_accuracy", y_true, y_pred) == y_pred.argmax(axis=-1)


def hit_top(labels: Array, y_pred: Array, k: int) -> Any:
    """Whether fewer than ``k`` classes score higher than the labelled one."""
    scores = np.take_along_axis(y_pred, labels.astype(np.intp)[..., None], axis=-1)
    scores = np.where(np.isnan(scores), -np.inf, scores)
    return np.count_nonzero(y_pred > scores, axis=-1) < k


def hit_top_one_hot(y_true: Array, y_pred: Array, k: int) -> Any:
    return hit_top(_one_hot("top_k_categorical_accuracy", y_true, y_pred), y_pred, k)


def hit_top_index(y_true: Array, y_pred: Array, k: int, from_sorted_ids: bool) -> Any:
    name = "sparse_top_k_categorical_accuracy"
    labels = _indices(name, y_true, y_pred)
    if from_sorted_ids:
        return (labels[..., None] == y_pred[..., :k]).any(axis=-1)
    check_labels(name, labels, y_pred.shape, "top_k_categorical_accuracy")
    return hit_top(labels, y_pred, k)


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """1 where prediction and target are equal, else 0.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ...)

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.accuracy([1, 2, 3], [1, 2, 0])
    array([1., 1., 0.], dtype=float32)
    """
    return _floats(hit_equal(plain("y_true", y_true), plain("y_pred", y_pred)))


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> Any:
    """1 where ``y_pred > threshold`` agrees with the target, else 0.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (batch, ...)
    threshold : float, default 0.5

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.binary_accuracy([[1], [0]], [[0.9], [0.6]])
    array([[1.],
           [0.]], dtype=float32)
    """
    return _floats(hit_binary(plain("y_true", y_true), plain("y_pred", y_pred), threshold))


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """1 where the largest prediction is that of the target's class, else 0.

    Parameters
    ----------
    y_true : array_like, shape (batch, ..., classes)
        One-hot.
    y_pred : array_like, shape (batch, ..., classes)

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.categorical_accuracy([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]])
    array([1., 0.], dtype=float32)
    """
    return _floats(hit_class(plain("y_true", y_true), plain("y_pred", y_pred)))


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """1 where the largest prediction is that of the labelled class, else 0.

    Parameters
    ----------
    y_true : array_like of int, shape (batch, ...) or (batch, ..., 1)
        Class indices.
    y_pred : array_like, shape (batch, ..., classes)

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If there is not one label per row of ``y_pred``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.sparse_categorical_accuracy([1, 0], [[0.1, 0.9], [0.2, 0.8]])
    array([1., 0.], dtype=float32)
    """
    return _floats(hit_index(plain("y_true", y_true), plain("y_pred", y_pred)))


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> Any:
    """1 where the target's class is among the ``k`` largest predictions, else 0.

    Parameters
    ----------
    y_true : array_like, shape (batch, ..., classes)
        One-hot.
    y_pred : array_like, shape (batch, ..., classes)
    k : int, default 5

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.top_k_categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8]] * 2, k=1)
    array([0., 1.], dtype=float32)
    """
    return _floats(hit_top_one_hot(plain("y_true", y_true), plain("y_pred", y_pred), k))


def sparse_top_k_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the labelled class is among the ``k`` largest predictions, else 0.

    Parameters
    ----------
    y_true : array_like of int, shape (batch, ...) or (batch, ..., 1)
        Class indices.
    y_pred : array_like, shape (batch, ..., classes)
    k : int, default 5
    from_sorted_ids : bool, default False
        Whether ``y_pred`` holds class indices, best first, rather than scores.

    Returns
    -------
    array, shape (batch, ...)

    Raises
    ------
    ValueError
        If the labels are no class indices for ``y_pred``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.sparse_top_k_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8]] * 2, k=1)
    array([0., 1.], dtype=float32)
    """
    pair = plain("y_true", y_true), plain("y_pred", y_pred)
    return _floats(hit_top_index(*pair, k, from_sorted_ids))
