"""Convolutions: ONNX has the channels in axis 1 and in front of the kernels."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.export.value import Value
from minikeras.layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.activations import activated
from minikeras.ops.convolution.plan import output_length, reach, transposed_length

__all__ = ["channels_first", "channels_last", "convolve", "filters_first", "padding_of"]


def channels_first(g: Builder, x: Value, data_format: str) -> Value:
    """Return images with their channels in axis 1."""
    return g.move(x, -1, 1) if data_format == "channels_last" else x


def channels_last(g: Builder, y: Value, data_format: str) -> Value:
    """Put the channels back to where the layer has them."""
    return g.move(y, 1, -1) if data_format == "channels_last" else y


def padding_of(
    lengths: Any, size: Any, strides: Any, padding: str, dilation: Any
) -> dict[str, Any]:
    """Return the attributes that pad an input, whose lengths may be unknown, as Keras does."""
    before, after = [], []
    for n, k, s, d in zip(lengths, size, strides, dilation):
        span = reach(k, d)
        missing = 0
        if padding == "same":
            if n is None and s > 1:
                return {"auto_pad": "SAME_UPPER"}
            count = 1 if n is None else output_length(n, k, s, padding, d) or 0
            missing = span - 1 if n is None else max((count - 1) * s + span - n, 0)
        left = {"valid": 0, "same": missing // 2, "causal": span - 1}[padding]
        before.append(left)
        after.append(missing - left if padding == "same" else 0)
    return {"pads": before + after}


def convolve(g: Builder, layer: Any, x: Value, kernel: Array, bias: Any, groups: int = 1) -> Value:
    """Write a convolution over channels in axis 1.

    Parameters
    ----------
    g : Builder
    layer : Layer
        Has ``strides``, ``padding`` and ``dilation_rate``.
    x : Value, shape (batch, channels, ...)
    kernel : array, shape (filters, channels // groups, ...)
    bias : Variable or None
    groups : int, default 1
    """
    size, lengths = kernel.shape[2:], x.shape[2:]
    window = list(zip(lengths, size, layer.strides, layer.dilation_rate))
    found = [output_length(n, k, s, layer.padding, d) for n, k, s, d in window]
    return g.node(
        "Conv",
        x,
        g.constant(kernel, name="kernel"),
        None if bias is None else g.constant(bias),
        shape=(x.shape[0], kernel.shape[0], *found),
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        group=groups,
        **padding_of(lengths, size, layer.strides, layer.padding, layer.dilation_rate),
    )


def filters_first(kernel: Array) -> Array:
    """Return a kernel ``(..., channels, filters)`` as ``(filters, channels, ...)``."""
    rank = kernel.ndim - 2
    return kernel.transpose(rank + 1, rank, *range(rank))


def _per_channel(kernel: Array) -> Array:
    """Return a kernel ``(..., channels, multiplier)`` as ``(channels * multiplier, 1, ...)``."""
    flat = kernel.reshape(*kernel.shape[:-2], -1)
    return np.moveaxis(flat, -1, 0)[:, np.newaxis]


def _ends(g: Builder, layer: Any, y: Value) -> Value:
    return channels_last(g, activated(g, y, layer.activation), layer.data_format)


def _needs_last(layer: Any) -> bool:
    """Whether an activation looks along the last axis, which must hold what it does in Keras."""
    return not isinstance(layer.activation, str | None) or layer.activation in (
        "softmax",
        "log_softmax",
        "sparsemax",
        "glu",
    )


def _finished(g: Builder, layer: Any, y: Value) -> Value:
    if _needs_last(layer):
        return activated(g, channels_last(g, y, layer.data_format), layer.activation)
    return _ends(g, layer, y)


@writes(Conv1D, Conv2D, Conv3D)
def _conv(g: Builder, layer: Any, x: Value) -> Value:
    x = channels_first(g, g.floats(x, layer), layer.data_format)
    kernel = filters_first(layer.kernel.value)
    return _finished(g, layer, convolve(g, layer, x, kernel, layer.bias, layer.groups))


@writes(DepthwiseConv1D, DepthwiseConv2D)
def _depthwise(g: Builder, layer: Any, x: Value) -> Value:
    x = channels_first(g, g.floats(x, layer), layer.data_format)
    kernel = _per_channel(layer.kernel.value)
    channels = layer.kernel.shape[-2]
    return _finished(g, layer, convolve(g, layer, x, kernel, layer.bias, channels))


@writes(SeparableConv1D, SeparableConv2D)
def _separable(g: Builder, layer: Any, x: Value) -> Value:
    x = channels_first(g, g.floats(x, layer), layer.data_format)
    kernel = _per_channel(layer.depthwise_kernel.value)
    middle = convolve(g, layer, x, kernel, None, layer.depthwise_kernel.shape[-2])
    point = filters_first(layer.pointwise_kernel.value)
    y = g.node(
        "Conv",
        middle,
        g.constant(point, name="pointwise_kernel"),
        None if layer.bias is None else g.constant(layer.bias),
        shape=(x.shape[0], point.shape[0], *middle.shape[2:]),
    )
    return _finished(g, layer, y)


@writes(Conv1DTranspose, Conv2DTranspose, Conv3DTranspose)
def _transpose(g: Builder, layer: Any, x: Value) -> Value:
    x = channels_first(g, g.floats(x, layer), layer.data_format)
    size, rank = layer.kernel_size, layer.rank
    extras = layer.output_padding or (None,) * rank
    before, after, more, lengths = [], [], [], []
    window = zip(x.shape[2:], size, layer.strides, extras, layer.dilation_rate)
    for n, k, s, extra, d in window:
        span = reach(k, d)
        length = transposed_length(1, k, s, layer.padding, extra, d) or 0  # of a single element
        left = 0
        if layer.padding == "same":
            left = span - 1 - min(-(-(length + span - 2) // 2), span - 1)
        right = span - left - length
        before.append(left)
        after.append(max(right, 0))
        more.append(max(-right, 0))
        lengths.append(transposed_length(n, k, s, layer.padding, extra, d))
    kernel = layer.kernel.value.transpose(rank + 1, rank, *range(rank))
    y = g.node(
        "ConvTranspose",
        x,
        g.constant(kernel, name="kernel"),
        None if layer.bias is None else g.constant(layer.bias),
        shape=(x.shape[0], layer.filters, *lengths),
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        pads=before + after,
        output_padding=more,
    )
    return _finished(g, layer, y)
