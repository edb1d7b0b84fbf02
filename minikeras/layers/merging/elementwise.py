"""Layers that merge arrays element by element."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.layers.merging.base import Merge
from minikeras.registry import register

__all__ = [
    "Add",
    "Average",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
]


class Elementwise(Merge):
    """Base of the layers of this file.

    Inputs with fewer axes than others get axes of length 1 after the batch axis; then all are
    broadcast against each other.
    """

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        """Compute the output from inputs of one rank."""
        raise NotImplementedError(f"{type(self).__name__} defines no merge(self, inputs, masks)")

    def compute_output_shape(self, input_shape: Any) -> Any:
        shapes = self.check_shapes(input_shape)
        rank = max(map(len, shapes))
        merged = [self._known_batch(shapes)]
        columns = zip(*((1,) * (rank - len(s)) + s[1:] for s in shapes))
        for lengths in columns:
            longer = {n for n in lengths if n != 1}
            if len(longer - {None}) > 1:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} expected inputs of shapes that broadcast "
                    f"against each other, got {shapes}; equal lengths, or 1, along each axis"
                )
            merged.append(
                None if None in longer else max((n for n in longer if n is not None), default=1)
            )
        return tuple(merged)

    def forward(self, inputs: Any, mask: Any = None) -> Array:
        rank = max(x.ndim for x in inputs)
        aligned = [
            x if x.ndim == rank else x.reshape((x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]))
            for x in inputs
        ]
        y: Array = self.merge(aligned, mask)
        return y


@register("layer")
class Add(Elementwise):
    """Sum of the inputs.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of arrays, or shapes do not fit.

    Notes
    -----
    An input with fewer axes than another gets axes of length 1 after the batch axis; then shapes
    broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Add
    >>> Add()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[4., 7.]], dtype=float32)
    """

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


@register("layer")
class Subtract(Elementwise):
    """First input minus the second.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of 2 arrays, or shapes do not fit.

    Notes
    -----
    An input with fewer axes than another gets axes of length 1 after the batch axis; then shapes
    broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Subtract
    >>> Subtract()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[-2.,  3.]], dtype=float32)
    """

    exactly = 2

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        first, second = inputs
        return first - second


@register("layer")
class Multiply(Elementwise):
    """Product of the inputs.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of arrays, or shapes do not fit.

    Notes
    -----
    An input with fewer axes than another gets axes of length 1 after the batch axis; then shapes
    broadcast.

    What a mask leaves out does not take part: there the other inputs decide.
    Where all inputs are left out, the result is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Multiply
    >>> Multiply()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[ 3., 10.]], dtype=float32)
    """

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        product: Any = 1.0
        kept: Any = None
        for i, x in enumerate(inputs):
            mask = _mask_of(masks, i, x)
            if mask is not None:
                x = np.where(mask, x, 1.0).astype(x.dtype)
                kept = mask if kept is None else np.logical_or(kept, mask)
            product = x if i == 0 else product * x
        if masks is None or any(mask is None for mask in masks):
            return product
        return np.where(kept, product, 0.0).astype(product.dtype)


@register("layer")
class Average(Elementwise):
    """Mean of the inputs.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of arrays, or shapes do not fit.

    Notes
    -----
    An input with fewer axes than another gets axes of length 1 after the batch axis; then shapes
    broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Average
    >>> Average()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[2. , 3.5]], dtype=float32)
    """

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total * (1.0 / len(inputs))


@register("layer")
class Maximum(Elementwise):
    """Largest of the inputs, element by element.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of arrays, or shapes do not fit.

    Notes
    -----
    An input with fewer axes than another gets axes of length 1 after the batch axis; then shapes
    broadcast.

    What a mask leaves out does not take part: there the other inputs decide.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Maximum
    >>> Maximum()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[3., 5.]], dtype=float32)
    """

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        return _where_kept(np.maximum, inputs, masks)


@register("layer")
class Minimum(Elementwise):
    """Smallest of the inputs, element by element.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If it is not called on a list of arrays, or shapes do not fit.

    Notes
    -----
    An input with fewer axes than another gets axes of length 1 after the batch axis; then shapes
    broadcast.

    What a mask leaves out does not take part: there the other inputs decide.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Minimum
    >>> Minimum()([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[1., 2.]], dtype=float32)
    """

    def merge(self, inputs: list[Any], masks: list[Any] | None) -> Any:
        return _where_kept(np.minimum, inputs, masks)


def _mask_of(masks: list[Any] | None, i: int, x: Any) -> Any:
    """Return the mask of the i-th input in the input's shape, or None."""
    if masks is None or masks[i] is None:
        return None
    return np.broadcast_to(np.expand_dims(masks[i], -1), x.shape)


def _where_kept(function: Any, inputs: list[Any], masks: list[Any] | None) -> Any:
    """Apply ``function`` to one input after the other, where masks leave both in."""
    y, kept = inputs[0], _mask_of(masks, 0, inputs[0])
    for i, x in enumerate(inputs[1:], 1):
        mask = _mask_of(masks, i, x)
        if mask is not None:
            x = np.where(mask, x, y)
        if kept is not None:
            y = np.where(kept, y, x)
        kept = None if mask is None or kept is None else np.logical_or(kept, mask)
        y = function(y, x)
    return y
