"""Arrays from nothing: constants, ranges, windows. Floats are ``config.floatx()`` unless asked."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops import _convert
from minikeras.ops._convert import alike, floating, number

ShapeLike = Any  # an int, or a tuple or list of ints


def _shape(shape: ShapeLike) -> tuple[int, ...]:
    return tuple(number(n) for n in shape) if np.ndim(shape) else (number(shape),)


def array(x: Any, dtype: DType | None = None) -> Any:
    """Return ``x`` as an array; the same as ``convert_to_tensor``.

    Parameters
    ----------
    x : array_like
    dtype : dtype, optional
        Default: that of ``x``; ``config.floatx()`` for Python floats, int32 for Python integers.

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.array([1.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    return _convert.array(x, dtype)


def zeros(shape: ShapeLike, dtype: DType | None = None) -> Array:
    """Return zeros of ``shape``, of ``config.floatx()`` unless ``dtype`` is given."""
    return np.zeros(_shape(shape), dtype or config.floatx())


def ones(shape: ShapeLike, dtype: DType | None = None) -> Array:
    """Return ones of ``shape``, of ``config.floatx()`` unless ``dtype`` is given."""
    return np.ones(_shape(shape), dtype or config.floatx())


def empty(shape: ShapeLike, dtype: DType | None = None) -> Array:
    """Return zeros of ``shape``: what is not to be relied on is at least the same every time."""
    return zeros(shape, dtype)


def full(shape: ShapeLike, fill_value: Any, dtype: DType | None = None) -> Any:
    """Return ``fill_value`` broadcast to ``shape``, of ``config.floatx()`` unless told otherwise.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.full((2,), 7)
    array([7., 7.], dtype=float32)
    """
    value = _convert.array(fill_value, dtype or config.floatx())
    return np.copy(np.broadcast_to(value, _shape(shape)))


def _like(x: Any, dtype: DType | None) -> Any:
    return np.zeros_like(_convert.array(x), dtype=dtype)


@symbolic
def zeros_like(x: Any, dtype: DType | None = None) -> Any:
    """Return zeros of the shape and dtype of ``x``."""
    return _like(x, dtype)


@symbolic
def ones_like(x: Any, dtype: DType | None = None) -> Any:
    """Return ones of the shape and dtype of ``x``."""
    return np.ones_like(_convert.array(x), dtype=dtype)


@symbolic
def empty_like(x: Any, dtype: DType | None = None) -> Any:
    """Return zeros of the shape and dtype of ``x``, as ``empty`` does."""
    return _like(x, dtype)


@symbolic
def full_like(x: Any, fill_value: Any, dtype: DType | None = None) -> Any:
    """Return ``fill_value`` broadcast to the shape of ``x``, in its dtype unless told otherwise."""
    like = _like(x, dtype)
    return np.copy(np.broadcast_to(_convert.array(fill_value, like.dtype), like.shape))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: DType | None = None) -> Array:
    """Return numbers from ``start`` up to, without, ``stop``; from 0 if only one is given.

    Parameters
    ----------
    start, stop, step : int or float
    dtype : dtype, optional
        Default int32; ``config.floatx()`` where one of the numbers is a float.

    Returns
    -------
    array, shape (ceil((stop - start) / step),)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.arange(3), ops.arange(1.0, 2.0, 0.5)
    (array([0, 1, 2], dtype=int32), array([1. , 1.5], dtype=float32))
    """
    if dtype is None:
        given = [n for n in (start, stop, step) if n is not None]
        dtype = np.result_type(*[_convert.array(n).dtype for n in given])
    first, last = (0, start) if stop is None else (start, stop)
    span: Any = (number(first), number(last), number(1 if step is None else step))
    return np.asarray(np.arange(*span, dtype=dtype))


@symbolic
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType | None = None,
    axis: int = 0,
) -> Any:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``.

    Parameters
    ----------
    start, stop : array_like
    num : int, default 50
    endpoint : bool, default True
        Whether ``stop`` is the last of them.
    retstep : bool, default False
        Return the distance between two of them too.
    dtype : dtype, optional
        Default: that of the ends, ``config.floatx()`` for integers.
    axis : int, default 0
        Where the new axis goes, if the ends are arrays.

    Returns
    -------
    array, or (array, distance)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.linspace(0, 1, 3)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    start, stop = (floating(x) for x in alike([start, stop]))
    settings: Any = {"endpoint": endpoint, "retstep": retstep, "axis": axis}
    found = np.linspace(start, stop, number(num), **settings)
    y = found[0] if retstep else found
    y = astype(y, dtype or start.dtype)
    return (y, found[1]) if retstep else y


@symbolic
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: DType | None = None,
    axis: int = 0,
) -> Any:
    """Return ``base`` to the power of ``num`` evenly spaced numbers from ``start`` to ``stop``.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.logspace(0, 2, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    y = np.power(_convert.array(base, exponents.dtype), exponents)
    return y if dtype is None else astype(y, dtype)


@symbolic
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType | None = None,
    axis: int = 0,
) -> Any:
    """Return ``num`` numbers from ``start`` to ``stop``, each the same multiple of the one before.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.geomspace(1, 8, 4)
    array([1., 2., 4., 8.], dtype=float32)
    """
    start, stop = (floating(x) for x in alike([start, stop]))
    y = np.geomspace(start, stop, number(num), endpoint, axis=axis)
    return astype(y, dtype or start.dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None) -> Array:
    """Return an (N, M) matrix with ones on diagonal ``k``.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.eye(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    return np.eye(number(N), None if M is None else number(M), k, dtype or config.floatx())


def identity(n: int, dtype: DType | None = None) -> Array:
    """Return the (n, n) identity matrix."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None) -> Array:
    """Return an (N, M) matrix with ones on and below diagonal ``k``."""
    return np.tri(number(N), None if M is None else number(M), k, dtype or config.floatx())


@symbolic
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Return the powers of each element of ``x``, ``N`` of them, in rows.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.vander([2.0, 3.0], 3)
    array([[4., 2., 1.],
           [9., 3., 1.]], dtype=float32)
    """
    x = _convert.array(x)
    powers = np.arange(len(x) if N is None else number(N)).astype(x.dtype)
    return np.power(x[:, None], powers if increasing else powers[::-1])


# Windows: weights of the samples of a signal, ``x`` of them.


def bartlett(x: int) -> Array:
    """Return the triangular window of ``x`` points."""
    return np.bartlett(number(x)).astype(config.floatx())


def blackman(x: int) -> Array:
    """Return the Blackman window of ``x`` points."""
    return np.blackman(number(x)).astype(config.floatx())


def hamming(x: int) -> Array:
    """Return the Hamming window of ``x`` points."""
    return np.hamming(number(x)).astype(config.floatx())


def hanning(x: int) -> Array:
    """Return the Hann window of ``x`` points."""
    return np.hanning(number(x)).astype(config.floatx())


def kaiser(x: int, beta: float) -> Array:
    """Return the Kaiser window of ``x`` points and shape ``beta``."""
    return np.kaiser(number(x), number(beta)).astype(config.floatx())
