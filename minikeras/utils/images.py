"""Images between files, Pillow and arrays. Needs the extra ``image``."""

import io
import warnings
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_choice

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]

INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"]
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


def pillow() -> Any:
    """Return Pillow's Image module, or say how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "image files need Pillow: pip install 'minikeras-numpy[image]'"
        ) from error
    return Image


def _layout(data_format: str | None) -> str:
    layout = config.image_data_format() if data_format is None else data_format
    check_choice("data_format", layout, ["channels_last", "channels_first"])
    return layout


def array_to_img(
    x: ArrayLike, data_format: str | None = None, scale: bool = True, dtype: DType | None = None
) -> Any:
    """Make a Pillow image of an array.

    Parameters
    ----------
    x : array, shape (height, width, channels)
        Channels first with ``data_format="channels_first"``; 1, 3 or 4 of them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    scale : bool, default True
        Stretch the values to 0 to 255; False takes them as they are.
    dtype : dtype, optional
        To compute in; default ``config.floatx()``.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    ImportError
        If Pillow is missing.
    ValueError
        If ``x`` has another number of axes or channels.
    """
    image = pillow()
    pixels = np.array(x, dtype or config.floatx())
    if pixels.ndim != 3:
        raise ValueError(f"array_to_img expected one image of 3 axes, got shape {pixels.shape}")
    if _layout(data_format) == "channels_first":
        pixels = np.moveaxis(pixels, 0, -1)
    if scale:
        pixels = pixels - pixels.min()
        peak = pixels.max()
        pixels = pixels * (255.0 / peak if peak else 1.0)
    channels = pixels.shape[-1]
    if channels == 1 and pixels.max() > 255:
        return image.fromarray(pixels[..., 0].astype(np.int32))
    if channels not in (1, 3, 4):
        raise ValueError(f"array_to_img expected 1, 3 or 4 channels, got {channels}")
    rounded = pixels.astype(np.uint8)
    return image.fromarray(np.ascontiguousarray(rounded[..., 0] if channels == 1 else rounded))


def img_to_array(img: Any, data_format: str | None = None, dtype: DType | None = None) -> Array:
    """Make an array of a Pillow image.

    Parameters
    ----------
    img : PIL.Image.Image
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    dtype : dtype, optional
        Default ``config.floatx()``.

    Returns
    -------
    array, shape (height, width, channels) or (channels, height, width)
        Values as in the file, usually 0 to 255.
    """
    layout = _layout(data_format)
    pixels = np.array(img, dtype or config.floatx())
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if pixels.ndim != 3:
        raise ValueError(f"img_to_array expected an image, got an array of shape {pixels.shape}")
    return np.moveaxis(pixels, -1, 0) if layout == "channels_first" else pixels


def load_img(
    path: str | PathLike[str] | IO[bytes],
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Read an image file.

    Parameters
    ----------
    path : str, path or binary file
    color_mode : {"rgb", "rgba", "grayscale"}
        What to convert the image to; grey images of more than 8 bits stay as they are.
    target_size : (int, int), optional
        Height and width; default: as in the file.
    interpolation : {"nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"}
    keep_aspect_ratio : bool, default False
        Cut off margins instead of distorting.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    ImportError
        If Pillow is missing.
    ValueError
        If a name is unknown.
    """
    image = pillow()
    check_choice("color_mode", color_mode, MODES)
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    content = path.read() if hasattr(path, "read") else Path(fspath(path)).read_bytes()
    with image.open(io.BytesIO(content)) as opened:
        opened.load()
        found = opened
    deep_grey = color_mode == "grayscale" and found.mode in ("I;16", "I")
    if found.mode != MODES[color_mode] and not deep_grey:
        found = found.convert(MODES[color_mode])
    if target_size is None or found.size == (target_size[1], target_size[0]):
        return found
    height, width = target_size
    box = None
    if keep_aspect_ratio:
        wide, high = found.size
        crop_high, crop_wide = min(high, wide * height // width), min(wide, high * width // height)
        left, top = (wide - crop_wide) // 2, (high - crop_high) // 2
        box = (left, top, left + crop_wide, top + crop_high)
    return found.resize((width, height), image.Resampling[interpolation.upper()], box=box)


def save_img(
    path: str | PathLike[str] | IO[bytes],
    x: ArrayLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as an image file.

    Parameters
    ----------
    path : str, path or binary file
    x : array, shape (height, width, channels)
        Channels first with ``data_format="channels_first"``.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    file_format : str, optional
        Such as ``"png"``; default: as the name of the file ends.
    scale : bool, default True
        Stretch the values to 0 to 255.
    **kwargs
        For Pillow's ``save``.
    """
    if file_format is None and isinstance(path, str | PathLike):
        file_format = Path(path).suffix[1:]
    kind = "jpeg" if (file_format or "").lower() == "jpg" else file_format
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and (kind or "").lower() == "jpeg":
        warnings.warn("JPEG has no transparency; the image is saved without", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=kind, **kwargs)
