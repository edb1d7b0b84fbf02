"""Preprocessing layers that work on numbers."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras.export.value import Value
from minikeras.layers import (
    CategoryEncoding,
    CenterCrop,
    Discretization,
    Normalization,
    RandomCrop,
    Rescaling,
    Resizing,
)
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.reshaping import interpolated
from minikeras.ops.image_resize import crop_box

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


def _encoded(g: Builder, places: Value, mode: str, depth: int, dtype: str) -> Value:
    """Write ``encode`` of ``layers/preprocessing/encoding.py``."""
    if mode == "int":
        return g.cast(places, dtype)
    if mode == "one_hot":
        if places.rank > 1 and places.shape[-1] == 1:
            places = g.squeeze(places, -1)
    elif places.rank > 1:
        places = g.move(places, 1, -1)
    hot = g.cast(g.binary("Equal", g.expand_dims(places, -1), np.arange(depth), "bool"), dtype)
    if mode == "one_hot":
        return hot
    axis = hot.rank - 2
    if places.rank == 1:
        g.refuse(f"output_mode={mode!r} needs an input with an axis besides the batch")
    return g.reduce("ReduceMax" if mode == "multi_hot" else "ReduceSum", hot, axis)


@writes(CategoryEncoding)
def _categories(g: Builder, layer: CategoryEncoding, x: Value) -> Value:
    return _encoded(g, g.cast(x, "int64"), layer.output_mode, layer.num_tokens, layer.dtype)


@writes(Discretization)
def _bins(g: Builder, layer: Discretization, x: Value) -> Value:
    if layer.bin_boundaries is None:
        g.refuse("it has no boundaries yet; call adapt(data) first")
    x = x if x.dtype.startswith("float") else g.cast(x, "float32")
    boundaries = np.asarray(layer.bin_boundaries, x.dtype)
    above = g.binary("GreaterOrEqual", g.expand_dims(x, -1), boundaries, "bool")
    places = g.reduce("ReduceSum", g.cast(above, "int64"), -1)
    dtype = "int32" if layer.output_mode == "int" else layer.dtype
    return _encoded(g, places, layer.output_mode, len(boundaries) + 1, dtype)


def _axes(g: Builder, layer: Any, x: Value) -> tuple[int, int]:
    if x.rank != 4:
        g.refuse(f"it is given one image of shape {x.shape}, not a batch of them")
    return (1, 2) if layer.data_format == "channels_last" else (2, 3)


def _cut(g: Builder, x: Value, axes: tuple[int, int], box: Any) -> Value:
    for axis, part in zip(axes, box):
        if part.start or part.stop != x.shape[axis]:
            x = g.slice(x, axis, part.start, part.stop)
    return x


def _lengths(g: Builder, x: Value, axes: tuple[int, int]) -> tuple[int, int]:
    height, width = (x.shape[axis] for axis in axes)
    if height is None or width is None:
        g.refuse("it needs images of known size; declare it with Input(shape)")
    return height, width


@writes(Resizing)
def _resize(g: Builder, layer: Resizing, x: Value) -> Value:
    if not x.dtype.startswith("float") and layer.interpolation != "nearest":
        g.refuse("it resizes integers, which are rounded; give it floats")
    axes, size = _axes(g, layer, x), (layer.height, layer.width)
    height, width = _lengths(g, x, axes)
    if layer.crop_to_aspect_ratio:
        x = _cut(g, x, axes, crop_box(height, width, size))
    elif layer.pad_to_aspect_ratio:
        top = (max(height, int(width * size[0] / size[1])) - height) // 2
        left = (max(width, int(height * size[1] / size[0])) - width) // 2
        pads = [(0, 0)] * 4
        pads[axes[0] if top else axes[1]] = (top or left,) * 2
        x = g.pad(x, pads, layer.fill_value)
    for axis, length in zip(axes, size):
        x = interpolated(g, x, axis, length, layer.interpolation, layer.antialias)
    return x


def _fit(g: Builder, layer: Any, x: Value) -> Value:
    axes, size = _axes(g, layer, x), (layer.height, layer.width)
    x = _cut(g, x, axes, crop_box(*_lengths(g, x, axes), size))
    for axis, length in zip(axes, size):
        x = interpolated(g, x, axis, length, "bilinear")
    return x


@writes(RandomCrop)
def _random_crop(g: Builder, layer: RandomCrop, x: Value) -> Value:
    return _fit(g, layer, g.floats(x, layer))


@writes(CenterCrop)
def _center(g: Builder, layer: CenterCrop, x: Value) -> Value:
    x = g.floats(x, layer)
    axes = _axes(g, layer, x)
    height, width = _lengths(g, x, axes)
    if height < layer.height or width < layer.width:
        return _fit(g, layer, x)
    top, left = (height - layer.height) // 2, (width - layer.width) // 2
    box = slice(top, top + layer.height), slice(left, left + layer.width)
    return _cut(g, x, axes, box)
