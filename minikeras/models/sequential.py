"""``Sequential``: layers in a row."""

from collections.abc import Iterable
from typing import Any, Self

from minikeras._validation import suggest_arguments
from minikeras.graph import Graph, KerasTensor, Node
from minikeras.layers import InputLayer, Layer
from minikeras.layers.call import active_call
from minikeras.models.model import Model
from minikeras.models.row import Row
from minikeras.registry import custom_object_scope, deserialize, register, serialize

__all__ = ["Sequential"]


@register("layer")
class Sequential(Model):
    """A chain of layers: the output of each is the input of the next.

    Parameters
    ----------
    layers : list of Layer, optional
        May start with ``Input(shape)``: then the weights are made at once, else with the first
        data.
    trainable : bool, default True
    name : str, optional

    Raises
    ------
    TypeError
        If a member is not a layer.
    ValueError
        If two layers have the same name.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Sequential
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Dense(3, activation="sigmoid"), Dense(2, activation="identity")])
    >>> model(np.zeros((1, 2)))
    array([[...]], dtype=float32)
    >>> [weight.shape for weight in model.weights]
    [(2, 3), (3,), (3, 2), (2,)]
    """

    _short_way: Row

    @suggest_arguments
    def __init__(
        self,
        layers: Iterable[Any] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ):
        super().__init__(trainable=trainable, name=name)
        self._chain: list[Layer] = []
        self._own_nodes: list[tuple[Layer, Node]] = []
        self._short_way = Row(self._chain)
        self._first: InputLayer | None = None
        for layer in layers or ():
            self._append(layer)
        self._build_declared()

    @property
    def layers(self) -> list[Layer]:
        """The layers in a row; the declaration of the input is not among them."""
        return list(self._chain)

    def add(self, layer: Any) -> None:
        """Append ``layer``."""
        self._append(layer)
        try:
            self._build_declared()
        except Exception:
            self._chain.pop()
            self._build_declared()
            raise

    def pop(self) -> Layer:
        """Remove the last layer and return it.

        Raises
        ------
        ValueError
            If there is none.
        """
        if not self._chain:
            raise ValueError(f"Sequential {self.name!r} has no layer to remove")
        removed = self._chain.pop()
        if not self._chain:
            self.built = False
            self._disconnect()
            self._input_shape = self._seen = None
        elif self._graph is not None:
            self._connect_chain(self._graph.inputs)
        return removed

    def _append(self, layer: Any) -> None:
        if isinstance(layer, KerasTensor):
            layer = layer.node.layer if layer.node else InputLayer(batch_shape=layer.shape)
        if isinstance(layer, InputLayer):
            if self._chain or self._first is not None:
                raise ValueError(
                    f"Sequential {self.name!r} expected Input only as its first member, got "
                    f"another after {len(self._chain)} layers"
                )
            self._first = layer
            return
        if not isinstance(layer, Layer):
            made = f"{layer.__name__}(...)" if isinstance(layer, type) else "Lambda(function)"
            raise TypeError(
                f"Sequential {self.name!r} expected layers, got {layer!r} "
                f"({type(layer).__name__}); write {made}"
            )
        if any(layer.name == other.name for other in self._chain):
            raise ValueError(
                f"Sequential {self.name!r} has a layer named {layer.name!r} already; "
                "give each layer a name of its own"
            )
        self._chain.append(layer)

    def _build_declared(self) -> None:
        """Make the weights when the shape of the input is declared."""
        if not self._chain:
            return
        declared = self._first or self._chain[0]
        if isinstance(self._chain[0], Sequential) and self._first is None:
            declared = self._chain[0]._first or declared
        shape = declared._input_shape or self._input_shape
        if shape is not None:
            self.built = False
            self._build(shape)

    def build(self, input_shape: Any = None) -> None:
        """Make all weights for an input of ``input_shape``, batch axis (None) first."""
        if not self._chain:
            raise ValueError(f"Sequential {self.name!r} has no layers; add one first")
        first = input_shape if input_shape is not None else self._input_shape
        if first is None:
            self._check_built("build without input_shape")
        if not isinstance(first, tuple | list):
            raise TypeError(
                f"Sequential {self.name!r} expected a shape with the batch axis such as (None, 4), "
                f"got {first!r} ({type(first).__name__})"
            )
        if self._first is not None and self._first.output.shape == tuple(first):
            start = self._first.output
        else:
            start = KerasTensor(tuple(first), self.dtype, name=f"{self.name}_input")
        self._connect_chain(start)
        self._input_shape = tuple(first)

    def _connect_chain(self, start: KerasTensor) -> None:
        """Call the layers one after the other on placeholders; weights are made where needed."""
        self._disconnect()
        made: list[tuple[Layer, Node]] = []
        self._own_nodes = made
        x: Any = start
        for layer in self._chain:
            x = layer._connect((x,), {})
            made.append((layer, layer._nodes[-1]))
        self._graph = Graph(start, x)

    def _disconnect(self) -> None:
        """Take back the calls that this model made on its layers."""
        self._short_way.reset()
        for layer, node in self._own_nodes:
            layer._nodes = tuple(other for other in layer._nodes if other is not node)
        self._own_nodes = []
        self._graph = None

    def forward(self, x: Any) -> Any:
        call = active_call.get()
        assert call is not None
        return self._short_way.run(call, x)

    def _kept_kinds(self) -> str:
        if self._first is not None or not self._chain:
            return super()._kept_kinds()
        first = self._chain[0]
        return first._kept_kinds() if isinstance(first, Model) else first._keeps

    @property
    def _straight(self) -> list[Layer] | None:
        return self._chain if type(self).forward is Sequential.forward else None

    @property
    def _row(self) -> list[Layer] | None:
        return self._straight

    def get_config(self) -> dict[str, Any]:
        """Return name and layers as plain data, in the form of Keras's files."""
        from_first = [] if self._first is None else [self._first]
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            "layers": [serialize(layer) for layer in [*from_first, *self._chain]],
        }
        if self.built and isinstance(self._input_shape, tuple):
            config["build_input_shape"] = self._input_shape
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Return a new model made of the layers in ``config``.

        ``custom_objects`` are further classes and functions that it names.
        """
        with custom_object_scope(custom_objects):
            layers = [deserialize(layer, "layer") for layer in config["layers"]]
        made = cls(layers, name=config.get("name"))
        shape = config.get("build_input_shape")
        if shape is not None and not made.built:
            made.build(tuple(shape))
        if config.get("trainable") is False:
            made.trainable = False
        return made

    def get_build_config(self) -> dict[str, Any] | None:
        return {"input_shape": self._input_shape} if self.built else None

    def __repr__(self) -> str:
        members = ", ".join(map(repr, self._chain))
        return f"Sequential([{members}], name={self.name!r})"
