"""Layers that move numbers without changing them."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array, Shape
from minikeras._validation import check_choice, check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.registry import register

__all__ = ["Flatten", "Reshape"]


@register("layer")
class Flatten(Layer):
    """Turn each sample into one row.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
        With ``"channels_first"`` the channels are moved last before flattening, so that the order
        of the features is the same for both layouts.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``data_format`` is another name.

    Notes
    -----
    Input ``(batch, ...)``, output ``(batch, product of the other lengths)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Flatten
    >>> Flatten()(np.zeros((2, 8, 8))).shape
    (2, 64)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        if data_format is not None:
            check_choice("data_format", data_format, ["channels_last", "channels_first"])
        self.data_format = data_format

    def forward(self, x: Array) -> Array:
        if self.data_format == "channels_first" and x.ndim > 2:
            x = np.moveaxis(x, 1, -1)
        return x.reshape((len(x), math.prod(x.shape[1:])))


@register("layer")
class Reshape(Layer):
    """Give each sample another shape.

    Parameters
    ----------
    target_shape : tuple of int
        Shape of one sample; one length may be -1, which takes what is left.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If more than one length is -1, or a sample does not have that many elements.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Reshape
    >>> Reshape((4, -1))(np.zeros((2, 12))).shape
    (2, 4, 3)
    """

    def __init__(self, target_shape: Shape, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        if not isinstance(target_shape, tuple | list):
            raise TypeError(
                f"target_shape must be a tuple such as (4, -1), got {target_shape!r} "
                f"({type(target_shape).__name__}); write ({target_shape},)"
            )
        self.target_shape = tuple(
            n if n == -1 else check_positive_int("each length but -1 in target_shape", n)
            for n in target_shape
        )
        if self.target_shape.count(-1) > 1:
            raise ValueError(f"Reshape expected at most one -1, got {self.target_shape}")

    def check_input(self, x: Any) -> None:
        have = math.prod(x.shape[1:])
        known = math.prod(n for n in self.target_shape if n != -1)
        free = -1 in self.target_shape
        if have % known if free else have != known:
            wanted = f"a multiple of {known}" if free else known
            raise ValueError(
                f"Reshape {self.name!r} expected samples of {wanted} elements for "
                f"{self.target_shape}, got {have} (input of shape {x.shape})"
            )

    def forward(self, x: Array) -> Array:
        known = math.prod(n for n in self.target_shape if n != -1)
        rest = math.prod(x.shape[1:]) // known
        return x.reshape((len(x), *(rest if n == -1 else n for n in self.target_shape)))
