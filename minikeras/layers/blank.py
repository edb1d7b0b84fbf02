"""Weights whose values come from a file: no numbers are drawn for them, and not without end."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from typing import Any

import numpy as np

from minikeras._typing import Array, DType, Shape

__all__ = ["blank_weights", "first_value"]


class _Blank:
    def __init__(self, size: int):
        self.size = self.left = size


_BLANK: ContextVar[_Blank | None] = ContextVar("minikeras_blank", default=None)


@contextmanager
def blank_weights(size: int) -> Iterator[None]:
    """Within this block new weights are zeros, as their values are to be read from a file.

    Parameters
    ----------
    size : int
        How many bytes all weights of minikeras's own layers may take: no more than the file has.
    """
    token = _BLANK.set(_Blank(size))
    try:
        yield
    finally:
        _BLANK.reset(token)


def first_value(layer: Any, make: Any, shape: Shape, dtype: DType) -> Array:
    """Return what a new weight of ``layer`` starts with.

    Parameters
    ----------
    layer : Layer
    make : initializer
    shape : tuple of int
    dtype : numpy.dtype

    Raises
    ------
    ValueError
        If the weights are more than the file has.
    """
    blank = _BLANK.get()
    if blank is None:
        return np.asarray(make(shape, dtype=np.dtype(dtype).name)).reshape(shape)
    if type(layer).__module__.startswith("minikeras."):
        blank.left -= prod(shape) * np.dtype(dtype).itemsize
    if blank.left < 0:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} has a weight of shape {shape}, which is more "
            f"than the file's {blank.size} bytes of weights can be"
        )
    if hasattr(layer, "load_own_variables"):  # may leave some as they are
        return np.asarray(make(shape, dtype=np.dtype(dtype).name)).reshape(shape)
    return np.zeros(shape, dtype)
