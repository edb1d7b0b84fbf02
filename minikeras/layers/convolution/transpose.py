"""Conv1DTranspose, Conv2DTranspose and Conv3DTranspose."""

from typing import Any, Unpack

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_positive_int
from minikeras.layers._spatial import lengths_of
from minikeras.layers.base import LayerOptions
from minikeras.layers.convolution.base import Activation, WindowLayer
from minikeras.ops.convolution import conv_transpose
from minikeras.ops.convolution.plan import transposed_length
from minikeras.registry import register

__all__ = ["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"]


class ConvTranspose(WindowLayer):
    """Base of the transposed convolutions."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | Shape,
        strides: int | Shape = 1,
        padding: str = "valid",
        output_padding: int | Shape | None = None,
        data_format: str | None = None,
        dilation_rate: int | Shape = 1,
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
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._refuse_strides_with_dilation()
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = lengths_of("output_padding", output_padding, self.rank, zero=True)
            if any(extra >= step for extra, step in zip(self.output_padding, self.strides)):
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} expected output_padding below strides "
                    f"{self.strides}, got {self.output_padding}; a longer output needs larger "
                    "strides or another kernel_size"
                )
        self._set_output(activation, use_bias)
        self._set_weight("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_weight("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: PartialShape) -> None:
        self._inputs = self._channels(input_shape)
        self._output_lengths(input_shape)
        self.kernel = self._make_weight("kernel", (*self.kernel_size, self.filters, self._inputs))
        self.bias = self._make_weight("bias", (self.filters,)) if self.use_bias else None

    def check_input(self, x: Any) -> None:
        self._check_channels(x.shape, self._inputs)
        self._output_lengths(x.shape)

    def compute_output_shape(self, input_shape: PartialShape) -> PartialShape:
        self._channels(input_shape)
        return self._arranged(input_shape, self._output_lengths(input_shape), self.filters)

    def _output_lengths(self, shape: PartialShape) -> list[int | None]:
        lengths = self._lengths(shape)
        extras = self.output_padding or (None,) * self.rank
        window = zip(lengths, self.kernel_size, self.strides, extras, self.dilation_rate)
        found = [transposed_length(n, k, s, self.padding, e, d) for n, k, s, e, d in window]
        if any(n is not None and n < 1 for n in found):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected an input that leaves an output, got "
                f"lengths {tuple(lengths)} (input of shape {tuple(shape)}), for which it has "
                f"lengths {tuple(found)}; raise output_padding"
            )
        return found

    def forward(self, x: Array) -> Any:
        y = conv_transpose(
            self._float(x),
            self.kernel,
            self.bias,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
            activation=self._fused(),
        )
        return self._activated(y)


@register("layer", "Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """Transposed convolution along one axis: makes sequences longer.

    Every input step is spread over a window, weighted with the kernel; what overlaps is added.

    Parameters
    ----------
    filters : int
        Number of output channels.
    kernel_size : int or tuple of int
        Length of the window.
    strides : int or tuple of int, default 1
        Steps from the window of one input to that of the next.
    padding : {"valid", "same"}
        Whether windows are kept whole, or cut so that the length is ``length * strides``.
    output_padding : int or tuple of int, optional
        Length added at the end, below ``strides``. Default: what undoes a convolution.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    dilation_rate : int or tuple of int, default 1
        Distance between neighbours in a window; above 1 only with ``strides`` of 1.
    activation : str, callable or None
    use_bias : bool, default True
    kernel_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"`` and ``"zeros"``.
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
    kernel_constraint, bias_constraint : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or nothing is left of the input.

    Notes
    -----
    Input ``(batch, steps, channels)``, output ``(batch, new_steps, filters)``; ``kernel`` has shape
    ``(kernel_size, filters, channels)``.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import Conv1DTranspose
    >>> layer = Conv1DTranspose(1, 2, strides=2, kernel_initializer="ones")
    >>> layer(np.array([[[1.0], [2.0]]]))[0, :, 0]
    array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1


@register("layer", "Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """Transposed convolution along two axes: makes images larger, as in decoders and generators.

    Parameters
    ----------
    filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate
        As in ``Conv1DTranspose``, lengths as one integer or one each for height and width.
    activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, \
bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs
        As in ``Conv1DTranspose``.

    Raises
    ------
    TypeError, ValueError
        As ``Conv1DTranspose``.

    Notes
    -----
    Input ``(batch, height, width, channels)``; ``kernel`` has shape
    ``(*kernel_size, filters, channels)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import Conv2DTranspose
    >>> Conv2DTranspose(3, 4, strides=2, padding="same")(np.zeros((1, 7, 7, 8))).shape
    (1, 14, 14, 3)
    """

    rank = 2


@register("layer", "Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """Transposed convolution along three axes.

    Parameters
    ----------
    filters, kernel_size, strides, padding, data_format, output_padding, dilation_rate
        As in ``Conv1DTranspose``, lengths as one integer or three. As in Keras, ``data_format``
        comes before ``output_padding`` here.
    activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, \
bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs
        As in ``Conv1DTranspose``.

    Raises
    ------
    TypeError, ValueError
        As ``Conv1DTranspose``.

    Notes
    -----
    Input ``(batch, depth, height, width, channels)``; ``kernel`` has shape
    ``(*kernel_size, filters, channels)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.convolution import Conv3DTranspose
    >>> Conv3DTranspose(2, 3, strides=2)(np.zeros((1, 2, 3, 4, 5))).shape
    (1, 5, 7, 9, 2)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: int | Shape,
        strides: int | Shape = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: int | Shape | None = None,
        dilation_rate: int | Shape = 1,
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
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )
