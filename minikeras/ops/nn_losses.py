"""Cross-entropies as Keras's ``ops`` have them: not averaged, over any axis; and image quality.

The fused ones that losses are made of are in ``minikeras.ops.loss``.
"""

from typing import Any

import numpy as np

from minikeras import config
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare
from minikeras.ops._convert import alike, array, floating
from minikeras.ops.activation import softplus
from minikeras.ops.softmax import log_softmax

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "psnr",
    "sparse_categorical_crossentropy",
]


def _same_shape(name: str, target: Any, output: Any) -> tuple[Any, Any]:
    output = floating(output)
    target = array(target)
    if target.shape != output.shape:
        raise ValueError(
            f"ops.{name} expected target and output of one shape, got {target.shape} and "
            f"{output.shape}"
        )
    return (target if target.dtype == output.dtype else astype(target, output.dtype)), output


def _clipped(p: Any) -> Any:
    epsilon = max(config.epsilon(), float(np.finfo(p.dtype).eps))
    return np.clip(p, epsilon, 1.0 - epsilon)


def _log_probabilities(output: Any, from_logits: bool, axis: int) -> Any:
    if from_logits:
        return log_softmax(output, axis)
    return np.log(_clipped(output / np.sum(output, axis=axis, keepdims=True)))


@symbolic
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Cross-entropy of each yes-or-no prediction.

    Parameters
    ----------
    target, output : array
        Of one shape: what is true, 0 or 1, and the probability, in [0, 1].
    from_logits : bool, default False
        Whether ``output`` is before the sigmoid.

    Returns
    -------
    array of the same shape
        In nats.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.binary_crossentropy([1.0, 0.0], [0.5, 0.25])
    array([0.6931472, 0.2876821], dtype=float32)
    """
    target, output = _same_shape("binary_crossentropy", target, output)
    if from_logits:
        return softplus(output) - target * output
    p = _clipped(output)
    return -(target * np.log(p) + (1.0 - target) * np.log(1.0 - p))


@symbolic
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Cross-entropy of predictions of one of several classes.

    Parameters
    ----------
    target, output : array
        Of one shape: the probabilities of the classes along ``axis``.
    from_logits : bool, default False
        Whether ``output`` is before the softmax.
    axis : int, default -1

    Returns
    -------
    array without ``axis``
        In nats.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    array([0.6931472], dtype=float32)
    """
    target, output = _same_shape("categorical_crossentropy", target, output)
    return -np.sum(target * _log_probabilities(output, from_logits, axis), axis=axis)


@symbolic
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Cross-entropy of predictions of one of several classes, the true ones given as integers.

    Parameters
    ----------
    target : int array
        In ``[0, classes)``; a last axis of length 1 is dropped.
    output : array
        The probabilities of the classes along ``axis``, an axis that ``target`` lacks.
    from_logits : bool, default False
        Whether ``output`` is before the softmax.
    axis : int, default -1

    Returns
    -------
    array of the shape of ``target``
        In nats.

    Raises
    ------
    ValueError
        If the shapes do not go together, or a class lies outside.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    array([0.6931472], dtype=float32)
    """
    output, labels = floating(output), np.asarray(bare(array(target)))
    if labels.ndim == output.ndim and labels.shape[-1] == 1:
        labels = labels[..., 0]
    axis = axis % output.ndim
    if labels.shape != output.shape[:axis] + output.shape[axis + 1 :]:
        raise ValueError(
            "ops.sparse_categorical_crossentropy expected a target of the shape of output without "
            f"its axis {axis}, got {labels.shape} and {output.shape}"
        )
    labels = labels.astype(np.intp)
    classes = output.shape[axis]
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"ops.sparse_categorical_crossentropy expected classes in [0, {classes}), got values "
            f"from {labels.min()} to {labels.max()}"
        )
    log_p = _log_probabilities(output, from_logits, axis)
    return -np.squeeze(np.take_along_axis(log_p, np.expand_dims(labels, axis), axis), axis)


@symbolic
def psnr(x1: Any, x2: Any, max_val: float) -> Any:
    """Peak signal-to-noise ratio of two images, in decibel.

    Parameters
    ----------
    x1, x2 : array
        Of one shape.
    max_val : float
        Largest value a pixel can have.

    Returns
    -------
    scalar

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from minikeras import ops
    >>> round(float(ops.psnr([1.0, 0.5], [1.0, 0.6], 1.0)), 3)
    23.01
    """
    a, b = (floating(x) for x in alike([array(x1), array(x2)]))
    if a.shape != b.shape:
        raise ValueError(f"ops.psnr expected images of one shape, got {a.shape} and {b.shape}")
    noise = np.mean(np.square(a - b))
    return 20.0 * np.log10(array(max_val, a.dtype)) - 10.0 * np.log10(noise)
