"""Weights whose values come from a file: no numbers are drawn for them, and not without end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from typing import Any

import numpy as np

from minikeras._typing import Array, DType, Shape
from minikeras.registry import is_ours

__all__ = ["blank_weights", "check_trial", "counting_calls", "first_value", "is_blank"]

_LARGEST_TRIAL = 1 << 24  # elements of an array of zeros that layers are tried with


class _Blank:
    def __init__(self, size: int, calls: int):
        self.size = self.left = size
        self.calls = calls


_BLANK: ContextVar[_Blank | None] = ContextVar("minikeras_blank", default=None)


@contextmanager
def blank_weights(size: int, calls: int = 20_000) -> Iterator[None]:
    """Within this block new weights are zeros, as their values are to be read from a file.

    Parameters
    ----------
    size : int
        How many bytes all weights of minikeras's own layers may take: no more than the file has.
    calls : int, default 20000
        How many times layers may be called to find out the shapes of what they give. A model that
        calls another one twice, which calls another one twice... is a small file.
    """
    token = _BLANK.set(_Blank(size, calls))
    try:
        yield
    finally:
        _BLANK.reset(token)


def is_blank() -> bool:
    """Whether a file is read."""
    return _BLANK.get() is not None


class _Counter:
    """Counts the calls of layers, and tells another observer of them."""

    def __init__(self, blank: _Blank, observer: Callable[..., None] | None):
        self.blank, self.observer = blank, observer

    def __call__(self, layer: Any, given: Any, y: Any) -> None:
        self.blank.calls -= 1
        if self.blank.calls < 0:
            raise ValueError("its models call each other too many times to be followed")
        if self.observer is not None:
            self.observer(layer, given, y)


def counting_calls(observer: Any) -> Any:
    """Return ``observer``; while a file is read, one that also counts the calls of layers.

    Raises
    ------
    ValueError
        When it is called more often than ``blank_weights`` allows.
    """
    blank = _BLANK.get()
    if blank is None or isinstance(observer, _Counter):
        return observer
    return _Counter(blank, observer)


def check_trial(shape: Shape) -> None:
    """Refuse arrays that are large because a file says so.

    Raises
    ------
    ValueError
        If an array of zeros of this shape would be too large, while a file is read.
    """
    if is_blank() and prod(shape) > _LARGEST_TRIAL:
        raise ValueError(
            f"an input of shape {shape} is too large to find out what comes of it; declare the "
            "size of the batch as None"
        )


def first_value(layer: Any, make: Any, shape: Shape, dtype: DType, draw: bool = False) -> Array:
    """Return what a new weight of ``layer`` starts with.

    Parameters
    ----------
    layer : Layer
    make : initializer
    shape : tuple of int
    dtype : numpy.dtype
    draw : bool, default False
        Whether numbers are drawn even while a file is read.

    Raises
    ------
    ValueError
        If the weights are more than the file has.
    """
    blank = _BLANK.get()
    if blank is None:
        return np.asarray(make(shape, dtype=np.dtype(dtype).name)).reshape(shape)
    if is_ours(type(layer)):
        blank.left -= prod(shape) * np.dtype(dtype).itemsize
    if blank.left < 0:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} has a weight of shape {shape}, which is more "
            f"than the file's {blank.size} bytes of weights can be"
        )
    if draw:
        return np.asarray(make(shape, dtype=np.dtype(dtype).name)).reshape(shape)
    return np.zeros(shape, dtype)
