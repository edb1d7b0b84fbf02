"""Fourier transforms. A complex array is a pair of its real and its imaginary part, as in Keras.

The reverse of a linear map is its adjoint, here again a Fourier transform: hence each VJP is
written with the other transforms, and all of them can be differentiated twice.
"""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_positive_int
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.rules.selection import scatter
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import array, floating, number
from minikeras.ops._fast import under_two_tapes
from minikeras.ops._windows import get_window

__all__ = ["extract_sequences", "fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]

Pair = tuple[Any, Any]


def _pair(name: str, x: Any) -> list[Any]:
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise ValueError(
            f"ops.{name} expected a pair (real part, imaginary part), got {type(x).__name__}"
        )
    real, imag = floating(x[0]), floating(x[1])
    if real.shape != imag.shape:
        raise ValueError(
            f"ops.{name} expected real and imaginary part of one shape, got {real.shape} and "
            f"{imag.shape}"
        )
    return [real, imag]


def _parts(z: Array) -> Pair:
    return np.ascontiguousarray(z.real), np.ascontiguousarray(z.imag)


@primitive
def _transform(real: Array, imag: Array, axes: int, inverse: bool) -> Op:
    """Transform the last ``axes`` axes."""
    last = tuple(range(-axes, 0))
    if under_two_tapes(real) or under_two_tapes(imag):
        y = _transform(real, imag, axes, inverse)
    else:
        y = _parts((np.fft.ifftn if inverse else np.fft.fftn)(real + 1j * imag, axes=last))
    count = float(np.prod(real.shape[-axes:]))
    scale = 1.0 / count if inverse else count

    def back(dy: tuple[Array, Array]) -> tuple[Any, ...]:
        dreal, dimag = _transform(dy[0], dy[1], axes, not inverse)
        return dreal * scale, dimag * scale, None, None

    return y, back


@primitive
def _rfft(x: Array, length: int) -> Op:
    y = _rfft(x, length) if under_two_tapes(x) else _parts(np.fft.rfft(x, length))
    weights = _halves(length, x.dtype)

    def back(dy: tuple[Array, Array]) -> tuple[Any, ...]:
        dx = _irfft(dy[0] / weights, dy[1] / weights, length) * float(length)
        return _resized(dx, x.shape[-1]), None

    return y, back


@primitive
def _irfft(real: Array, imag: Array, length: int) -> Op:
    if under_two_tapes(real) or under_two_tapes(imag):
        y = _irfft(real, imag, length)
    else:
        y = np.fft.irfft(real + 1j * imag, length)
    weights = _halves(length, real.dtype) / float(length)

    def back(dy: Array) -> tuple[Any, ...]:
        parts = (_resized(part * weights, real.shape[-1]) for part in _rfft(dy, length))
        return (*parts, None)

    return y, back


def _halves(length: int, dtype: Any) -> Any:
    """How often each frequency of a real signal stands for two of the full transform."""
    weights = np.full(length // 2 + 1, 2.0, dtype)
    weights[0] = 1.0
    if length % 2 == 0:
        weights[-1] = 1.0
    return weights


def _resized(x: Any, length: int) -> Any:
    """Cut the last axis, or fill it up with zeros."""
    missing = length - x.shape[-1]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)]) if missing > 0 else x[..., :length]


@symbolic
def fft(x: Pair) -> Pair:
    """Discrete Fourier transform of the last axis.

    Parameters
    ----------
    x : (real, imaginary) : arrays of one shape

    Returns
    -------
    (real, imaginary) : arrays of that shape

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.fft((np.array([1.0, 2.0]), np.zeros(2)))
    (array([ 3., -1.]), array([0., 0.]))
    """
    return tuple(_transform(*_pair("fft", x), 1, False))


@symbolic
def fft2(x: Pair) -> Pair:
    """Discrete Fourier transform of the last two axes; a pair as in ``fft``."""
    return tuple(_transform(*_pair("fft2", x), 2, False))


@symbolic
def ifft2(x: Pair) -> Pair:
    """Inverse of ``fft2``."""
    return tuple(_transform(*_pair("ifft2", x), 2, True))


@symbolic
def rfft(x: Any, fft_length: int | None = None) -> Pair:
    """Discrete Fourier transform of a real last axis; the negative frequencies are left out.

    Parameters
    ----------
    x : array, shape (..., n)
    fft_length : int, optional
        Cut or fill up with zeros to so many; default ``n``.

    Returns
    -------
    (real, imaginary) : arrays, shape (..., fft_length // 2 + 1)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.rfft([1.0, 2.0, 3.0])[0]
    array([ 6. , -1.5], dtype=float32)
    """
    x = floating(x)
    length = x.shape[-1] if fft_length is None else number(fft_length)
    return tuple(_rfft(x, check_positive_int("fft_length", length)))


@symbolic
def irfft(x: Pair, fft_length: int | None = None) -> Any:
    """Inverse of ``rfft``.

    Parameters
    ----------
    x : (real, imaginary) : arrays, shape (..., frequencies)
    fft_length : int, optional
        Length of the signal; default ``2 * (frequencies - 1)``.

    Returns
    -------
    array, shape (..., fft_length)
    """
    real, imag = _pair("irfft", x)
    length = 2 * (real.shape[-1] - 1) if fft_length is None else number(fft_length)
    return _irfft(real, imag, check_positive_int("fft_length", length))


@symbolic
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Cut the last axis into overlapping pieces.

    Parameters
    ----------
    x : array, shape (..., n)
    sequence_length : int
    sequence_stride : int
        From the beginning of one piece to the next.

    Returns
    -------
    array, shape (..., pieces, sequence_length)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.extract_sequences(ops.arange(5), 3, 2)
    array([[0, 1, 2],
           [2, 3, 4]], dtype=int32)
    """
    x = array(x)
    places = _frames(x.shape[-1], sequence_length, sequence_stride)
    return np.take(x, places, axis=-1)


def _frames(length: int, size: Any, stride: Any) -> Any:
    """Return the places of the samples of each piece, shape (pieces, size)."""
    size = check_positive_int("sequence_length", number(size))
    stride = check_positive_int("sequence_stride", number(stride))
    count = max((length - size) // stride + 1, 0)
    return np.arange(count)[:, None] * stride + np.arange(size)


def _window(window: Any, length: int, fft_length: int, dtype: Any) -> Any:
    """Return the weights of the samples of a piece, in the middle of ``fft_length`` zeros."""
    if fft_length < length:
        raise ValueError(
            f"fft_length must be at least sequence_length, got {fft_length} and {length}"
        )
    before = (fft_length - length) // 2
    if window is None:
        return np.ones(fft_length, dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(
                f"window must be one of 'hann', 'hamming', None or an array, got {window!r}"
            )
        weights: Any = get_window(window, length)
    else:
        weights = floating(window)
    if weights.shape != (length,):
        raise ValueError(
            f"window must have {length} weights, got an array of shape {weights.shape}"
        )
    weights = weights.astype(dtype) if weights.dtype != dtype else weights
    return np.pad(weights, (before, fft_length - length - before))


@symbolic
def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> Pair:
    """Short-time Fourier transform: the spectrum of overlapping pieces of a signal.

    Parameters
    ----------
    x : array, shape (..., n)
    sequence_length, sequence_stride : int
        Length of the pieces, and from the beginning of one to the next.
    fft_length : int
        Length of the transform, at least ``sequence_length``.
    window : {"hann", "hamming"}, array of shape (sequence_length,), or None
    center : bool, default True
        Mirror the ends, so that the first piece has the first sample in its middle.

    Returns
    -------
    (real, imaginary) : arrays, shape (..., pieces, fft_length // 2 + 1)

    References
    ----------
    Allen and Rabiner, "A unified approach to short-time Fourier analysis and synthesis",
    *Proceedings of the IEEE* 65 (1977).

    Examples
    --------
    >>> from minikeras import ops
    >>> real, imaginary = ops.stft(ops.ones(32), 8, 4, 8)
    >>> real.shape
    (9, 5)
    """
    x = floating(x)
    length = check_positive_int("fft_length", number(fft_length))
    weights = _window(window, number(sequence_length), length, x.dtype)
    if center:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(length // 2, length // 2)], mode="reflect")
    frames = np.take(x, _frames(x.shape[-1], length, sequence_stride), axis=-1)
    return tuple(_rfft(frames * weights, length))


@symbolic
def istft(
    x: Pair,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """Inverse of ``stft``: pieces added where they overlap, divided by the sum of their weights.

    Parameters
    ----------
    x : (real, imaginary) : arrays, shape (..., pieces, fft_length // 2 + 1)
    sequence_length, sequence_stride, fft_length, window, center
        As given to ``stft``.
    length : int, optional
        Number of samples to return.

    Returns
    -------
    array, shape (..., length)
    """
    real, imag = _pair("istft", x)
    if real.ndim < 2:
        raise ValueError(f"ops.istft expected at least 2 axes, got shape {real.shape}")
    size, stride = check_positive_int("fft_length", number(fft_length)), number(sequence_stride)
    weights = _window(window, number(sequence_length), size, real.dtype)
    frames = _irfft(real, imag, size) * weights
    count = frames.shape[-2]
    total = size + stride * (count - 1)
    places = np.arange(count)[:, None] * stride + np.arange(size)
    index = (*[slice(None)] * (frames.ndim - 2), places)
    added = scatter(frames, index, (*frames.shape[:-2], total))
    squares = np.broadcast_to(weights * weights, (count, size))
    norm = scatter(squares, (places,), (total,))
    added = added / np.where(norm > 1e-10, norm, 1.0)
    if window is None:
        added = added * (float(size) / float(stride))
    start = size // 2 if center else 0
    end = start + number(length) if length is not None else total - size // 2 if center else total
    return added[..., start:end]
