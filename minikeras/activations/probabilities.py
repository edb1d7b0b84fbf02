"""Activations that turn the scores along an axis into probabilities."""

from typing import Any

from minikeras import ops
from minikeras._typing import ArrayLike
from minikeras.activations._input import floats
from minikeras.autodiff import Tensor
from minikeras.registry import register


@register("activation")
def softmax(x: ArrayLike, axis: int | tuple[int, ...] = -1) -> Any:
    """Exponentials of ``x`` divided by their sum along ``axis``.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, default -1

    Returns
    -------
    array of the shape and dtype of ``x``, in [0, 1]
        Sums to 1 along ``axis``.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), equation 4.104.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.softmax([1.0, 2.0, 3.0]).round(4)
    array([0.09  , 0.2447, 0.6652], dtype=float32)
    >>> activations.softmax([1000.0, 1000.0])
    array([0.5, 0.5], dtype=float32)
    """
    x = floats(x)
    if axis != -1:
        return ops.softmax(x, axis)
    y = ops.softmax(x)
    if type(y) is Tensor:
        y.logits = x  # a cross-entropy right above takes its gradient straight to them
    return y


@register("activation")
def log_softmax(x: ArrayLike, axis: int | tuple[int, ...] = -1) -> Any:
    """Logarithm of the softmax, exact where the softmax itself rounds to 0.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, default -1

    Returns
    -------
    array of the shape and dtype of ``x``, at most 0

    References
    ----------
    Blanchard, Higham and Higham, "Accurately Computing the Log-Sum-Exp and Softmax Functions"
    (IMA Journal of Numerical Analysis, 2021).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.log_softmax([0.0, 1000.0])
    array([-1000.,     0.], dtype=float32)
    """
    return ops.log_softmax(floats(x), axis)


@register("activation")
def sparsemax(x: ArrayLike, axis: int = -1) -> Any:
    """Closest probabilities to ``x`` along ``axis``; small scores become exactly 0.

    Parameters
    ----------
    x : array
    axis : int, default -1

    Returns
    -------
    array of the shape and dtype of ``x``, in [0, 1]
        Sums to 1 along ``axis``.

    References
    ----------
    Martins and Astudillo, "From Softmax to Sparsemax" (ICML 2016).

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.sparsemax([1.0, 0.5, -1.0])
    array([0.75, 0.25, 0.  ], dtype=float32)
    """
    return ops.sparsemax(floats(x), axis)
