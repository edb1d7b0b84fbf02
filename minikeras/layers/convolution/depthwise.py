"""DepthwiseConv1D and DepthwiseConv2D."""

from typing import Any, Unpack

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_positive_int
from minikeras.layers.base import LayerOptions
from minikeras.layers.convolution.base import Activation, WindowLayer
from minikeras.ops.convolution import depthwise_conv
from minikeras.registry import register

__all__ = ["DepthwiseConv1D", "DepthwiseConv2D"]


class DepthwiseConv(WindowLayer):
    """Base of the depthwise convolutions."""

    def __init__(
        self,
        kernel_size: int | Shape,
        strides: int | Shape = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Shape = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = check_positive_int("depth_multiplier", depth_multiplier)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._set_output(activation, use_bias)
        self._set_weight(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self._set_weight("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: PartialShape) -> None:
        channels = self._channels(input_shape)
        self._output_lengths(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._make_weight("kernel", shape, "depthwise")
        self.bias = None
        if self.use_bias:
            self.bias = self._make_weight("bias", (channels * self.depth_multiplier,))

    def check_input(self, x: Any) -> None:
        self._check_channels(x.shape, self.kernel.shape[-2])
        self._output_lengths(x.shape)

    def compute_output_shape(self, input_shape: PartialShape) -> PartialShape:
        filters = self._channels(input_shape) * self.depth_multiplier
        return self._arranged(input_shape, self._output_lengths(input_shape), filters)

    def forward(self, x: Array) -> Any:
        y = depthwise_conv(
            self._float(x),
            self.kernel,
            self.bias,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
            activation=self._fused(),
        )
        return self._activated(y)


@register("layer")
class DepthwiseConv1D(DepthwiseConv):
    """Convolution along one axis with windows of its own for each channel.

    Parameters
    ----------
    kernel_size : int or tuple of int
        Length of the windows.
    strides : int or tuple of int, default 1
    padding : {"valid", "same"}
    depth_multiplier : int, default 1
        Number of windows, and so of output channels, for each input channel.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    dilation_rate : int or tuple of int, default 1
    activation : str, callable or None
    use_bias : bool, default True
    depthwise_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"`` and ``"zeros"``.
    depthwise_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
    depthwise_constraint, bias_constraint : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or the window does not fit into the input.

    Notes
    -----
    Input ``(batch, steps, channels)``, output ``(batch, new_steps, channels * depth_multiplier)``;
    ``kernel`` has shape ``(kernel_size, channels, depth_multiplier)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import DepthwiseConv1D
    >>> layer = DepthwiseConv1D(2, depthwise_initializer="ones")
    >>> layer(np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]]))
    array([[[ 3., 30.],
            [ 5., 50.]]], dtype=float32)
    """

    rank = 1


@register("layer")
class DepthwiseConv2D(DepthwiseConv):
    """Convolution along two axes with windows of its own for each channel.

    Parameters
    ----------
    kernel_size, strides, padding, depth_multiplier, data_format, dilation_rate
        As in ``DepthwiseConv1D``, lengths as one integer or one each for height and width.
    activation, use_bias, depthwise_initializer, bias_initializer, depthwise_regularizer, \
bias_regularizer, activity_regularizer, depthwise_constraint, bias_constraint, **kwargs
        As in ``DepthwiseConv1D``.

    Raises
    ------
    TypeError, ValueError
        As ``DepthwiseConv1D``.

    Notes
    -----
    Input ``(batch, height, width, channels)``; ``kernel`` has shape
    ``(*kernel_size, channels, depth_multiplier)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import DepthwiseConv2D
    >>> DepthwiseConv2D(3, depth_multiplier=2)(np.zeros((1, 8, 8, 5))).shape
    (1, 6, 6, 10)
    """

    rank = 2
