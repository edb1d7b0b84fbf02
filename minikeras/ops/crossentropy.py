"""Cross-entropies as fused ops: values per sample, and their gradients, in few NumPy calls.

Each takes targets and predictions as arrays of floats (labels: of integers) and reduces the last
axis. Shapes are checked by ``minikeras.losses``.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, Shape
from minikeras.autodiff.record import Op, primitive, unbroadcast
from minikeras.autodiff.tensor import bare
from minikeras.ops._fast import HALF, ONE, ZERO
from minikeras.ops._sums import filled, like, mean, row_starts

__all__ = [
    "binary_crossentropy",
    "binary_crossentropy_from_logits",
    "categorical_crossentropy",
    "categorical_crossentropy_from_logits",
    "sparse_crossentropy",
    "sparse_crossentropy_from_logits",
    "sparse_crossentropy_of_softmax",
]


def _clip(p: Any) -> Any:
    """Keep probabilities away from 0 and 1, where their logarithms are infinite."""
    low, high = _bounds(config.epsilon(), p.dtype)
    return np.minimum(np.maximum(p, low), high)


@lru_cache
def _bounds(epsilon: float, dtype: Any) -> tuple[Array, Array]:
    one = np.array(1.0, dtype)
    below_one = np.nextafter(one, 0 * one)  # float16 would round 1 - 1e-7 up to 1
    return np.array(epsilon, dtype), np.minimum(np.array(1.0 - epsilon, dtype), below_one)


# Binary cross-entropy: each number is a probability of its own, averaged over the last axis.


@primitive
def binary_crossentropy(y_true: Array, y_pred: Array) -> Op:
    """Cross-entropy between probabilities of a yes, averaged over the last axis.

    Parameters
    ----------
    y_true, y_pred : array, shape (..., labels)
        In [0, 1]. ``y_pred`` is clipped to ``[epsilon, 1 - epsilon]``, so the loss never exceeds
        16.12 nats; where it was clipped the gradient is 0.

    Returns
    -------
    array, shape (...)
        In nats.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90.
    """
    target = like(y_true, y_pred)
    one = ONE[y_pred.dtype]
    p = _clip(y_pred)
    other = one - p
    scale = 1.0 / max(p.shape[-1], 1)
    log_p, log_other = np.log(p), np.log(other)
    value = (target - one) * log_other - target * log_p

    def dy_true(dy: Any) -> Any:
        return unbroadcast((log_other - log_p) * (dy * scale)[..., None], y_true)

    def dy_pred(dy: Any) -> Any:
        slope = (p - target) / (p * other)
        return slope * (p == y_pred) * (dy * scale)[..., None]

    return mean(value), (dy_true, dy_pred)


@primitive
def binary_crossentropy_from_logits(y_true: Array, y_pred: Array) -> Op:
    """Cross-entropy between ``y_true`` and ``sigmoid(y_pred)``, averaged over the last axis.

    Parameters
    ----------
    y_true : array, shape (..., labels)
        In [0, 1].
    y_pred : array, shape (..., labels)
        Any real numbers; never overflows.

    Returns
    -------
    array, shape (...)
        In nats.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90 and 4.91.
    """
    target = like(y_true, y_pred)
    scale = 1.0 / max(y_pred.shape[-1], 1)
    # log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|))
    value = (
        np.maximum(y_pred, ZERO[y_pred.dtype]) - y_pred * target + np.log1p(np.exp(-np.abs(y_pred)))
    )

    def dy_pred(dy: Any) -> Any:
        half = HALF[y_pred.dtype]
        sigmoid = half * np.tanh(half * y_pred) + half
        return (sigmoid - target) * (dy * scale)[..., None]

    def dy_true(dy: Any) -> Any:
        return unbroadcast(y_pred * (dy * -scale)[..., None], y_true)

    return mean(value), (dy_true, dy_pred)


# Cross-entropy over classes, the last axis. Arrays of any rank are worked on as rows of classes.


def _rows(x: Array) -> Array:
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


def _per_sample(losses: Array, shape: Shape) -> Array:
    return losses if len(shape) == 2 else losses.reshape(shape[:-1])


def _softmax_parts(logits: Array) -> tuple[Array, Array, Array]:
    """Logits less the largest of their row, their exponentials, and those summed over the row."""
    n, classes = logits.shape
    if n * classes == 0:
        largest = filled(n, 0.0, logits.dtype)
    else:
        largest = logits.ravel().take(logits.argmax(axis=1) + row_starts(n, classes))
    shifted = logits - largest[:, None]  # same softmax, and exp cannot overflow
    exps = np.exp(shifted)
    return shifted, exps, exps.dot(filled(classes, 1.0, exps.dtype))


def _places(labels: Any, shape: Shape) -> Array:
    """Where the labelled class of each row lies in the flattened rows.

    Raises
    ------
    ValueError
        If a label lies outside ``[0, classes)``: it would point into another row.
    """
    n, classes = shape
    if type(labels) is not np.ndarray or labels.dtype != np.intp or labels.ndim != 1:
        labels = np.asarray(bare(labels)).reshape(-1).astype(np.intp, copy=False)
    # seen as unsigned, a negative label is enormous: one comparison covers both ends
    if n and np.maximum.reduce(labels.view(np.uintp)) >= classes:
        raise ValueError(
            f"labels must lie in [0, {classes}), got values from {labels.min()} to "
            f"{labels.max()}; give the last layer {max(labels.max() + 1, 2)} units, or number the "
            "classes from 0"
        )
    return labels + row_starts(n, classes)  # type: ignore[no-any-return]


def _subtract_at(dx: Any, places: Array, amounts: Any) -> Any:
    """Subtract one amount from one element of each row; in place where that is possible."""
    if type(dx) is np.ndarray and dx.flags.c_contiguous:
        dx.reshape(-1)[places] -= amounts
        return dx
    n, classes = dx.shape
    chosen = (places - row_starts(n, classes))[:, None] == np.arange(classes)
    return dx - amounts[:, None] * chosen


@primitive
def sparse_crossentropy_from_logits(y_true: Array, y_pred: Array) -> Op:
    """Cross-entropy between integer labels and ``softmax(y_pred)``.

    Parameters
    ----------
    y_true : integer array, shape (...)
        Class indices in ``[0, classes)``.
    y_pred : array, shape (..., classes)
        Any real numbers; never overflows.

    Returns
    -------
    array, shape (...)
        In nats: ``log(classes)`` when all logits of a sample are equal.

    Raises
    ------
    ValueError
        If a label lies outside ``[0, classes)``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108 and 4.109.
    """
    shape = y_pred.shape
    rows = _rows(y_pred)
    places = _places(y_true, rows.shape)
    shifted, exps, total = _softmax_parts(rows)
    losses = np.log(total) - shifted.ravel().take(places)

    def dy_pred(dy: Any) -> Any:  # (softmax - one_hot) * dy
        dy = dy.reshape(-1)
        return _subtract_at(exps * (dy / total)[:, None], places, dy).reshape(shape)

    return _per_sample(losses, shape), (None, dy_pred)


@primitive
def sparse_crossentropy(y_true: Array, y_pred: Array) -> Op:
    """Cross-entropy between integer labels and probabilities.

    Parameters
    ----------
    y_true : integer array, shape (...)
        Class indices in ``[0, classes)``.
    y_pred : array, shape (..., classes)
        Not below 0; each sample is divided by its sum, then clipped to
        ``[epsilon, 1 - epsilon]``. Where it was clipped the gradient is 0.

    Returns
    -------
    array, shape (...)
        In nats, at most 16.12.

    Raises
    ------
    ValueError
        If a label lies outside ``[0, classes)``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108.
    """
    shape = y_pred.shape
    rows = _rows(y_pred)
    places = _places(y_true, rows.shape)
    ones = filled(shape[-1], 1.0, rows.dtype)
    total = rows.dot(ones)
    share = rows.ravel().take(places) / total
    p = _clip(share)

    def dy_pred(dy: Any) -> Any:  # of log(sum) - log(y_pred[label])
        slope = dy.reshape(-1) * (p == share) / total
        return _subtract_at(slope[:, None] * ones, places, slope / p).reshape(shape)

    return _per_sample(-np.log(p), shape), (None, dy_pred)


@primitive
def sparse_crossentropy_of_softmax(
    y_true: Array, logits: Array, p: Array, weights: Array | None
) -> Op:
    """Weighted sum of ``sparse_crossentropy`` of a softmax, whose gradient skips the softmax.

    Parameters
    ----------
    y_true : integer array, shape (batch,)
    logits : array, shape (batch, classes)
    p : array, shape (batch, classes)
        ``softmax(logits)``.
    weights : array, shape (batch,), or None
        None makes the mean.

    Returns
    -------
    scalar
        Equal to rounding to that of the two ops one after the other, as is the gradient,
        ``(p - one_hot) * weights``: 0 where a probability was clipped.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.109.
    """
    n, _ = p.shape
    places = _places(y_true, p.shape)
    share = p.ravel().take(places)
    kept = _clip(share)
    factors = filled(n, 1.0 / max(n, 1), p.dtype) if weights is None else weights

    def dlogits(dy: Any) -> Any:
        each = factors * dy * (kept == share)
        return _subtract_at(p * each[:, None], places, each)

    return -np.log(kept).dot(factors), (None, dlogits, None, None)


@primitive
def categorical_crossentropy_from_logits(y_true: Array, y_pred: Array) -> Op:
    """Cross-entropy between distributions over classes and ``softmax(y_pred)``.

    Parameters
    ----------
    y_true : array, shape (..., classes)
        One-hot rows, or any distributions.
    y_pred : array, shape (..., classes)
        Any real numbers; never overflows.

    Returns
    -------
    array, shape (...)
        In nats.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108 and 4.109.
    """
    shape = y_pred.shape
    target = _rows(like(y_true, y_pred))
    shifted, exps, total = _softmax_parts(_rows(y_pred))
    ones = filled(shape[-1], 1.0, exps.dtype)
    log_p = shifted - np.log(total)[:, None]

    def dy_pred(dy: Any) -> Any:  # softmax * sum(y_true) - y_true; the sum is 1 as a rule
        dy = dy.reshape(-1)
        dx = exps * (dy * target.dot(ones) / total)[:, None] - target * dy[:, None]
        return dx.reshape(shape)

    def dy_true(dy: Any) -> Any:
        return unbroadcast((log_p * -dy.reshape(-1)[:, None]).reshape(shape), y_true)

    return _per_sample(-(target * log_p).dot(ones), shape), (dy_true, dy_pred)


@primitive
def categorical_crossentropy(y_true: Array, y_pred: Array) -> Op:
    """Cross-entropy between distributions over classes.

    Parameters
    ----------
    y_true : array, shape (..., classes)
        One-hot rows, or any distributions.
    y_pred : array, shape (..., classes)
        Not below 0; each sample is divided by its sum, then clipped to
        ``[epsilon, 1 - epsilon]``. Where it was clipped the gradient is 0.

    Returns
    -------
    array, shape (...)
        In nats, at most 16.12.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108.
    """
    shape = y_pred.shape
    target, rows = _rows(like(y_true, y_pred)), _rows(y_pred)
    ones = filled(shape[-1], 1.0, rows.dtype)
    total = rows.dot(ones)[:, None]
    share = rows / total
    p = _clip(share)
    log_p = np.log(p)

    def dy_pred(dy: Any) -> Any:
        slope = target / p * (p == share)  # minus the gradient of share
        dx = ((slope * share).dot(ones)[:, None] - slope) * (dy.reshape(-1)[:, None] / total)
        return dx.reshape(shape)

    def dy_true(dy: Any) -> Any:
        return unbroadcast((log_p * -dy.reshape(-1)[:, None]).reshape(shape), y_true)

    return _per_sample(-(target * log_p).dot(ones), shape), (dy_true, dy_pred)
