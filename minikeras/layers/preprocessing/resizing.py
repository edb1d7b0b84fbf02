"""Images of one size."""

from typing import Any, Unpack

from minikeras._validation import check_choice, check_positive_int
from minikeras.layers.base import LayerOptions
from minikeras.layers.preprocessing.image_base import ImageLayer
from minikeras.ops.image_resize import INTERPOLATIONS, crop_box, resize
from minikeras.registry import register

__all__ = ["CenterCrop", "Resizing", "fit_size", "window"]


@register("layer")
class Resizing(ImageLayer):
    """Bring images to one height and width.

    Parameters
    ----------
    height, width : int
        Of the output.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"}
    crop_to_aspect_ratio : bool, default False
        Whether to cut off what does not fit instead of distorting.
    pad_to_aspect_ratio : bool, default False
        Whether to add margins instead of distorting.
    fill_mode : {"constant"}
    fill_value : float, default 0.0
        Of the margins.
    antialias : bool, default False
        Whether shrinking averages over all pixels that fall together.
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If a name is unknown, a length below 1, or both cropping and padding are asked for.

    Notes
    -----
    Input ``(batch, height, width, channels)`` or one image without the batch axis; integers are
    rounded and keep their dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Resizing
    >>> image = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> Resizing(2, 4)(image)[0, :, :, 0]
    array([[0.  , 0.25, 0.75, 1.  ],
           [2.  , 2.25, 2.75, 3.  ]], dtype=float32)
    """

    keeps_integers = True

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(data_format, **kwargs)
        self.height = check_positive_int("height", height)
        self.width = check_positive_int("width", width)
        self.interpolation = check_choice("interpolation", interpolation, INTERPOLATIONS)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                "Resizing expected crop_to_aspect_ratio or pad_to_aspect_ratio, got both"
            )
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = check_choice("fill_mode", fill_mode, ["constant"])
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def image_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return self._resized_shape(shape, self.height, self.width)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._resize(images, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._resize(segmentation_masks, "nearest")

    def _resize(self, images: Any, interpolation: str) -> Any:
        return resize(
            images,
            (self.height, self.width),
            interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )


@register("layer")
class CenterCrop(ImageLayer):
    """Cut the middle out of images.

    An image that is too small is cut to the ratio wanted and enlarged.

    Parameters
    ----------
    height, width : int
        Of the output.
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If a length is below 1, or the input is no image.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import CenterCrop
    >>> CenterCrop(1, 2)(np.arange(12.0).reshape(1, 3, 4, 1))[0, :, :, 0]
    array([[5., 6.]], dtype=float32)
    """

    def __init__(
        self,
        height: int,
        width: int,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(data_format, **kwargs)
        self.height = check_positive_int("height", height)
        self.width = check_positive_int("width", width)

    def image_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return self._resized_shape(shape, self.height, self.width)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._crop(images, "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._crop(segmentation_masks, "nearest")

    def _crop(self, images: Any, interpolation: str) -> Any:
        axes, size = self._axes(images), (self.height, self.width)
        top, left = ((images.shape[axis] - n) // 2 for axis, n in zip(axes, size))
        if top < 0 or left < 0:
            return fit_size(images, size, self.data_format, interpolation)
        return window(images, axes, (top, left), size)


def window(
    images: Any, axes: tuple[int, int], corner: tuple[int, int], size: tuple[int, int]
) -> Any:
    """Return the part of images that begins at a corner.

    Parameters
    ----------
    images : array of 4 axes
    axes : (int, int)
        Of height and width.
    corner, size : (int, int)

    Returns
    -------
    array
    """
    index: list[Any] = [slice(None)] * len(images.shape)
    for axis, start, length in zip(axes, corner, size):
        index[axis] = slice(start, start + length)
    return images[tuple(index)]


def fit_size(
    images: Any, size: tuple[int, int], data_format: str, interpolation: str = "bilinear"
) -> Any:
    """Return the largest central window of the wanted ratio, resized.

    Parameters
    ----------
    images : array of 4 axes
    size : (int, int)
    data_format : {"channels_last", "channels_first"}
    interpolation : str, default "bilinear"

    Returns
    -------
    array
    """
    rows, columns = (-3, -2) if data_format == "channels_last" else (-2, -1)
    box = crop_box(images.shape[rows], images.shape[columns], size)
    corner = box[0].start, box[1].start
    lengths = box[0].stop - corner[0], box[1].stop - corner[1]
    part = window(images, (rows, columns), corner, lengths)
    return resize(part, size, interpolation, data_format=data_format)
