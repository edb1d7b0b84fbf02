"""Random arrays of the usual distributions, shuffling and dropout, by Keras's names.

``seed`` is, in all of them, an int, a SeedGenerator, a NumPy Generator or None: an int gives the
same numbers at every call, a generator goes on, None goes on with the global stream.
"""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType, PartialShape
from minikeras._validation import check_number, check_positive_int
from minikeras.random.seeds import SeedGenerator, generator

__all__ = [
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

Seed = int | SeedGenerator | np.random.Generator | None


def _float(name: str, dtype: DType | None) -> np.dtype[Any]:
    wanted = np.dtype(config.floatx() if dtype is None else dtype)
    if wanted.kind != "f":
        raise ValueError(
            f"random.{name} expected a float dtype, got {wanted}; random.randint draws integers"
        )
    return wanted


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in shape) if np.ndim(shape) else (int(shape),)


def _drawing_type(dtype: np.dtype[Any]) -> Any:
    """Return the float type that NumPy draws in: float32 or float64."""
    return np.float64 if dtype.itemsize > 4 else np.float32


def normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Array:
    """Draw from a normal distribution.

    Parameters
    ----------
    shape : tuple of int
    mean, stddev : float
    dtype : dtype, optional
        Default ``config.floatx()``.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``

    Raises
    ------
    ValueError
        If ``dtype`` is no float type.

    Examples
    --------
    >>> from minikeras import random
    >>> random.normal((2,), seed=1)
    array([ 1.7291036, -1.4284534], dtype=float32)
    """
    kind = _float("normal", dtype)
    draw = generator(seed).standard_normal(_shape(shape), _drawing_type(kind))
    return (draw * stddev + mean).astype(kind)


def truncated_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Array:
    """Draw from a normal distribution, again for what is more than two deviations from the mean.

    Parameters
    ----------
    shape : tuple of int
    mean, stddev : float
        Before the tails are cut off.
    dtype : dtype, optional
        Default ``config.floatx()``.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``

    Examples
    --------
    >>> from minikeras import random
    >>> bool(abs(random.truncated_normal((1000,), seed=1)).max() <= 2.0)
    True
    """
    kind = _float("truncated_normal", dtype)
    stream = generator(seed)
    draw = stream.standard_normal(_shape(shape), _drawing_type(kind))
    outside = np.abs(draw) > 2.0
    while outside.any():
        draw[outside] = stream.standard_normal(int(outside.sum()), draw.dtype.type)
        outside = np.abs(draw) > 2.0
    return (draw * stddev + mean).astype(kind)


def uniform(
    shape: Any,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Array:
    """Draw from ``[minval, maxval)``, every number as likely.

    Parameters
    ----------
    shape : tuple of int
    minval, maxval : float
    dtype : dtype, optional
        Default ``config.floatx()``.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``

    Examples
    --------
    >>> from minikeras import random
    >>> random.uniform((2,), seed=1)
    array([0.47318864, 0.51182157], dtype=float32)
    """
    kind = _float("uniform", dtype)
    draw = generator(seed).random(_shape(shape), _drawing_type(kind))
    return (draw * (maxval - minval) + minval).astype(kind)


def randint(
    shape: Any, minval: int, maxval: int, dtype: DType = "int32", seed: Seed = None
) -> Array:
    """Draw integers from ``[minval, maxval)``, every one as likely.

    Parameters
    ----------
    shape : tuple of int
    minval, maxval : int
    dtype : dtype, default "int32"
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``

    Examples
    --------
    >>> from minikeras import random
    >>> random.randint((3,), 0, 10, seed=1)
    array([4, 5, 7], dtype=int32)
    """
    if np.dtype(dtype).kind not in "iu":
        raise ValueError(f"random.randint expected an integer dtype, got {np.dtype(dtype)}")
    return generator(seed).integers(int(minval), int(maxval), _shape(shape)).astype(dtype)


def categorical(logits: Any, num_samples: int, dtype: DType = "int32", seed: Seed = None) -> Array:
    """Draw classes from unnormalised log-probabilities.

    Parameters
    ----------
    logits : array, shape (batch, classes)
    num_samples : int
        Draws per row.
    dtype : dtype, default "int32"
    seed : int, SeedGenerator or None

    Returns
    -------
    int array, shape (batch, num_samples)

    Raises
    ------
    ValueError
        If ``logits`` has another number of axes.

    Examples
    --------
    >>> from minikeras import random
    >>> random.categorical([[0.0, 100.0]], 3)
    array([[1, 1, 1]], dtype=int32)
    """
    scores = np.asarray(logits, np.float64)
    if scores.ndim != 2 or not scores.shape[1]:
        raise ValueError(
            f"random.categorical expected logits of shape (batch, classes), got {scores.shape}"
        )
    weights = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    ends = np.cumsum(weights, axis=1)
    draws = generator(seed).random((len(scores), check_positive_int("num_samples", num_samples)))
    places = [np.searchsorted(end, draw * end[-1], "right") for end, draw in zip(ends, draws)]
    return np.array(places, dtype).reshape(draws.shape)


def gamma(shape: Any, alpha: Any, dtype: DType | None = None, seed: Seed = None) -> Array:
    """Draw from a gamma distribution of shape ``alpha`` and scale 1.

    Parameters
    ----------
    shape : tuple of int
    alpha : float or array
        Above 0; broadcast to ``shape``.
    dtype : dtype, optional
        Default ``config.floatx()``.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``
    """
    kind = _float("gamma", dtype)
    return np.asarray(generator(seed).standard_gamma(alpha, _shape(shape))).astype(kind)


def beta(shape: Any, alpha: Any, beta: Any, dtype: DType | None = None, seed: Seed = None) -> Array:
    """Draw from a beta distribution.

    Parameters
    ----------
    shape : tuple of int
    alpha, beta : float or array
        Above 0; broadcast to ``shape``.
    dtype : dtype, optional
        Default ``config.floatx()``.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``, in [0, 1]
    """
    kind = _float("beta", dtype)
    return np.asarray(generator(seed).beta(alpha, beta, _shape(shape))).astype(kind)


def binomial(
    shape: Any,
    counts: Any,
    probabilities: Any,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Array:
    """Draw how many of ``counts`` trials succeed.

    Parameters
    ----------
    shape : tuple of int
    counts : int or array
    probabilities : float or array, in [0, 1]
        Both broadcast to ``shape``.
    dtype : dtype, optional
        Default ``config.floatx()``.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of ``shape``
    """
    kind = _float("binomial", dtype)
    trials = np.asarray(counts).astype(np.int64)
    return np.asarray(generator(seed).binomial(trials, probabilities, _shape(shape))).astype(kind)


def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> Any:
    """Return the slices along ``axis`` in random order.

    Parameters
    ----------
    x : array
        Traced values keep their gradient.
    axis : int, default 0
    seed : int, SeedGenerator or None

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import random
    >>> random.shuffle(np.arange(5), seed=1)
    array([4, 0, 1, 2, 3])
    """
    x = x if hasattr(x, "shape") else np.asarray(x)
    return np.take(x, generator(seed).permutation(x.shape[axis]), axis=axis)


def dropout(
    inputs: Any, rate: float, noise_shape: PartialShape | None = None, seed: Seed = None
) -> Any:
    """Set a random share of ``inputs`` to zero and divide the others by ``1 - rate``.

    Parameters
    ----------
    inputs : array of floats
        Traced values keep their gradient.
    rate : float
        Share that is dropped, in [0, 1].
    noise_shape : tuple of int or None, optional
        Shape of the mask, which is broadcast over ``inputs``; None stands for the length there.
    seed : int, SeedGenerator or None

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Srivastava et al., "Dropout: A simple way to prevent neural networks from overfitting" (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import random
    >>> random.dropout(np.ones(4), 0.5, seed=1)
    array([0., 2., 2., 2.])
    """
    check_number("rate", rate, 0, 1)
    x = inputs if hasattr(inputs, "shape") else np.asarray(inputs, config.floatx())
    shape = x.shape
    if noise_shape is not None:
        shape = tuple(m if n is None else n for n, m in zip(noise_shape, shape, strict=True))
    kept = generator(seed).random(shape, np.float32) >= rate
    scale = 1.0 / (1.0 - rate) if rate < 1 else 0.0
    return x * (kept * scale).astype(x.dtype)
