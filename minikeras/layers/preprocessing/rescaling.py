"""Numbers of another range."""

from typing import Any, Unpack

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras.layers.base import Layer, LayerOptions
from minikeras.registry import register

__all__ = ["Rescaling"]


@register("layer")
class Rescaling(Layer):
    """Multiply with a number and add one: ``x * scale + offset``.

    Parameters
    ----------
    scale : float or array_like
        ``1 / 255`` brings bytes to [0, 1]; a list holds a scale for each channel.
    offset : float or array_like, default 0.0
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If ``scale`` or ``offset`` is no number.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Rescaling
    >>> Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], "uint8"))
    array([[-1.,  1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.scale = _plain("scale", scale)
        self.offset = _plain("offset", offset)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        scale, offset = self.scale, self.offset
        if isinstance(scale, list):
            scale = np.asarray(scale, x.dtype)
            if config.image_data_format() == "channels_first":
                scale = scale.reshape(scale.shape + (1,) * (3 - scale.ndim))
        if isinstance(offset, list):
            offset = np.asarray(offset, x.dtype)
        y: Array = x * scale + offset
        return y


def _plain(name: str, value: Any) -> Any:
    """Return numbers as a configuration holds them."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must be a number or an array of numbers, got {value!r} "
            f"({type(value).__name__})"
        )
    return array.tolist()
