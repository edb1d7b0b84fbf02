"""SeparableConv1D and SeparableConv2D."""

from typing import Any, Unpack

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_positive_int
from minikeras.layers.base import LayerOptions
from minikeras.layers.convolution.base import Activation, WindowLayer
from minikeras.ops.convolution import separable_conv
from minikeras.registry import register

__all__ = ["SeparableConv1D", "SeparableConv2D"]


class SeparableConv(WindowLayer):
    """Base of the separable convolutions."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | Shape,
        strides: int | Shape = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Shape = 1,
        depth_multiplier: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = check_positive_int("filters", filters)
        self.depth_multiplier = check_positive_int("depth_multiplier", depth_multiplier)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_output(activation, use_bias)
        self._set_weight(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self._set_weight(
            "pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint
        )
        self._set_weight("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: PartialShape) -> None:
        channels = self._channels(input_shape)
        self._output_lengths(input_shape)
        middle = channels * self.depth_multiplier
        self.depthwise_kernel = self._make_weight(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise"
        )
        self.pointwise_kernel = self._make_weight(
            "pointwise_kernel", (1,) * self.rank + (middle, self.filters), "pointwise"
        )
        self.bias = self._make_weight("bias", (self.filters,)) if self.use_bias else None

    def check_input(self, x: Any) -> None:
        self._check_channels(x.shape, self.depthwise_kernel.shape[-2])
        self._output_lengths(x.shape)

    def compute_output_shape(self, input_shape: PartialShape) -> PartialShape:
        self._channels(input_shape)
        return self._arranged(input_shape, self._output_lengths(input_shape), self.filters)

    def forward(self, x: Array) -> Any:
        y = separable_conv(
            self._float(x),
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.bias,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
            activation=self._fused(),
        )
        return self._activated(y)


@register("layer", "SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """Depthwise convolution along one axis, and a matrix that mixes the channels of each step.

    Parameters
    ----------
    filters : int
        Number of output channels.
    kernel_size : int or tuple of int
        Length of the windows.
    strides : int or tuple of int, default 1
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    dilation_rate : int or tuple of int, default 1
    depth_multiplier : int, default 1
        Number of windows for each input channel.
    activation : str, callable or None
    use_bias : bool, default True
    depthwise_initializer, pointwise_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"`` for both kernels and ``"zeros"``.
    depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer : str or \
callable, optional
    depthwise_constraint, pointwise_constraint, bias_constraint : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or the window does not fit into the input.

    Notes
    -----
    Input ``(batch, steps, channels)``, output ``(batch, new_steps, filters)``. Shapes of the
    weights: ``(kernel_size, channels, depth_multiplier)`` and
    ``(1, channels * depth_multiplier, filters)``.

    References
    ----------
    Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions" (CVPR 2017).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import SeparableConv1D
    >>> layer = SeparableConv1D(4, 3)
    >>> layer(np.zeros((1, 10, 2))).shape, layer.count_params()
    ((1, 8, 4), 18)
    """

    rank = 1


@register("layer", "SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """Depthwise convolution along two axes, and a matrix that mixes the channels of each pixel.

    Parameters
    ----------
    filters, kernel_size, strides, padding, data_format, dilation_rate, depth_multiplier
        As in ``SeparableConv1D``, lengths as one integer or one each for height and width.
    activation, use_bias, depthwise_initializer, pointwise_initializer, bias_initializer, \
depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer, \
depthwise_constraint, pointwise_constraint, bias_constraint, **kwargs
        As in ``SeparableConv1D``.

    Raises
    ------
    TypeError, ValueError
        As ``SeparableConv1D``.

    Notes
    -----
    Input ``(batch, height, width, channels)``, output ``(batch, new_height, new_width, filters)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import SeparableConv2D
    >>> layer = SeparableConv2D(16, 3, padding="same")
    >>> layer(np.zeros((1, 8, 8, 4))).shape, layer.count_params()
    ((1, 8, 8, 16), 116)
    """

    rank = 2
