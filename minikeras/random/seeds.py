"""One seed for everything, and streams of random numbers; NumPy generators, no legacy state."""

import random as _python_random

import numpy as np

from minikeras._validation import check_non_negative_int

__all__ = ["SeedGenerator", "generator", "set_random_seed"]


class SeedGenerator:
    """A stream of random numbers that a layer or initializer keeps between calls.

    Parameters
    ----------
    seed : int or None
        Start of the stream, at least 0; None takes the next one from the global stream, so that
        ``set_random_seed`` still makes everything repeatable.
    name : str, optional
        For the reader.

    Attributes
    ----------
    numpy : numpy.random.Generator
        What draws the numbers.

    Raises
    ------
    TypeError, ValueError
        If ``seed`` is not an integer of at least 0.

    Examples
    --------
    >>> from minikeras.random import SeedGenerator
    >>> SeedGenerator(7).numpy.integers(10, size=3).tolist()
    [9, 6, 6]
    """

    def __init__(self, seed: int | None = None, name: str | None = None):
        self.seed = seed
        self.name = name or "seed_generator"
        if seed is None:
            start = int(_global.integers(2**63))
        else:
            start = check_non_negative_int("seed", seed)
        self.numpy = np.random.Generator(np.random.PCG64(start))

    def next(self) -> int:
        """Return a seed for a stream of its own, another one every time."""
        return int(self.numpy.integers(2**63))

    def get_config(self) -> dict[str, int | None]:
        """Return the seed that the stream was made with."""
        return {"seed": self.seed}

    def __repr__(self) -> str:
        return f"SeedGenerator(seed={self.seed})"


_global = np.random.Generator(np.random.PCG64())


def set_random_seed(seed: int) -> None:
    """Make everything random that follows repeatable: weights, shuffling, dropout.

    Seeds minikeras, Python's ``random`` and NumPy's legacy functions, as Keras does.

    Parameters
    ----------
    seed : int
        At least 0.

    Raises
    ------
    TypeError, ValueError
        If ``seed`` is not an integer of at least 0.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.set_random_seed(1)
    >>> a = minikeras.random.generator().standard_normal(2)
    >>> minikeras.set_random_seed(1)
    >>> bool((minikeras.random.generator().standard_normal(2) == a).all())
    True
    """
    check_non_negative_int("seed", seed)
    _python_random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    # The state changes in place: whoever holds the global generator goes on with the new stream.
    _global.bit_generator.state = np.random.PCG64(seed).state


def generator(seed: int | SeedGenerator | np.random.Generator | None = None) -> np.random.Generator:
    """Return the NumPy generator that belongs to ``seed``.

    Parameters
    ----------
    seed : int, SeedGenerator, numpy.random.Generator or None
        An int starts a new stream that is the same every time; a SeedGenerator or Generator goes
        on where it was; None goes on with the global stream.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    TypeError, ValueError
        If ``seed`` is none of these.

    Examples
    --------
    >>> from minikeras.random import generator
    >>> generator(3).integers(100, size=3).tolist()
    [81, 8, 17]
    """
    if seed is None:
        return _global
    if isinstance(seed, SeedGenerator):
        return seed.numpy
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.Generator(np.random.PCG64(check_non_negative_int("seed", seed)))
