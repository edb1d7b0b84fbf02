"""Functional models before there are numbers: placeholders, and the calls that connect them.

``Input(...)`` gives a ``KerasTensor``. Calling a layer or a NumPy function on one makes a ``Node``,
which remembers the call, and gives placeholders for its outputs. ``Graph`` puts the nodes between
some inputs and outputs in order and runs them on arrays.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import PartialShape
from minikeras._validation import did_you_mean
from minikeras.autodiff.symbolic import Symbolic

__all__ = ["Graph", "KerasTensor", "Node"]


class KerasTensor(Symbolic):
    """The shape and dtype of an array that is not there yet.

    Parameters
    ----------
    shape : tuple of int or None
        With the batch axis; None for a length that is not known.
    dtype : str, optional
        Default ``config.floatx()``.
    name : str, optional

    Attributes
    ----------
    node : Node or None
        The call that it comes from.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, KerasTensor
    >>> KerasTensor((None, 4))
    KerasTensor(shape=(None, 4), dtype=float32)
    >>> np.mean(Input((4,)) + 1.0, axis=1)
    KerasTensor(shape=(None,), dtype=float32, name='mean')
    """

    def __init__(self, shape: PartialShape, dtype: Any = None, name: str | None = None):
        self._shape = tuple(shape)
        chosen = config.floatx() if dtype is None else dtype
        self._dtype = chosen if chosen == "string" else np.dtype(chosen).name
        self.name = name
        self.node: Node | None = None

    @property
    def shape(self) -> Any:
        """With the batch axis; None for a length that is not known."""
        return self._shape

    @property
    def dtype(self) -> Any:
        """Name of the dtype."""
        return self._dtype

    @property
    def ndim(self) -> int:
        """Number of axes, the batch axis included."""
        return len(self._shape)

    def __len__(self) -> int:
        raise TypeError(f"{self!r} has no length yet")

    def __getstate__(self) -> dict[str, Any]:
        # A copy does not drag along what it comes from; its node finds it again, see Node.
        return {**vars(self), "node": None}

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"KerasTensor(shape={self.shape}, dtype={self.dtype}{name})"


class Node:
    """One call of a layer on placeholders.

    Parameters
    ----------
    layer : Layer
    args : tuple
    kwargs : dict
        The arguments of the call; some are placeholders or hold some.
    outputs : KerasTensor, or a structure of them
        What the call gave; they are marked as coming from here.

    Examples
    --------
    >>> from minikeras import Input
    >>> from minikeras.layers import Dense
    >>> node = Dense(2, name="scores")(Input((4,))).node
    >>> node.layer.name, [x.shape for x in node.inputs]
    ('scores', [(None, 4)])
    """

    def __init__(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any):
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.inputs = _by_key((args, kwargs))
        for tensor in placeholders(outputs):
            tensor.node = self
            tensor.name = tensor.name or layer.name

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.layer._nodes = (*(node for node in self.layer._nodes if node is not self), self)
        for tensor in placeholders(self.outputs):
            tensor.node = self

    @property
    def sources(self) -> "list[Node]":
        """The calls that the inputs come from."""
        return [tensor.node for tensor in self.inputs if tensor.node is not None]


def placeholders(structure: Any) -> list[KerasTensor]:
    """Return all KerasTensors inside lists, tuples and dicts, in order."""
    if isinstance(structure, dict):
        return [leaf for item in structure.values() for leaf in placeholders(item)]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in placeholders(item)]
    return [structure] if isinstance(structure, KerasTensor) else []


def _by_key(structure: Any) -> list[KerasTensor]:
    """Return what ``placeholders`` does, dicts in the order of their keys.

    Keras goes through a graph in this order, on which the order of layers, and with it the names in
    files, depends.
    """
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure, key=str) for leaf in _by_key(structure[key])]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in _by_key(item)]
    return [structure] if isinstance(structure, KerasTensor) else []


def replace(structure: Any, function: Callable[[KerasTensor], Any]) -> Any:
    """Return ``structure`` with each KerasTensor inside replaced."""
    if isinstance(structure, KerasTensor):
        return function(structure)
    if isinstance(structure, dict):
        return {key: replace(item, function) for key, item in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(replace(item, function) for item in structure)
    return structure


class Graph:
    """The calls between some inputs and some outputs, in an order in which they can run.

    Parameters
    ----------
    inputs, outputs : KerasTensor, or a list or dict of them
        Inputs may be intermediate results too: what comes before them is left out.

    Attributes
    ----------
    nodes : list of Node
    layers : list of Layer
        Those called, each once; the farthest from the outputs first, as in Keras.

    Raises
    ------
    TypeError
        If there is anything but placeholders in ``inputs`` or ``outputs``.
    ValueError
        If an output needs an input that is not given, or two layers have the same name.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input
    >>> from minikeras.graph import Graph
    >>> a, b = Input((2,), name="a"), Input((2,), name="b")
    >>> graph = Graph([a, b], np.tanh(a) * b)
    >>> [node.layer.name for node in graph.nodes if node.inputs]
    ['tanh', 'multiply']
    >>> graph.run([np.zeros((1, 2)), np.ones((1, 2))])
    array([[0., 0.]])
    """

    def __init__(self, inputs: Any, outputs: Any):
        for argument, given in (("inputs", inputs), ("outputs", outputs)):
            for leaf in _leaves(given):
                if not isinstance(leaf, KerasTensor):
                    raise TypeError(
                        f"Model expected {argument} to be what Input(...) and layers called on it "
                        f"give, got {leaf!r} ({type(leaf).__name__})"
                    )
        self.inputs = inputs
        self.outputs = outputs
        self.flat_inputs = placeholders(inputs)
        self.flat_outputs = placeholders(outputs)
        self.nodes, first_seen = self._in_order()
        self.layers = self._by_depth(first_seen)
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"two layers of the model are named {name!r}; give each a name of its own"
                )
        self._plan = self._make_plan()

    def __getstate__(self) -> dict[str, Any]:
        # The nodes one after the other: each by itself would lead to the one before it, and so on
        # for as many calls deep as the graph is.
        return {"nodes": self.nodes, "inputs": self.inputs, "outputs": self.outputs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["inputs"], state["outputs"])  # type: ignore[misc]

    # Order.

    def _in_order(self) -> tuple[list[Node], dict[int, int]]:
        """Return the nodes from inputs to outputs, and when a search first met each layer."""
        given = {id(tensor) for tensor in self.flat_inputs}
        done: set[int] = set()
        open_: set[int] = set()
        ordered: list[Node] = []
        first_seen: dict[int, int] = {}
        for output in _by_key(self.outputs):
            # (tensor, None) is to be looked at; (None, node) when all its inputs were.
            waiting: list[tuple[KerasTensor | None, Node | None]] = [(output, None)]
            while waiting:
                tensor, finished = waiting.pop()
                if finished is not None:
                    open_.discard(id(finished))
                    done.add(id(finished))
                    ordered.append(finished)
                    continue
                assert tensor is not None
                node = tensor.node
                if node is None or (id(tensor) in given and node.inputs) or id(node) in done:
                    if node is None and id(tensor) not in given:
                        self._disconnected(tensor)
                    continue
                if not node.inputs and id(tensor) not in given:
                    self._disconnected(tensor)
                if id(node) in open_:
                    raise ValueError(f"the call of {node.layer.name!r} is part of a cycle")
                open_.add(id(node))
                first_seen.setdefault(id(node.layer), len(first_seen))
                waiting.append((None, node))
                waiting.extend((source, None) for source in reversed(node.inputs))
        return ordered, first_seen

    def _disconnected(self, tensor: KerasTensor) -> None:
        names = [one.name for one in self.flat_inputs]
        raise ValueError(
            f"the graph is disconnected: the outputs depend on {tensor!r}, which cannot be "
            f"computed from the inputs {names}; add it to the model's inputs"
        )

    def _by_depth(self, first_seen: dict[int, int]) -> list[Any]:
        """Return the layers, those with the longest way to an output first."""
        inside = {id(node) for node in self.nodes}
        depth_of_layer: dict[int, int] = {}
        depth_of_node: dict[int, int] = {}
        layers = {id(node.layer): node.layer for node in self.nodes}
        for node in reversed(self.nodes):
            depth = max(depth_of_node.get(id(node), 0), depth_of_layer.get(id(node.layer), 0))
            depth_of_layer[id(node.layer)] = depth_of_node[id(node)] = depth
            for source in node.sources:
                if id(source) in inside:
                    depth_of_node[id(source)] = max(depth + 1, depth_of_node.get(id(source), 0))
        for tensor in self.flat_inputs:  # inputs that no output needs
            if tensor.node is not None and not tensor.node.inputs:
                layer = tensor.node.layer
                if id(layer) not in layers:
                    layers[id(layer)] = layer
                    depth_of_layer[id(layer)], first_seen[id(layer)] = 0, -1
        return sorted(
            layers.values(), key=lambda layer: (-depth_of_layer[id(layer)], first_seen[id(layer)])
        )

    # Running.

    def _make_plan(self) -> list[tuple[Any, ...]]:
        """Number the values; say for each node where its arguments are and its outputs go."""
        place = {id(tensor): i for i, tensor in enumerate(self.flat_inputs)}
        computed = [node for node in self.nodes if node.inputs]
        for node in computed:
            for tensor in placeholders(node.outputs):
                place.setdefault(id(tensor), len(place))
        self._size = len(place)
        self._at = replace(self.outputs, lambda tensor: _Place(place[id(tensor)]))
        last = {place[id(tensor)]: i for i, node in enumerate(computed) for tensor in node.inputs}
        wanted = {place[id(tensor)] for tensor in self.flat_outputs}
        plan: list[tuple[Any, ...]] = []
        for i, node in enumerate(computed):
            spent = [at for at, user in last.items() if user == i and at not in wanted]
            outputs = placeholders(node.outputs)
            plain = len(node.args) == 1 and isinstance(node.args[0], KerasTensor)
            if plain and not node.kwargs and isinstance(node.outputs, KerasTensor):
                source, target = place[id(node.args[0])], place[id(outputs[0])]
                plan.append((node.layer, source, target, spent))
            else:
                args, kwargs = replace(
                    (node.args, node.kwargs), lambda tensor: _Place(place[id(tensor)])
                )
                targets = replace(node.outputs, lambda tensor: _Place(place[id(tensor)]))
                plan.append((node.layer, args, kwargs, targets, spent))
        return plan

    def run(self, inputs: Iterable[Any]) -> Any:
        """Compute the outputs.

        Parameters
        ----------
        inputs : list of array
            One for each input, in the order of ``flat_inputs``.

        Returns
        -------
        array, or the structure of ``outputs``
        """
        values: list[Any] = [None] * self._size
        for i, value in enumerate(inputs):
            values[i] = value
        for step in self._plan:
            if len(step) == 4:
                layer, source, target, spent = step
                values[target] = layer(values[source])
            else:
                layer, args, kwargs, targets, spent = step
                _put(values, targets, layer(*_fill(args, values), **_fill(kwargs, values)))
            for at in spent:  # what no further call needs is freed
                values[at] = None
        return _fill(self._at, values)

    # Inputs as users give them.

    def arrange(self, name: str, given: Any) -> list[Any]:
        """Return the arrays of ``given`` in the order of ``flat_inputs``.

        Parameters
        ----------
        name : str
            The model's name, for errors.
        given : array, or a list or dict of them
            A dict may name the inputs of a model that was made with a list.

        Raises
        ------
        ValueError
            If an input is missing, there are too many, or one has another shape.
        """
        arrays = self._in_places(name, given)
        return [_fit(name, one, x) for one, x in zip(self.flat_inputs, arrays, strict=True)]

    def _in_places(self, name: str, given: Any) -> list[Any]:
        wanted = self.inputs
        if isinstance(given, dict) and not isinstance(wanted, dict):
            wanted = {tensor.name: tensor for tensor in self.flat_inputs}
        if isinstance(wanted, dict):
            if not isinstance(given, dict):
                if len(wanted) == 1 and not isinstance(given, list | tuple):
                    return [given]
                raise ValueError(
                    f"model {name!r} expected a dict with the keys {list(wanted)}, got "
                    f"{_describe(given)}"
                )
            for key in wanted:
                if key not in given:
                    raise ValueError(
                        f"model {name!r} expected its input {key!r}, which is missing from the "
                        f"keys {list(given)}{did_you_mean(key, list(given))}"
                    )
            return [leaf for key in wanted for leaf in _matching(name, wanted[key], given[key])]
        return _matching(name, wanted, given)


class _Place(int):
    """Number of a value while a graph runs; a class of its own so that plain integers stay."""


def _fill(structure: Any, values: list[Any]) -> Any:
    if type(structure) is _Place:
        return values[structure]
    if isinstance(structure, dict):
        return {key: _fill(item, values) for key, item in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(_fill(item, values) for item in structure)
    return structure


def _put(values: list[Any], targets: Any, outputs: Any) -> None:
    if type(targets) is _Place:
        values[targets] = outputs
    elif isinstance(targets, dict):
        for key, target in targets.items():
            _put(values, target, outputs[key])
    elif isinstance(targets, list | tuple):
        for target, output in zip(targets, outputs, strict=True):
            _put(values, target, output)


def _fit(name: str, wanted: KerasTensor, value: Any) -> Any:
    """Return ``value`` with the rank of the input, and as numbers of its kind."""
    if value is None:
        if wanted.node is not None and getattr(wanted.node.layer, "optional", False):
            return None
        raise ValueError(f"model {name!r} got None for its input {wanted.name!r}; give an array")
    shape = getattr(value, "shape", None)
    if shape is None:
        value = np.asarray(value)
        shape = value.shape
    if len(shape) == wanted.ndim - 1 and wanted.shape[-1] == 1:
        value = value[..., np.newaxis]
    elif len(shape) == wanted.ndim + 1 and shape[-1] == 1:
        value = value[..., 0]
    if len(value.shape) != wanted.ndim or any(
        known is not None and known != length
        for known, length in zip(wanted.shape, value.shape, strict=True)
    ):
        raise ValueError(
            f"model {name!r} expected its input {wanted.name!r} to have shape {wanted.shape}, got "
            f"{shape}"
        )
    if wanted.dtype != "string" and value.dtype.kind in "fiub":
        kind = np.dtype(wanted.dtype).kind
        if kind != value.dtype.kind and (kind != "f" or value.dtype.kind != "f"):
            return value.astype(wanted.dtype)
    return value


def _matching(name: str, wanted: Any, given: Any) -> list[Any]:
    """Return the arrays in ``given``, which must have the structure of ``wanted``."""
    if isinstance(wanted, KerasTensor):
        if isinstance(given, list | tuple) and len(given) == 1:
            given = given[0]
        if isinstance(given, list | tuple | dict):
            raise ValueError(
                f"model {name!r} expected one array for its input {wanted.name!r}, got "
                f"{_describe(given)}"
            )
        return [given]
    if isinstance(wanted, dict):
        if not isinstance(given, dict) or set(wanted) - set(given):
            raise ValueError(
                f"model {name!r} expected a dict with the keys {list(wanted)}, got "
                f"{_describe(given)}"
            )
        return [leaf for key in wanted for leaf in _matching(name, wanted[key], given[key])]
    if len(wanted) == 1 and not isinstance(given, list | tuple | dict):
        return [given]
    if not isinstance(given, list | tuple) or len(given) != len(wanted):
        names = [tensor.name for tensor in placeholders(wanted)]
        raise ValueError(
            f"model {name!r} expected {len(wanted)} inputs {names}, got {_describe(given)}"
        )
    return [
        leaf for one, part in zip(wanted, given, strict=True) for leaf in _matching(name, one, part)
    ]


def _describe(given: Any) -> str:
    if isinstance(given, dict):
        return f"a dict with the keys {list(given)}"
    if isinstance(given, list | tuple):
        return f"{len(given)} of them"
    return f"one array of shape {np.shape(given)}"


def _leaves(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [leaf for item in structure.values() for leaf in _leaves(item)]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in _leaves(item)]
    return [structure]
