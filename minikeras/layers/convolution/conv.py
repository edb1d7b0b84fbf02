"""Conv1D, Conv2D and Conv3D."""

from typing import Any, Unpack

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.convolution.base import Activation, WindowLayer
from minikeras.layers.pooling.max_pooling import MaxPooling1D, MaxPooling2D, MaxPooling3D
from minikeras.ops.convolution import conv
from minikeras.ops.convolution.plan import plan_of
from minikeras.ops.convolution.pooled import convolve_and_pool
from minikeras.registry import register

__all__ = ["Conv1D", "Conv2D", "Conv3D"]


class Conv(WindowLayer):
    """Base of Conv1D, Conv2D and Conv3D, which differ in their number of axes alone."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | Shape,
        strides: int | Shape = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Shape = 1,
        groups: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = check_positive_int("filters", filters)
        self.groups = check_positive_int("groups", groups)
        if self.filters % self.groups:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected filters to be a multiple of groups, "
                f"got {filters} filters in {groups} groups; change one of them"
            )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._refuse_strides_with_dilation()
        self._set_output(activation, use_bias)
        self._set_weight("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_weight("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: PartialShape) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected channels in a multiple of "
                f"{self.groups}, the number of groups, got {channels} (input of shape "
                f"{tuple(input_shape)}); change groups"
            )
        self._output_lengths(input_shape)
        self._inputs = channels
        self.kernel = self._make_weight(
            "kernel", (*self.kernel_size, channels // self.groups, self.filters)
        )
        self.bias = self._make_weight("bias", (self.filters,)) if self.use_bias else None

    def check_input(self, x: Any) -> None:
        self._check_channels(x.shape, self._inputs)
        self._output_lengths(x.shape)

    def compute_output_shape(self, input_shape: PartialShape) -> PartialShape:
        self._channels(input_shape)
        return self._arranged(input_shape, self._output_lengths(input_shape), self.filters)

    def forward(self, x: Array) -> Any:
        y = conv(
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

    def fused_with(self, following: Layer) -> "ConvAndPool | None":
        """Return what computes this layer and ``following`` in one, or None if nothing does.

        Both must have been called before. Values and gradients are those of one after the other.
        """
        if (
            isinstance(following, MaxPooling1D | MaxPooling2D | MaxPooling3D)
            and set(following.pool_size) == set(following.strides) == {2}
            and following.padding == "valid"
            and following.data_format == self.data_format == "channels_last"
            and self.groups == 1
            and max(self.kernel_size) > 1
            and (self._fused() is not None or self._resolved[2] is None)
            and self._activity_regularizer is following._activity_regularizer is None
        ):
            return ConvAndPool(self, following)
        return None


class ConvAndPool:
    """A convolution and the max pooling that follows it, computed in one.

    Parameters
    ----------
    layer : Conv
    pooling : Layer
    """

    def __init__(self, layer: Conv, pooling: Layer):
        self.layer, self.pooling = layer, pooling

    def forward(self, x: Array) -> Any:
        layer = self.layer
        x = layer._float(x)
        plan = plan_of(
            x.shape[1:-1], layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate
        )
        activation = layer._fused()
        if min(plan.outputs) < 2 or layer._resolved[2] is not None:
            return self.pooling.forward(layer.forward(x))
        return convolve_and_pool(x, layer.kernel, layer.bias, activation, plan)

    def _explain(self, error: Exception, args: Any) -> None:
        self.layer._explain(error, args)


@register("layer", "Convolution1D")
class Conv1D(Conv):
    """Convolution along one axis: sequences, signals.

    Parameters
    ----------
    filters : int
        Number of output channels.
    kernel_size : int or tuple of int
        Length of the window.
    strides : int or tuple of int, default 1
        Steps from one window to the next.
    padding : {"valid", "same", "causal"}
        ``"valid"``: windows stay inside the input. ``"same"``: zeros at both ends, so that there
        are ``ceil(steps / strides)`` windows. ``"causal"``: zeros before the first step only, so
        that output ``t`` sees no input after ``t``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    dilation_rate : int or tuple of int, default 1
        Distance between the steps that a window looks at; above 1 only with ``strides`` of 1.
    groups : int, default 1
        Input and output channels are taken in so many groups, which see nothing of each other.
    activation : str, callable or None
        Applied to the result.
    use_bias : bool, default True
    kernel_initializer, bias_initializer : str or callable
        First values of the weights; default ``"glorot_uniform"`` and ``"zeros"``.
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
    kernel_constraint, bias_constraint : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, ``groups`` does not divide filters and channels,
        or the window does not fit into the input.

    Notes
    -----
    Input ``(batch, steps, channels)``, output ``(batch, new_steps, filters)``; ``kernel`` has shape
    ``(kernel_size, channels / groups, filters)``.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), chapter 9. Causal and dilated: van den
    Oord et al., "WaveNet: A Generative Model for Raw Audio", arXiv:1609.03499.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import Conv1D
    >>> layer = Conv1D(1, 2, padding="causal", kernel_initializer="ones")
    >>> layer(np.array([[[1.0], [2.0], [3.0]]]))[0, :, 0]
    array([1., 3., 5.], dtype=float32)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@register("layer", "Convolution2D")
class Conv2D(Conv):
    """Convolution along two axes: images.

    Parameters
    ----------
    filters, kernel_size, strides, padding, data_format, dilation_rate, groups
        As in ``Conv1D``, lengths as one integer or one each for height and width; ``padding`` is
        ``"valid"`` or ``"same"``.
    activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, \
bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs
        As in ``Conv1D``.

    Raises
    ------
    TypeError, ValueError
        As ``Conv1D``.

    Notes
    -----
    Input ``(batch, height, width, channels)``, output ``(batch, new_height, new_width, filters)``;
    ``kernel`` has shape ``(*kernel_size, channels / groups, filters)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import Conv2D
    >>> layer = Conv2D(8, 3, activation="relu")
    >>> layer(np.zeros((1, 28, 28, 1))).shape
    (1, 26, 26, 8)
    >>> layer.kernel.shape, layer.count_params()
    ((3, 3, 1, 8), 80)
    """

    rank = 2


@register("layer", "Convolution3D")
class Conv3D(Conv):
    """Convolution along three axes: volumes, films.

    Parameters
    ----------
    filters, kernel_size, strides, padding, data_format, dilation_rate, groups
        As in ``Conv1D``, lengths as one integer or three; ``padding`` is ``"valid"`` or ``"same"``.
    activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, \
bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs
        As in ``Conv1D``.

    Raises
    ------
    TypeError, ValueError
        As ``Conv1D``.

    Notes
    -----
    Input ``(batch, depth, height, width, channels)``; ``kernel`` has shape
    ``(*kernel_size, channels / groups, filters)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import Conv3D
    >>> Conv3D(4, (1, 2, 3), strides=2)(np.zeros((1, 6, 6, 6, 2))).shape
    (1, 3, 3, 2, 4)
    """

    rank = 3
