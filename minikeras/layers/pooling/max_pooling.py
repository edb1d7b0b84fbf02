"""Layers that keep the largest value of each window."""

from typing import Unpack

from minikeras._typing import Shape
from minikeras.layers.base import LayerOptions
from minikeras.layers.pooling.base import Pooling
from minikeras.ops.pooling import max_pool
from minikeras.registry import register

__all__ = ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D"]


@register("layer", "MaxPool1D")
class MaxPooling1D(Pooling):
    """Largest value of each window that slides over a sequence.

    Parameters
    ----------
    pool_size : int, default 2
        Length of a window.
    strides : int, optional
        Steps from one window to the next; default ``pool_size``.
    padding : {"valid", "same"}
        Whether windows stay inside the input, or reach over its edges so that there are
        ``ceil(length / stride)`` of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a length is not an integer of at least 1, or a window is larger than the input and
        ``padding`` is ``"valid"``.

    Notes
    -----
    Input ``(batch, steps, channels)``, or
    ``(batch, channels, steps)`` for ``"channels_first"``; along each axis there are
    ``floor((length - pool_size) / stride) + 1`` windows for ``"valid"``. Among equal maxima the
    first one has the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import MaxPooling1D
    >>> MaxPooling1D()(np.array([[[1.0], [3.0], [2.0], [0.0]]])).ravel()
    array([3., 2.], dtype=float32)
    """

    rank = 1
    pool = max_pool

    def __init__(
        self,
        pool_size: int | Shape = 2,
        strides: int | Shape | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


@register("layer", "MaxPool2D")
class MaxPooling2D(Pooling):
    """Largest value of each window that slides over an image.

    Parameters
    ----------
    pool_size : int or tuple of 2 int, default (2, 2)
        Length of a window along each axis.
    strides : int or tuple of 2 int, optional
        Steps from one window to the next; default ``pool_size``.
    padding : {"valid", "same"}
        Whether windows stay inside the input, or reach over its edges so that there are
        ``ceil(length / stride)`` of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a length is not an integer of at least 1, or a window is larger than the input and
        ``padding`` is ``"valid"``.

    Notes
    -----
    Input ``(batch, height, width, channels)``, or
    ``(batch, channels, height, width)`` for ``"channels_first"``; along each axis there are
    ``floor((length - pool_size) / stride) + 1`` windows for ``"valid"``. Among equal maxima the
    first one has the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import MaxPooling2D
    >>> image = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> MaxPooling2D()(image)[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    >>> MaxPooling2D(3, strides=1, padding="same")(image).shape
    (1, 4, 4, 1)
    """

    rank = 2
    pool = max_pool

    def __init__(
        self,
        pool_size: int | Shape = (2, 2),
        strides: int | Shape | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


@register("layer", "MaxPool3D")
class MaxPooling3D(Pooling):
    """Largest value of each window that slides over a volume.

    Parameters
    ----------
    pool_size : int or tuple of 3 int, default (2, 2, 2)
        Length of a window along each axis.
    strides : int or tuple of 3 int, optional
        Steps from one window to the next; default ``pool_size``.
    padding : {"valid", "same"}
        Whether windows stay inside the input, or reach over its edges so that there are
        ``ceil(length / stride)`` of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a length is not an integer of at least 1, or a window is larger than the input and
        ``padding`` is ``"valid"``.

    Notes
    -----
    Input ``(batch, depth, height, width, channels)``, or
    ``(batch, channels, depth, height, width)`` for ``"channels_first"``; along each axis there are
    ``floor((length - pool_size) / stride) + 1`` windows for ``"valid"``. Among equal maxima the
    first one has the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import MaxPooling3D
    >>> MaxPooling3D()(np.arange(8.0).reshape(1, 2, 2, 2, 1)).ravel()
    array([7.], dtype=float32)
    """

    rank = 3
    pool = max_pool

    def __init__(
        self,
        pool_size: int | Shape = (2, 2, 2),
        strides: int | Shape | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
