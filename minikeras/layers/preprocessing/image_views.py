"""Images that are mirrored or cut at random while training."""

from typing import Any, Unpack

import numpy as np

from minikeras._validation import check_choice, check_positive_int
from minikeras.layers.base import LayerOptions
from minikeras.layers.preprocessing.image_base import RandomImageLayer
from minikeras.layers.preprocessing.resizing import fit_size, window
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["RandomCrop", "RandomFlip"]


@register("layer")
class RandomFlip(RandomImageLayer):
    """Mirror half of the images, while training.

    Parameters
    ----------
    mode : {"horizontal_and_vertical", "horizontal", "vertical"}
        Left to right, top to bottom, or each of them by a draw of its own.
    seed : int or SeedGenerator, optional
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``mode`` is unknown, or the input is no image.

    Notes
    -----
    Called outside of a model the layer changes images unless ``training=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RandomFlip
    >>> images = np.tile(np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1), (4, 1, 1, 1))
    >>> RandomFlip("horizontal", seed=1)(images)[:, 0, :, 0]
    array([[1., 2., 3.],
           [1., 2., 3.],
           [3., 2., 1.],
           [1., 2., 3.]], dtype=float32)
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | SeedGenerator | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        modes = ["horizontal", "vertical", "horizontal_and_vertical"]
        self.mode = check_choice("mode", mode, modes)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        flips = {}
        for direction in ("horizontal", "vertical"):
            if direction in self.mode:
                flips[direction] = self._draw(data, 0.0, 1.0, seed) < 0.5
        return flips

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        rows, columns = self._axes(images)
        for direction, chosen in (transformation or {}).items():
            axis = columns if direction == "horizontal" else rows
            mirrored = np.flip(images, axis % len(images.shape))
            images = np.where(chosen.reshape(-1, 1, 1, 1), mirrored, images)
        return images


@register("layer")
class RandomCrop(RandomImageLayer):
    """Cut a random window out of images while training, the middle otherwise.

    All images of a batch are cut at the same place. An image that is too small is cut to the ratio
    wanted and enlarged; so are all images at inference, where nothing is random.

    Parameters
    ----------
    height, width : int
        Of the output.
    seed : int or SeedGenerator, optional
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If a length is below 1, or the input is no image.

    Notes
    -----
    Called outside of a model the layer draws its window unless ``training=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RandomCrop
    >>> image = np.arange(25.0).reshape(5, 5, 1)
    >>> RandomCrop(2, 3, seed=1)(image)[:, :, 0]
    array([[ 6.,  7.,  8.],
           [11., 12., 13.]], dtype=float32)
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | SeedGenerator | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        self.height = check_positive_int("height", height)
        self.width = check_positive_int("width", width)

    def image_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return self._resized_shape(shape, self.height, self.width)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        images = data["images"] if isinstance(data, dict) else data
        rows, columns = self._axes(images)
        down = images.shape[rows] - self.height
        right = images.shape[columns] - self.width
        if not training or down < 0 or right < 0:
            return None
        draw = self._stream(seed)
        return int(draw.integers(down + 1)), int(draw.integers(right + 1))

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        return self._crop(images, transformation, "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        return self._crop(segmentation_masks, transformation, "nearest")

    def _crop(self, images: Any, corner: tuple[int, int] | None, interpolation: str) -> Any:
        size = (self.height, self.width)
        if corner is None:
            return fit_size(images, size, self.data_format, interpolation)
        return window(images, self._axes(images), corner, size)
