"""Layers that give images another size."""

from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.layers import CenterCrop, RandomCrop, Resizing
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.interpolation import interpolated
from minikeras.ops.image_resize import crop_box

__all__: list[str] = []


def _axes(layer: Any, x: Value) -> tuple[int, int]:
    """Return the axes of height and width, of one image or of a batch."""
    first = x.rank - (3 if layer.data_format == "channels_last" else 2)
    return first, first + 1


def _cut(g: Builder, x: Value, axes: tuple[int, int], box: Any) -> Value:
    for axis, part in zip(axes, box):
        if part.start or part.stop != x.shape[axis]:
            x = g.slice(x, axis, part.start, part.stop)
    return x


def _lengths(g: Builder, x: Value, axes: tuple[int, int]) -> tuple[int, int]:
    height, width = (x.shape[axis] for axis in axes)
    if height is None or width is None:
        g.refuse("what it cuts or adds depends on the size of the images; declare it with Input")
    return height, width


def _rounded(g: Builder, y: Value, dtype: str) -> Value:
    """Return interpolated colours as integers: some kernels overshoot."""
    limits = np.iinfo(dtype)
    return g.cast(g.clip(g.unary("Round", y), int(limits.min), int(limits.max)), dtype)


@writes(Resizing)
def _resize(g: Builder, layer: Resizing, x: Value) -> Value:
    axes, size, dtype = _axes(layer, x), (layer.height, layer.width), x.dtype
    if layer.crop_to_aspect_ratio:
        x = _cut(g, x, axes, crop_box(*_lengths(g, x, axes), size))
    elif layer.pad_to_aspect_ratio:
        height, width = _lengths(g, x, axes)
        top = (max(height, int(width * size[0] / size[1])) - height) // 2
        left = (max(width, int(height * size[1] / size[0])) - width) // 2
        pads = [(0, 0)] * x.rank
        pads[axes[0] if top else axes[1]] = (top or left,) * 2
        x = g.pad(x, pads, layer.fill_value)
    rounds = not dtype.startswith("float") and layer.interpolation != "nearest"
    y = g.cast(x, "float32") if rounds else x
    for axis, length in zip(axes, size):
        y = interpolated(g, y, axis, length, layer.interpolation, layer.antialias)
    return _rounded(g, y, dtype) if rounds else y


def _fit(g: Builder, layer: Any, x: Value) -> Value:
    axes, size = _axes(layer, x), (layer.height, layer.width)
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
    axes = _axes(layer, x)
    height, width = _lengths(g, x, axes)
    if height < layer.height or width < layer.width:
        return _fit(g, layer, x)
    top, left = (height - layer.height) // 2, (width - layer.width) // 2
    box = slice(top, top + layer.height), slice(left, left + layer.width)
    return _cut(g, x, axes, box)
