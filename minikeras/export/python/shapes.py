"""Layers that change shapes, join inputs, or prepare data."""

import math
from typing import Any

import numpy as np

from minikeras import config
from minikeras.export.python.writer import Code, Writer, writes
from minikeras.export.value import Value
from minikeras.layers import (
    Add,
    Average,
    CategoryEncoding,
    CenterCrop,
    Concatenate,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Discretization,
    Dot,
    Flatten,
    Maximum,
    Minimum,
    Multiply,
    Normalization,
    Permute,
    RandomCrop,
    RepeatVector,
    Rescaling,
    Reshape,
    Resizing,
    Subtract,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from minikeras.layers._spatial import axes_of
from minikeras.ops.image_resize import crop_box, weights

__all__: list[str] = []


@writes(Flatten)
def _flatten(w: Writer, layer: Flatten, x: Value) -> Value:
    given = x.name
    if layer.data_format == "channels_first" and x.rank > 2:
        given = f"np.moveaxis({given}, 1, -1)"
    size: Any = f"np.prod({x.name}.shape[1:], dtype=int)"
    if None not in x.shape[1:]:
        size = math.prod(x.shape[1:])
    return w.result(f"{given}.reshape(len({x.name}), {size})")


@writes(Reshape)
def _reshape(w: Writer, layer: Reshape, x: Value) -> Value:
    known = math.prod(n for n in layer.target_shape if n != -1)
    target: list[Any] = list(layer.target_shape)
    if -1 in target:
        rest: Any = f"np.prod({x.name}.shape[1:], dtype=int) // {known}"
        if None not in x.shape[1:]:
            rest = math.prod(x.shape[1:]) // known  # type: ignore[arg-type]
        target[target.index(-1)] = rest
    return w.result(f"{x.name}.reshape(len({x.name}), {', '.join(map(str, target))})")


@writes(Permute)
def _permute(w: Writer, layer: Permute, x: Value) -> Value:
    return w.result(f"np.transpose({x.name}, {(0, *layer.dims)})")


@writes(RepeatVector)
def _repeat(w: Writer, layer: RepeatVector, x: Value) -> Value:
    return w.result(f"np.repeat({x.name}[:, np.newaxis], {layer.n}, axis=1)")


@writes(Cropping1D, Cropping2D, Cropping3D)
def _crop(w: Writer, layer: Any, x: Value) -> Value:
    parts = [":"] * x.rank
    for axis, (before, after) in zip(axes_of(layer.rank, layer.data_format), layer.pairs()):
        parts[axis] = f"{before or ''}:{f'-{after}' if after else ''}"
    return w.result(f"{x.name}[{', '.join(parts)}]")


@writes(ZeroPadding1D, ZeroPadding2D, ZeroPadding3D)
def _pad(w: Writer, layer: Any, x: Value) -> Value:
    pads = [(0, 0)] * x.rank
    for axis, pair in zip(axes_of(layer.rank, layer.data_format), layer.pairs()):
        pads[axis] = tuple(pair)
    return w.result(f"np.pad({x.name}, {pads!r})")


@writes(UpSampling1D, UpSampling2D, UpSampling3D)
def _upsample(w: Writer, layer: Any, x: Value) -> Value:
    sizes = (layer.size,) if layer.rank == 1 else layer.size
    method = getattr(layer, "interpolation", "nearest")
    y = x.name
    for axis, count in zip(axes_of(layer.rank, layer.data_format), sizes):
        if method == "nearest":
            y = y if count == 1 else f"np.repeat({y}, {count}, axis={axis})"
        else:
            n = _length(w, x, axis)
            y = _interpolated(w, y, x, axis, n, n * count, method)
    return w.result(y)


def _length(w: Writer, x: Value, axis: int) -> int:
    n = x.shape[axis]
    if n is None:
        w.refuse("it needs an input of known lengths; declare them with Input(shape)")
    return n


def _interpolated(
    w: Writer,
    y: str,
    x: Value,
    axis: int,
    n: int,
    length: int,
    method: str,
    antialias: bool = False,
) -> str:
    """Return an expression that resizes the expression ``y`` along an axis."""
    if n == length:
        return y
    if method == "nearest":
        places = np.floor((np.arange(length) + 0.5) * n / length).astype(np.int64)
        return f"np.take({y}, {w.weight(places, 'places')}, axis={axis})"
    matrix = weights(n, length, method, antialias, np.dtype(x.dtype))
    return w.call_of("resize", Code(y), axis, Code(f"{w.weight(matrix, f'axis_{axis}')}"))


# Several inputs.


def _aligned(inputs: list[Value]) -> list[str]:
    rank = max(x.rank for x in inputs)
    return [
        x.name if x.rank == rank else f"{x.name}[:{', np.newaxis' * (rank - x.rank)}]"
        for x in inputs
    ]


@writes(Add)
def _add(w: Writer, layer: Add, inputs: list[Value], mask: Any = None) -> Value:
    return w.result(" + ".join(_aligned(inputs)))


@writes(Subtract)
def _subtract(w: Writer, layer: Subtract, inputs: list[Value], mask: Any = None) -> Value:
    return w.result(" - ".join(_aligned(inputs)))


@writes(Multiply)
def _multiply(w: Writer, layer: Multiply, inputs: list[Value]) -> Value:
    return w.result(" * ".join(_aligned(inputs)))


@writes(Average)
def _average(w: Writer, layer: Average, inputs: list[Value], mask: Any = None) -> Value:
    return w.result(f"({' + '.join(_aligned(inputs))}) * {1.0 / len(inputs)!r}")


def _nested(name: str, inputs: list[Value]) -> str:
    first, *rest = _aligned(inputs)
    for x in rest:
        first = f"{name}({first}, {x})"
    return first


@writes(Maximum)
def _maximum(w: Writer, layer: Maximum, inputs: list[Value]) -> Value:
    return w.result(_nested("np.maximum", inputs))


@writes(Minimum)
def _minimum(w: Writer, layer: Minimum, inputs: list[Value]) -> Value:
    return w.result(_nested("np.minimum", inputs))


@writes(Concatenate)
def _concatenate(w: Writer, layer: Concatenate, inputs: list[Value]) -> Value:
    names = ", ".join(x.name for x in inputs)
    return w.result(f"np.concatenate([{names}], axis={layer.axis})")


@writes(Dot)
def _dot(w: Writer, layer: Dot, inputs: list[Value]) -> Value:
    x, y = inputs
    a, b = layer._axes((x.shape, y.shape))
    first, second = x.name, y.name
    if layer.normalize:
        first = w.call_of("unit_norm", x, (a,), config.epsilon())
        second = w.call_of("unit_norm", y, (b,), config.epsilon())
    if a != x.rank - 1:
        first = f"np.moveaxis({first}, {a}, -1)"
    if b != 1:
        second = f"np.moveaxis({second}, {b}, 1)"
    before = [f"{x.name}.shape[{i}]" for i in range(1, x.rank) if i != a]
    after = [f"{y.name}.shape[{i}]" for i in range(1, y.rank) if i != b]
    size = f"{x.name}.shape[{a}]"
    rows = f"{first}.reshape(len({x.name}), {' * '.join(before) or 1}, {size})"
    columns = f"{second}.reshape(len({y.name}), {size}, {' * '.join(after) or 1})"
    shape = ", ".join([f"len({x.name})", *(before + after or ["1"])])
    return w.result(f"np.matmul({rows}, {columns}).reshape({shape})")


# Preparing data.


def _number(w: Writer, value: Any, name: str, dtype: str) -> str:
    array = np.asarray(value)
    return w.weight(array.astype(dtype), name) if array.ndim else repr(value)


@writes(Rescaling)
def _rescale(w: Writer, layer: Rescaling, x: Value) -> Value:
    x = w.floats(x, layer)
    factor = np.asarray(layer.scale)
    if factor.ndim and config.image_data_format() == "channels_first":
        factor = factor.reshape(factor.shape + (1,) * (3 - factor.ndim))
    scale = _number(w, factor if factor.ndim else layer.scale, "scale", x.dtype)
    return w.result(f"{x.name} * {scale} + {_number(w, layer.offset, 'offset', x.dtype)}")


@writes(Normalization)
def _normalize(w: Writer, layer: Normalization, x: Value) -> Value:
    x = w.floats(x, layer)
    mean, variance = layer._statistics()
    scale = np.maximum(np.sqrt(variance), config.epsilon())
    w.load(A=mean, scale=scale)
    expression = f"{x.name} * scale + A" if layer.invert else f"({x.name} - A) / scale"
    return w.result(expression)


@writes(CategoryEncoding)
def _categories(w: Writer, layer: CategoryEncoding, x: Value, count_weights: Any = None) -> Value:
    places = w.cast(x, "int64")
    more = [] if count_weights is None else [count_weights]
    mode = layer.output_mode
    return w.result(w.call_of("encode", places, mode, layer.num_tokens, layer.dtype, *more))


@writes(Discretization)
def _bins(w: Writer, layer: Discretization, x: Value) -> Value:
    if layer.bin_boundaries is None:
        w.refuse("it has no boundaries yet; call adapt(data) first")
    boundaries = np.asarray(layer.bin_boundaries, x.dtype if "float" in x.dtype else "float32")
    w.load(b=boundaries)
    dtype = "int32" if layer.output_mode == "int" else layer.dtype
    places = Code(f"np.searchsorted(b, {x.name}, side='right')")
    return w.result(w.call_of("encode", places, layer.output_mode, len(boundaries) + 1, dtype))


def _image_axes(w: Writer, layer: Any, x: Value) -> tuple[int, int]:
    if x.rank != 4:
        w.refuse(f"it is given one image of shape {x.shape}, not a batch of them")
    return (1, 2) if layer.data_format == "channels_last" else (2, 3)


def _cut(x: str, axes: tuple[int, int], box: Any) -> str:
    parts = [":"] * 4
    for axis, part in zip(axes, box):
        parts[axis] = f"{part.start}:{part.stop}"
    return f"{x}[{', '.join(parts)}]"


@writes(Resizing)
def _resize(w: Writer, layer: Resizing, x: Value) -> Value:
    if not x.dtype.startswith("float") and layer.interpolation != "nearest":
        w.refuse("it resizes integers, which are rounded; give it floats")
    axes, size = _image_axes(w, layer, x), (layer.height, layer.width)
    lengths = [_length(w, x, axis) for axis in axes]
    y = x.name
    if layer.crop_to_aspect_ratio:
        box = crop_box(lengths[0], lengths[1], size)
        y = _cut(y, axes, box)
        lengths = [part.stop - part.start for part in box]
    elif layer.pad_to_aspect_ratio:
        height, width = lengths
        top = (max(height, int(width * size[0] / size[1])) - height) // 2
        left = (max(width, int(height * size[1] / size[0])) - width) // 2
        pads = [(0, 0)] * 4
        pads[axes[0] if top else axes[1]] = (top or left,) * 2
        y = f"np.pad({y}, {pads!r}, constant_values={layer.fill_value!r})"
        lengths[0 if top else 1] += 2 * (top or left)
    for axis, n, length in zip(axes, lengths, size):
        y = _interpolated(w, y, x, axis, n, length, layer.interpolation, layer.antialias)
    return w.result(y)


@writes(CenterCrop, RandomCrop)
def _center(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    axes, size = _image_axes(w, layer, x), (layer.height, layer.width)
    height, width = (_length(w, x, axis) for axis in axes)
    if isinstance(layer, CenterCrop) and height >= size[0] and width >= size[1]:
        top, left = (height - size[0]) // 2, (width - size[1]) // 2
        box = slice(top, top + size[0]), slice(left, left + size[1])
        return w.result(_cut(x.name, axes, box))
    box = crop_box(height, width, size)
    y = _cut(x.name, axes, box)
    for axis, part, length in zip(axes, box, size):
        y = _interpolated(w, y, x, axis, part.stop - part.start, length, "bilinear")
    return w.result(y)
