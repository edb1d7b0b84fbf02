"""The shape of each sample: Flatten, Reshape, Permute, RepeatVector."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_choice, check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.registry import register

__all__ = ["Flatten", "Permute", "RepeatVector", "Reshape"]


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


@register("layer")
class Permute(Layer):
    """Put the axes of each sample into another order.

    Parameters
    ----------
    dims : tuple of int
        Where each axis of the result comes from, counted from 1; the batch axis stays first.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``dims`` is not an order of ``1, 2, ..., n``, or samples have another number of axes.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Permute
    >>> Permute((2, 1))(np.zeros((5, 10, 64))).shape
    (5, 64, 10)
    """

    def __init__(self, dims: Shape, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        if not isinstance(dims, tuple | list):
            raise TypeError(
                f"dims must be a tuple such as (2, 1), got {dims!r} ({type(dims).__name__})"
            )
        self.dims = tuple(check_positive_int("each of dims", n) for n in dims)
        if sorted(self.dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                f"dims must hold each of 1 to {len(dims)} once, got {self.dims}; the batch axis is "
                "left out, the first axis after it is 1"
            )

    def check_input(self, x: Any) -> None:
        self._check_shape(x.shape)

    def _check_shape(self, shape: PartialShape) -> None:
        if len(shape) != len(self.dims) + 1:
            raise ValueError(
                f"Permute {self.name!r} expected samples of {len(self.dims)} axes for dims "
                f"{self.dims}, got an input of shape {tuple(shape)}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        self._check_shape(input_shape)
        return (input_shape[0], *(input_shape[n] for n in self.dims))

    def forward(self, x: Array) -> Array:
        return np.transpose(x, (0, *self.dims))


@register("layer")
class RepeatVector(Layer):
    """Make a sequence of ``n`` equal steps of each vector.

    Parameters
    ----------
    n : int
        Number of steps, at least 1.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is not an integer of at least 1, or the input is not ``(batch, features)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RepeatVector
    >>> RepeatVector(2)(np.array([[1.0, 5.0]]))
    array([[[1., 5.],
            [1., 5.]]], dtype=float32)
    """

    def __init__(self, n: int, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.n = check_positive_int("n", n)

    def check_input(self, x: Any) -> None:
        self._check_shape(x.shape)

    def _check_shape(self, shape: PartialShape) -> None:
        if len(shape) != 2:
            raise ValueError(
                f"RepeatVector {self.name!r} expected an input of shape (batch, features), got "
                f"{tuple(shape)}; put Flatten before it"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        self._check_shape(input_shape)
        return (input_shape[0], self.n, input_shape[1])

    def forward(self, x: Array) -> Array:
        return np.repeat(x[:, np.newaxis], self.n, axis=1)
