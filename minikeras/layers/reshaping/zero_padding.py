"""Layers that put zeros around a sequence, an image or a volume."""

from typing import Any, ClassVar, Unpack

from minikeras._typing import Array
from minikeras.layers._spatial import axes_of, check_axes, data_format_of, lengths_of, pairs_of
from minikeras.layers.base import Layer, LayerOptions
from minikeras.ops.padding import zero_pad
from minikeras.registry import register

__all__ = ["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"]

Pairs = tuple[tuple[int, int], ...]


class _Padding(Layer):
    """Base of the layers of this file."""

    rank: ClassVar[int]
    data_format = "channels_last"
    padding: Any

    def check_input(self, x: Any) -> None:
        self.compute_output_shape(x.shape)

    def pairs(self) -> Pairs:
        """Return how many zeros come before and after, for each axis."""
        return (self.padding,) if self.rank == 1 else self.padding

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, input_shape, self.rank, self.data_format)
        shape = list(input_shape)
        for axis, pair in zip(axes_of(self.rank, self.data_format), self.pairs()):
            if shape[axis] is not None:
                shape[axis] += sum(pair)
        return tuple(shape)

    def forward(self, x: Array) -> Array:
        pads = [(0, 0)] * (self.rank + 2)
        for axis, pair in zip(axes_of(self.rank, self.data_format), self.pairs()):
            pads[axis] = pair
        y: Array = zero_pad(x, tuple(pads))
        return y


@register("layer")
class ZeroPadding1D(_Padding):
    """Put zeros around a sequence.

    Parameters
    ----------
    padding : int or tuple of 2 int, default 1
        How many zeros to add at both ends, or (before, after).
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ZeroPadding1D
    >>> ZeroPadding1D((1, 2))(np.ones((1, 4, 2))).shape
    (1, 7, 2)
    """

    rank = 1

    def __init__(
        self,
        padding: int | tuple[int, int] = 1,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.padding = lengths_of("padding", padding, 2, zero=True)
        self.data_format = data_format_of(data_format)


@register("layer")
class ZeroPadding2D(_Padding):
    """Put zeros around an image.

    Parameters
    ----------
    padding : int, 2 int or 2 pairs of int, default (1, 1)
        How many zeros to add at all edges, for each of height and width, or before
        and after for each.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ZeroPadding2D
    >>> ZeroPadding2D(((1, 0), (2, 1)))(np.ones((1, 5, 6, 2))).shape
    (1, 6, 9, 2)
    """

    rank = 2

    def __init__(
        self,
        padding: Any = (1, 1),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.padding = pairs_of("padding", padding, 2)
        self.data_format = data_format_of(data_format)


@register("layer")
class ZeroPadding3D(_Padding):
    """Put zeros around a volume.

    Parameters
    ----------
    padding : int, 3 int or 3 pairs of int, default ((1, 1), (1, 1), (1, 1))
        How many zeros to add at all edges, for each of depth, height and width, or before
        and after for each.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ZeroPadding3D
    >>> ZeroPadding3D(1)(np.ones((1, 4, 5, 6, 2))).shape
    (1, 6, 7, 8, 2)
    """

    rank = 3

    def __init__(
        self,
        padding: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.padding = pairs_of("padding", padding, 3)
        self.data_format = data_format_of(data_format)
