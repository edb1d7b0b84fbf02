"""Large scratch arrays whose memory is used again.

Memory that comes fresh from the operating system costs more than what is computed in it: each page
is cleared when it is first written to. A fused op that needs megabytes at every training step takes
them from here. The memory of an array goes back once nothing refers to the array or a view of it
any more, so what a tape or another thread still holds is never written over.
"""

import math
import weakref
from collections import OrderedDict
from threading import RLock
from typing import Any

import numpy as np

from minikeras._typing import Array, Shape

__all__ = ["empty"]

SMALL = 1 << 16
"""Bytes below which NumPy's own allocation is as fast."""

LIMIT = 1 << 26
"""Bytes to keep in all for later."""

_free: OrderedDict[int, list[bytearray]] = OrderedDict()  # bytes -> blocks; last used at the end
_kept = 0
_lock = RLock()  # a block may come back while another one is handed out, in the same thread


def empty(shape: Shape, dtype: Any) -> Array:
    """Return an array like ``np.empty``, in memory that was used before if there is some.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras.ops._buffers import empty
    >>> place = empty((100, 1000), "float32").ctypes.data
    >>> empty((100, 1000), "float32").ctypes.data == place
    True
    """
    global _kept
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < SMALL or size > LIMIT:
        return np.empty(shape, dtype)
    with _lock:
        blocks = _free.get(size)
        if blocks:
            block = blocks.pop()
            _kept -= size
        else:
            block = bytearray(size + 64)
    start = -np.frombuffer(block, np.uint8).ctypes.data % 64
    # Not over an array: that would be the base of all views, which then outlive this array.
    array: Array = np.ndarray(shape, dtype, block, start)
    weakref.finalize(array, _give_back, size, block).atexit = False
    return array


def _give_back(size: int, block: bytearray) -> None:
    """Keep a block for later; those of sizes that were not used for long make room."""
    global _kept
    with _lock:
        _free.setdefault(size, []).append(block)
        _free.move_to_end(size)
        _kept += size
        while _kept > LIMIT:
            oldest, blocks = next(iter(_free.items()))
            if blocks:
                blocks.pop()
                _kept -= oldest
            if not blocks:
                _free.pop(oldest, None)
