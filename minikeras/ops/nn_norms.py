"""Means and variances, and arrays scaled by them."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._validation import check_positive_int
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops import normalization as fused
from minikeras.ops._convert import floating
from minikeras.ops.batch_normalization import batch_normalization as fused_batch_normalization

__all__ = [
    "batch_normalization",
    "layer_normalization",
    "moments",
    "normalize",
    "rms_normalization",
]

Axes = int | tuple[int, ...] | list[int]


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    return tuple(sorted(i % ndim for i in (axis if isinstance(axis, tuple | list) else (axis,))))


def _wide(x: Any) -> tuple[Any, Any]:
    """Return half precision as float32, and the dtype to return to."""
    return (astype(x, "float32") if x.dtype == np.float16 else x), x.dtype


def _back(y: Any, dtype: Any) -> Any:
    return y if y.dtype == dtype else astype(y, dtype)


@symbolic
def moments(x: Any, axes: Axes, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Return mean and variance along axes.

    Parameters
    ----------
    x : array
    axes : int or tuple of int
    keepdims : bool, default False
    synchronized : bool
        Must be False: there is one device here.

    Returns
    -------
    (mean, variance) : arrays

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.moments([1.0, 3.0], 0)
    (np.float32(2.0), np.float32(1.0))
    """
    if synchronized:
        raise ValueError("ops.moments expected synchronized=False: minikeras runs on one device")
    x, dtype = _wide(floating(x))
    axis = _axes(axes, x.ndim)
    found = (np.mean(x, axis=axis, keepdims=keepdims), np.var(x, axis=axis, keepdims=keepdims))
    if dtype == np.float16:
        limit = float(np.finfo(dtype).max)
        found = tuple(np.clip(y, -limit, limit) for y in found)
    return tuple(_back(y, dtype) for y in found)


@symbolic
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 0.001,
) -> Any:
    """Shift and scale by given statistics, ``(x - mean) / sqrt(variance + epsilon)``.

    Parameters
    ----------
    x : array
    mean, variance : array, shape (features,)
    axis : int
        The axis of the features.
    offset, scale : array, shape (features,), optional
        Added afterwards, and multiplied by before.
    epsilon : float, default 0.001

    Returns
    -------
    array of the shape of ``x``

    References
    ----------
    Ioffe and Szegedy, "Batch normalization" (2015).

    Examples
    --------
    >>> from minikeras import ops
    >>> x = ops.array([[3.0], [5.0]])
    >>> ops.batch_normalization(x, [4.0], [1.0], -1, epsilon=0.0)
    array([[-1.],
           [ 1.]], dtype=float32)
    """
    given = [None if v is None else floating(v) for v in (x, mean, variance, offset, scale)]
    x, mean, variance, offset, scale = given
    return fused_batch_normalization(x, mean, variance, axis, offset, scale, epsilon)


@symbolic
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Axes = -1, epsilon: float | None = None
) -> Any:
    """Shift and scale to mean 0 and variance 1 along ``axis``.

    Parameters
    ----------
    x : array
    gamma, beta : array, shape (features,), optional
        Multiplied by, and added, afterwards.
    axis : int or tuple of int, default -1
    epsilon : float, optional
        Added to the variance; default ``config.epsilon()``.

    Returns
    -------
    array of the shape of ``x``

    References
    ----------
    Ba, Kiros and Hinton, "Layer normalization" (2016).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.layer_normalization([1.0, 3.0], epsilon=0.0)
    array([-1.,  1.], dtype=float32)
    """
    x, gamma, beta = (None if v is None else floating(v) for v in (x, gamma, beta))
    small = config.epsilon() if epsilon is None else epsilon
    return fused.layer_normalization(x, gamma, beta, axis, small)


@symbolic
def rms_normalization(
    x: Any, scale: Any = None, axis: Axes = -1, epsilon: float | None = None
) -> Any:
    """Divide by the root of the mean square along ``axis``.

    Parameters
    ----------
    x : array
    scale : array, shape (features,), optional
        Multiplied by afterwards.
    axis : int or tuple of int, default -1
    epsilon : float, optional
        Added to the mean square; default ``config.epsilon()``.

    Returns
    -------
    array of the shape of ``x``

    References
    ----------
    Zhang and Sennrich, "Root mean square layer normalization" (2019).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.rms_normalization([2.0, -2.0], epsilon=0.0)
    array([ 1., -1.], dtype=float32)
    """
    x, scale = (None if v is None else floating(v) for v in (x, scale))
    small = config.epsilon() if epsilon is None else epsilon
    return fused.rms_normalization(x, scale, axis, small)


@symbolic
def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """Divide by the norm along ``axis``; vectors of zeros stay as they are.

    Parameters
    ----------
    x : array
    axis : int, default -1
    order : int, default 2
        Of the norm, at least 1.
    epsilon : float, optional
        Least norm to divide by; default ``config.epsilon()``.

    Returns
    -------
    array of the shape of ``x``

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.normalize([3.0, 4.0])
    array([0.6, 0.8], dtype=float32)
    """
    x = floating(x)
    x = np.expand_dims(x, 0) if x.ndim == 0 else x
    order = check_positive_int("order", order)
    least = config.epsilon() if epsilon is None else epsilon
    norm = np.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return x / np.maximum(norm, least)
