"""``Wrapper``: base of the layers that run another layer in their own way."""

from typing import Any, Unpack

from minikeras.layers.base import Layer, LayerOptions

__all__ = ["Wrapper", "build_inside"]


class Wrapper(Layer):
    """Base of layers that hold another layer and change how it is applied.

    Parameters
    ----------
    layer : Layer
        The layer inside; its weights are the wrapper's. The configuration nests its own.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If ``layer`` is not a layer.

    Notes
    -----
    A subclass writes ``forward``; ``build`` builds the layer inside on the same input shape, which
    a subclass may change.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Activation, Wrapper
    >>> class Twice(Wrapper):
    ...     def forward(self, x):
    ...         return self.layer(self.layer(x))
    >>> Twice(Activation(np.square))(np.array([[3.0]]))
    array([[81.]], dtype=float32)
    """

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"{type(self).__name__} expected layer to be a layer such as Dense(4), got "
                f"{layer!r} ({type(layer).__name__})"
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        build_inside(self, self.layer, input_shape)


def build_inside(outer: Layer, inner: Any, input_shape: Any) -> None:
    """Build a layer inside another one; the paths of its weights start with the outer's name.

    Parameters
    ----------
    outer, inner : Layer
        Nothing happens if ``inner`` is built already, or is no layer (a cell of a user's own).
    input_shape : tuple
        With the batch axis.
    """
    if isinstance(inner, Layer) and not inner.built:
        inner._build(input_shape)
        for variable in inner.weights:
            variable.path = f"{outer.name}/{variable.path}"
