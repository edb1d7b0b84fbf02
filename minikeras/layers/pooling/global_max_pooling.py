"""Layers that keep the largest value of each channel."""

from minikeras.layers.pooling.base import GlobalPooling
from minikeras.ops.adaptive_pooling import global_max_pool
from minikeras.registry import register

__all__ = ["GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"]


@register("layer", "GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalPooling):
    """Largest value of each channel over steps.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    keepdims : bool, default False
        Whether the pooled axes stay, with length 1.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``data_format`` is another name, or there is nothing to pool.

    Notes
    -----
    Input ``(batch, steps, channels)``, or
    ``(batch, channels, steps)`` for ``"channels_first"``; output
    ``(batch, channels)``. Equal maxima share the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GlobalMaxPooling1D
    >>> GlobalMaxPooling1D()(np.array([[[1.0], [3.0], [2.0]]]))
    array([[3.]], dtype=float32)
    """

    rank = 1
    pool = global_max_pool


@register("layer", "GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalPooling):
    """Largest value of each channel over height and width.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    keepdims : bool, default False
        Whether the pooled axes stay, with length 1.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``data_format`` is another name, or there is nothing to pool.

    Notes
    -----
    Input ``(batch, height, width, channels)``, or
    ``(batch, channels, height, width)`` for ``"channels_first"``; output
    ``(batch, channels)``. Equal maxima share the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GlobalMaxPooling2D
    >>> GlobalMaxPooling2D()(np.arange(4.0).reshape(1, 2, 2, 1))
    array([[3.]], dtype=float32)
    """

    rank = 2
    pool = global_max_pool


@register("layer", "GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalPooling):
    """Largest value of each channel over depth, height and width.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    keepdims : bool, default False
        Whether the pooled axes stay, with length 1.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``data_format`` is another name, or there is nothing to pool.

    Notes
    -----
    Input ``(batch, depth, height, width, channels)``, or
    ``(batch, channels, depth, height, width)`` for ``"channels_first"``; output
    ``(batch, channels)``. Equal maxima share the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GlobalMaxPooling3D
    >>> GlobalMaxPooling3D()(np.arange(8.0).reshape(1, 2, 2, 2, 1))
    array([[7.]], dtype=float32)
    """

    rank = 3
    pool = global_max_pool
