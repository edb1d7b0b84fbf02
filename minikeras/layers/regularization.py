"""Layers that make training harder so that the network generalises better."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array, PartialShape
from minikeras._validation import check_number, check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.seeds import stream
from minikeras.ops.dropout import dropout_mask
from minikeras.random import SeedGenerator
from minikeras.registry import register
from minikeras.regularizers import L1L2

__all__ = [
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
]


class RandomLayer(Layer):
    """Base of the layers that change their input at random while training, and only then."""

    supports_masking = True
    noise_shape: PartialShape | None = None

    def __init__(self, seed: int | SeedGenerator | None, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.seed, self.seed_generator = stream(seed)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def check_input(self, x: Any) -> None:
        if self.noise_shape is not None and len(self.noise_shape) != len(x.shape):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected an input of "
                f"{len(self.noise_shape)} axes for noise_shape {self.noise_shape}, got shape "
                f"{x.shape}; give noise_shape one entry per axis, the batch included (None keeps "
                "the input's length)"
            )

    def _mask(self, x: Any, rate: float) -> Array:
        """Draw 0 or ``1 / (1 - rate)`` for each element of ``x``, or each of ``noise_shape``."""
        shape = x.shape
        if self.noise_shape is not None:
            shape = tuple([n or m for n, m in zip(self.noise_shape, shape, strict=True)])
        return dropout_mask(shape, rate, self.seed_generator.numpy, self._float(x))

    def _normal(self, x: Any) -> Array:
        """Draw a standard normal number for each element of ``x``."""
        dtype = self._float(x)
        rng = self.seed_generator.numpy
        wide = dtype == np.float64
        noise: Any = rng.standard_normal(x.shape, np.float64 if wide else np.float32)
        drawn: Array = noise.astype(dtype, copy=False)
        return drawn

    def _float(self, x: Any) -> np.dtype[Any]:
        dtype: np.dtype[Any] = x.dtype
        return dtype if dtype.kind == "f" else self._dtype


def _check_noise_shape(value: Any) -> PartialShape | None:
    """Return ``value`` as a tuple, whose entries are None or positive."""
    if value is None:
        return None
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(
            f"noise_shape must be a tuple of integers or None, got {value!r} "
            f"({type(value).__name__})"
        )
    return tuple(
        None if n is None else check_positive_int("each length in noise_shape", n) for n in value
    )


@register("layer")
class Dropout(RandomLayer):
    """While training, set a random share of the inputs to zero and scale up the others.

    Parameters
    ----------
    rate : float
        Share that is dropped, in [0, 1]; what is kept is divided by ``1 - rate``.
    noise_shape : tuple of int or None, optional
        Shape of the mask, broadcast over the input: ``(None, 1, 8)`` drops whole steps together.
        None stands for the input's length.
    seed : int or SeedGenerator, optional
        The configuration keeps the number only.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1], or ``noise_shape`` not a tuple of lengths.

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Dropout
    >>> layer = Dropout(0.5, seed=1)
    >>> layer(np.ones((1, 4)))
    array([[1., 1., 1., 1.]], dtype=float32)
    >>> layer(np.ones((1, 4)), training=True)
    array([[2., 0., 0., 0.]], dtype=float32)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: PartialShape | None = None,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self.rate = check_number("rate", rate, 0, 1)
        self.noise_shape = _check_noise_shape(noise_shape)

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return x
        return x * self._mask(x, self.rate)


@register("layer")
class GaussianDropout(RandomLayer):
    """While training, multiply the inputs with normal numbers around 1.

    Parameters
    ----------
    rate : float
        As in ``Dropout``, in [0, 1): the standard deviation is ``sqrt(rate / (1 - rate))``, that
        of a dropout mask.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1).

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014), section 10.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GaussianDropout
    >>> y = GaussianDropout(0.2, seed=1)(np.ones((100, 100)), training=True)
    >>> round(float(y.mean()), 1), round(float(y.std()), 1)
    (1.0, 0.5)
    """

    def __init__(
        self,
        rate: float,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self.rate = check_number("rate", rate, 0, 1, open_maximum=True)

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return x
        noise = self._normal(x)
        noise *= math.sqrt(self.rate / (1.0 - self.rate))
        noise += 1.0
        return x * noise


@register("layer")
class GaussianNoise(RandomLayer):
    """While training, add normal numbers around 0.

    Parameters
    ----------
    stddev : float
        Standard deviation, at least 0.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``stddev`` is not a finite number of at least 0.

    References
    ----------
    Bishop, "Training with Noise is Equivalent to Tikhonov Regularization" (1995).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GaussianNoise
    >>> y = GaussianNoise(0.1, seed=1)(np.ones((100, 100)), training=True)
    >>> round(float(y.mean()), 2), round(float(y.std()), 2)
    (1.0, 0.1)
    """

    def __init__(
        self,
        stddev: float,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self.stddev = check_number("stddev", stddev, 0)

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or self.stddev == 0:
            return x
        noise = self._normal(x)
        noise *= self.stddev
        return x + noise


_SATURATION = -1.6732632423543772 * 1.0507009873554805
"""What SELU tends to for very negative inputs."""


@register("layer")
class AlphaDropout(RandomLayer):
    """While training, set a random share of the inputs to SELU's smallest value.

    The result is scaled and shifted so that inputs of mean 0 and variance 1 keep both: that is
    what networks of SELU units live by.

    Parameters
    ----------
    rate : float
        Share that is dropped, in [0, 1).
    noise_shape : tuple of int or None, optional
        Shape of the mask, as in ``Dropout``.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1), or ``noise_shape`` not a tuple of lengths.

    References
    ----------
    Klambauer et al., "Self-Normalizing Neural Networks", NeurIPS (2017).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AlphaDropout
    >>> x = np.random.default_rng(0).standard_normal((200, 200))
    >>> y = AlphaDropout(0.3, seed=1)(x, training=True)
    >>> bool(abs(y.mean()) < 0.02), bool(abs(y.std() - 1.0) < 0.02)
    (True, True)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: PartialShape | None = None,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(seed, **kwargs)
        self.rate = check_number("rate", rate, 0, 1, open_maximum=True)
        self.noise_shape = _check_noise_shape(noise_shape)

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return x
        keep = 1.0 - self.rate
        scale = (keep * (1.0 + self.rate * _SATURATION**2)) ** -0.5
        mask = self._mask(x, self.rate)  # 0 or 1 / keep
        shift = mask * (-scale * _SATURATION * keep)
        shift += scale * _SATURATION * keep
        mask *= scale * keep
        y: Array = x * mask + shift
        return y


@register("layer")
class ActivityRegularization(Layer):
    """Pass the input on and add a penalty on it to the loss.

    Parameters
    ----------
    l1, l2 : float, default 0.0
        Strengths of the penalties ``l1 * sum(|x|)`` and ``l2 * sum(x**2)``, divided by the number
        of samples.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If a strength is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ActivityRegularization
    >>> layer = ActivityRegularization(l1=0.5)
    >>> layer(np.array([[1.0, -3.0]]))
    array([[ 1., -3.]], dtype=float32)
    >>> float(layer.losses[0])
    2.0
    """

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(activity_regularizer=L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        return x

    def get_config(self) -> dict[str, Any]:
        configuration = super().get_config()
        configuration.pop("activity_regularizer")  # follows from l1 and l2
        return configuration

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        return name == "activity_regularizer" or super()._is_default(name, value, default)
