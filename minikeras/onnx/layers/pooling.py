"""Pooling: windows, whole images, and windows of a wanted number."""

from typing import Any

import numpy as np

from minikeras.export.value import Mask, Value
from minikeras.layers import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from minikeras.layers._spatial import axes_of
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.convolution import channels_first, channels_last, padding_of
from minikeras.ops.adaptive_pooling import windows

__all__ = ["along"]


def _pooled(g: Builder, layer: Any, x: Value, kind: str, **attributes: Any) -> Value:
    first = channels_first(g, g.floats(x, layer), layer.data_format)
    ones = (1,) * layer.rank
    y = g.node(
        kind,
        first,
        shape=(*first.shape[:2], *(None,) * layer.rank),
        kernel_shape=list(layer.pool_size),
        strides=list(layer.strides),
        **attributes,
        **padding_of(first.shape[2:], layer.pool_size, layer.strides, layer.padding, ones),
    )
    return channels_last(g, y, layer.data_format)


@writes(MaxPooling1D, MaxPooling2D, MaxPooling3D)
def _max(g: Builder, layer: Any, x: Value) -> Value:
    return _pooled(g, layer, x, "MaxPool")


@writes(AveragePooling1D, AveragePooling2D, AveragePooling3D)
def _average(g: Builder, layer: Any, x: Value) -> Value:
    return _pooled(g, layer, x, "AveragePool", count_include_pad=0)


@writes(GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D)
def _global_max(g: Builder, layer: Any, x: Value) -> Value:
    return g.reduce("ReduceMax", x, axes_of(layer.rank, layer.data_format), layer.keepdims)


@writes(GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D)
def _global_average(g: Builder, layer: Any, x: Value, mask: Any = None) -> Value:
    axes, x = axes_of(layer.rank, layer.data_format), g.floats(x, layer)
    if mask is None:
        return g.reduce("ReduceMean", x, axes, layer.keepdims)
    steps = mask.value() if isinstance(mask, Mask) else mask
    counts = g.value(steps, x.dtype)
    total = g.reduce("ReduceSum", counts, 1, keepdims=True)
    counts = g.expand_dims(g.divide(counts, total), -1 if axes[0] == 1 else 1)
    return g.reduce("ReduceSum", g.multiply(x, counts), axes, layer.keepdims)


def along(g: Builder, x: Value, axis: int, matrix: Any) -> Value:
    """Multiply an axis of ``x`` by a matrix ``(before, after)``."""
    y = g.matmul(g.move(x, axis, -1), matrix)
    return g.move(y, -1, axis)


def _sizes(g: Builder, layer: Any, x: Value) -> list[tuple[int, int, int]]:
    """Return the axes that are pooled with their lengths before and after."""
    found = []
    for axis, n in zip(axes_of(layer.rank, layer.data_format), layer.output_size):
        length = x.shape[axis]
        if length is None:
            g.refuse("it needs an input of known lengths; declare them with Input(shape)")
        found.append((axis, length, n))
    return found


@writes(AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D)
def _adaptive_average(g: Builder, layer: Any, x: Value) -> Value:
    y = g.floats(x, layer)
    for axis, before, after in _sizes(g, layer, x):
        matrix = np.zeros((before, after))
        for column, (start, stop) in enumerate(windows(before, after)):
            matrix[start:stop, column] = 1.0 / (stop - start)
        y = along(g, y, axis, matrix)
    return y


@writes(AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D)
def _adaptive_max(g: Builder, layer: Any, x: Value) -> Value:
    y = x
    for axis, before, after in _sizes(g, layer, x):
        parts = [
            g.reduce("ReduceMax", g.slice(y, axis, *window), axis, keepdims=True)
            for window in windows(before, after)
        ]
        y = g.concatenate(parts, axis)
    return y
