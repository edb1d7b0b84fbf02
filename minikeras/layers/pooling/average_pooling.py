"""Layers that take the mean of each window."""

from minikeras.layers.pooling.base import Pooling
from minikeras.ops.pooling import average_pool
from minikeras.registry import register

__all__ = ["AveragePooling1D", "AveragePooling2D", "AveragePooling3D"]


@register("layer", "AvgPool1D")
class AveragePooling1D(Pooling):
    """Mean of each window that slides over a sequence.

    What lies over the edge with ``padding="same"`` does not count.

    Parameters
    ----------
    pool_size : int
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
    Shapes as ``MaxPooling1D``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AveragePooling1D
    >>> AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).ravel()
    array([2., 1.], dtype=float32)
    """

    rank = 1
    pool = average_pool


@register("layer", "AvgPool2D")
class AveragePooling2D(Pooling):
    """Mean of each window that slides over an image.

    What lies over the edge with ``padding="same"`` does not count.

    Parameters
    ----------
    pool_size : int or tuple of 2 int
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
    Shapes as ``MaxPooling2D``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AveragePooling2D
    >>> AveragePooling2D(2)(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """

    rank = 2
    pool = average_pool


@register("layer", "AvgPool3D")
class AveragePooling3D(Pooling):
    """Mean of each window that slides over a volume.

    What lies over the edge with ``padding="same"`` does not count.

    Parameters
    ----------
    pool_size : int or tuple of 3 int
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
    Shapes as ``MaxPooling3D``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AveragePooling3D
    >>> AveragePooling3D(2)(np.arange(8.0).reshape(1, 2, 2, 2, 1)).ravel()
    array([3.5], dtype=float32)
    """

    rank = 3
    pool = average_pool
