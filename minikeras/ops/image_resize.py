"""Images of another size: two products with sparse matrices of weights, one an axis."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice, check_positive_int
from minikeras.autodiff.record import Op, primitive

__all__ = ["crop_box", "resize", "spatial_axes"]

INTERPOLATIONS = ("bicubic", "bilinear", "lanczos3", "lanczos5", "nearest")


def spatial_axes(images: Any, data_format: str) -> tuple[int, int]:
    """Return the axes of height and width, counted from the end; refuse what is no image.

    Parameters
    ----------
    images : array
        One image of 3 axes or a batch of 4.
    data_format : {"channels_last", "channels_first"}

    Returns
    -------
    (int, int)

    Raises
    ------
    ValueError
        If there are neither 3 nor 4 axes, or ``data_format`` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.image_resize import spatial_axes
    >>> spatial_axes(np.zeros((5, 8, 8, 3)), "channels_last")
    (-3, -2)
    """
    if len(images.shape) not in (3, 4):
        raise ValueError(
            "expected an image of 3 axes (height, width, channels) or a batch of images of 4, got "
            f"shape {images.shape}; give greyscale images a channel with images[..., np.newaxis]"
        )
    check_choice("data_format", data_format, ["channels_last", "channels_first"])
    return (-3, -2) if data_format == "channels_last" else (-2, -1)


def crop_box(height: int, width: int, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the largest central window whose sides have the ratio of ``size``.

    Parameters
    ----------
    height, width : int
        Of the image.
    size : (int, int)
        Height and width wanted in the end.

    Returns
    -------
    (slice, slice)

    Examples
    --------
    >>> from minikeras.ops.image_resize import crop_box
    >>> crop_box(100, 80, (50, 50))
    (slice(10, 90, None), slice(0, 80, None))
    """
    rows = max(min(height, int(width * size[0] / size[1])), 1)
    columns = max(min(width, int(height * size[1] / size[0])), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)


def resize(
    images: Array,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str = "channels_last",
) -> Any:
    """Images of another height and width.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    size : (int, int)
        New height and width.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"}
    antialias : bool, default False
        Whether shrinking averages over all pixels that fall together.
    crop_to_aspect_ratio : bool, default False
        Whether to cut off what does not fit instead of distorting.
    pad_to_aspect_ratio : bool, default False
        Whether to add margins instead of distorting.
    fill_mode : {"constant"}
    fill_value : float, default 0.0
        Of the margins.
    data_format : {"channels_last", "channels_first"}

    Returns
    -------
    array
        Of the images' dtype; integers are rounded and stay in the range of their type.

    Raises
    ------
    ValueError
        If a name is unknown, ``images`` is no image, a length is below 1, or both cropping and
        padding are asked for.

    References
    ----------
    Keys, "Cubic Convolution Interpolation for Digital Image Processing" (1981), with a = -1/2.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.image_resize import resize
    >>> image = np.array([[0.0, 4.0]])[..., np.newaxis]
    >>> resize(image, (1, 4))[0, :, 0]
    array([0., 1., 3., 4.])
    >>> resize(image, (1, 4), interpolation="nearest")[0, :, 0]
    array([0., 0., 4., 4.])
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    check_choice("fill_mode", fill_mode, ["constant"])
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "expected crop_to_aspect_ratio or pad_to_aspect_ratio, got both; choose one"
        )
    axes = spatial_axes(images, data_format)
    if len(size) != 2:
        raise ValueError(f"size must be (height, width), got {size!r}")
    height, width = (check_positive_int("each length in size", n) for n in size)
    if min(images.shape[axis] for axis in axes) == 0:
        raise ValueError(f"expected images with pixels, got shape {images.shape}")
    if crop_to_aspect_ratio:
        box = crop_box(images.shape[axes[0]], images.shape[axes[1]], (height, width))
        index = [slice(None)] * len(images.shape)
        index[axes[0]], index[axes[1]] = box
        images = images[tuple(index)]
    elif pad_to_aspect_ratio:
        images = _pad(images, axes, (height, width), fill_value)
    if interpolation == "nearest":
        for axis, length in zip(axes, (height, width)):
            if images.shape[axis] != length:
                images = np.take(images, _nearest(images.shape[axis], length), axis=axis)
        return images
    if images.dtype.kind == "f":
        return _interpolate(images, axes, (height, width), interpolation, antialias)
    y = _interpolate(images.astype(np.float32), axes, (height, width), interpolation, antialias)
    if images.dtype.kind in "iu":  # kernels with negative parts overshoot
        limits = np.iinfo(images.dtype)
        y = np.clip(np.rint(y), limits.min, limits.max)
    return y.astype(images.dtype)


def _pad(images: Any, axes: tuple[int, int], size: tuple[int, int], value: float) -> Any:
    """Add equal margins at two sides, as wide as whole pixels allow."""
    height, width = images.shape[axes[0]], images.shape[axes[1]]
    top = (max(height, int(width * size[0] / size[1])) - height) // 2
    left = (max(width, int(height * size[1] / size[0])) - width) // 2
    axis, margin = (axes[0], top) if top else (axes[1], left)
    shape = list(images.shape)
    shape[axis] = margin
    edge = np.full(shape, value, images.dtype)
    return np.concatenate([edge, images, edge], axis=axis) if margin else images


@primitive
def _interpolate(
    images: Array, axes: tuple[int, int], size: tuple[int, int], interpolation: str, antialias: bool
) -> Op:
    dtype = np.promote_types(images.dtype, np.float32)
    steps = [
        (axis % len(images.shape), weights(images.shape[axis], n, interpolation, antialias, dtype))
        for axis, n in zip(axes, size)
        if images.shape[axis] != n
    ]
    y: Any = images
    for axis, matrix in steps:
        y = _along(y, axis, matrix)

    def dimages(dy: Array) -> Any:
        for axis, matrix in reversed(steps):
            dy = _along(dy, axis, matrix.T)
        return dy.astype(images.dtype, copy=False)

    return y.astype(images.dtype, copy=False), (dimages, None, None, None, None)


def _along(x: Any, axis: int, matrix: Array) -> Any:
    """Multiply the vectors along ``axis`` of ``x`` with ``matrix``."""
    last = x.ndim - 1
    shape = (*x.shape[:axis], matrix.shape[1], *x.shape[axis + 1 :])
    if axis == last:
        return (x.reshape(math.prod(shape[:-1]), x.shape[-1]) @ matrix).reshape(shape)
    if axis == last - 2:  # height before width and channels: one product an image
        rows = x.reshape(*x.shape[: axis + 1], math.prod(shape[axis + 1 :]))
        return (matrix.T @ rows).reshape(shape)
    swapped = np.ascontiguousarray(np.swapaxes(x, axis, last))
    return np.swapaxes(_along(swapped, last, matrix), axis, last)


@lru_cache(maxsize=32)
def weights(length: int, new: int, interpolation: str, antialias: bool, dtype: Any) -> Array:
    """Return the matrix, shape (length, new), that resamples a row of pixels.

    A new pixel's centre lies somewhere between old ones; a kernel of their distance says how much
    each of them counts. Shrinking with ``antialias`` widens the kernel accordingly.
    """
    ratio = length / new
    centres = (np.arange(new) + 0.5) * ratio - 0.5
    distance = np.abs(centres[np.newaxis, :] - np.arange(length)[:, np.newaxis])
    if antialias:
        distance /= max(ratio, 1.0)
    matrix = _KERNELS[interpolation](distance)
    matrix /= matrix.sum(axis=0)
    matrix = matrix.astype(dtype)
    matrix.setflags(write=False)
    return matrix


def _nearest(length: int, new: int) -> Array:
    return np.floor((np.arange(new) + 0.5) * length / new).astype(np.intp)


def _triangle(x: Array) -> Array:
    return np.maximum(1.0 - x, 0.0)


def _cubic(x: Array) -> Array:
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _lanczos3(x: Array) -> Array:
    return np.where(x > 3.0, 0.0, np.sinc(x) * np.sinc(x / 3.0))


def _lanczos5(x: Array) -> Array:
    return np.where(x > 5.0, 0.0, np.sinc(x) * np.sinc(x / 5.0))


_KERNELS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos3, "lanczos5": _lanczos5}
