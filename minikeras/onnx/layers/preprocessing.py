"""Preprocessing layers that work on numbers."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras.export.value import Value
from minikeras.layers import CategoryEncoding, Discretization, Normalization, Rescaling
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.encoding import encoded

__all__: list[str] = []


@writes(Rescaling)
def _rescale(g: Builder, layer: Rescaling, x: Value) -> Value:
    scale = np.asarray(layer.scale, layer.dtype)
    if scale.ndim and config.image_data_format() == "channels_first":
        scale = scale.reshape(scale.shape + (1,) * (3 - scale.ndim))
    return g.add(g.multiply(g.floats(x, layer), scale), layer.offset)


@writes(Normalization)
def _normalize(g: Builder, layer: Normalization, x: Value) -> Value:
    mean, variance = layer._statistics()
    scale = np.maximum(np.sqrt(variance), config.epsilon())
    x = g.floats(x, layer)
    if layer.invert:
        return g.add(g.multiply(x, scale), mean)
    return g.divide(g.subtract(x, mean), scale)


@writes(CategoryEncoding)
def _categories(g: Builder, layer: CategoryEncoding, x: Value, count_weights: Any = None) -> Value:
    places, weights = g.cast(x, "int64"), None
    if layer.output_mode == "count" and count_weights is not None:
        weights = g.value(count_weights, layer.dtype)
    return encoded(g, places, layer.output_mode, layer.num_tokens, layer.dtype, weights)


@writes(Discretization)
def _bins(g: Builder, layer: Discretization, x: Value) -> Value:
    if layer.bin_boundaries is None:
        g.refuse("it has no boundaries yet; call adapt(data) first")
    x = x if x.dtype.startswith("float") else g.cast(x, "float32")
    boundaries = np.asarray(layer.bin_boundaries, x.dtype)
    above = g.binary("GreaterOrEqual", g.expand_dims(x, -1), boundaries, "bool")
    places = g.reduce("ReduceSum", g.cast(above, "int64"), -1)
    dtype = "int32" if layer.output_mode == "int" else layer.dtype
    return encoded(g, places, layer.output_mode, len(boundaries) + 1, dtype)
