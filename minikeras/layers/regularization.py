"""Layers that make training harder so that the network generalises better."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array, PartialShape
from minikeras._validation import check_number
from minikeras.layers.base import Layer, LayerOptions
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["Dropout"]


@register("layer")
class Dropout(Layer):
    """While training, set a random share of the inputs to zero and scale up the others.

    Parameters
    ----------
    rate : float
        Share that is dropped, in [0, 1]; what is kept is divided by ``1 - rate``.
    noise_shape : tuple of int or None, optional
        Shape of the mask, broadcast over the input: ``(None, 1, 8)`` drops whole steps together.
        None stands for the input's length.
    seed : int or SeedGenerator, optional
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is not a number in [0, 1].

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
        super().__init__(**kwargs)
        self.rate = check_number("rate", rate, 0, 1)
        self.noise_shape = noise_shape
        self.seed = seed
        self.seed_generator = seed if isinstance(seed, SeedGenerator) else SeedGenerator(seed)

    def check_input(self, x: Any) -> None:
        if self.noise_shape is not None and len(self.noise_shape) != len(x.shape):
            raise ValueError(
                f"Dropout {self.name!r} expected an input of {len(self.noise_shape)} axes for "
                f"noise_shape {self.noise_shape}, got shape {x.shape}; give noise_shape one entry "
                "per axis, the batch included (None keeps the input's length)"
            )

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return x
        return x * self.mask(x)

    def mask(self, x: Array) -> Array:
        """Draw what ``x`` is multiplied with: 0, or 1 / (1 - rate)."""
        shape: Any = x.shape
        mask: Array
        if self.noise_shape is not None:
            shape = [n or m for n, m in zip(self.noise_shape, x.shape, strict=True)]
        keep = 1.0 - self.rate
        mask = np.less(self.seed_generator.numpy.random(shape, np.float32), keep).astype(x.dtype)
        return mask / keep if keep else mask
