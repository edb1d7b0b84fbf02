"""Images whose contrast or brightness changes at random while training."""

from typing import Any, Unpack

import numpy as np

from minikeras.layers.base import LayerOptions
from minikeras.layers.preprocessing.image_base import RandomImageLayer, between, plain
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["RandomBrightness", "RandomContrast"]


class RandomColorLayer(RandomImageLayer):
    """Base of the layers that change colours and leave masks alone."""

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        return segmentation_masks


def _range(value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"value_range must be two numbers, such as (0, 255), got {value!r}")
    low, high = sorted(value)
    return low, high


@register("layer")
class RandomContrast(RandomColorLayer):
    """Move the values of each channel away from its mean or towards it, while training.

    Each image has a random factor: a value becomes ``(value - mean) * factor + mean``, and is
    clipped to ``value_range``.

    Parameters
    ----------
    factor : float or two floats
        ``(lower, upper)`` in [0, 1]: the factor lies between ``1 - lower`` and ``1 + upper``. One
        number means both.
    value_range : two floats, default (0, 255)
        Smallest and largest value of the images.
    seed : int or SeedGenerator, optional
    **kwargs
        ``data_format``; ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a factor is outside [0, 1].

    Notes
    -----
    Called outside of a model the layer changes images unless ``training=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RandomContrast
    >>> image = np.array([10.0, 30.0]).reshape(1, 2, 1)
    >>> y = RandomContrast(0.5, seed=1)(image)
    >>> bool(5.0 <= y.min() <= 15.0), float(y.mean())
    (True, 20.0)
    """

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        seed: int | SeedGenerator | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        low, high = between("factor", factor, 0, 1)
        self._bounds = (low if isinstance(factor, list | tuple) else high, high)
        self.factor = plain(factor)
        self.value_range = _range(value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        return self._draw(data, 1.0 - self._bounds[0], 1.0 + self._bounds[1], seed)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if transformation is None:
            return images
        factor = transformation.astype(images.dtype).reshape(-1, 1, 1, 1)
        mean = np.mean(images, axis=self._axes(images), keepdims=True)
        return np.clip((images - mean) * factor + mean, *self.value_range)


@register("layer")
class RandomBrightness(RandomColorLayer):
    """Add a random number to each image, while training.

    Parameters
    ----------
    factor : float or two floats
        Bounds, in [-1, 1], of the share of the width of ``value_range`` that is added. One number
        f means from -f to f.
    value_range : two floats, default (0, 255)
        Smallest and largest value of the images; results are clipped to it.
    seed : int or SeedGenerator, optional
    **kwargs
        ``data_format``; ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a factor is outside [-1, 1].

    Notes
    -----
    Called outside of a model the layer changes images unless ``training=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RandomBrightness
    >>> image = np.array([10, 250], "uint8").reshape(1, 2, 1)
    >>> RandomBrightness((0.1, 0.1))(image)[0, :, 0]
    array([ 35.5, 255. ], dtype=float32)
    """

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        seed: int | SeedGenerator | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, data_format, **kwargs)
        self._bounds = between("factor", factor, -1, 1)
        self.factor = plain(factor)
        self.value_range = _range(value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        low, high = self.value_range
        return self._draw(data, *self._bounds, seed) * (high - low)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if transformation is None:
            return images
        change = transformation.astype(images.dtype).reshape(-1, 1, 1, 1)
        return np.clip(images + change, *self.value_range)
