"""Random first values from given distributions, and random rotations."""

import math
from typing import Any, Self

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType, Shape
from minikeras._validation import check_number
from minikeras.initializers.base import Initializer
from minikeras.random import SeedGenerator, generator
from minikeras.registry import register

__all__ = [
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "Seed",
    "TruncatedNormal",
]

Seed = int | SeedGenerator | None


class RandomInitializer(Initializer):
    """Base of the initializers that draw random numbers.

    Numbers are drawn in float64 and then rounded to the dtype, so that a seed means the same
    weights in every precision.

    Parameters
    ----------
    seed : int, SeedGenerator or None
        With an int, every call gives the same values; a SeedGenerator goes on from call to call;
        None goes on with the global stream, see ``minikeras.set_random_seed``.

    Raises
    ------
    TypeError, ValueError
        If ``seed`` is none of these, or negative.
    """

    def __init__(self, seed: Seed = None):
        generator(seed)  # refuses what is no seed
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer, as plain data."""
        arguments = super().get_config()
        if isinstance(self.seed, SeedGenerator):
            arguments["seed"] = {"class_name": "SeedGenerator", "config": self.seed.get_config()}
        return arguments

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a new initializer made with the arguments in ``config``."""
        seed = config.get("seed")
        if isinstance(seed, dict):
            config = {**config, "seed": SeedGenerator(seed["config"]["seed"])}
        return super().from_config(config)

    def _normal(self, shape: Shape, mean: float, stddev: float, dtype: DType | None) -> Array:
        values = generator(self.seed).standard_normal(shape)
        return (values * stddev + mean).astype(dtype or config.floatx())

    def _truncated(self, shape: Shape, mean: float, stddev: float, dtype: DType | None) -> Array:
        stream = generator(self.seed)
        values = stream.standard_normal(math.prod(shape))
        outside = np.flatnonzero(np.abs(values) > 2.0)
        while outside.size:  # one draw in 22 lies outside, so this ends after a few rounds
            values[outside] = stream.standard_normal(outside.size)
            outside = outside[np.abs(values[outside]) > 2.0]
        return (values * stddev + mean).astype(dtype or config.floatx()).reshape(shape)

    def _uniform(self, shape: Shape, low: float, high: float, dtype: DType | None) -> Array:
        return generator(self.seed).uniform(low, high, shape).astype(dtype or config.floatx())


@register("initializer", "normal")
class RandomNormal(RandomInitializer):
    """Normal distribution.

    Parameters
    ----------
    mean : float, default 0.0
    stddev : float, default 0.05
        Standard deviation, at least 0.
    seed : int, SeedGenerator or None
        See ``RandomInitializer``.

    Raises
    ------
    ValueError
        If ``stddev`` is negative.

    Examples
    --------
    >>> from minikeras.initializers import RandomNormal
    >>> RandomNormal(stddev=1.0, seed=0)((2,)).round(3)
    array([ 0.126, -0.132], dtype=float32)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None):
        super().__init__(seed)
        self.mean = check_number("mean", mean)
        self.stddev = check_number("stddev", stddev, 0)

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        return self._normal(shape, self.mean, self.stddev, dtype)


@register("initializer")
class TruncatedNormal(RandomInitializer):
    """Normal distribution without its tails: what is 2 ``stddev`` off the mean is drawn again.

    Parameters
    ----------
    mean : float, default 0.0
    stddev : float, default 0.05
        Standard deviation before the tails are cut off, at least 0; after it, 0.88 of that.
    seed : int, SeedGenerator or None
        See ``RandomInitializer``.

    Raises
    ------
    ValueError
        If ``stddev`` is negative.

    Examples
    --------
    >>> from minikeras.initializers import TruncatedNormal
    >>> TruncatedNormal(stddev=1.0, seed=0)((2,)).round(3)
    array([ 0.126, -0.132], dtype=float32)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None):
        super().__init__(seed)
        self.mean = check_number("mean", mean)
        self.stddev = check_number("stddev", stddev, 0)

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        return self._truncated(shape, self.mean, self.stddev, dtype)


@register("initializer", "uniform")
class RandomUniform(RandomInitializer):
    """Uniform distribution between two numbers.

    Parameters
    ----------
    minval : float, default -0.05
    maxval : float, default 0.05
        At least ``minval``.
    seed : int, SeedGenerator or None
        See ``RandomInitializer``.

    Raises
    ------
    ValueError
        If ``minval`` is above ``maxval``.

    Examples
    --------
    >>> from minikeras.initializers import RandomUniform
    >>> RandomUniform(0.0, 1.0, seed=0)((2,)).round(3)
    array([0.637, 0.27 ], dtype=float32)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None):
        super().__init__(seed)
        self.minval = check_number("minval", minval)
        self.maxval = check_number("maxval", maxval)
        if minval > maxval:
            raise ValueError(f"minval must not be above maxval, got {minval} and {maxval}")

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        return self._uniform(shape, self.minval, self.maxval, dtype)


@register("initializer", "OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """A random orthogonal matrix times ``gain``: keeps lengths, whatever passes through it.

    Rows are orthonormal when there are fewer rows than columns, else columns. A kernel with more
    axes is made as the matrix ``(product of all but the last, last)``.

    Parameters
    ----------
    gain : float, default 1.0
    seed : int, SeedGenerator or None
        See ``RandomInitializer``.

    Raises
    ------
    ValueError
        When called with a shape of fewer than two axes.

    References
    ----------
    Saxe, McClelland, Ganguli, "Exact Solutions to the Nonlinear Dynamics of Learning in Deep
    Linear Neural Networks" (2014). Uniform over all rotations by fixing the signs: Mezzadri,
    "How to Generate Random Matrices from the Classical Compact Groups" (2007).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.initializers import Orthogonal
    >>> w = Orthogonal(seed=1)((4, 2), dtype="float64")
    >>> np.abs(w.T @ w).round(6)
    array([[1., 0.],
           [0., 1.]])
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None):
        super().__init__(seed)
        self.gain = check_number("gain", gain)

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal expected a shape of two axes or more, got {tuple(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = self._normal((max(rows, columns), min(rows, columns)), 0.0, 1.0, np.float64)
        q, r = np.linalg.qr(tall)
        q = q * np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
        matrix = q.T if rows < columns else q
        return (self.gain * matrix).reshape(shape).astype(dtype or config.floatx())
