"""Convolutions over any number of axes, and their transposes."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Shape
from minikeras._validation import check_choice
from minikeras.autodiff import symbolic
from minikeras.ops.convolution import bilinear, depthwise
from minikeras.ops.convolution.plan import PADDINGS, per_axis, plan_of, transposed_plan_of
from minikeras.ops.dense import FUSED, dense

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


@symbolic
def conv(
    x: Any,
    kernel: Any,
    bias: Any = None,
    *,
    strides: int | Shape = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Shape = 1,
    activation: str | None = None,
) -> Any:
    """Convolution: at each place, the sum of inputs in a window, weighted with ``kernel``.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
        With one, two or any number of axes in place of the dots.
    kernel : array, shape (..., channels / groups, filters)
        Where it has fewer channels than ``x``, channels and filters are taken in groups that have
        nothing to do with one another.
    bias : array, shape (filters,), optional
    strides : int or tuple of int, default 1
        Steps from one window to the next.
    padding : {"valid", "same", "causal"}
        Whether windows stay inside the input; reach over both edges so that there are
        ``ceil(length / stride)``; or as many that see nothing behind their last place.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    dilation_rate : int or tuple of int, default 1
        Distance between the inputs that a window looks at.
    activation : {None, "relu", "tanh", "sigmoid"}
        Applied while the result is in the processor's cache.

    Returns
    -------
    array, shape (batch, ..., filters) or (batch, filters, ...)

    Raises
    ------
    ValueError
        If the window is larger than the input and ``padding`` is ``"valid"``, or the numbers of
        axes, channels and filters do not fit together.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 9.1 and equations 9.6 and 9.8
    to 9.13. Dumoulin and Visin, "A guide to convolution arithmetic for deep learning",
    arXiv:1603.07285.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.convolution import conv
    >>> x = np.arange(5.0).reshape(1, 5, 1)
    >>> conv(x, np.array([[[1.0]], [[10.0]]]))[0, :, 0]
    array([10., 21., 32., 43.])
    """
    if _channels_first(data_format):
        y = conv(
            np.moveaxis(x, 1, -1),
            kernel,
            bias,
            strides=strides,
            padding=padding,
            data_format="channels_last",
            dilation_rate=dilation_rate,
            activation=activation,
        )
        return np.moveaxis(y, -1, 1)
    *size, channels, filters = kernel.shape
    groups = _groups("conv", x, kernel)
    _check_activation(activation)
    if groups > 1:
        y = _grouped(x, kernel, groups, strides, padding, dilation_rate)
        return bilinear.finished(y, bias, activation)
    if all(n == 1 for n in size) and len(x.shape) == len(kernel.shape):
        check_choice("padding", padding, PADDINGS)
        steps = per_axis("strides", strides, len(size))
        if any(n > 1 for n in steps):
            x = x[(slice(None), *(slice(None, None, n) for n in steps))]
        return dense(x, kernel.reshape(channels, filters), bias, activation)
    plan = plan_of(x.shape[1:-1], tuple(size), strides, padding, dilation_rate)
    return bilinear.convolve(x, kernel, bias, activation, plan)


def _grouped(
    x: Any, kernel: Any, groups: int, strides: Any, padding: str, dilation_rate: Any
) -> Any:
    *size, channels, filters = kernel.shape
    settings = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    if channels == 1:
        kernel = kernel.reshape(*size, groups, filters // groups)
        return depthwise_conv(x, kernel, data_format="channels_last", **settings)
    parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1))
    return np.concatenate(
        [conv(a, k, data_format="channels_last", **settings) for a, k in parts], axis=-1
    )


@symbolic
def conv_transpose(
    x: Any,
    kernel: Any,
    bias: Any = None,
    *,
    strides: int | Shape = 1,
    padding: str = "valid",
    output_padding: int | Shape | None = None,
    data_format: str | None = None,
    dilation_rate: int | Shape = 1,
    activation: str | None = None,
) -> Any:
    """Transposed convolution: every input is spread over a window, and what overlaps is added.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    kernel : array, shape (..., filters, channels)
    bias : array, shape (filters,), optional
    strides : int or tuple of int, default 1
        Steps from the window of one input to that of the next.
    padding : {"valid", "same"}
        Whether the windows are kept whole, or cut so that the length is ``length * stride``.
    output_padding : int or tuple of int, optional
        Length added at the end, below ``strides``; default: what undoes a convolution.
    data_format, dilation_rate, activation
        As in ``conv``.

    Returns
    -------
    array, shape (batch, ..., filters) or (batch, filters, ...)

    Raises
    ------
    ValueError
        If the numbers of axes or channels do not fit together.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
    chapter 4.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.convolution import conv_transpose
    >>> x = np.array([[[1.0], [2.0]]])
    >>> conv_transpose(x, np.array([[[1.0]], [[10.0]]]))[0, :, 0]
    array([ 1., 12., 20.])
    """
    if _channels_first(data_format):
        y = conv_transpose(
            np.moveaxis(x, 1, -1),
            kernel,
            bias,
            strides=strides,
            padding=padding,
            output_padding=output_padding,
            data_format="channels_last",
            dilation_rate=dilation_rate,
            activation=activation,
        )
        return np.moveaxis(y, -1, 1)
    _check_activation(activation)
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            f"conv_transpose expected {kernel.shape[-1]} channels, as its kernel of shape "
            f"{kernel.shape} has in its last axis, got {x.shape[-1]} (input of shape {x.shape})"
        )
    plan = transposed_plan_of(
        x.shape[1:-1], kernel.shape[:-2], strides, padding, output_padding, dilation_rate
    )
    return bilinear.transpose(x, kernel, bias, activation, plan)


@symbolic
def depthwise_conv(
    x: Any,
    kernel: Any,
    bias: Any = None,
    *,
    strides: int | Shape = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Shape = 1,
    activation: str | None = None,
) -> Any:
    """Convolve each channel with windows of its own.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    kernel : array, shape (..., channels, multiplier)
    bias : array, shape (channels * multiplier,), optional
    strides, padding, data_format, dilation_rate, activation
        As in ``conv``.

    Returns
    -------
    array, shape (batch, ..., channels * multiplier) or (batch, channels * multiplier, ...)
        The results of one channel lie side by side.

    Raises
    ------
    ValueError
        As ``conv``.

    References
    ----------
    Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions" (CVPR 2017).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.convolution import depthwise_conv
    >>> x = np.array([[[1.0, 5.0], [2.0, 6.0]]])
    >>> depthwise_conv(x, np.array([[[1.0], [10.0]], [[1.0], [0.0]]]))
    array([[[ 3., 50.]]])
    """
    if _channels_first(data_format):
        y = depthwise_conv(
            np.moveaxis(x, 1, -1),
            kernel,
            bias,
            strides=strides,
            padding=padding,
            data_format="channels_last",
            dilation_rate=dilation_rate,
            activation=activation,
        )
        return np.moveaxis(y, -1, 1)
    _check_activation(activation)
    *size, channels, multiplier = kernel.shape
    if x.shape[-1] != channels:
        raise ValueError(
            f"depthwise_conv expected {channels} channels, as its kernel of shape {kernel.shape} "
            f"has, got {x.shape[-1]} (input of shape {x.shape})"
        )
    plan = plan_of(x.shape[1:-1], tuple(size), strides, padding, dilation_rate)
    if multiplier > 1:
        x = np.repeat(x, multiplier, axis=-1)
    y = depthwise.convolve(x, kernel.reshape(*size, channels * multiplier), plan)
    return bilinear.finished(y, bias, activation)


@symbolic
def separable_conv(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    bias: Any = None,
    *,
    strides: int | Shape = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Shape = 1,
    activation: str | None = None,
) -> Any:
    """Depthwise convolution, and a matrix that mixes the channels of each place.

    Parameters
    ----------
    x : array, shape (batch, ..., channels) or (batch, channels, ...)
    depthwise_kernel : array, shape (..., channels, multiplier)
    pointwise_kernel : array, shape (1, ..., channels * multiplier, filters)
    bias : array, shape (filters,), optional
    strides, padding, data_format, dilation_rate, activation
        As in ``conv``.

    Returns
    -------
    array, shape (batch, ..., filters) or (batch, filters, ...)

    Raises
    ------
    ValueError
        As ``conv``.

    References
    ----------
    Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions" (CVPR 2017).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.convolution import separable_conv
    >>> x = np.array([[[1.0, 5.0], [2.0, 6.0]]])
    >>> separable_conv(x, np.ones((2, 2, 1)), np.array([[[1.0], [100.0]]]))
    array([[[1103.]]])
    """
    if first := _channels_first(data_format):
        x = np.moveaxis(x, 1, -1)
    middle = depthwise_conv(
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        data_format="channels_last",
        dilation_rate=dilation_rate,
    )
    y = conv(middle, pointwise_kernel, bias, data_format="channels_last", activation=activation)
    return np.moveaxis(y, -1, 1) if first else y


def _channels_first(data_format: str | None) -> bool:
    if data_format is None:
        data_format = config.image_data_format()
    check_choice("data_format", data_format, ["channels_last", "channels_first"])
    return data_format == "channels_first"


def _check_activation(activation: str | None) -> None:
    if activation is not None:
        check_choice("activation", activation, FUSED)


def _groups(name: str, x: Any, kernel: Any) -> int:
    """Return in how many groups the channels come; refuse numbers that do not fit together."""
    channels, filters = kernel.shape[-2:]
    groups, rest = divmod(x.shape[-1], max(channels, 1))
    if groups < 1 or rest or filters % groups:
        raise ValueError(
            f"{name} expected {channels} channels, or a multiple of them that divides the "
            f"{filters} filters of its kernel of shape {kernel.shape}, got {x.shape[-1]} (input "
            f"of shape {x.shape})"
        )
    return int(groups)
