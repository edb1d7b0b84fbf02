"""Images that are turned, zoomed or shifted at random while training."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.layers.base import LayerOptions
from minikeras.layers.preprocessing.image_base import RandomImageLayer, between, plain
from minikeras.ops.image_affine import affine_transform
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["RandomRotation", "RandomTranslation", "RandomZoom"]

FILL_MODES = ["reflect", "wrap", "constant", "nearest"]


class RandomAffineLayer(RandomImageLayer):
    """Base of the layers that draw a matrix for each image."""

    interpolation: str
    fill_mode: str
    fill_value: float

    def _set(self, fill_mode: str, interpolation: str, fill_value: float) -> None:
        self.fill_mode = check_choice("fill_mode", fill_mode, FILL_MODES)
        self.interpolation = check_choice("interpolation", interpolation, ["nearest", "bilinear"])
        self.fill_value = fill_value

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        return self._move(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        return self._move(segmentation_masks, transformation, "nearest")

    def _move(self, images: Any, matrices: Any, interpolation: str) -> Any:
        if matrices is None:
            return images
        return affine_transform(
            images, matrices, interpolation, self.fill_mode, self.fill_value, self.data_format
        )

    def _size(self, data: Any) -> tuple[int, int]:
        images = data["images"] if isinstance(data, dict) else data
        rows, columns = self._axes(images)
        return images.shape[rows], images.shape[columns]


def _matrices(*entries: Any) -> Array:
    """Return rows of a0, a1, a2, b0, b1, b2 and two zeros."""
    return np.stack(np.broadcast_arrays(*entries, 0.0, 0.0), axis=-1)


@register("layer")
class RandomRotation(RandomAffineLayer):
    """Turn each image by a random angle around its middle, while training.

    Parameters
    ----------
    factor : float or two floats
        Bounds of the angle as a share of a full turn, in [-1, 1]; positive is counter-clockwise.
        One number f means from -f to f.
    fill_mode : {"reflect", "constant", "wrap", "nearest"}
        What comes in from outside: the mirror image, ``fill_value``, the image again, or its edge.
    interpolation : {"bilinear", "nearest"}
    seed : int or SeedGenerator, optional
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``factor`` is outside [-1, 1], or a name unknown.

    Notes
    -----
    Called outside of a model the layer changes images unless ``training=False``.

    Examples
    --------
    A quarter of a turn:

    >>> import numpy as np
    >>> from minikeras.layers import RandomRotation
    >>> image = np.array([[1.0, 2.0], [3.0, 4.0]])[..., np.newaxis]
    >>> RandomRotation((0.25, 0.25))(image)[..., 0].round(3)
    array([[2., 4.],
           [1., 3.]], dtype=float32)
    """

    def __init__(
        self,
        factor: float | tuple[float, float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | SeedGenerator | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        self._bounds = between("factor", factor, -1, 1)
        self.factor = plain(factor)
        self._set(fill_mode, interpolation, fill_value)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        height, width = self._size(data)
        angle = self._draw(data, *self._bounds, seed) * (2.0 * math.pi)
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = (width - 1) / 2.0, (height - 1) / 2.0
        return _matrices(cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)


@register("layer")
class RandomZoom(RandomAffineLayer):
    """Stretch or shrink each image by random factors around its middle, while training.

    Parameters
    ----------
    height_factor : float or two floats
        Bounds of the change of height, in (-1, 1]: positive shows more (zooms out), negative less.
        One number f means from -f to f.
    width_factor : float or two floats, optional
        Likewise for the width; None keeps the ratio of the sides.
    fill_mode : {"reflect", "constant", "wrap", "nearest"}
        What comes in from outside: the mirror image, ``fill_value``, the image again, or its edge.
    interpolation : {"bilinear", "nearest"}
    seed : int or SeedGenerator, optional
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a factor is outside (-1, 1], or a name unknown.

    Notes
    -----
    Called outside of a model the layer changes images unless ``training=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RandomZoom
    >>> image = np.arange(5.0).reshape(1, 5, 1)
    >>> RandomZoom((-0.5, -0.5))(image)[0, :, 0]
    array([1. , 1.5, 2. , 2.5, 3. ], dtype=float32)
    """

    def __init__(
        self,
        height_factor: float | tuple[float, float],
        width_factor: float | tuple[float, float] | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | SeedGenerator | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        self._heights = between("height_factor", height_factor, -1, 1, open_minimum=True)
        self._widths = (
            None
            if width_factor is None
            else between("width_factor", width_factor, -1, 1, open_minimum=True)
        )
        self.height_factor = plain(height_factor)
        self.width_factor = plain(width_factor)
        self._set(fill_mode, interpolation, fill_value)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        height, width = self._size(data)
        rows = 1.0 + self._draw(data, *self._heights, seed)
        columns = rows if self._widths is None else 1.0 + self._draw(data, *self._widths, seed)
        x, y = (width - 1) / 2.0, (height - 1) / 2.0
        return _matrices(columns, 0.0, x * (1.0 - columns), 0.0, rows, y * (1.0 - rows))


@register("layer")
class RandomTranslation(RandomAffineLayer):
    """Shift each image by random distances, while training.

    Parameters
    ----------
    height_factor : float or two floats
        Bounds of the shift as a share of the height, in [-1, 1]; positive is down. One number f
        means from -f to f.
    width_factor : float or two floats
        Likewise for the width; positive is to the right.
    fill_mode : {"reflect", "constant", "wrap", "nearest"}
        What comes in from outside: the mirror image, ``fill_value``, the image again, or its edge.
    interpolation : {"bilinear", "nearest"}
    seed : int or SeedGenerator, optional
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a factor is outside [-1, 1], or a name unknown.

    Notes
    -----
    Called outside of a model the layer changes images unless ``training=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RandomTranslation
    >>> image = np.arange(4.0).reshape(1, 4, 1)
    >>> RandomTranslation(0.0, (0.25, 0.25), fill_mode="constant")(image)[0, :, 0]
    array([0., 0., 1., 2.], dtype=float32)
    """

    def __init__(
        self,
        height_factor: float | tuple[float, float],
        width_factor: float | tuple[float, float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | SeedGenerator | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        self._heights = between("height_factor", height_factor, -1, 1)
        self._widths = between("width_factor", width_factor, -1, 1)
        self.height_factor = plain(height_factor)
        self.width_factor = plain(width_factor)
        self._set(fill_mode, interpolation, fill_value)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        height, width = self._size(data)
        down = self._draw(data, *self._heights, seed) * height
        right = self._draw(data, *self._widths, seed) * width
        return _matrices(1.0, 0.0, -right, 0.0, 1.0, -down)
