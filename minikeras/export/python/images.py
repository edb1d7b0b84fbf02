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

__all__: list[str] = []


def _last(x: str, layer: Any) -> str:
    """Return the expression for an image with its channels last."""
    return x if layer.data_format == "channels_last" else f"np.moveaxis({x}, 1, -1)"


def _back(y: str, layer: Any) -> str:
    return y if layer.data_format == "channels_last" else f"np.moveaxis({y}, -1, 1)"


def _bias(layer: Any) -> str:
    return Code("0.0") if layer.bias is None else Code("b")


def _settings(layer: Any) -> dict[str, Any]:
    """Return the settings of a convolution that are not the usual ones."""
    settings = {"strides": layer.strides, "dilation": layer.dilation_rate}
    told = {name: value for name, value in settings.items() if set(value) != {1}}
    return told if layer.padding == "valid" else {**told, "padding": layer.padding}


@writes(Conv1D, Conv2D, Conv3D)
def _conv(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.kernel, b=layer.bias)
    y = w.call_of("conv", Code(_last(x.name, layer)), Code("W"), _bias(layer), **_settings(layer))
    return w.finished(_back(y, layer), layer.activation)


@writes(DepthwiseConv1D, DepthwiseConv2D)
def _depthwise(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.kernel, b=layer.bias)
    given = Code(_last(x.name, layer))
    y = w.call_of("depthwise_conv", given, Code("W"), _bias(layer), **_settings(layer))
    return w.finished(_back(y, layer), layer.activation)


@writes(SeparableConv1D, SeparableConv2D)
def _separable(w: Writer, layer: Any, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.depthwise_kernel, U=layer.pointwise_kernel, b=layer.bias)
    given = Code(_last(x.name, layer))
    w.line(f"A = {w.call_of('depthwise_conv', given, Code('W'), Code('0.0'), **_settings(layer))}")
    y = w.call_of("conv", Code("A"), Code("U"), _bias(layer))
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
        _bias(layer),
        strides=layer.strides,
        dilation=layer.dilation_rate,
        before=plan.before,
        lengths=plan.lengths,
    )
    return w.finished(_back(y, layer), layer.activation)


@writes(MaxPooling1D, MaxPooling2D, MaxPooling3D)
def _max(w: Writer, layer: Any, x: Value) -> Value:
    return _pooled(w, layer, x, "max_pool")


@writes(AveragePooling1D, AveragePooling2D, AveragePooling3D)
def _average(w: Writer, layer: Any, x: Value) -> Value:
    return _pooled(w, layer, w.floats(x, layer), "average_pool")


def _pooled(w: Writer, layer: Any, x: Value, name: str) -> Value:
    given = Code(_last(x.name, layer))
    padding = {} if layer.padding == "valid" else {"padding": layer.padding}
    y = w.call_of(name, given, layer.pool_size, layer.strides, **padding)
    return w.result(_back(y, layer))


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
