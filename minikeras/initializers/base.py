"""What every initializer is: a function of a shape that gives an array."""

from typing import Self

from minikeras._typing import Array, DType, Shape
from minikeras.registry import Configurable

__all__ = ["Initializer"]


class Initializer(Configurable):
    """Base of the initializers: a function of a shape that gives an array.

    A subclass defines ``__call__(shape, dtype=None)``; a plain function does as well.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.initializers import Initializer
    >>> class Ramp(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.arange(np.prod(shape), dtype=dtype or "float32").reshape(shape)
    >>> Ramp()((2, 2))
    array([[0., 1.],
           [2., 3.]], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        """Return a new array.

        Parameters
        ----------
        shape : tuple of int
        dtype : dtype, optional
            Default ``config.floatx()``.

        Returns
        -------
        array
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define __call__(self, shape, dtype=None)"
        )

    def clone(self) -> Self:
        """Return a new initializer with the same configuration."""
        return self.from_config(self.get_config())
