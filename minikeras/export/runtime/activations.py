"""Activations, as exported files have them."""

from typing import Any

import numpy as np


def relu(x: Any) -> Any:
    """Return x where it is positive, and 0 elsewhere."""
    return np.maximum(x, 0.0)


def relu_with(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """Return x where it is above the threshold, and 0 or a small slope elsewhere."""
    y = x * (x > threshold)
    if max_value is not None:
        y = y.clip(0.0, max_value)
    return y - np.maximum(threshold - x, 0.0) * negative_slope


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Return x where it is positive, and a multiple of it elsewhere."""
    return np.maximum(x, 0.0) + np.minimum(x, 0.0) * negative_slope


def relu6(x: Any) -> Any:
    """Return x between 0 and 6."""
    return x.clip(0.0, 6.0)


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), as a tanh, which cannot overflow."""
    return np.tanh(x * 0.5) * 0.5 + 0.5


def tanh_shrink(x: Any) -> Any:
    """Return x - tanh(x)."""
    return x - np.tanh(x)


def softsign(x: Any) -> Any:
    """Return x / (1 + abs(x))."""
    return x / (np.abs(x) + 1.0)


def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)); never overflows."""
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0.0)


def log_sigmoid(x: Any) -> Any:
    """Return the logarithm of the sigmoid."""
    return -softplus(-x)


def squareplus(x: Any, b: float = 4.0) -> Any:
    """Return (x + sqrt(x**2 + b)) / 2."""
    return x * 0.5 + np.hypot(x, b**0.5) * 0.5


def silu(x: Any) -> Any:
    """Return x * sigmoid(x)."""
    return x * sigmoid(x)


def mish(x: Any) -> Any:
    """Return x * tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def gelu(x: Any, approximate: bool = True) -> Any:
    """Return x times the normal distribution function of x."""
    if not approximate:
        return x * (erf(x * 0.5**0.5) * 0.5 + 0.5)
    z = x.clip(-10.0, 10.0)
    root = (2.0 / np.pi) ** 0.5
    return x * (np.tanh(z * (z * z * (0.044715 * root) + root)) * 0.5 + 0.5)


def erf(x: Any) -> Any:
    """Return the error function: tanh of an odd polynomial, to 7 digits."""
    z = x.clip(-4.5, 4.5)
    square = z * z
    y = square * 1.41852186e-7
    for coefficient in (
        -5.66847512e-6,
        8.76373256e-5,
        -6.19784658e-4,
        -1.91830798e-4,
        0.102769056,
    ):
        y = (y + coefficient) * square
    return np.tanh((y + 1.12837927) * z)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where it is positive, alpha * (exp(x) - 1) elsewhere."""
    e = np.expm1(np.minimum(x, 0.0))
    return np.maximum(x, 0.0) + (e if alpha == 1.0 else e * alpha)


def selu(x: Any) -> Any:
    """Return the scaled elu."""
    e = np.expm1(np.minimum(x, 0.0))
    return (np.maximum(x, 0.0) + e * 1.6732632423543772) * 1.0507009873554805


def celu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where it is positive, alpha * (exp(x / alpha) - 1) elsewhere."""
    return np.maximum(x, 0.0) + np.expm1(np.minimum(x, 0.0) / alpha) * alpha


def glu(x: Any, axis: int = -1) -> Any:
    """Return one half of x times the sigmoid of the other."""
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)


def hard_sigmoid(x: Any) -> Any:
    """Return x / 6 + 1 / 2 between 0 and 1."""
    return (x * (1.0 / 6.0) + 0.5).clip(0.0, 1.0)


def hard_silu(x: Any) -> Any:
    """Return x * hard_sigmoid(x)."""
    return x * hard_sigmoid(x)


def hard_tanh(x: Any) -> Any:
    """Return x between -1 and 1."""
    return x.clip(-1.0, 1.0)


def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Return x where it is further than the threshold from 0, else 0."""
    return x * (np.abs(x) > threshold)


def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Return x moved towards 0 by the threshold."""
    return x - x.clip(-threshold, threshold)


def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """Return x where it is above the threshold, and another value elsewhere."""
    return np.where(x <= threshold, default_value, x)


def sparse_plus(x: Any) -> Any:
    """Return 0 up to -1, a parabola up to 1, then x."""
    s = (x * 0.5 + 0.5).clip(0.0, 1.0)
    return np.maximum(s * s, x)


def sparse_sigmoid(x: Any) -> Any:
    """Return (x + 1) / 2 between 0 and 1."""
    return (x * 0.5 + 0.5).clip(0.0, 1.0)


def step(x: Any) -> Any:
    """Return 0 up to 0, then 1."""
    return np.sign(np.maximum(x, 0.0))


def softmax(x: Any, axis: Any = -1) -> Any:
    """Return exp(x) divided by its sum along an axis."""
    y = np.exp(x - x.max(axis=axis, keepdims=True))
    return y / total(y, axis)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """Return the logarithm of the softmax."""
    y = x - x.max(axis=axis, keepdims=True)
    return y - np.log(total(np.exp(y), axis))


def total(y: Any, axis: Any) -> Any:
    """Return the sum along an axis, which keeps length 1."""
    if y.ndim == 2 and axis in (-1, 1):
        return y.dot(np.ones(y.shape[1], y.dtype))[:, np.newaxis]
    return y.sum(axis=axis, keepdims=True)


def sparsemax(x: Any, axis: int = -1) -> Any:
    """Return the probabilities that are closest to x; small scores become 0."""
    z = np.maximum(x - x.max(axis=axis, keepdims=True), -1.0)
    down = np.flip(np.sort(z, axis), axis)
    excess = np.cumsum(down, axis) - 1.0
    shape = [1] * x.ndim
    shape[axis] = -1
    rank = np.arange(1, x.shape[axis] + 1, dtype=x.dtype).reshape(shape)
    size = (down * rank > excess).sum(axis, keepdims=True)
    least = np.take_along_axis(excess, size - 1, axis) / size.astype(x.dtype)
    return np.maximum(z - least, 0.0)


def masked_softmax(x: Any, mask: Any, axis: Any = -1) -> Any:
    """Return the softmax of what the mask lets through, and 0 elsewhere."""
    kept = mask if mask.dtype == bool else mask > 0.5
    return softmax(np.where(kept, x, -1e9).astype(x.dtype), axis) * kept
