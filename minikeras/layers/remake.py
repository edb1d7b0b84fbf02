"""A new layer from the configuration of another one."""

from typing import Any

from minikeras.layers.base import Layer
from minikeras.registry import CustomObjectScope, is_ours

__all__ = ["remake"]


def remake(layer: Layer, **changes: Any) -> Any:
    """Return a new layer like ``layer``; classes of one's own inside need not be registered.

    Parameters
    ----------
    layer : Layer
    **changes
        Entries of the configuration that are to be others.

    Returns
    -------
    Layer
        With weights of its own, or none yet.

    Examples
    --------
    >>> from minikeras.layers import Dense
    >>> from minikeras.layers.remake import remake
    >>> remake(Dense(3, name="here"), name="there").name
    'there'
    """
    inside = {type(one).__name__: type(one) for one in layer._flatten_layers()}
    own = {name: cls for name, cls in inside.items() if not is_ours(cls)}
    with CustomObjectScope(own):
        return type(layer).from_config({**layer.get_config(), **changes})
