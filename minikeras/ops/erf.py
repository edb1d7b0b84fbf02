"""The error function, which NumPy lacks."""

import math
from functools import cache
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import reuse, under_two_tapes

__all__ = ["erf"]

STEPS = 512  # grid points per unit
LIMIT = 6.0  # erf is 1 to the last bit from 5.93 on


@primitive
def erf(x: Array) -> Op:
    """Error function, ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to ``x``.

    Parameters
    ----------
    x : array

    Returns
    -------
    array of the same shape and dtype, in [-1, 1]
        Within a few units in the last place.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 7.2.1 (definition) and 7.10.1 (derivatives).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.erf(np.array([-1.0, 0.0, 0.5, 6.0]))
    array([-0.84270079,  0.        ,  0.52049988,  1.        ])
    """
    y = erf(x) if under_two_tapes(x) else _erf(x)  # a Tensor here is one of an outer tape

    def dx(dy: Array) -> Any:
        z = np.minimum(
            np.maximum(x, -30.0), 30.0
        )  # the square of more may overflow; exp is 0 there
        return dy * np.exp(-z * z) * (2.0 / math.sqrt(math.pi))

    return y, (dx,)


def _erf(x: Any) -> Any:
    if x.dtype.itemsize < 4:
        return _erf32(x.astype(np.float32)).astype(x.dtype)
    return _erf32(x) if x.dtype.itemsize == 4 else _erf64(x)


# p(x**2) = artanh(erf(x)) / x, the highest power first; tools/fit_erf.py finds them.
TANH = (1.41852186e-7, -5.66847512e-6, 8.76373256e-5, -6.19784658e-4, -1.91830798e-4, 0.102769056)
SLOPE = 1.12837927


def _erf32(x: Any) -> Any:
    """``tanh(x p(x**2))``: tanh flattens the errors of ``p``, so a short polynomial will do."""
    z = x.clip(-4.5, 4.5)  # p was fitted up to 4; beyond it grows, and the tanh is 1
    square = z * z
    y = square * TANH[0]
    for coefficient in TANH[1:]:
        y += coefficient
        y *= square
    y += SLOPE
    y *= z
    return np.tanh(y, out=reuse(y))


def _erf64(x: Any) -> Any:
    """Taylor series about the nearest point of a grid; the values there are the C library's.

    With ``d = x - point`` at most 1/1024 five terms are enough: the next is below 1e-17.
    """
    size = np.minimum(np.abs(x), LIMIT)
    place = np.rint(size * float(STEPS))
    d = size - place / float(STEPS)
    values, slopes, points = _grid()
    with np.errstate(invalid="ignore"):  # NaN becomes some index; d carries it on
        index = place.astype(np.intp)
    u = d * points.take(index, mode="clip")
    v = d * d
    u2 = u * u
    # Hermite polynomials times d**n / (n + 1)!: 1, -2u, 4u2 - 2v, -8u3 + 12uv, 16u4 - 48u2v + 12v2
    series = 1.0 - u + (2.0 * u2 - v) / 3.0 - u * (2.0 * u2 - 3.0 * v) / 6.0
    series += (4.0 * u2 * (u2 - 3.0 * v) + 3.0 * v * v) / 30.0
    y = values.take(index, mode="clip") + slopes.take(index, mode="clip") * d * series
    return np.copysign(np.minimum(y, 1.0), x)


@cache
def _grid() -> tuple[Array, Array, Array]:
    """Return erf, its slope and the points themselves at multiples of 1 / STEPS up to LIMIT."""
    points = [i / STEPS for i in range(int(LIMIT * STEPS) + 1)]
    values = [math.erf(point) for point in points]
    slopes = [2.0 / math.sqrt(math.pi) * math.exp(-point * point) for point in points]
    return np.array(values), np.array(slopes), np.array(points)
