"""Layers that put arrays side by side, or take products of the vectors in them."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras.layers.base import LayerOptions
from minikeras.layers.merging.base import Merge
from minikeras.ops.normalization import unit_normalization
from minikeras.registry import register

__all__ = ["Concatenate", "Dot"]


@register("layer")
class Concatenate(Merge):
    """Put the inputs side by side along one axis.

    Parameters
    ----------
    axis : int, default -1
        Counted with the batch axis, which is 0.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of arrays, or lengths differ along another axis.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Concatenate
    >>> Concatenate()([np.array([[1.0, 2.0]]), np.array([[3.0]])])
    array([[1., 2., 3.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.axis = _integer("axis", axis)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shapes = self.check_shapes(input_shape) if self.axis != 0 else list(input_shape)
        rank = len(shapes[0])
        if not -rank <= self.axis < rank:
            raise ValueError(
                f"Concatenate {self.name!r} expected inputs that have an axis {self.axis}, got "
                f"{shapes}; choose an axis from {-rank} to {rank - 1}"
            )
        fits = all(len(shape) == rank for shape in shapes)
        merged = list(shapes[0])
        if fits:
            axis = self.axis % rank
            for i in range(rank):
                lengths = [shape[i] for shape in shapes]
                known = [n for n in lengths if n is not None]
                if i == axis:
                    merged[i] = sum(known) if len(known) == len(lengths) else None
                else:
                    fits = fits and len(set(known)) < 2
                    merged[i] = known[0] if known else None
        if not fits:
            raise ValueError(
                f"Concatenate {self.name!r} expected inputs of equal shapes but for axis "
                f"{self.axis}, got {shapes}; pad, crop or reshape them first"
            )
        return tuple(merged)

    def forward(self, inputs: Any) -> Array:
        return np.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        masks = []
        for x, mask in zip(inputs, previous_mask, strict=True):
            if mask is None:
                mask = np.ones(x.shape, bool)
            elif mask.ndim < x.ndim:
                mask = np.broadcast_to(np.expand_dims(mask, -1), x.shape)
            masks.append(mask)
        return np.any(np.concatenate(masks, axis=self.axis), axis=-1)


@register("layer")
class Dot(Merge):
    """Products of the vectors that lie along one axis of each of two inputs, sample by sample.

    Parameters
    ----------
    axes : int or tuple of 2 int
        The axes that are summed over, which have equal lengths; the batch axis is 0 and not among
        them.
    normalize : bool, default False
        Whether to divide the vectors by their lengths first: the products are cosines then.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``axes`` is not one or two integers, it is not called on a list of 2 arrays, or lengths
        differ.

    Notes
    -----
    The output has the other axes of the first input, then those of the second; ``(batch, 1)`` for
    two vectors a sample.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Dot
    >>> Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
    array([[11.]], dtype=float32)
    """

    exactly = 2

    def __init__(
        self,
        axes: int | tuple[int, int],
        normalize: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if isinstance(axes, list | tuple):
            if len(axes) != 2:
                raise ValueError(f"axes must be an integer or two of them, got {axes!r}")
            for axis in axes:
                _integer("each of axes", axis)
        else:
            _integer("axes", axes)
        self.axes = axes
        self.normalize = normalize

    def _axes(self, shapes: Any) -> tuple[int, int]:
        """Return the axes that are summed over, counted from the front."""
        pair = self.axes if isinstance(self.axes, list | tuple) else (self.axes, self.axes)
        found = []
        for axis, shape in zip(pair, shapes, strict=True):
            if not -len(shape) <= axis < len(shape) or axis % len(shape) == 0:
                raise ValueError(
                    f"Dot {self.name!r} expected inputs that have an axis {axis} besides the "
                    f"batch's, got shapes {list(shapes)}"
                )
            found.append(axis % len(shape))
        return found[0], found[1]

    def compute_output_shape(self, input_shape: Any) -> Any:
        first, second = self.check_shapes(input_shape)
        a, b = self._axes((first, second))
        if None not in (first[a], second[b]) and first[a] != second[b]:
            raise ValueError(
                f"Dot {self.name!r} expected equal lengths along axis {a} of the first input and "
                f"axis {b} of the second, got {first[a]} and {second[b]} (shapes {first} and "
                f"{second}); choose other axes"
            )
        rest = (*first[1:a], *first[a + 1 :], *second[1:b], *second[b + 1 :])
        return (self._known_batch([first, second]), *(rest or (1,)))

    def forward(self, inputs: Any) -> Array:
        x, y = inputs
        a, b = self._axes((x.shape, y.shape))
        if self.normalize:
            x = unit_normalization(x, a, config.epsilon())
            y = unit_normalization(y, b, config.epsilon())
        x, y = np.moveaxis(x, a, -1), np.moveaxis(y, b, 1)
        before, after = x.shape[1:-1], y.shape[2:]
        length = x.shape[-1]
        rows = x.reshape((x.shape[0], math.prod(before), length))
        columns = y.reshape((y.shape[0], length, math.prod(after)))
        products = np.matmul(rows, columns)
        out: Array = products.reshape((x.shape[0], *((*before, *after) or (1,))))
        return out

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None  # what a mask is about has been summed over


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r} ({type(value).__name__})")
    return int(value)
