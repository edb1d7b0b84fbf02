"""``Functional``: what ``Model(inputs, outputs)`` gives, and its configuration."""

from typing import Any, Self

from minikeras.models import graph_config
from minikeras.models.model import Model
from minikeras.registry import custom_object_scope, register

__all__ = ["Functional"]


@register("layer")
class Functional(Model):
    """A model made of a graph of layers, from its inputs to its outputs.

    Parameters
    ----------
    inputs, outputs : KerasTensor, or a list or dict of them
        What ``minikeras.Input`` gives, and what comes of calling layers and NumPy functions on it.
    name : str, optional
    **kwargs
        ``trainable``, ``dtype`` as in ``minikeras.layers.Layer``.

    Raises
    ------
    TypeError
        If there is anything but placeholders in ``inputs`` or ``outputs``.
    ValueError
        If an output depends on an input that is not given, or two layers have the same name.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, Model
    >>> from minikeras.layers import Dense
    >>> title, body = Input((3,), name="title"), Input((5,), name="body")
    >>> both = np.concatenate([Dense(2)(title), Dense(2)(body)], axis=1)
    >>> model = Model({"title": title, "body": body}, Dense(1, name="priority")(both))
    >>> model({"title": np.zeros((2, 3)), "body": np.zeros((2, 5))}).shape
    (2, 1)
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any):
        super().__init__(inputs, outputs, name=name, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return layers and connections as plain data, in the form of Keras's files."""
        assert self._graph is not None
        return {
            "name": self.name,
            "trainable": self.trainable,
            **graph_config.to_config(self._graph),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Return a new model made of the layers and connections in ``config``.

        ``custom_objects`` are further classes and functions that it names.
        """
        with custom_object_scope(custom_objects):
            inputs, outputs = graph_config.from_config(config)
        made = cls(inputs, outputs, name=config.get("name"))
        if config.get("trainable") is False:
            made.trainable = False
        return made

    def get_build_config(self) -> dict[str, Any]:
        return {"input_shape": None}  # the inputs say it

    def __repr__(self) -> str:
        assert self._graph is not None
        members = ", ".join(layer.name for layer in self._graph.layers)
        return f"Functional([{members}], name={self.name!r})"


Model._functional = Functional
