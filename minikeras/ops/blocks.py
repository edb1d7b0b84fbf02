"""Blocks of an image to channels and back, and windows as columns of a matrix."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice, check_non_negative_int, check_positive_int
from minikeras.autodiff.rules.selection import scatter
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import array

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]

FORMATS = ["channels_last", "channels_first"]


def _image(name: str, x: Any, block_size: int, data_format: str) -> tuple[Any, int]:
    check_choice("data_format", data_format, FORMATS)
    size = check_positive_int("block_size", block_size)
    x = array(x)
    if x.ndim != 4:
        raise ValueError(f"ops.{name} expected images of 4 axes, batch first, got shape {x.shape}")
    return x, size


@symbolic
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Spread the channels of each pixel over a block of pixels.

    Parameters
    ----------
    x : array, shape (batch, height, width, channels)
        Channels second with ``data_format="channels_first"``.
    block_size : int
        Its square divides the number of channels.
    data_format : {"channels_last", "channels_first"}

    Returns
    -------
    array, shape (batch, height * b, width * b, channels / b**2)

    Raises
    ------
    ValueError
        If the channels cannot be divided so.

    References
    ----------
    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network" (2016).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.depth_to_space(ops.arange(4).reshape(1, 1, 1, 4), 2)[0, :, :, 0]
    array([[0, 1],
           [2, 3]], dtype=int32)
    """
    x, b = _image("depth_to_space", x, block_size, data_format)
    last = data_format == "channels_last"
    n, h, w, c = x.shape if last else (x.shape[0], *x.shape[2:], x.shape[1])
    if c % (b * b):
        raise ValueError(f"ops.depth_to_space expected channels divisible by {b * b}, got {c}")
    left = c // (b * b)
    if last:
        x = np.transpose(np.reshape(x, (n, h, w, b, b, left)), (0, 1, 3, 2, 4, 5))
        return np.reshape(x, (n, h * b, w * b, left))
    x = np.transpose(np.reshape(x, (n, left, b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return np.reshape(x, (n, left, h * b, w * b))


@symbolic
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Gather each block of pixels in the channels of one; the reverse of ``depth_to_space``.

    Parameters
    ----------
    x : array, shape (batch, height, width, channels)
        Channels second with ``data_format="channels_first"``.
    block_size : int
        Divides height and width.
    data_format : {"channels_last", "channels_first"}

    Returns
    -------
    array, shape (batch, height / b, width / b, channels * b**2)

    Raises
    ------
    ValueError
        If height or width cannot be divided so.
    """
    x, b = _image("space_to_depth", x, block_size, data_format)
    last = data_format == "channels_last"
    n, h, w, c = x.shape if last else (x.shape[0], *x.shape[2:], x.shape[1])
    if h % b or w % b:
        raise ValueError(f"ops.space_to_depth expected sides divisible by {b}, got {h} and {w}")
    if last:
        x = np.transpose(np.reshape(x, (n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
        return np.reshape(x, (n, h // b, w // b, c * b * b))
    x = np.transpose(np.reshape(x, (n, c, h // b, b, w // b, b)), (0, 1, 3, 5, 2, 4))
    return np.reshape(x, (n, c * b * b, h // b, w // b))


Pair = int | tuple[int, int]


def _pair(name: str, value: Any, check: Any = check_positive_int) -> tuple[int, int]:
    first, second = value if isinstance(value, tuple | list) else (value, value)
    return check(name, first), check(name, second)


def _places(
    size: tuple[int, int], kernel_size: Pair, dilation: Pair, padding: Pair, stride: Pair
) -> tuple[Array, Array, tuple[int, int]]:
    """Return rows (kh, 1, oh, 1) and columns (1, kw, 1, ow) of the windows, and the padding."""
    kernel, steps = _pair("kernel_size", kernel_size), _pair("stride", stride)
    spread, pad = _pair("dilation", dilation), _pair("padding", padding, check_non_negative_int)
    lines = []
    for n, k, d, p, s in zip(size, kernel, spread, pad, steps):
        count = (n + 2 * p - d * (k - 1) - 1) // s + 1
        if count < 1:
            raise ValueError(
                f"a window of {d * (k - 1) + 1} does not fit into a length of {n} padded by {p}"
            )
        lines.append(np.arange(k)[:, None] * d + np.arange(count) * s)
    rows, columns = lines
    return rows[:, None, :, None], columns[None, :, None, :], pad


@symbolic
def unfold(
    x: Any, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Any:
    """Put each window of an image into a column of a matrix.

    Parameters
    ----------
    x : array, shape (batch, channels, height, width)
    kernel_size, dilation, padding, stride : int or (int, int)
        Lengths of a window, distance of its pixels, zeros around the image, steps between windows.

    Returns
    -------
    array, shape (batch, channels * kh * kw, windows)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.unfold(ops.arange(4).reshape(1, 1, 2, 2), (2, 1))[0]
    array([[0, 1],
           [2, 3]], dtype=int32)
    """
    x = array(x)
    if x.ndim != 4:
        raise ValueError(
            f"ops.unfold expected shape (batch, channels, height, width), got {x.shape}"
        )
    rows, columns, (top, left) = _places(x.shape[2:], kernel_size, dilation, padding, stride)
    x = np.pad(x, [(0, 0), (0, 0), (top, top), (left, left)])
    windows = x[:, :, rows, columns]
    n, c, kh, kw, oh, ow = windows.shape
    return np.reshape(windows, (n, c * kh * kw, oh * ow))


@symbolic
def fold(
    x: Any,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
) -> Any:
    """Add up windows where they overlap: the transpose of ``unfold``.

    Parameters
    ----------
    x : array, shape (batch, channels * kh * kw, windows)
    output_size : int or (int, int)
        Height and width of the image.
    kernel_size, dilation, padding, stride : int or (int, int)
        As given to ``unfold``.

    Returns
    -------
    array, shape (batch, channels, height, width)

    Raises
    ------
    ValueError
        If the number of rows or windows does not go with the sizes.
    """
    x = array(x)
    height, width = _pair("output_size", output_size)
    rows, columns, (top, left) = _places((height, width), kernel_size, dilation, padding, stride)
    kh, kw, oh, ow = rows.shape[0], columns.shape[1], rows.shape[2], columns.shape[3]
    if x.ndim != 3 or x.shape[1] % (kh * kw) or x.shape[2] != oh * ow:
        raise ValueError(
            f"ops.fold expected shape (batch, channels * {kh * kw}, {oh * ow}), got {x.shape}"
        )
    n, c = x.shape[0], x.shape[1] // (kh * kw)
    windows = np.reshape(x, (n, c, kh, kw, oh, ow))
    shape = (n, c, height + 2 * top, width + 2 * left)
    image = scatter(windows, (slice(None), slice(None), rows, columns), shape)
    return image[:, :, top : top + height, left : left + width]
