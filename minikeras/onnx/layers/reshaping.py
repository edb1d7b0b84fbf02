"""Layers that change shapes."""

import math
from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.layers import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from minikeras.layers._spatial import axes_of
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.interpolation import enlarged

__all__ = ["repeated"]


@writes(Flatten)
def _flatten(g: Builder, layer: Flatten, x: Value) -> Value:
    if layer.data_format == "channels_first" and x.rank > 2:
        x = g.move(x, 1, -1)
    sample = x.shape[1:]
    size = None if None in sample else math.prod(sample)  # type: ignore[arg-type]
    return g.reshape(x, (x.shape[0], size), kept=1)


@writes(Reshape)
def _reshape(g: Builder, layer: Reshape, x: Value) -> Value:
    target: list[Any] = list(layer.target_shape)
    if -1 in target and None not in x.shape[1:]:
        rest = math.prod(n for n in target if n != -1)
        target[target.index(-1)] = math.prod(x.shape[1:]) // rest  # type: ignore[arg-type]
    return g.reshape(x, (x.shape[0], *target), kept=1)


@writes(Permute)
def _permute(g: Builder, layer: Permute, x: Value) -> Value:
    return g.transpose(x, (0, *layer.dims))


@writes(RepeatVector)
def _repeat(g: Builder, layer: RepeatVector, x: Value) -> Value:
    shape = (x.shape[0], layer.n, x.shape[1])
    times = np.array([1, layer.n, 1], np.int64)
    return g.node("Tile", g.expand_dims(x, 1), times, shape=shape)


@writes(Cropping1D, Cropping2D, Cropping3D)
def _crop(g: Builder, layer: Any, x: Value) -> Value:
    for axis, (before, after) in zip(axes_of(layer.rank, layer.data_format), layer.pairs()):
        if before or after:
            x = g.slice(x, axis, before, -after if after else 2**62)
    return x


@writes(ZeroPadding1D, ZeroPadding2D, ZeroPadding3D)
def _pad(g: Builder, layer: Any, x: Value) -> Value:
    pads = [(0, 0)] * x.rank
    for axis, pair in zip(axes_of(layer.rank, layer.data_format), layer.pairs()):
        pads[axis] = pair
    return g.pad(x, pads)


def repeated(g: Builder, x: Value, axis: int, count: int) -> Value:
    """Repeat each element along an axis."""
    if count == 1:
        return x
    axis %= x.rank
    if x.shape.count(None) > 1:
        scales = np.ones(x.rank, np.float32)
        scales[axis] = count
        n = x.shape[axis]
        shape = (*x.shape[:axis], None if n is None else n * count, *x.shape[axis + 1 :])
        return g.node(
            "Resize",
            x,
            None,
            g.constant(scales),
            shape=shape,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
    inner = g.expand_dims(x, axis + 1)
    times = [1] * inner.rank
    times[axis + 1] = count
    shape = (*inner.shape[: axis + 1], count, *inner.shape[axis + 2 :])
    tiled = g.node("Tile", inner, np.array(times, np.int64), shape=shape)
    n = x.shape[axis]
    merged = (*x.shape[:axis], None if n is None else n * count, *x.shape[axis + 1 :])
    return g.reshape(tiled, merged, kept=axis)


@writes(UpSampling1D, UpSampling2D, UpSampling3D)
def _upsample(g: Builder, layer: Any, x: Value) -> Value:
    sizes = (layer.size,) if layer.rank == 1 else layer.size
    method = getattr(layer, "interpolation", "nearest")
    for axis, count in zip(axes_of(layer.rank, layer.data_format), sizes):
        if method == "nearest":
            x = repeated(g, x, axis, count)
        else:
            x = enlarged(g, x, axis, count, method)
    return x
