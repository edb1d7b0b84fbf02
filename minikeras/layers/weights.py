"""What a layer holds: weights, and layers that hold weights, found by looking at its attributes."""

from typing import Any

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras._typing import Array, DType, Shape
from minikeras.autodiff import Variable
from minikeras.layers.blank import first_value
from minikeras.registry import Configurable

__all__ = ["Weighted", "defines"]

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
        # A layer that loads its weights itself may leave some as they are.
        value = first_value(self, make, shape, dtype, draw=defines(self, "load_own_variables"))
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
        _assign(variables, values)

    def _saved_variables(self) -> list[Variable]:
        """Return the variables that stand at the place of this layer itself in files."""
        # Not its _own_variables(): a layer may leave some out while another one that shares them is
        # frozen, and files do not depend on that.
        own = {id(item): item for item in self._members() if isinstance(item, Variable)}
        return sorted(own.values(), key=lambda variable: not variable.trainable)

    def save_own_variables(self, store: Any) -> None:
        """Put the weights of this layer, without those of the layers inside, where a file is made.

        Parameters
        ----------
        store : dict
            Gets an array for each: ``"0"``, ``"1"``... in the order of ``weights``. A class of
            one's own may put in more, or something else.

        Examples
        --------
        >>> from minikeras.layers import Dense
        >>> class Counted(Dense):
        ...     count = 0
        ...
        ...     def save_own_variables(self, store):
        ...         super().save_own_variables(store)
        ...         store["count"] = self.count
        ...
        ...     def load_own_variables(self, store):
        ...         self.count = int(store["count"])
        ...         super().load_own_variables({name: store[name] for name in ("0", "1")})
        >>> layer = Counted(2)
        >>> layer.build((None, 3))
        >>> store = {}
        >>> layer.save_own_variables(store)
        >>> list(store)
        ['0', '1', 'count']
        """
        for i, variable in enumerate(self._saved_variables()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Replace the weights of this layer, without those of the layers inside.

        Parameters
        ----------
        store : dict of array
            What ``save_own_variables`` put there, and nothing besides.

        Raises
        ------
        ValueError
            If the number, a name or a shape differs; nothing is replaced then.

        Examples
        --------
        >>> import numpy as np
        >>> from minikeras.layers import Dense
        >>> layer = Dense(1, use_bias=False)
        >>> layer.build((None, 2))
        >>> layer.load_own_variables({"0": np.array([[1.0], [2.0]])})
        >>> layer.kernel.numpy()
        array([[1.],
               [2.]], dtype=float32)
        """
        variables = self._saved_variables()
        names = [str(i) for i in range(len(variables))]
        if set(store.keys()) != set(names):
            hint = "" if variables or self.built else "; it is not built, call it first"
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected {len(variables)} arrays named "
                f"{names} ({', '.join(v.name for v in variables) or 'no weights'}), got "
                f"{list(store.keys())}; no weight was replaced{hint}"
            )
        _assign(variables, [np.asarray(store[name]) for name in names])

    def count_params(self) -> int:
        """Return the number of weights, trainable or not."""
        if not self.built and not self.weights:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} has no weights yet; build it first, by "
                "calling it on data or with build(input_shape)"
            )
        return sum(variable.size for variable in self.weights)


def defines(owner: Any, method: str) -> bool:
    """Whether ``owner`` has a ``save_own_variables`` or ``load_own_variables`` of its own class."""
    found = getattr(owner, method, None)
    return found is not None and getattr(found, "__func__", None) is not getattr(Weighted, method)


def _assign(variables: list[Variable], values: list[Array]) -> None:
    """Set variables to values; nothing changes unless all of them fit."""
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


_MEMBERS = (Variable, Weighted)


def _collect(value: Any, found: list[Any]) -> None:
    """Append all variables and layers in ``value`` to ``found``."""
    if isinstance(value, _MEMBERS):
        found.append(value)
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            if type(item) not in _BARE:
                _collect(item, found)
