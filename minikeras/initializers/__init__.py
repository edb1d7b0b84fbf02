"""First values of weights: constants, random numbers, random numbers scaled to a layer's width."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import config, registry
from minikeras._typing import Array, DType, Shape
from minikeras.initializers.base import Initializer
from minikeras.initializers.fixed import Constant, Identity, Ones, Zeros
from minikeras.initializers.fourier import STFT
from minikeras.initializers.noise import (
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from minikeras.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

# Keras's second names.
constant, identity, ones, orthogonal, zeros = Constant, Identity, Ones, Orthogonal, Zeros
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
variance_scaling, stft = VarianceScaling, STFT
IdentityInitializer, OrthogonalInitializer, STFTInitializer = Identity, Orthogonal, STFT


def get(identifier: Any) -> Callable[..., Array] | None:
    """Return the initializer that ``identifier`` names.

    Parameters
    ----------
    identifier : str, dict, Initializer, callable, array or None
        An array becomes an initializer that gives its numbers; None stays None.

    Returns
    -------
    callable ``(shape, dtype=None) -> array``, or None

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import initializers
    >>> initializers.get("glorot_uniform")
    GlorotUniform()
    >>> initializers.get(np.array([1.0, 2.0]))((2,))
    array([1., 2.], dtype=float32)
    """
    if identifier is None:
        return None
    if isinstance(identifier, np.ndarray | np.generic):
        return _given(np.asarray(identifier))
    found: Callable[..., Array] = registry.get("initializer", identifier)
    return found


def _given(values: Array) -> Callable[..., Array]:
    def initialize(shape: Shape, dtype: DType | None = None) -> Array:
        if tuple(shape) != values.shape:
            raise ValueError(
                f"initial values of shape {values.shape} were given for a weight of shape "
                f"{tuple(shape)}; give an array of that shape"
            )
        return np.array(values, dtype=dtype or config.floatx())

    return initialize


def serialize(initializer: Any) -> Any:
    """Return the configuration of ``initializer`` as plain data."""
    return registry.serialize(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the initializer that ``serialize`` described.

    Parameters
    ----------
    config : dict or str
        Plain data.
    custom_objects : dict, optional
        Further classes and functions, by name.
    """
    with registry.custom_object_scope(custom_objects):
        return registry.deserialize(config, "initializer")
