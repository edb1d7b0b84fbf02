"""Special functions, the largest k, distances, and complex numbers as pairs."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_positive_int
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare, records
from minikeras.ops._convert import alike, array, floating, number
from minikeras.ops._fast import under_two_tapes
from minikeras.ops.erf import erf

__all__ = [
    "cdist",
    "erfc",
    "erfinv",
    "in_top_k",
    "logdet",
    "logsumexp",
    "polar",
    "rsqrt",
    "top_k",
    "view_as_complex",
    "view_as_real",
]

ROOT_PI = math.sqrt(math.pi)


@symbolic
def rsqrt(x: Any) -> Any:
    """Return ``1 / sqrt(x)``."""
    return np.reciprocal(np.sqrt(floating(x)))


def erfc(x: Any) -> Any:
    """Complement of the error function, ``1 - erf(x)``, exact where that rounds to 0.

    Parameters
    ----------
    x : array

    Returns
    -------
    array, in [0, 2]

    References
    ----------
    NIST Digital Library of Mathematical Functions, 7.9.1 (continued fraction).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.erfc(np.array([0.0, 5.0]))
    array([1.00000000e+00, 1.53745979e-12])
    """
    return _erfc(floating(x))


@primitive
def _erfc(x: Array) -> Op:
    y = _erfc(x) if under_two_tapes(x) else _erfc64(np.asarray(x, np.float64)).astype(x.dtype)

    def dx(dy: Array) -> Any:
        z = np.minimum(np.maximum(x, -30.0), 30.0)  # the square of more may overflow
        return dy * np.exp(-z * z) * (-2.0 / ROOT_PI)

    return y, (dx,)


def _erfc64(x: Any) -> Any:
    near = 1.0 - np.asarray(erf(x))  # relative errors below 2e-14 up to x = 2
    far = np.maximum(x, 2.0)
    fraction = far
    for k in range(60, 0, -1):  # from 2 on, 60 steps give every digit
        fraction = far + 0.5 * k / fraction
    with np.errstate(over="ignore"):
        tail = np.exp(-far * far) / (fraction * ROOT_PI)
    return np.where(x < 2.0, near, tail)


def erfinv(x: Any) -> Any:
    """Inverse of the error function.

    Parameters
    ----------
    x : array, in [-1, 1]
        NaN outside.

    Returns
    -------
    array
        ``-inf`` and ``inf`` at the ends.

    References
    ----------
    S. Winitzki, *A handy approximation for the error function and its inverse* (2008), for the
    first guess; Halley's method for the digits.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.erfinv(np.array([0.0, 0.5, 1.0]))
    array([0.        , 0.47693628,        inf])
    """
    return _erfinv(floating(x))


@primitive
def _erfinv(x: Array) -> Op:
    y = _erfinv(x) if under_two_tapes(x) else _erfinv64(np.asarray(x, np.float64)).astype(x.dtype)
    return y, (lambda dy: dy * np.exp(y * y) * (0.5 * ROOT_PI),)


def _erfinv64(x: Any) -> Any:
    inside = np.abs(x) < 1.0
    z = np.where(inside, x, 0.0)
    log = 0.5 * np.log1p(-z * z)
    half = 2.0 / (math.pi * 0.147) + log
    y = np.copysign(np.sqrt(np.maximum(np.sqrt(half * half - 2.0 * log / 0.147) - half, 0.0)), z)
    for _ in range(3):
        step = (np.asarray(erf(y)) - z) * np.exp(y * y) * (0.5 * ROOT_PI)
        y = y - step / (1.0 + y * step)
    outside = np.where(np.abs(x) == 1.0, np.copysign(math.inf, x), math.nan)
    return np.where(inside, y, outside)


@symbolic
def logsumexp(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """Logarithm of the sum of the exponentials along ``axis``; never overflows.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, optional
        Default: all.
    keepdims : bool, default False

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> round(float(ops.logsumexp([1000.0, 1000.0])), 3)
    1000.693
    """
    x = floating(x)
    peak = np.max(bare(x), axis=axis, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0).astype(x.dtype)
    with np.errstate(divide="ignore"):  # of nothing but -inf
        y = np.log(np.sum(np.exp(x - peak), axis=axis, keepdims=True)) + peak
    return y if keepdims else np.squeeze(y, axis=axis)


@symbolic
def logdet(x: Any) -> Any:
    """Logarithm of the absolute determinant of a matrix, or of a batch of them."""
    return np.linalg.slogdet(floating(x))[1]


@symbolic
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """Return the ``k`` largest elements of the last axis, and where they are.

    Parameters
    ----------
    x : array, shape (..., n)
    k : int, from 1 to n
    sorted : bool
        Accepted for Keras's sake: the largest always comes first, of equal ones the first.

    Returns
    -------
    (values, indices) : arrays, shape (..., k)
        Indices are int32.

    Raises
    ------
    ValueError
        If ``k`` is not in [1, n].

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.top_k([1.0, 4.0, 2.0], 2)
    (array([4., 2.], dtype=float32), array([1, 2], dtype=int32))
    """
    x, k = array(x), check_positive_int("k", number(k))
    n = x.shape[-1]
    if k > n:
        raise ValueError(f"ops.top_k expected k in [1, {n}], got {k}")
    order = np.argsort(bare(x)[..., ::-1], axis=-1, kind="stable")
    indices = (n - 1 - order[..., : -k - 1 : -1]).astype(np.int32)
    return np.take_along_axis(x, indices, axis=-1), indices


@symbolic
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Whether fewer than ``k`` scores are above that of the target.

    Parameters
    ----------
    targets : int array, shape (batch,)
    predictions : array, shape (batch, classes)
    k : int

    Returns
    -------
    bool array, shape (batch,)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.in_top_k([1, 0], [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]], 2)
    array([ True, False])
    """
    labels, scores = np.asarray(bare(array(targets))), np.asarray(bare(array(predictions)))
    own = np.take_along_axis(scores, labels[..., None], axis=-1)
    own = np.where(np.isnan(own), -math.inf, own)
    return np.sum(scores > own, axis=-1) < number(k)


@symbolic
def cdist(x: Any, y: Any) -> Any:
    """Distances between the rows of two matrices; the slope of a distance of 0 is 0.

    Parameters
    ----------
    x : array, shape (..., m, features)
    y : array, shape (..., n, features)

    Returns
    -------
    array, shape (..., m, n)

    Raises
    ------
    ValueError
        If the number of features differs.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]])
    array([[5., 1.]], dtype=float32)
    """
    a, b = (floating(each) for each in alike([array(x), array(y)]))
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            f"ops.cdist expected rows of one length, got arrays of shapes {a.shape} and {b.shape}"
        )
    difference = np.expand_dims(a, -2) - np.expand_dims(b, -3)
    return np.sqrt(np.sum(difference * difference, axis=-1))


# Complex numbers. NumPy computes with them; a tape does not.


def _refuse_traced(name: str, *xs: Any) -> None:
    if any(map(records, xs)):
        raise TypeError(
            f"ops.{name} has no gradient: a tape records real numbers only; compute with the real "
            "and the imaginary part, or call it on minikeras.stop_gradient(x)"
        )


@symbolic
def view_as_complex(x: Any) -> Any:
    """Join real and imaginary parts, the last axis of length 2; there is no gradient."""
    _refuse_traced("view_as_complex", x)
    x = floating(bare(x))
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(f"ops.view_as_complex expected a last axis of length 2, got {x.shape}")
    return x[..., 0] + x.dtype.type(1) * 1j * x[..., 1]


@symbolic
def view_as_real(x: Any) -> Any:
    """Split complex numbers into real and imaginary part, a new last axis."""
    x = bare(array(x))
    return np.stack([np.real(x), np.imag(x)], axis=-1)


@symbolic
def polar(abs_: Any, angle: Any) -> Any:
    """Return the complex numbers of given size and angle; there is no gradient."""
    _refuse_traced("polar", abs_, angle)
    size, turn = (floating(x) for x in alike([array(bare(abs_)), array(bare(angle))]))
    return size * np.cos(turn) + 1j * (size * np.sin(turn))
