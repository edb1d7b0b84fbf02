"""Zeros around an array."""

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import under_two_tapes

__all__ = ["zero_pad"]


@primitive
def zero_pad(x: Array, pads: tuple[tuple[int, int], ...]) -> Op:
    """Put zeros around an array; several times faster than ``np.pad`` on small ones.

    Parameters
    ----------
    x : array
    pads : tuple of pairs of int
        How many zeros come before and after, for each axis.

    Returns
    -------
    array

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.zero_pad(np.array([[1.0, 2.0]]), ((0, 0), (2, 1)))
    array([[0., 0., 1., 2., 0.]])
    """
    inside = tuple(slice(before, before + n) for (before, _), n in zip(pads, x.shape))
    if under_two_tapes(x):
        y = zero_pad(x, pads)
    else:
        y = np.zeros([before + n + after for (before, after), n in zip(pads, x.shape)], x.dtype)
        y[inside] = x
    return y, (lambda dy: dy[inside], None)
