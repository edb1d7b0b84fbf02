"""Targets beside predictions: how their shapes are matched, and what is refused."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType, Shape
from minikeras.autodiff.tensor import Traced, bare

__all__ = [
    "as_array",
    "as_float",
    "check_labels",
    "check_one_hot",
    "check_same_shape",
    "fit_weights",
    "match_ranks",
]


def as_array(name: str, value: Any, dtype: DType | None = None) -> Array:
    """Return ``value`` as an array of real numbers; Tensors and Variables stay what they are.

    Parameters
    ----------
    name : str
        What to call it in errors.
    value : array_like
        Python numbers and lists with fractions become ``config.floatx()``.
    dtype : dtype, optional
        Cast to it.

    Raises
    ------
    TypeError
        If ``value`` is not real numbers.
    """
    if isinstance(value, Traced):
        return value if dtype is None else value.astype(dtype)  # type: ignore[return-value]
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} expected real numbers, got dtype {array.dtype}; convert it with "
            f"{name}.astype('float32') first"
        )
    if dtype is None and array.dtype.kind == "f" and not hasattr(value, "dtype"):
        dtype = config.floatx()
    return array if dtype is None else array.astype(dtype, copy=False)


def as_float(name: str, value: Any, dtype: DType | None = None) -> Array:
    """Return ``value`` as an array of floats: integers become ``config.floatx()``."""
    array = as_array(name, value, dtype)
    return array if array.dtype.kind == "f" else array.astype(config.floatx())


def match_ranks(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Make up for one missing last axis of length 1: ``(n,)`` meets ``(n, 1)`` as in Keras.

    Parameters
    ----------
    y_true, y_pred : array

    Returns
    -------
    tuple of array
        ``(n,)`` beside ``(n, 1)`` becomes ``(n, 1)``, whichever of the two it is; in higher ranks
        the longer one loses its last axis of length 1. Everything else is left alone.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.losses.shapes import match_ranks
    >>> [array.shape for array in match_ranks(np.zeros(5), np.zeros((5, 1)))]
    [(5, 1), (5, 1)]
    """
    a, b = y_true.shape, y_pred.shape
    if len(a) == len(b):
        return y_true, y_pred
    if len(b) == len(a) + 1 and b[-1] == 1:
        return (y_true.reshape(*a, 1), y_pred) if len(a) == 1 else (y_true, y_pred.reshape(b[:-1]))
    if len(a) == len(b) + 1 and a[-1] == 1:
        return (y_true, y_pred.reshape(*b, 1)) if len(b) == 1 else (y_true.reshape(a[:-1]), y_pred)
    return y_true, y_pred


def check_same_shape(name: str, y_true: Any, y_pred: Any) -> None:
    """Refuse targets that would only fit the predictions by broadcasting.

    Parameters
    ----------
    name : str
        Of the loss or metric.
    y_true, y_pred : array
        After ``match_ranks``.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    wanted, got = y_pred.shape, y_true.shape
    if wanted == got:
        return
    if wanted[:1] != got[:1]:
        remedy = "give one target per sample"
    elif len(got) == len(wanted) and got[1:-1] == wanted[1:-1]:
        remedy = f"give the last layer {got[-1]} unit{'s' * (got[-1] != 1)}, or reshape y_true"
    elif len(got) + 1 == len(wanted):
        remedy = (
            "for integer class indices use a sparse loss or metric such as "
            "'sparse_categorical_crossentropy', else reshape y_true"
        )
    else:
        remedy = "reshape y_true to it"
    raise ValueError(f"{name} expected y_true of shape {wanted} like y_pred, got {got}; {remedy}")


def check_one_hot(
    name: str, y_true: Any, y_pred: Any, sparse_name: str | None = None, axis: int = -1
) -> None:
    """Refuse what cannot be one-hot targets, or distributions over classes.

    Parameters
    ----------
    name : str
        Of the loss or metric.
    y_true, y_pred : array
    sparse_name : str, optional
        The loss or metric to use for class indices instead.
    axis : int, default -1
        That of the classes.

    Raises
    ------
    ValueError
        If the shapes differ, or there is only one class.
    """
    got, wanted = y_true.shape, y_pred.shape
    if wanted and wanted[axis] == 1:
        raise ValueError(
            f"{name} expected at least 2 classes, got y_pred of shape {wanted}; for one unit use "
            "'binary_crossentropy', or give the last layer 2 units"
        )
    if got != wanted and got[:1] == wanted[:1] and got in (wanted[:-1], (*wanted[:-1], 1)):
        sparse = (
            f"for class indices use {sparse_name!r}, or make them" if sparse_name else "make it"
        )
        raise ValueError(
            f"{name} expected one-hot y_true of shape {wanted} like y_pred, got {got}; {sparse} "
            "one-hot with minikeras.utils.to_categorical"
        )
    check_same_shape(name, y_true, y_pred)


def check_labels(
    name: str, y_true: Any, shape: Shape, one_hot_name: str, ignore: int | None = None
) -> None:
    """Refuse what cannot be class indices for predictions of ``shape``.

    Parameters
    ----------
    name : str
        Of the loss or metric.
    y_true : array
        Labels without an axis for the class.
    shape : tuple of int
        Of the predictions; the last axis counts the classes.
    one_hot_name : str
        The loss or metric to use for one-hot targets instead.
    ignore : int, optional
        A label that marks samples to leave out; may lie out of range.

    Raises
    ------
    ValueError
        If the shape does not fit, a label is no whole number, or lies outside ``[0, classes)``.
    """
    classes = shape[-1]
    y_true = np.asarray(bare(y_true))
    if y_true.shape != shape[:-1]:
        if y_true.shape == shape:
            remedy = (
                f"for one-hot targets use {one_hot_name!r}, or turn them into indices with "
                "np.argmax(y_true, axis=-1)"
            )
        elif y_true.shape[:1] != shape[:1]:
            remedy = "give one label per sample"
        else:
            remedy = "give one label per row of class scores"
        raise ValueError(
            f"{name} expected class indices of shape {shape[:-1]} beside y_pred of shape {shape}, "
            f"got y_true of shape {y_true.shape}; {remedy}"
        )
    if y_true.dtype.kind == "f":
        fractions = y_true != np.floor(y_true)  # NaN differs from itself; infinity fails below
        if fractions.any():
            first = np.argwhere(fractions)[0].tolist()
            raise ValueError(
                f"{name} expected whole numbers (class indices), got {y_true[tuple(first)]} at "
                f"{first}; for distributions over classes use {one_hot_name!r}, for a regression "
                "'mean_squared_error'"
            )
    if ignore is not None:
        y_true = y_true[y_true != ignore]
    if y_true.size and (y_true.min() < 0 or y_true.max() >= classes):
        low, high = y_true.min(), y_true.max()
        if classes == 1 and low >= 0 and high <= 1:
            remedy = "for one unit use 'binary_crossentropy', or give the last layer 2 units"
        elif low < 0:
            remedy = "number the classes from 0"
        else:
            remedy = f"give the last layer {high + 1:.0f} units, or number the classes from 0"
        raise ValueError(
            f"{name} expected labels in [0, {classes}), got values from {low} to {high}; {remedy}"
        )


def fit_weights(name: str, sample_weight: Any, shape: Shape, dtype: DType) -> Any:
    """Give each loss or score its weight: one per sample holds for all values of that sample.

    Parameters
    ----------
    name : str
        Of the loss or metric.
    sample_weight : float, or array_like, shape (samples,) up to ``shape``
        One number holds for all.
    shape : tuple of int
        Of the losses or scores.
    dtype : dtype

    Returns
    -------
    array of that shape and dtype

    Raises
    ------
    ValueError
        If there is neither one weight per sample nor one for all.
    TypeError
        If the weights are not real numbers.
    """
    weights = as_array("sample_weight", sample_weight, dtype)
    given = weights.shape
    if given == shape:
        return weights
    if not given:
        return np.broadcast_to(weights, shape)
    if len(given) == len(shape) + 1 and given[-1] == 1:
        given = given[:-1]
    elif len(given) == len(shape) > 1 and given[-1] == 1:
        given = given[:-1]  # (n, 1) beside (n, steps)
    if len(given) > len(shape) or given != shape[: len(given)]:
        if not shape:
            raise ValueError(
                f"{name} expected one value per sample to weight, got one for the whole batch "
                f"beside a sample_weight of shape {weights.shape}; use a loss or metric that gives "
                "one per sample (such as Dice with axis=(1, 2, 3)), or one number as weight"
            )
        wanted = f"shape {shape}" if len(shape) < 2 else f"shape {shape[:1]} or {shape}"
        raise ValueError(
            f"{name} expected {wanted} for sample_weight, got {weights.shape}; give one weight per "
            "sample, or one number for all"
        )
    return np.broadcast_to(weights.reshape(given + (1,) * (len(shape) - len(given))), shape)
