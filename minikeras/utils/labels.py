"""Classes as one-hot rows, rows of length 1."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike
from minikeras._validation import check_positive_int

__all__ = ["normalize", "to_categorical"]


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> Array:
    """Turn class indices into one-hot rows.

    Parameters
    ----------
    x : int array
        Classes in ``[0, num_classes)``; a last axis of length 1 is dropped.
    num_classes : int, optional
        Default: the largest class plus one.

    Returns
    -------
    array of ``config.floatx()``, shape ``x.shape + (num_classes,)``

    Raises
    ------
    ValueError
        If a class lies outside ``[0, num_classes)`` or is not a whole number.
    TypeError
        If ``x`` does not hold numbers.

    Examples
    --------
    >>> from minikeras.utils import to_categorical
    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    labels = np.asarray(x)
    if labels.size == 0:
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iubf":
        raise TypeError(
            f"to_categorical expected whole numbers as classes, got dtype {labels.dtype}; number "
            "the classes, for example with np.unique(x, return_inverse=True)[1]"
        )
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    fractions = labels[labels != np.floor(labels)]  # NaN differs from itself
    if fractions.size:
        raise ValueError(
            f"to_categorical expected whole numbers as classes, got {fractions[0]}; round them, or "
            "number the classes from 0"
        )
    whole = labels.astype(np.int64)
    largest = int(whole.max(initial=-1))
    count = largest + 1 if num_classes is None else check_positive_int("num_classes", num_classes)
    if whole.size and (whole.min() < 0 or largest >= count):
        raise ValueError(
            f"to_categorical expected classes in [0, {count}), got values from {whole.min()} to "
            f"{largest}; renumber them from 0 or raise num_classes"
        )
    rows = np.zeros((whole.size, count), config.floatx())
    rows[np.arange(whole.size), whole.ravel()] = 1.0
    return rows.reshape((*whole.shape, count))


def normalize(x: ArrayLike, axis: int = -1, order: int = 2) -> Any:
    """Divide by the norm along ``axis``; vectors of zeros stay as they are.

    Parameters
    ----------
    x : array_like
    axis : int, default -1
    order : int, default 2
        Of the norm, such as 2 for the Euclidean length.

    Returns
    -------
    array of the shape of ``x``

    Examples
    --------
    >>> from minikeras.utils import normalize
    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    rows = np.asarray(x)
    norm = np.linalg.norm(rows, order, axis, keepdims=True)
    return rows / np.where(norm == 0, 1.0, norm).astype(norm.dtype)
