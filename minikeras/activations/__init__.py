"""Keras's activation functions, by its names and with its defaults.

Each takes an array first, traced or not, and gives one of the same float dtype; lists, Python
numbers and integer arrays become ``config.floatx()``. No finite input gives NaN or a warning; NaN
stays NaN. Layers take them by name (``Dense(3, activation="relu")``) or as functions.
"""

from collections.abc import Callable
from typing import Any

from minikeras import registry
from minikeras.activations.probabilities import log_softmax, softmax, sparsemax
from minikeras.activations.rectifiers import (
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    step,
    threshold,
)
from minikeras.activations.smooth import (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    log_sigmoid,
    mish,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    squareplus,
    tanh,
    tanh_shrink,
)

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "identity",
    "is_builtin",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "step",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]

identity = linear
swish = silu
hard_swish = hard_silu


def get(identifier: Any) -> Callable[..., Any]:
    """Return the activation that ``identifier`` names.

    Parameters
    ----------
    identifier : str, callable, dict or None
        None gives ``linear``; a callable comes back as it is; a dict is what ``serialize``
        gives for an object.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If the name is unknown; the closest known one is suggested.
    TypeError
        If ``identifier`` is none of these.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.get("swish") is activations.silu
    True
    >>> activations.get("sigmiod")
    Traceback (most recent call last):
    ValueError: unknown activation 'sigmiod'; did you mean 'sigmoid'?
    """
    if identifier is None:
        return linear
    return registry.get("activation", identifier)  # type: ignore[no-any-return]


def serialize(activation: Callable[..., Any]) -> Any:
    """Return an activation as plain data: its name, or the configuration of an object.

    Parameters
    ----------
    activation : callable

    Returns
    -------
    str or dict

    Raises
    ------
    ValueError
        If the function is not registered, so that no name would lead back to it.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.serialize(activations.relu)
    'relu'
    """
    data = registry.serialize(activation)
    if not isinstance(data, str | dict):
        name = getattr(activation, "__name__", repr(activation))
        raise ValueError(
            f"activation {name} is not registered and cannot be saved by name; put "
            '@minikeras.registry.register("activation") above it'
        )
    return data


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Callable[..., Any]:
    """Return the activation that ``serialize`` was given.

    Parameters
    ----------
    config : str, dict or None
    custom_objects : dict, optional
        Further functions, by name.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If it is not registered.

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.deserialize("relu") is activations.relu
    True
    """
    with registry.custom_object_scope(custom_objects):
        return get(config)


def is_builtin(activation: Any) -> bool:
    """Whether ``activation`` is one of this module's, known to treat each row by itself.

    Parameters
    ----------
    activation : object

    Returns
    -------
    bool

    Examples
    --------
    >>> from minikeras import activations
    >>> activations.is_builtin(activations.relu), activations.is_builtin(lambda x: x)
    (True, False)
    """
    return getattr(activation, "__module__", "").startswith("minikeras.activations.")
