"""Ops of Keras that are written as several NumPy functions, whatever kind of file it is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.autodiff.array_methods import astype
from minikeras.export.value import Value

__all__ = ["COMPOSED"]


def _cast(t: Any, x: Any, dtype: Any) -> Any:
    return t.function(astype, x, dtype)


def _convert(t: Any, x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    return x if dtype is None else _cast(t, x, dtype)


def _logsumexp(t: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    f = t.function
    peak = f(np.max, x, axis=axis, keepdims=True)
    total = f(np.sum, f(np.exp, f(np.subtract, x, peak)), axis=axis, keepdims=keepdims)
    if not keepdims:
        peak = f(np.max, x, axis=axis)
    return f(np.add, f(np.log, total), peak)


def _one_hot(
    t: Any, x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    if axis not in (-1, x.rank):
        t.refuse(f"one_hot with axis={axis} has no counterpart there")
    same = t.function(np.equal, t.function(np.expand_dims, x, -1), np.arange(num_classes))
    return _cast(t, same, dtype or "float32")


def _rsqrt(t: Any, x: Any) -> Any:
    return t.function(np.divide, 1.0, t.function(np.sqrt, x))


def _unit(t: Any, x: Value, axis: Any = -1, epsilon: float = 1e-12) -> Any:
    f = t.function
    axes = tuple(axis) if isinstance(axis, list | tuple) else axis
    square = f(np.sum, f(np.multiply, x, x), axis=axes, keepdims=True)
    least = max(epsilon * epsilon, float(np.finfo(x.dtype).tiny))
    return f(np.divide, x, f(np.sqrt, f(np.maximum, square, least)))


COMPOSED: dict[Any, Callable[..., Any]] = {
    ops.cast: _cast,
    ops.convert_to_tensor: _convert,
    ops.logsumexp: _logsumexp,
    ops.one_hot: _one_hot,
    ops.rsqrt: _rsqrt,
    ops.unit_normalization: _unit,
}
"""Op -> ``(target, *args, **kwargs)``, which writes a call of it."""
