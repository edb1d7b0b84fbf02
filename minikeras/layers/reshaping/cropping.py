"""Layers that cut the edges off a sequence, an image or a volume."""

from typing import Any, ClassVar, Unpack

from minikeras._typing import Array
from minikeras.layers._spatial import axes_of, check_axes, data_format_of, lengths_of, pairs_of
from minikeras.layers.base import Layer, LayerOptions
from minikeras.registry import register

__all__ = ["Cropping1D", "Cropping2D", "Cropping3D"]

Pairs = tuple[tuple[int, int], ...]


class _Cropping(Layer):
    """Base of the layers of this file."""

    rank: ClassVar[int]
    data_format = "channels_last"
    cropping: Any

    def check_input(self, x: Any) -> None:
        self.compute_output_shape(x.shape)

    def pairs(self) -> Pairs:
        """Return how much goes before and after, for each axis."""
        return (self.cropping,) if self.rank == 1 else self.cropping

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, input_shape, self.rank, self.data_format)
        shape = list(input_shape)
        for axis, pair in zip(axes_of(self.rank, self.data_format), self.pairs()):
            if shape[axis] is not None:
                shape[axis] -= sum(pair)
                if shape[axis] < 1:
                    raise ValueError(
                        f"{type(self).__name__} {self.name!r} expected more than {sum(pair)} "
                        f"elements along axis {axis}, got {input_shape[axis]} (input of shape "
                        f"{tuple(input_shape)}); cut off less"
                    )
        return tuple(shape)

    def forward(self, x: Array) -> Array:
        index = [slice(None)] * (self.rank + 2)
        for axis, (before, after) in zip(axes_of(self.rank, self.data_format), self.pairs()):
            index[axis] = slice(before, x.shape[axis] - after)
        return x[tuple(index)]


@register("layer")
class Cropping1D(_Cropping):
    """Cut the edges off a sequence.

    Parameters
    ----------
    cropping : int or tuple of 2 int, default (1, 1)
        How many elements to cut off at both ends, or (before, after).
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 0, or nothing would be left.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Cropping1D
    >>> Cropping1D((1, 2))(np.ones((1, 4, 2))).shape
    (1, 1, 2)
    """

    rank = 1

    def __init__(
        self,
        cropping: int | tuple[int, int] = (1, 1),
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.cropping = lengths_of("cropping", cropping, 2, zero=True)


@register("layer")
class Cropping2D(_Cropping):
    """Cut the edges off an image.

    Parameters
    ----------
    cropping : int, 2 int or 2 pairs of int, default ((0, 0), (0, 0))
        How many elements to cut off at all edges, for each of height and width, or before
        and after for each.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 0, or nothing would be left.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Cropping2D
    >>> Cropping2D(((1, 0), (2, 1)))(np.ones((1, 5, 6, 2))).shape
    (1, 4, 3, 2)
    """

    rank = 2

    def __init__(
        self,
        cropping: Any = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.cropping = pairs_of("cropping", cropping, 2)
        self.data_format = data_format_of(data_format)


@register("layer")
class Cropping3D(_Cropping):
    """Cut the edges off a volume.

    Parameters
    ----------
    cropping : int, 3 int or 3 pairs of int, default ((1, 1), (1, 1), (1, 1))
        How many elements to cut off at all edges, for each of depth, height and width, or before
        and after for each.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 0, or nothing would be left.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Cropping3D
    >>> Cropping3D(1)(np.ones((1, 4, 5, 6, 2))).shape
    (1, 2, 3, 4, 2)
    """

    rank = 3

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.cropping = pairs_of("cropping", cropping, 3)
        self.data_format = data_format_of(data_format)
