"""``minikeras.ops`` of neural networks. Most are what a layer does: its rule writes them."""

from typing import Any

import numpy as np

from minikeras import config, layers, ops
from minikeras.export.value import Value
from minikeras.export.walk import constant_of
from minikeras.onnx.builder import LAYERS, Builder, implements
from minikeras.onnx.layers.encoding import encoded
from minikeras.onnx.layers.reshaping import repeated
from minikeras.ops.image_color import GREY

__all__: list[str] = []


def _as_layer(
    g: Builder, kind: str, x: Value, weights: list[Any], *args: Any, **kwargs: Any
) -> Any:
    """Write a layer with given weights; ``kind`` is its class, with ``{}`` for the rank."""
    cls = getattr(layers, kind.format(x.rank - 2))
    arrays = [w if isinstance(w, np.ndarray) else constant_of(w) for w in weights]
    if any(array is None for array in arrays):
        g.refuse("its kernel is not a weight, but computed from the input")
    layer = cls(*args, name="layer", dtype=x.dtype, **kwargs)
    layer._build(x.shape)
    layer.set_weights(arrays)
    return LAYERS[cls](g, layer, x)


def _zeros(*names: str) -> dict[str, str]:
    """Return initializers that draw no random numbers, for weights that are set afterwards."""
    return {"use_bias": False, **{f"{name}_initializer": "zeros" for name in names}}  # type: ignore[dict-item]


@implements(ops.conv)
def _conv(
    g: Builder, inputs: Value, kernel: Any, strides: Any = 1, padding: str = "valid",
    data_format: Any = None, dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    *size, into, filters = kernel.shape
    first = (data_format or config.image_data_format()) == "channels_first"
    groups = inputs.shape[1 if first else -1] // into
    return _as_layer(
        g, "Conv{}D", inputs, [kernel], filters, tuple(size), strides=strides, padding=padding,
        data_format=data_format, dilation_rate=dilation_rate, groups=groups, **_zeros("kernel"),
    )  # fmt: skip


@implements(ops.depthwise_conv)
def _depthwise(
    g: Builder, inputs: Value, kernel: Any, strides: Any = 1, padding: str = "valid",
    data_format: Any = None, dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    *size, _, multiplier = kernel.shape
    return _as_layer(
        g, "DepthwiseConv{}D", inputs, [kernel], tuple(size), depth_multiplier=multiplier,
        strides=strides, padding=padding, data_format=data_format, dilation_rate=dilation_rate,
        **_zeros("depthwise"),
    )  # fmt: skip


@implements(ops.separable_conv)
def _separable(
    g: Builder, inputs: Value, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = 1,
    padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    *size, _, multiplier = depthwise_kernel.shape
    return _as_layer(
        g, "SeparableConv{}D", inputs, [depthwise_kernel, pointwise_kernel],
        pointwise_kernel.shape[-1], tuple(size), depth_multiplier=multiplier, strides=strides,
        padding=padding, data_format=data_format, dilation_rate=dilation_rate,
        **_zeros("depthwise", "pointwise"),
    )  # fmt: skip


@implements(ops.conv_transpose)
def _conv_transpose(
    g: Builder, inputs: Value, kernel: Any, strides: Any = 1, padding: str = "valid",
    output_padding: Any = None, data_format: Any = None, dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    *size, filters, _ = kernel.shape
    return _as_layer(
        g, "Conv{}DTranspose", inputs, [kernel], filters, tuple(size), strides=strides,
        padding=padding, output_padding=output_padding, data_format=data_format,
        dilation_rate=dilation_rate, **_zeros("kernel"),
    )  # fmt: skip


def _pool(kind: str) -> Any:
    def write(
        g: Builder, inputs: Value, pool_size: Any = 2, strides: Any = None,
        padding: str = "valid", data_format: Any = None,
    ) -> Any:  # fmt: skip
        return _as_layer(g, kind, inputs, [], pool_size, strides, padding, data_format)

    return write


def _adaptive(kind: str) -> Any:
    def write(g: Builder, inputs: Value, output_size: Any, data_format: Any = None) -> Any:
        return _as_layer(g, kind, inputs, [], output_size, data_format)

    return write


def _global(kind: str) -> Any:
    def write(g: Builder, x: Value, data_format: Any = None) -> Any:
        return _as_layer(g, kind, x, [], data_format)

    return write


implements(ops.max_pool)(_pool("MaxPooling{}D"))
implements(ops.average_pool)(_pool("AveragePooling{}D"))
implements(ops.adaptive_max_pool)(_adaptive("AdaptiveMaxPooling{}D"))
implements(ops.adaptive_average_pool)(_adaptive("AdaptiveAveragePooling{}D"))
implements(ops.global_max_pool)(_global("GlobalMaxPooling{}D"))
implements(ops.global_average_pool)(_global("GlobalAveragePooling{}D"))


@implements(ops.multi_hot)
def _multi_hot(
    g: Builder, inputs: Value, num_classes: Any = None, axis: int = -1, dtype: Any = None,
    sparse: bool = False, **kwargs: Any,
) -> Value:  # fmt: skip
    if num_classes is None or axis not in (-1, inputs.rank) or inputs.rank != 2:
        g.refuse("multi_hot needs num_classes, and integers of shape (batch, n)")
    wanted = config.floatx() if dtype is None else np.dtype(dtype).name
    return encoded(g, g.cast(inputs, "int64"), "multi_hot", num_classes, wanted)


def _blocks(kind: str) -> Any:
    def write(g: Builder, x: Value, block_size: int, data_format: str = "channels_last") -> Value:
        last = data_format == "channels_last"
        first = g.move(x, -1, 1) if last else x
        n = block_size if kind == "DepthToSpace" else 1 / block_size
        area = [None if m is None else round(m * n) for m in first.shape[2:]]
        channels = round(first.shape[1] / n**2)  # type: ignore[operator]
        y = g.node(kind, first, shape=(x.shape[0], channels, *area), blocksize=block_size)
        return g.move(y, 1, -1) if last else y

    return write


implements(ops.depth_to_space)(_blocks("DepthToSpace"))
implements(ops.space_to_depth)(_blocks("SpaceToDepth"))


@implements(ops.upsample)
def _upsample(g: Builder, x: Value, size: Any, data_format: str | None = None) -> Any:
    counts = (size,) if isinstance(size, int) else tuple(size)
    if x.rank == 3:
        return repeated(g, x, 1, counts[0])
    return _as_layer(g, "UpSampling{}D", x, [], counts, data_format)


@implements(ops.image.resize)
def _resize(g: Builder, images: Value, size: Any, *args: Any, **kwargs: Any) -> Any:
    names = "interpolation antialias crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value"
    settings = {**dict(zip([*names.split(), "data_format"], args)), **kwargs}
    layer = layers.Resizing(*size, name="layer", dtype=images.dtype, **settings)
    return LAYERS[layers.Resizing](g, layer, images)


@implements(ops.image.rgb_to_grayscale)
def _grayscale(g: Builder, images: Value, data_format: str | None = None) -> Value:
    last = (data_format or config.image_data_format()) == "channels_last"
    axis = -1 if last else -3
    weights = np.array(GREY).reshape((3,) + (1,) * (-1 - axis))
    return g.reduce("ReduceSum", g.multiply(images, weights), axis, keepdims=True)
