"""What layers on images share: layout, single images, labels beside them, training by default."""

from typing import Any, ClassVar, Unpack

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_choice, check_number
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.seeds import stream
from minikeras.ops.image_resize import spatial_axes
from minikeras.random import SeedGenerator

__all__ = ["ImageLayer", "RandomImageLayer", "between", "plain"]


class ImageLayer(Layer):
    """Base of the layers on images.

    Images have shape ``(height, width, channels)`` or ``(batch, height, width, channels)``, with
    channels before height in the layout ``"channels_first"``; integers become floats. Instead of
    images a dictionary may come, with the images under ``"images"`` and, optionally, ``"labels"``,
    which are passed on, and ``"segmentation_masks"``, which are changed like the images, but
    without mixing values.
    """

    keeps_integers: ClassVar[bool] = False

    def __init__(self, data_format: str | None = None, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.data_format = data_format or config.image_data_format()
        check_choice("data_format", self.data_format, ["channels_last", "channels_first"])

    # To be defined by a layer.

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """Draw what happens to a batch of images; None where nothing is random.

        Parameters
        ----------
        data : array of 3 or 4 axes, or a dictionary with ``"images"``
        training : bool, default True
        seed : int, SeedGenerator or numpy.random.Generator, optional
            Default: the layer's own stream.

        Returns
        -------
        object
            For ``transform_images``.
        """
        return None

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """Change a batch of images.

        Parameters
        ----------
        images : array of 4 axes
        transformation : object
            What ``get_random_transformation`` drew.
        training : bool, default True

        Returns
        -------
        array
        """
        raise NotImplementedError(f"{type(self).__name__} defines no transform_images")

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """Change a batch of masks like its images, without mixing values."""
        return self.transform_images(segmentation_masks, transformation, training)

    # The same for all.

    def check_input(self, x: Any) -> None:
        try:
            spatial_axes(x["images"] if isinstance(x, dict) else x, self.data_format)
        except (KeyError, ValueError) as error:
            what = f"the key {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{type(self).__name__} {self.name!r}: {what}") from None

    def forward(self, x: Any, training: bool = True) -> Any:
        if not isinstance(x, dict):
            one = len(x.shape) == 3
            images = self._batch(x)
            transformation = self.get_random_transformation(images, training)
            y = self.transform_images(images, transformation, training)
            return y[0] if one else y
        if "bounding_boxes" in x:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected images, labels and segmentation "
                "masks, got bounding_boxes; change them with a layer of your own"
            )
        one = len(x["images"].shape) == 3
        images = self._batch(x["images"])
        transformation = self.get_random_transformation(images, training)
        changed = {**x, "images": self.transform_images(images, transformation, training)}
        names = ["images"]
        if "segmentation_masks" in x:
            names.append("segmentation_masks")
            masks = self._batch(x["segmentation_masks"])
            changed["segmentation_masks"] = self.transform_segmentation_masks(
                masks, transformation, training
            )
        return {**changed, **{name: changed[name][0] for name in names}} if one else changed

    def _batch(self, images: Any) -> Any:
        """Return four axes, and floats."""
        if images.dtype.kind != "f" and not self.keeps_integers:
            images = images.astype(self.dtype)
        return images[np.newaxis] if len(images.shape) == 3 else images

    def compute_output_shape(self, input_shape: Any) -> Any:
        if isinstance(input_shape, dict):
            return {
                name: tuple(shape) if name == "labels" else self.image_shape(tuple(shape))
                for name, shape in input_shape.items()
            }
        return self.image_shape(tuple(input_shape))

    def image_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of what comes out for images of ``shape``."""
        return shape

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        usual = name == "data_format" and value == config.image_data_format()
        return usual or super()._is_default(name, value, default)

    def _axes(self, images: Any) -> tuple[int, int]:
        return spatial_axes(images, self.data_format)

    def _resized_shape(
        self, shape: tuple[int | None, ...], height: int, width: int
    ) -> tuple[int | None, ...]:
        if self.data_format == "channels_last":
            return (*shape[:-3], height, width, shape[-1])
        return (*shape[:-2], height, width)


class RandomImageLayer(ImageLayer):
    """Base of the layers that change images at random, while training.

    ``fit`` changes them and ``predict`` does not; called directly, such a layer and a model that
    holds it change images unless ``training=False``, as in Keras.
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(data_format, **kwargs)
        self.seed, self.generator = stream(seed)

    def _draw(self, data: Any, low: float, high: float, seed: Any) -> Array:
        """Return a number between ``low`` and ``high`` for each image."""
        images = data["images"] if isinstance(data, dict) else data
        count = images.shape[0] if len(images.shape) == 4 else 1
        return self._stream(seed).uniform(low, high, count)

    def _stream(self, seed: Any) -> np.random.Generator:
        if isinstance(seed, np.random.Generator):
            return seed
        return (self.generator if seed is None else stream(seed)[1]).numpy


def between(
    name: str, value: Any, minimum: float, maximum: float, *, open_minimum: bool = False
) -> tuple[float, float]:
    """Return the interval that a factor stands for: ``f`` is from ``-f`` to ``f``.

    Parameters
    ----------
    name : str
        Of the argument.
    value : float or two floats
    minimum, maximum : float
        Of the bounds.
    open_minimum : bool, default False
        Whether ``minimum`` itself is refused.

    Returns
    -------
    (float, float)

    Examples
    --------
    >>> from minikeras.layers.preprocessing.image_base import between
    >>> between("factor", 0.2, -1, 1), between("factor", [0.3, -0.1], -1, 1)
    ((-0.2, 0.2), (-0.1, 0.3))
    """
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(f"{name} must be a number or two of them, got {value!r}")
        low, high = sorted(
            check_number(name, item, minimum, maximum, open_minimum=open_minimum) for item in value
        )
        return low, high
    size = abs(check_number(name, value, minimum, maximum, open_minimum=open_minimum))
    return max(-size, minimum), size


def plain(factor: Any) -> Any:
    """Return a factor as layers keep it: a list, as configurations hold them, is a tuple again.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.image_base import plain
    >>> plain([0.1, 0.2]), plain(0.3)
    ((0.1, 0.2), 0.3)
    """
    return tuple(factor) if isinstance(factor, list) else factor
