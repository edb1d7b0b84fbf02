"""Layers that make a sequence, an image or a volume larger by whole factors."""

from typing import Any, ClassVar, Unpack

from minikeras._typing import Array, Shape
from minikeras._validation import check_choice, check_positive_int
from minikeras.layers._spatial import axes_of, check_axes, data_format_of, lengths_of
from minikeras.layers.base import Layer, LayerOptions
from minikeras.ops.image_resize import resize
from minikeras.ops.pooling import upsample
from minikeras.registry import register

__all__ = ["UpSampling1D", "UpSampling2D", "UpSampling3D"]

INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]


class _UpSampling(Layer):
    """Base of the layers of this file."""

    rank: ClassVar[int]
    data_format = "channels_last"
    size: Any

    def check_input(self, x: Any) -> None:
        check_axes(self, x.shape, self.rank, self.data_format)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, input_shape, self.rank, self.data_format)
        shape = list(input_shape)
        sizes = (self.size,) if self.rank == 1 else self.size
        for axis, n in zip(axes_of(self.rank, self.data_format), sizes):
            shape[axis] = None if shape[axis] is None else shape[axis] * n
        return tuple(shape)

    def forward(self, x: Array) -> Array:
        y: Array = upsample(x, self.size, self.data_format)
        return y


@register("layer")
class UpSampling1D(_UpSampling):
    """Repeat each step of a sequence.

    Parameters
    ----------
    size : int, default 2
        How often.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``size`` is not an integer of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import UpSampling1D
    >>> UpSampling1D()(np.array([[[1.0], [2.0]]])).ravel()
    array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.size = check_positive_int("size", size)


@register("layer")
class UpSampling2D(_UpSampling):
    """Make images larger, by repeating pixels or by interpolation between them.

    Parameters
    ----------
    size : int or tuple of 2 int, default (2, 2)
        Factors of height and width.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    interpolation : {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"}
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a factor is not an integer of at least 1, or ``interpolation`` is another name.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import UpSampling2D
    >>> image = np.array([0.0, 4.0]).reshape(1, 1, 2, 1)
    >>> UpSampling2D((1, 2))(image).ravel()
    array([0., 0., 4., 4.], dtype=float32)
    >>> UpSampling2D((1, 2), interpolation="bilinear")(image).ravel()
    array([0., 1., 3., 4.], dtype=float32)
    """

    rank = 2

    def __init__(
        self,
        size: int | Shape = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.size = lengths_of("size", size, 2)
        self.data_format = data_format_of(data_format)
        self.interpolation = check_choice("interpolation", interpolation, INTERPOLATIONS)

    def forward(self, x: Array) -> Array:
        if self.interpolation == "nearest":
            return super().forward(x)
        height, width = axes_of(2, self.data_format)
        shape = x.shape[height] * self.size[0], x.shape[width] * self.size[1]
        y: Array = resize(x, shape, self.interpolation, data_format=self.data_format)
        return y


@register("layer")
class UpSampling3D(_UpSampling):
    """Repeat the elements of a volume along each axis.

    Parameters
    ----------
    size : int or tuple of 3 int, default (2, 2, 2)
        How often, for depth, height and width.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a factor is not an integer of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import UpSampling3D
    >>> UpSampling3D((1, 2, 3))(np.ones((1, 2, 2, 2, 1))).shape
    (1, 2, 4, 6, 1)
    """

    rank = 3

    def __init__(
        self,
        size: int | Shape = (2, 2, 2),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.size = lengths_of("size", size, 3)
        self.data_format = data_format_of(data_format)
