"""Parts of images: margins cut off or added, and patches."""

import math
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_choice, check_non_negative_int, check_positive_int
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import array
from minikeras.ops.image_resize import spatial_axes

__all__ = ["crop_images", "extract_patches", "extract_patches_3d", "pad_images"]

Numbers = int | tuple[int, ...]


def layout_of(data_format: str | None) -> str:
    """Return the order of the axes of images, ``config.image_data_format()`` for None."""
    layout = config.image_data_format() if data_format is None else data_format
    check_choice("data_format", layout, ["channels_last", "channels_first"])
    return layout


def _margins(
    names: tuple[str, str, str], given: tuple[Any, Any, Any], length: int, sign: int
) -> tuple[int, int]:
    """Return what is cut off (sign -1) or added before and after, of which two numbers are given.

    ``given`` is what comes before and after, and the length in the end.
    """
    if given.count(None) != 1:
        raise ValueError(
            f"expected two of {names[0]}, {names[1]} and {names[2]}, got "
            f"{', '.join(f'{name}={value}' for name, value in zip(names, given))}"
        )
    before: Any
    after: Any
    target: Any
    before, after, target = (
        None if value is None else check_non_negative_int(name, value)
        for name, value in zip(names, given)
    )
    if before is None:
        before = sign * (target - length) - after
    elif after is None:
        after = sign * (target - length) - before
    if before < 0 or after < 0 or (sign < 0 and before + after > length):
        raise ValueError(
            f"{names[0]}={before} and {names[1]}={after} do not fit a length of {length}"
        )
    return before, after


@symbolic
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Cut margins off images.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    top_cropping, bottom_cropping, target_height : int
        Exactly two of them.
    left_cropping, right_cropping, target_width : int
        Exactly two of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If other than two of three numbers are given, or they do not fit the image.

    Examples
    --------
    >>> from minikeras import ops
    >>> images = ops.zeros((2, 5, 6, 3))
    >>> ops.image.crop_images(images, 1, 2, target_height=2, target_width=3).shape
    (2, 2, 3, 3)
    """
    x = array(images)
    axes = spatial_axes(x, layout_of(data_format))
    rows = _margins(
        ("top_cropping", "bottom_cropping", "target_height"),
        (top_cropping, bottom_cropping, target_height),
        x.shape[axes[0]],
        -1,
    )
    columns = _margins(
        ("left_cropping", "right_cropping", "target_width"),
        (left_cropping, right_cropping, target_width),
        x.shape[axes[1]],
        -1,
    )
    index = [slice(None)] * x.ndim
    for axis, (before, after) in zip(axes, (rows, columns)):
        index[axis] = slice(before, x.shape[axis] - after)
    return x[tuple(index)]


@symbolic
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Put margins of zeros around images.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    top_padding, bottom_padding, target_height : int
        Exactly two of them.
    left_padding, right_padding, target_width : int
        Exactly two of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If other than two of three numbers are given, or they do not fit the image.

    Examples
    --------
    >>> from minikeras import ops
    >>> images = ops.zeros((2, 5, 6, 3))
    >>> ops.image.pad_images(images, 1, 2, target_height=9, target_width=8).shape
    (2, 9, 8, 3)
    """
    x = array(images)
    axes = spatial_axes(x, layout_of(data_format))
    rows = _margins(
        ("top_padding", "bottom_padding", "target_height"),
        (top_padding, bottom_padding, target_height),
        x.shape[axes[0]],
        1,
    )
    columns = _margins(
        ("left_padding", "right_padding", "target_width"),
        (left_padding, right_padding, target_width),
        x.shape[axes[1]],
        1,
    )
    widths = [(0, 0)] * x.ndim
    widths[axes[0]], widths[axes[1]] = rows, columns
    return np.pad(x, widths)


def _starts(length: int, size: int, step: int, rate: int, padding: str) -> tuple[Array, Any]:
    """Return the places (patches, size) of the pixels along one axis, and the padding for them."""
    reach = rate * (size - 1) + 1
    if padding == "same":
        count = -(-length // step)
        missing = max((count - 1) * step + reach - length, 0)
        pad = (missing // 2, missing - missing // 2)
    else:
        pad = (0, 0)
        count = (length - reach) // step + 1
        if count < 1:
            raise ValueError(
                f"a patch that reaches over {reach} pixels does not fit into a length of {length}; "
                "make it smaller, or pass padding='same'"
            )
    return np.arange(count)[:, None] * step + np.arange(size) * rate, pad


def _patches(
    x: Any,
    size: Numbers,
    strides: Numbers | None,
    dilation_rate: Numbers,
    padding: str,
    data_format: str | None,
    count: int,
) -> Any:
    layout = layout_of(data_format)
    check_choice("padding", padding.lower(), ["valid", "same"])
    x = array(x)
    if x.ndim not in (count + 1, count + 2):
        raise ValueError(
            f"expected {count + 1} or {count + 2} axes, got an array of shape {x.shape}"
        )
    batched = x.ndim == count + 2
    x = x if batched else np.expand_dims(x, 0)
    x = np.moveaxis(x, 1, -1) if layout == "channels_first" else x

    def each(name: str, value: Any) -> list[int]:
        values = list(value) if isinstance(value, tuple | list) else [value] * count
        if len(values) != count:
            raise ValueError(f"{name} must be an int or {count} of them, got {value!r}")
        return [check_positive_int(name, n) for n in values]

    sizes, rates = each("size", size), each("dilation_rate", dilation_rate)
    steps = sizes if not strides else each("strides", strides)
    found = [
        _starts(n, k, s, d, padding.lower())
        for n, k, s, d in zip(x.shape[1:-1], sizes, steps, rates)
    ]
    x = np.pad(x, [(0, 0), *[pad for _, pad in found], (0, 0)])
    for i, (places, _) in enumerate(found):  # axis 1 + 2i becomes (patches, pixels)
        x = np.take(x, places, axis=1 + 2 * i)
    patches = range(1, 2 * count, 2)
    x = np.transpose(x, (0, *patches, *[i + 1 for i in patches], 2 * count + 1))
    y = np.reshape(x, (*x.shape[: count + 1], math.prod(x.shape[count + 1 :])))
    y = np.moveaxis(y, -1, 1) if layout == "channels_first" else y
    return y if batched else y[0]


@symbolic
def extract_patches(
    images: Any,
    size: Numbers,
    strides: Numbers | None = None,
    dilation_rate: Numbers = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Cut images into patches.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    size : int or (int, int)
        Height and width of a patch; three numbers are for ``extract_patches_3d``.
    strides : int or (int, int), optional
        From one patch to the next; default ``size``.
    dilation_rate : int or (int, int), default 1
        Distance of the pixels of a patch.
    padding : {"valid", "same"}
        Whether patches stay inside, or reach over the edges, where zeros are.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array, shape (batch, rows, columns, height * width * channels of a patch)

    Raises
    ------
    ValueError
        If a patch does not fit into the image.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.image.extract_patches(ops.zeros((2, 8, 8, 3)), 4).shape
    (2, 2, 2, 48)
    """
    count = 3 if isinstance(size, tuple | list) and len(size) == 3 else 2
    return _patches(images, size, strides, dilation_rate, padding, data_format, count)


@symbolic
def extract_patches_3d(
    volumes: Any,
    size: Numbers,
    strides: Numbers | None = None,
    dilation_rate: Numbers = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Cut volumes of depth, height and width into patches, as ``extract_patches`` does images."""
    return _patches(volumes, size, strides, dilation_rate, padding, data_format, 3)
