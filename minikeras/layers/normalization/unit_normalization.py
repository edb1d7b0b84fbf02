"""Unit normalization: vectors of length 1."""

from typing import Any, Unpack

from minikeras._typing import Array, Shape
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.normalization.layer_normalization import axis_of, lengths_along
from minikeras.ops.normalization import unit_normalization
from minikeras.registry import register

__all__ = ["UnitNormalization"]


@register("layer")
class UnitNormalization(Layer):
    """Divide by the Euclidean norm along ``axis``.

    Parameters
    ----------
    axis : int or list of int, default -1
        Axes to normalize over; the batch axis is not among them.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` is not an integer or a list of them, or the input has no such axis.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import UnitNormalization
    >>> UnitNormalization()(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: int | list[int] | Shape = -1, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.axis = axis_of(axis)

    def check_input(self, x: Any) -> None:
        lengths_along(self, self.axis, x.shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        lengths_along(self, self.axis, input_shape)
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        y: Array = unit_normalization(x, self.axis)
        return y
