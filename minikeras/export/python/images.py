"""Convolution, pooling and the layers that change shapes."""

from typing import Any

from minikeras.export.python.writer import Code, Writer, writes
from minikeras.export.value import Value
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
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    SeparableConv1D,
    SeparableConv2D,
)
from minikeras.layers._spatial import axes_of
from minikeras.ops.convolution.plan import transposed_plan_of

__all__ = ["pointwise"]


def _last(x: str, layer: Any) -> str:
    """Return the expression for an image with its channels last."""
    return x if layer.data_format == "channels_last" else f"np.moveaxis({x}, 1, -1)"


def _back(y: str, layer: Any) -> str:
    return y if layer.data_format == "channels_last" else f"np.moveaxis({y}, -1, 1)"


def _settings(layer: Any) -> dict[str, Any]:
    """Return the settings of a convolution that are not the usual ones."""
    settings = {"strides": layer.strides, "dilation": layer.dilation_rate}
    return {name: value for name, value in settings.items() if set(value) != {1}}


def _padded(w: Writer, layer: Any, x: str) -> Code:
    """Return the expression for what a convolution slides over, channels last."""
    x = _last(x, layer)
    if layer.padding == "valid":
        return Code(x)
    padding = {} if layer.padding == "same" else {"padding": layer.padding}
    settings = {**padding, **_settings(layer)}
    return Code(w.call_of("padded", Code(x), tuple(layer.kernel_size), **settings))


def _with_bias(y: str, layer: Any) -> str:
    return y if layer.bias is None else f"{y} + b"


def pointwise(x: str, kernel: str, strides: Any) -> str:
    """Return the expression for a convolution with windows of one place."""
    if set(strides) != {1}:
        x = f"{x}[:, {', '.join(f'::{step}' for step in strides)}]"
    return f"np.tensordot({x}, {kernel}[{', '.join('0' * len(strides))}], 1)"


@writes(Conv1D, Conv2D, Conv3D)
def _conv(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.kernel, b=layer.bias)
    if layer.groups > 1:
        y = _with_bias(_in_groups(w, layer, x.name), layer)
    elif set(layer.kernel_size) == {1}:
        y = _with_bias(pointwise(_last(x.name, layer), "W", layer.strides), layer)
    else:
        bias = [] if layer.bias is None else [Code("b")]
        given = _padded(w, layer, x.name)
        y = w.call_of("conv", given, Code("W"), *bias, **_settings(layer))
    return w.finished(_back(y, layer), layer.activation)


def _in_groups(w: Writer, layer: Any, x: str) -> str:
    *size, channels, filters = layer.kernel.shape
    groups, settings = layer.groups, _settings(layer)
    if channels == 1:
        w.line(f"W = W.reshape({(*size, groups, filters // groups)})")
        return w.call_of("depthwise_conv", _padded(w, layer, x), Code("W"), **settings)
    if set(size) == {1}:
        x, one = _last(x, layer), pointwise("part", "w", layer.strides)
    else:
        x, one = _padded(w, layer, x), w.call_of("conv", Code("part"), Code("w"), **settings)
    w.line(f"pairs = zip(np.split({x}, {groups}, axis=-1), np.split(W, {groups}, axis=-1))")
    return f"np.concatenate([{one} for part, w in pairs], axis=-1)"


@writes(DepthwiseConv1D, DepthwiseConv2D)
def _depthwise(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.kernel, b=layer.bias)
    y = w.call_of("depthwise_conv", _padded(w, layer, x.name), Code("W"), **_settings(layer))
    return w.finished(_back(_with_bias(y, layer), layer), layer.activation)


@writes(SeparableConv1D, SeparableConv2D)
def _separable(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.depthwise_kernel, U=layer.pointwise_kernel, b=layer.bias)
    given = _padded(w, layer, x.name)
    w.line(f"A = {w.call_of('depthwise_conv', given, Code('W'), **_settings(layer))}")
    y = _with_bias(pointwise("A", "U", (1,) * layer.rank), layer)
    return w.finished(_back(y, layer), layer.activation)


@writes(Conv1DTranspose, Conv2DTranspose, Conv3DTranspose)
def _transpose(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    lengths = tuple(x.shape[axis] for axis in axes_of(layer.rank, layer.data_format))
    if None in lengths:
        w.refuse("it needs an input of known lengths; declare them with Input(shape)")
    plan = transposed_plan_of(
        lengths,  # type: ignore[arg-type]
        layer.kernel_size,
        layer.strides,
        layer.padding,
        layer.output_padding,
        layer.dilation_rate,
    )
    w.load(W=layer.kernel, b=layer.bias)
    y = w.call_of(
        "conv_transpose",
        Code(_last(x.name, layer)),
        Code("W"),
        strides=layer.strides,
        dilation=layer.dilation_rate,
        before=plan.before,
        lengths=plan.lengths,
    )
    return w.finished(_back(_with_bias(y, layer), layer), layer.activation)


@writes(MaxPooling1D, MaxPooling2D, MaxPooling3D)
def _max(w: Writer, layer: Any, x: Value) -> Value:
    given, size, strides = Code(_last(x.name, layer)), layer.pool_size, layer.strides
    if layer.padding == "same":
        given = Code(w.call_of("padded", given, size, strides=strides, value=float("-inf")))
    return w.result(_back(w.call_of("max_pool", given, size, strides), layer))


@writes(AveragePooling1D, AveragePooling2D, AveragePooling3D)
def _average(w: Writer, layer: Any, x: Value) -> Value:
    given = Code(_last(w.floats(x, layer).name, layer))
    name = "average_pool_same" if layer.padding == "same" else "average_pool"
    return w.result(_back(w.call_of(name, given, layer.pool_size, layer.strides), layer))


def _axes(layer: Any) -> tuple[int, ...]:
    return tuple(axes_of(layer.rank, layer.data_format))


@writes(GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D)
def _global_max(w: Writer, layer: Any, x: Value) -> Value:
    keep = ", keepdims=True" if layer.keepdims else ""
    return w.result(f"{x.name}.max(axis={_axes(layer)!r}{keep})")


@writes(GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D)
def _global_average(w: Writer, layer: Any, x: Value, mask: Any = None) -> Value:
    x, axes = w.floats(x, layer), _axes(layer)
    if mask is None:
        y = w.call_of("global_average", x, axes)
    else:
        y = w.call_of("masked_average", Code(_last(x.name, layer)), mask)
    return w.result(f"np.expand_dims({y}, {axes!r})" if layer.keepdims else y)


@writes(AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D)
def _adaptive_max(w: Writer, layer: Any, x: Value) -> Value:
    return w.result(w.call_of("adaptive_max", x, _axes(layer), layer.output_size))


@writes(AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D)
def _adaptive_average(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    return w.result(w.call_of("adaptive_average", x, _axes(layer), layer.output_size))
