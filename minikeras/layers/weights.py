"""What a layer holds: weights, and layers that hold weights, found by looking at its attributes."""

from typing import Any

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras._typing import Array, DType, Shape
from minikeras.autodiff import Variable
from minikeras.layers.blank import first_value
from minikeras.registry import Configurable

__all__ = ["Weighted"]

_BARE = frozenset({bool, int, float, str, type(None), np.ndarray})
"""Types of values that hold no variables or layers; they are most of all values."""

_NO_MEMBERS = frozenset({"_loss_layers", "_losses", "_nodes", "_own_nodes"})
"""Attributes that only refer to layers which are members by other attributes, or of others."""


class Weighted(Configurable):
    """The part of ``Layer`` that makes, finds and replaces weights."""

    name: str
    dtype: Any
    built: bool
    _trainable: bool
    _weights: list[Variable]

    def add_weight(
        self,
        shape: Shape | None = None,
        initializer: Any = None,
        dtype: DType | None = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        name: str | None = None,
    ) -> Variable:
        """Make a weight.

        Parameters
        ----------
        shape : tuple of int, default ()
        initializer : str, callable or array, default "glorot_uniform" (floats) or "zeros"
        dtype : dtype, optional
            Default: the layer's.
        trainable : bool, default True
        regularizer, constraint : str or callable, optional
        autocast, aggregation
            Accepted for Keras code; without effect.
        name : str, optional

        Returns
        -------
        Variable
        """
        if "_weights" not in vars(self):
            raise RuntimeError(
                f"{type(self).__name__}.__init__ must call super().__init__() before add_weight"
            )
        shape = tuple(shape or ())
        name = name or f"variable_{len(self._weights)}"
        if any(length is None for length in shape):
            raise ValueError(
                f"weight {name!r} of {type(self).__name__} {self.name!r} expected known lengths, "
                f"got shape {shape}; declare that axis of the input"
            )
        dtype = np.dtype(self.dtype if dtype is None else dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype.kind == "f" else "zeros"
        make: Any = initializers.get(initializer)
        value = first_value(self, make, shape, dtype)
        variable = Variable(value, dtype=dtype, trainable=trainable, name=name)
        variable.path = f"{self.name}/{name}"
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._weights.append(variable)
        return variable

    def _members(self) -> list[Any]:
        """Every variable and layer that an attribute holds, in the order of assignment."""
        found: list[Any] = []
        for name, value in vars(self).items():
            if type(value) not in _BARE and name not in _NO_MEMBERS:
                _collect(value, found)
        return found

    def _own_variables(self) -> list[Variable]:
        found = {id(item): item for item in self._members() if isinstance(item, Variable)}
        return list(found.values())

    def _sublayers(self) -> list[Any]:
        found = {id(item): item for item in self._members() if isinstance(item, Weighted)}
        return list(found.values())

    def _flatten_layers(self) -> list[Any]:
        """Return this layer and all layers inside it, each once, outer ones first."""
        found: dict[int, Any] = {}
        waiting: list[Any] = [self]
        while waiting:
            layer = waiting.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                waiting.extend(reversed(layer._sublayers()))
        return list(found.values())

    @property
    def weights(self) -> list[Variable]:
        """Variables of this layer and the layers inside: trainable ones first in each layer."""
        found: dict[int, Variable] = {}
        for layer in self._flatten_layers():
            own = layer._own_variables()
            for variable in [v for v in own if v.trainable] + [v for v in own if not v.trainable]:
                found[id(variable)] = variable
        return list(found.values())

    variables = weights

    @property
    def trainable_variables(self) -> list[Variable]:
        """Variables that training changes; none of a layer whose ``trainable`` is False."""
        found: dict[int, Variable] = {}
        seen: set[int] = set()
        waiting: list[Any] = [self]
        while waiting:
            layer = waiting.pop()
            if layer.trainable and id(layer) not in seen:
                seen.add(id(layer))
                found.update({id(v): v for v in layer._own_variables() if v.trainable})
                waiting.extend(reversed(layer._sublayers()))
        return list(found.values())

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """Variables that training leaves alone."""
        trainable = {id(variable) for variable in self.trainable_variables}
        return [variable for variable in self.weights if id(variable) not in trainable]

    non_trainable_weights = non_trainable_variables

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights of this layer and of those inside it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._flatten_layers():
            layer._trainable = bool(value)
            for variable in layer._own_variables():
                variable.frozen = False  # the next training finds out anew, see steps.prepare

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, in the order of ``weights``."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Replace all weights.

        Parameters
        ----------
        weights : list of array_like
            In the order and shapes of ``get_weights``.

        Raises
        ------
        ValueError
            If the number or a shape differs; nothing is replaced then.
        """
        variables = self.weights
        values = [np.asarray(value) for value in weights]
        if len(values) != len(variables):
            hint = "" if variables else "; build it first, by calling it or with build(input_shape)"
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected {len(variables)} weight arrays, "
                f"got {len(values)}{hint}"
            )
        for variable, value in zip(variables, values, strict=True):
            if variable.shape != value.shape:
                raise ValueError(
                    f"weight {variable.path!r} expected shape {variable.shape}, got {value.shape}; "
                    "no weight was replaced"
                )
            if value.dtype.kind not in "fiub":
                raise TypeError(
                    f"weight {variable.path!r} expected numbers, got dtype {value.dtype}; "
                    "no weight was replaced"
                )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """Return the number of weights, trainable or not."""
        if not self.built and not self.weights:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} has no weights yet; build it first, by "
                "calling it on data or with build(input_shape)"
            )
        return sum(variable.size for variable in self.weights)


_MEMBERS = (Variable, Weighted)


def _collect(value: Any, found: list[Any]) -> None:
    """Append all variables and layers in ``value`` to ``found``."""
    if isinstance(value, _MEMBERS):
        found.append(value)
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            if type(item) not in _BARE:
                _collect(item, found)
