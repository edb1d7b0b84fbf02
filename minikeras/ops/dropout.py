"""Random masks: what is dropped, and the scale of what is kept."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array, DType, PartialShape, Shape
from minikeras.random import SeedGenerator, generator

__all__ = ["dropout", "dropout_mask"]

_FEW = 2048
"""Below so many elements, one float for each is drawn: cheaper than looking for ties."""


def dropout(
    x: Array,
    rate: float,
    noise_shape: PartialShape | None = None,
    seed: int | SeedGenerator | np.random.Generator | None = None,
) -> Any:
    """Set a random share of ``x`` to zero and divide the others by ``1 - rate``.

    Parameters
    ----------
    x : array of floats
    rate : float
        Share that is dropped, in [0, 1].
    noise_shape : tuple of int or None, optional
        Shape of the mask, which is broadcast over ``x``; None stands for the length in ``x``.
    seed : int, SeedGenerator or numpy.random.Generator, optional
        Where the random numbers come from; default: the global stream.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.dropout import dropout
    >>> dropout(np.ones((2, 3)), 0.5, seed=1)
    array([[2., 0., 0.],
           [0., 2., 2.]])
    """
    shape = x.shape
    if noise_shape is not None:
        shape = tuple([n or m for n, m in zip(noise_shape, shape, strict=True)])
    return x * dropout_mask(shape, rate, generator(seed), x.dtype)


def dropout_mask(shape: Shape, rate: float, rng: np.random.Generator, dtype: DType) -> Array:
    """Draw what dropout multiplies with: 0 with probability ``rate``, otherwise ``1 / (1 - rate)``.

    The same state of ``rng`` gives the same mask for every dtype.

    Parameters
    ----------
    shape : tuple of int
    rate : float
        In [0, 1].
    rng : numpy.random.Generator
    dtype : dtype
        Of the mask.

    Returns
    -------
    array of ``shape``

    Notes
    -----
    A byte decides about an element, and a second draw only where the byte falls on the threshold:
    the probability is exact, at an eighth of the cost of a random float for each element.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.dropout import dropout_mask
    >>> dropout_mask((6,), 0.5, np.random.default_rng(1), "float32")
    array([2., 0., 0., 0., 2., 2.], dtype=float32)
    """
    keep = 1.0 - rate
    if keep == 0.0:
        return np.zeros(shape, dtype)
    size = math.prod(shape)
    if size < _FEW:
        kept = rng.random(size, np.float32) < keep
    else:
        whole, rest = divmod(keep * 256.0, 1.0)
        words = rng.bit_generator.random_raw(-(-size // 8))
        draws = words.view(np.uint8)[:size]
        if whole == 256.0:
            kept = np.ones(size, bool)
        else:
            threshold = np.uint8(whole)
            kept = draws < threshold
            if rest:
                ties = np.flatnonzero(draws == threshold)
                kept[ties] = rng.random(len(ties)) < rest
    mask: Array = kept.reshape(shape).astype(dtype)
    mask *= 1.0 / keep
    return mask
