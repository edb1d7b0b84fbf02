"""Images: sizes, colours, parts, filters, warps."""

from typing import Any

from minikeras.autodiff.symbolic import symbolic
from minikeras.ops import image_affine, image_resize
from minikeras.ops._convert import array
from minikeras.ops.image_color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from minikeras.ops.image_crop import (
    crop_images,
    extract_patches,
    extract_patches_3d,
    layout_of,
    pad_images,
)
from minikeras.ops.image_filter import gaussian_blur, sobel_edges, ssim
from minikeras.ops.image_warp import (
    elastic_transform,
    map_coordinates,
    perspective_transform,
    scale_and_translate,
)

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]


@symbolic
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
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
    crop_to_aspect_ratio, pad_to_aspect_ratio : bool, default False
        Whether to cut off what does not fit, or to add margins, instead of distorting.
    fill_mode : {"constant"}
    fill_value : float, default 0.0
        Of the margins.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the images' dtype

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.image.resize([[[0.0], [4.0]]], (1, 4))[0, :, 0]
    array([0., 1., 3., 4.], dtype=float32)
    """
    return image_resize.resize(
        array(images),
        size,
        interpolation,
        antialias,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
        fill_mode,
        fill_value,
        layout_of(data_format),
    )


@symbolic
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Images turned, zoomed, sheared, moved; see ``minikeras.ops.image_affine``.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    transform : array, shape (8,) or (batch, 8)
        ``a0, a1, a2, b0, b1, b2, c0, c1``: the new pixel at column x and row y shows the old image
        at column ``(a0 * x + a1 * y + a2) / k`` and row ``(b0 * x + b1 * y + b2) / k`` with
        ``k = c0 * x + c1 * y + 1``.
    interpolation : {"bilinear", "nearest"}
    fill_mode : {"constant", "nearest", "wrap", "mirror", "reflect"}
        What lies outside the image.
    fill_value : float, default 0
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the shape and dtype of ``images``
    """
    return image_affine.affine_transform(
        array(images),
        array(transform),
        interpolation,
        fill_mode,
        float(fill_value),
        layout_of(data_format),
    )
