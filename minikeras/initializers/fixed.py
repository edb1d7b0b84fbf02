"""First values that are not random: zeros, ones, one number, the identity matrix."""

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType, Shape
from minikeras.initializers.base import Initializer
from minikeras.registry import register

__all__ = ["Constant", "Identity", "Ones", "Zeros"]


@register("initializer", "zero")
class Zeros(Initializer):
    """All zeros.

    Examples
    --------
    >>> from minikeras.initializers import Zeros
    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        return np.zeros(shape, dtype or config.floatx())


@register("initializer", "one")
class Ones(Initializer):
    """All ones.

    Examples
    --------
    >>> from minikeras.initializers import Ones
    >>> Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        return np.ones(shape, dtype or config.floatx())


@register("initializer")
class Constant(Initializer):
    """The same number everywhere.

    Parameters
    ----------
    value : float, default 0.0

    Examples
    --------
    >>> from minikeras.initializers import Constant
    >>> Constant(0.5)((2,))
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: float = 0.0):
        self.value = value

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        return np.full(shape, self.value, dtype or config.floatx())


@register("initializer", "IdentityInitializer")
class Identity(Initializer):
    """The identity matrix times ``gain``; shape ``(rows, columns)`` need not be square.

    Parameters
    ----------
    gain : float, default 1.0

    Raises
    ------
    ValueError
        When called with a shape that is not a matrix's.

    Examples
    --------
    >>> from minikeras.initializers import Identity
    >>> Identity(gain=2.0)((2, 2))
    array([[2., 0.],
           [0., 2.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        if len(shape) != 2:
            raise ValueError(f"Identity expected a shape (rows, columns), got {tuple(shape)}")
        return self.gain * np.eye(*shape, dtype=np.dtype(dtype or config.floatx()))
