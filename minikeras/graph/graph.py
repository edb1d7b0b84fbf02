"""``Graph``: the calls between some inputs and some outputs, put in order and run on arrays."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from minikeras import tree
from minikeras.graph.inputs import arrange
from minikeras.graph.placeholders import KerasTensor, Node, by_key, placeholders, replace


class _Place(int):
    """Number of a value while a graph runs; a class of its own so that plain integers stay."""


class _Step(NamedTuple):
    """One call of a graph that runs: where its arguments are and where its outputs go."""

    layer: Any
    plain: bool  # one array in and nothing else
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    targets: Any
    spent: list[int]  # the values that no later call needs


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
            for leaf in tree.flatten(given):
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
        for name, number in Counter(layer.name for layer in self.layers).items():
            if number > 1:
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
        for output in by_key(self.outputs):
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

    def _make_plan(self) -> list[_Step]:
        """Number the values; say for each node where its arguments are and its outputs go."""
        place = {id(tensor): i for i, tensor in enumerate(self.flat_inputs)}
        computed = [node for node in self.nodes if node.inputs]
        for node in computed:
            for tensor in placeholders(node.outputs):
                place.setdefault(id(tensor), len(place))
        self._size = len(place)

        def places(structure: Any) -> Any:
            return replace(structure, lambda tensor: _Place(place[id(tensor)]))

        self._at = places(self.outputs)
        last = {place[id(tensor)]: i for i, node in enumerate(computed) for tensor in node.inputs}
        spent: list[list[int]] = [[] for _ in computed]
        for at in last.keys() - {place[id(tensor)] for tensor in self.flat_outputs}:
            spent[last[at]].append(at)
        return [
            _Step(
                node.layer,
                len(node.args) == 1 and isinstance(node.args[0], KerasTensor) and not node.kwargs,
                places(node.args),
                places(node.kwargs),
                places(node.outputs),
                done,
            )
            for node, done in zip(computed, spent, strict=True)
        ]

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
        for layer, plain, args, kwargs, targets, spent in self._plan:
            if plain:  # the usual case, and the fastest: one array in
                y = layer(values[args[0]])
            else:
                y = layer(*_fill(args, values), **_fill(kwargs, values))
            if type(targets) is _Place:
                values[targets] = y
            else:
                _put(values, targets, y)
            for at in spent:  # what no further call needs is freed
                values[at] = None
        return _fill(self._at, values)

    def row(self) -> list[Any] | None:
        """Return the layers where each takes what the one before it gives, and nothing else."""
        at: Any = self.inputs
        computed = [node for node in self.nodes if node.inputs]
        for step, node in zip(self._plan, computed, strict=True):
            if not step.plain or node.args[0] is not at:
                return None
            at = node.outputs
        layers = [step.layer for step in self._plan]
        once = len(set(map(id, layers))) == len(layers)
        return layers if layers and once and at is self.outputs else None

    def arrange(self, name: str, given: Any) -> list[Any]:
        """Return the arrays of ``given`` for ``run``; ``name`` is the model's, for errors."""
        return arrange(name, self.inputs, given)


def _fill(structure: Any, values: list[Any]) -> Any:
    return tree.map_leaves(lambda at: values[at] if type(at) is _Place else at, structure)


def _put(values: list[Any], targets: Any, outputs: Any) -> None:
    if type(targets) is _Place:
        values[targets] = outputs
    elif isinstance(targets, dict):
        for key, target in targets.items():
            _put(values, target, outputs[key])
    elif isinstance(targets, list | tuple):
        for target, output in zip(targets, outputs, strict=True):
            _put(values, target, output)
