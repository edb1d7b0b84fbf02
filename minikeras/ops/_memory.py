"""Large arrays whose memory is used again.

A C library gives the memory of large arrays back to the operating system when they are freed, and
the next step of training gets it again page by page, filled with zeros: a third of the time of a
small convolutional network. Memory from here is kept instead, and handed out anew as soon as no
array refers to it any more.
"""

import math
import sys
import threading
from typing import Any

import numpy as np

from minikeras._typing import Array, Shape

__all__ = ["empty", "empty_like"]

SMALLEST = 1 << 17
"""Bytes below which NumPy's own way is as fast."""

MOST = 1 << 28
"""Bytes that one thread keeps at most; what does not fit comes from NumPy."""


class _Store(threading.local):
    """The blocks of one thread, by length."""

    def __init__(self) -> None:
        self.blocks: dict[int, list[Array]] = {}
        self.size = 0


_store = _Store()

# Without the global interpreter lock a reference count says nothing certain.
_counts = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()


def empty(shape: Shape, dtype: Any) -> Array:
    """Return an array with arbitrary contents, as ``np.empty`` does.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype

    Returns
    -------
    array

    Examples
    --------
    >>> import numpy as np
    >>> a = empty((300, 400), np.float32)
    >>> place = a.ctypes.data
    >>> del a
    >>> empty((400, 300), np.float32).ctypes.data == place
    True
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST or size > MOST or not _counts:
        return np.empty(shape, dtype)
    step = 1 << (size.bit_length() - 4)  # lengths that differ little share their blocks
    length = -(-size // step) * step
    blocks = _store.blocks.setdefault(length, [])
    for i in range(len(blocks)):
        if sys.getrefcount(blocks[i]) == _IDLE:
            return _within(blocks[i], shape, dtype)
    if _store.size + length > MOST:
        _forget_idle()
        if _store.size + length > MOST:
            return np.empty(shape, dtype)
    block = np.empty(length + 64, np.uint8)
    _store.blocks.setdefault(length, []).append(block)
    _store.size += length
    return _within(block, shape, dtype)


def _within(block: Array, shape: Shape, dtype: Any) -> Array:
    """Return an array in the memory of ``block``, from where a line of the cache begins."""
    return np.ndarray(shape, dtype, block, -block.__array_interface__["data"][0] % 64)


def empty_like(x: Array) -> Array:
    """Return ``empty`` of the shape and dtype of ``x``."""
    return empty(x.shape, x.dtype)


def _forget_idle() -> None:
    """Drop the blocks that no array refers to."""
    for length, blocks in list(_store.blocks.items()):
        kept = [
            blocks[i] for i in range(len(blocks)) if sys.getrefcount(blocks[i]) > _IDLE
        ]  # ``kept`` itself refers to them only after they were counted
        _store.size -= length * (len(blocks) - len(kept))
        _store.blocks[length] = kept


def _idle_count() -> int:
    """Return what ``sys.getrefcount`` gives for a block that only its list refers to."""
    blocks = [np.empty(1, np.uint8)]
    return next(sys.getrefcount(blocks[i]) for i in range(len(blocks)))


_IDLE = _idle_count()
