"""Dropout of whole feature maps."""

from typing import Any, Unpack

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_choice, check_number
from minikeras.layers.base import LayerOptions
from minikeras.layers.regularization import RandomLayer
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"]


class SpatialDropout(RandomLayer):
    """Base of the layers that drop whole feature maps."""

    rank = 0

    def _set(self, rate: float, data_format: str) -> None:
        self.rate = check_number("rate", rate, 0, 1)
        check_choice("data_format", data_format, ["channels_last", "channels_first"])
        ones = (1,) * self.rank
        last = data_format == "channels_last"
        self.noise_shape = (None, *ones, None) if last else (None, None, *ones)

    def check_input(self, x: Any) -> None:
        axes = self.rank + 2
        if len(x.shape) != axes:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected an input of {axes} axes, samples "
                f"and channels among them, got shape {x.shape}"
            )

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        usual = name == "data_format" and value == config.image_data_format()
        return usual or super()._is_default(name, value, default)

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return x
        return x * self._mask(x, self.rate)


@register("layer")
class SpatialDropout1D(SpatialDropout):
    """While training, set a random share of the feature maps of sequences to zero.

    A feature is dropped in all steps of a sample at once: neighbouring steps are so much alike
    that dropping single numbers would hardly hide anything.

    Parameters
    ----------
    rate : float
        Share that is dropped, in [0, 1]; what is kept is divided by ``1 - rate``.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1], or the input not of shape (batch, steps, features).

    References
    ----------
    Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR (2015).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import SpatialDropout1D
    >>> SpatialDropout1D(0.5, seed=1)(np.ones((1, 2, 4)), training=True)
    array([[[2., 0., 0., 0.],
            [2., 0., 0., 0.]]], dtype=float32)
    """

    rank = 1

    def __init__(
        self,
        rate: float,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self._set(rate, "channels_last")


@register("layer")
class SpatialDropout2D(SpatialDropout):
    """While training, set a random share of the feature maps of images to zero.

    Parameters
    ----------
    rate : float
        Share that is dropped, in [0, 1]; what is kept is divided by ``1 - rate``.
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1], or the input has not 4 axes.

    References
    ----------
    Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR (2015).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import SpatialDropout2D
    >>> y = SpatialDropout2D(0.5, seed=1)(np.ones((1, 2, 2, 4)), training=True)
    >>> y[0, :, :, 0].tolist(), y[0, :, :, 2].tolist()
    ([[2.0, 2.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]])
    """

    rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self.data_format = data_format or config.image_data_format()
        self._set(rate, self.data_format)


@register("layer")
class SpatialDropout3D(SpatialDropout):
    """While training, set a random share of the feature maps of volumes to zero.

    Parameters
    ----------
    rate : float
        Share that is dropped, in [0, 1]; what is kept is divided by ``1 - rate``.
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; default ``config.image_data_format()``.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1], or the input has not 5 axes.

    References
    ----------
    Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR (2015).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import SpatialDropout3D
    >>> y = SpatialDropout3D(0.5, seed=1)(np.ones((1, 2, 2, 2, 4)), training=True)
    >>> y.mean(axis=(0, 1, 2, 3)).tolist()
    [2.0, 0.0, 0.0, 0.0]
    """

    rank = 3

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self.data_format = data_format or config.image_data_format()
        self._set(rate, self.data_format)
