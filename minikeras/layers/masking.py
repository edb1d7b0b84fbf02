"""Masking: leave steps out that hold nothing but a marker."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.layers.base import Layer, LayerOptions
from minikeras.registry import register

__all__ = ["Masking"]


@register("layer")
class Masking(Layer):
    """Mask the steps all of whose features equal a marker; layers that follow skip them.

    Parameters
    ----------
    mask_value : float, default 0.0
        The marker.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If ``mask_value`` is not a number.

    Notes
    -----
    Input and output ``(batch, steps, features)``; masked steps come out as 0. The mask has shape
    ``(batch, steps)``, False where a step is left out.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Masking
    >>> layer = Masking(mask_value=-1.0)
    >>> x = np.array([[[5.0, -1.0], [-1.0, -1.0]]])
    >>> layer(x)
    array([[[ 5., -1.],
            [ 0.,  0.]]], dtype=float32)
    >>> layer.compute_mask(x)
    array([[ True, False]])
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.mask_value = check_number("mask_value", mask_value)

    def check_input(self, x: Any) -> None:
        if len(x.shape) < 2:
            raise ValueError(
                f"Masking {self.name!r} expected an array of shape (batch, steps, features), got "
                f"shape {x.shape}"
            )

    def forward(self, x: Array) -> Array:
        return np.where(self.compute_mask(x)[..., np.newaxis], x, 0.0)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return np.any(np.not_equal(inputs, self.mask_value), axis=-1)
