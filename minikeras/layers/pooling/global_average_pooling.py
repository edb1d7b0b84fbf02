"""Layers that take the mean of each channel."""

from typing import Any

from minikeras._typing import Array
from minikeras.layers.pooling.base import GlobalPooling
from minikeras.ops.adaptive_pooling import global_average_pool
from minikeras.registry import register

__all__ = ["GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"]


@register("layer", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalPooling):
    """Mean of each channel over steps.

    A step that ``mask`` says False for does not count; the mask comes with the input, from a layer
    such as ``Masking`` or ``Embedding(mask_zero=True)``, or as an argument of the call.

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
    ``(batch, channels)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GlobalAveragePooling1D
    >>> GlobalAveragePooling1D()(np.array([[[1.0], [3.0], [2.0]]]))
    array([[2.]], dtype=float32)
    >>> mask = np.array([[True, True, False]])
    >>> GlobalAveragePooling1D()(np.array([[[1.0], [3.0], [9.0]]]), mask=mask)
    array([[2.]], dtype=float32)
    """

    rank = 1
    pool = global_average_pool
    supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None  # no steps are left

    def forward(self, x: Array, mask: Any = None) -> Array:
        y: Array = self._shaped(global_average_pool(x, mask, self.data_format))
        return y


@register("layer", "GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalPooling):
    """Mean of each channel over height and width.

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
    ``(batch, channels)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GlobalAveragePooling2D
    >>> GlobalAveragePooling2D()(np.arange(4.0).reshape(1, 2, 2, 1))
    array([[1.5]], dtype=float32)
    """

    rank = 2
    pool = global_average_pool


@register("layer", "GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalPooling):
    """Mean of each channel over depth, height and width.

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
    ``(batch, channels)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GlobalAveragePooling3D
    >>> GlobalAveragePooling3D()(np.arange(8.0).reshape(1, 2, 2, 2, 1))
    array([[3.5]], dtype=float32)
    """

    rank = 3
    pool = global_average_pool
