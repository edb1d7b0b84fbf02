"""Resampling along an axis: a product with a matrix of weights."""

import numpy as np

from minikeras.export.value import Value
from minikeras.onnx.builder import Builder
from minikeras.onnx.layers.pooling import along
from minikeras.ops.image_resize import _KERNELS, weights

__all__ = ["enlarged", "interpolated"]


def interpolated(
    g: Builder, x: Value, axis: int, length: int, interpolation: str, antialias: bool = False
) -> Value:
    """Write another length of an axis; the present one need not be known."""
    n = x.shape[axis]
    if n == length:
        return x
    if n is not None and interpolation == "nearest":
        nearest = np.floor((np.arange(length) + 0.5) * n / length).astype(np.int64)
        return g.take(x, nearest, axis)
    if n is not None:
        matrix = weights(n, length, interpolation, antialias, np.dtype(np.float64))
        return _product(g, x, axis, g.constant(matrix, _wide(x)))
    count = g.cast(g.length(x, axis), "float64")
    middles = g.constant(np.arange(length) + 0.5)
    if interpolation == "nearest":
        places = g.divide(g.multiply(middles, count), float(length))
        return g.take(x, g.cast(g.unary("Floor", places), "int64"), axis)
    return _resampled(g, x, axis, middles, g.divide(count, float(length)), interpolation, antialias)


def enlarged(g: Builder, x: Value, axis: int, count: int, interpolation: str) -> Value:
    """Write an axis that is ``count`` times as long."""
    n = x.shape[axis]
    if n is not None:
        return interpolated(g, x, axis, n * count, interpolation)
    stop = g.squeeze(g.multiply(g.length(x, axis), count), 0)
    zero, one = g.constant(0, "int64"), g.constant(1, "int64")
    new = g.node("Range", zero, stop, one, shape=(None,))
    middles = g.add(g.cast(new, "float64"), 0.5)
    ratio = g.constant([1.0 / count])
    return _resampled(g, x, axis, middles, ratio, interpolation, False)


def _resampled(
    g: Builder,
    x: Value,
    axis: int,
    middles: Value,
    ratio: Value,
    interpolation: str,
    antialias: bool,
) -> Value:
    """Write the matrix as ``ops.image_resize.weights`` makes it, out of lengths known at run time.

    Parameters
    ----------
    g : Builder
    x : Value
    axis : int
    middles : Value, shape (new,)
        Places of the new elements, in units of their own distance.
    ratio : Value, shape (1,)
        Old elements for each new one.
    interpolation : str
    antialias : bool
    """
    centres = g.subtract(g.multiply(middles, ratio), 0.5)
    old = g.expand_dims(g.cast(g.places(x, axis), "float64"), 1)
    distance = g.unary("Abs", g.subtract(centres, old))
    if antialias:
        distance = g.divide(distance, g.binary("Max", ratio, 1.0))
    matrix = g.function_of(_KERNELS[interpolation], distance)
    matrix = g.divide(matrix, g.reduce("ReduceSum", matrix, 0, keepdims=True))
    return _product(g, x, axis, g.cast(matrix, _wide(x)))


def _wide(x: Value) -> str:
    return "float64" if x.dtype == "float64" else "float32"


def _product(g: Builder, x: Value, axis: int, matrix: Value) -> Value:
    """Multiply an axis by a matrix; half precision would round its weights too much."""
    return g.cast(along(g, g.cast(x, matrix.dtype), axis, matrix), x.dtype)
