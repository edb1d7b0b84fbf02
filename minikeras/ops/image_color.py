"""Colours of images: grey values, and hue, saturation and value."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._validation import check_choice
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import floating

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

GREY = (0.2989, 0.5870, 0.1140)  # ITU-R BT.601, as Keras rounds it


def _channels(name: str, images: Any, data_format: str | None) -> tuple[Any, int]:
    layout = config.image_data_format() if data_format is None else data_format
    check_choice("data_format", layout, ["channels_last", "channels_first"])
    x = floating(images)
    axis = -1 if layout == "channels_last" else -3
    if x.ndim not in (3, 4) or x.shape[axis] != 3:
        raise ValueError(
            f"ops.image.{name} expected images of 3 or 4 axes with 3 channels ({layout}), got "
            f"shape {x.shape}"
        )
    return x, axis


@symbolic
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """Weighted sum of red, green and blue.

    Parameters
    ----------
    images : array, shape (height, width, 3) or (batch, height, width, 3)
        Channels before height with ``data_format="channels_first"``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array with one channel

    References
    ----------
    ITU-R Recommendation BT.601.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.image.rgb_to_grayscale([[[1.0, 1.0, 0.0]]])
    array([[[0.8859]]], dtype=float32)
    """
    x, axis = _channels("rgb_to_grayscale", images, data_format)
    weights = np.array(GREY, x.dtype).reshape((3,) + (1,) * (-1 - axis))
    return np.sum(x * weights, axis=axis, keepdims=True)


@symbolic
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Red, green and blue to hue, saturation and value, all in [0, 1].

    Parameters
    ----------
    images : array, shape (height, width, 3) or (batch, height, width, 3)
        In [0, 1].
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the same shape

    References
    ----------
    A. R. Smith, "Color gamut transform pairs" (1978).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.image.rgb_to_hsv([[[0.0, 1.0, 0.0]]])
    array([[[0.33333334, 1.        , 1.        ]]], dtype=float32)
    """
    x, axis = _channels("rgb_to_hsv", images, data_format)
    red, green, blue = (np.take(x, i, axis=axis) for i in range(3))
    value = np.max(x, axis=axis)
    chroma = value - np.min(x, axis=axis)
    grey = np.equal(chroma, 0)
    safe = np.where(grey, 1.0, chroma)
    hue = np.where(
        np.equal(value, red),
        (green - blue) / safe,
        np.where(np.equal(value, green), 2.0 + (blue - red) / safe, 4.0 + (red - green) / safe),
    )
    hue = np.where(grey, 0.0, np.remainder(hue / 6.0, 1.0))
    black = np.equal(value, 0)
    saturation = np.where(black, 0.0, chroma / np.where(black, 1.0, value))
    return np.stack([hue, saturation, value], axis=axis)


@symbolic
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Hue, saturation and value to red, green and blue; the inverse of ``rgb_to_hsv``.

    Parameters
    ----------
    images : array, shape (height, width, 3) or (batch, height, width, 3)
        In [0, 1].
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the same shape
    """
    x, axis = _channels("hsv_to_rgb", images, data_format)
    hue, saturation, value = (np.take(x, i, axis=axis) for i in range(3))
    sixths = hue * 6.0
    shares = (
        np.clip(np.abs(sixths - 3.0) - 1.0, 0.0, 1.0),
        np.clip(2.0 - np.abs(sixths - 2.0), 0.0, 1.0),
        np.clip(2.0 - np.abs(sixths - 4.0), 0.0, 1.0),
    )
    rest = 1.0 - saturation
    return np.stack([(share * saturation + rest) * value for share in shares], axis=axis)
