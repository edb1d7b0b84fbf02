"""Layers as plain data, and back."""

from typing import Any

from minikeras import registry
from minikeras.layers.base import Layer

__all__ = ["deserialize", "serialize"]


def serialize(layer: Layer) -> Any:
    """Return class and configuration of a layer as plain data.

    Parameters
    ----------
    layer : Layer

    Returns
    -------
    dict

    Examples
    --------
    >>> from minikeras import layers
    >>> layers.serialize(layers.Dense(3, name="head"))["config"]["units"]
    3
    """
    return registry.serialize(layer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return a new layer of the configuration that ``serialize`` gave.

    Parameters
    ----------
    config : dict
    custom_objects : dict, optional
        Further classes and functions, by name.

    Returns
    -------
    Layer
        Its weights are new.

    Raises
    ------
    ValueError
        If its class is not registered.

    Examples
    --------
    >>> from minikeras import layers
    >>> layers.deserialize(layers.serialize(layers.Dense(3, name="head"))).name
    'head'
    """
    with registry.custom_object_scope(custom_objects):
        return registry.deserialize(config, "layer")
