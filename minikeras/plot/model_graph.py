"""A model as a graph of boxes: what ``plot_model`` and ``model_to_dot`` draw."""

import itertools
from dataclasses import dataclass
from typing import Any

from minikeras._svg.draw import COLORS, INK
from minikeras._svg.graph import Arrow, Box, Frame, leaves
from minikeras.graph import Graph, KerasTensor, Node, placeholders
from minikeras.graph.inputs import pairs
from minikeras.layers import InputLayer, Layer, Operation

__all__ = ["Details", "describe", "read"]

# Layers of one family have one colour. The family is the module under minikeras.layers.
_FAMILIES = {
    "core": 0,
    "einsum_dense": 0,
    "embedding": 0,
    "convolution": 1,
    "recurrent": 3,
    "attention": 4,
    "merging": 5,
    "normalization": 6,
    "regularization": 7,
    "spatial_dropout": 7,
    "pooling": 2,
}
_SAID = 40  # layers that the text alternative names; it counts the others


@dataclass(frozen=True)
class Details:
    """What to write into the boxes; see ``plot_model``."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False
    expand_nested: bool = False


def read(model: Any, details: Details) -> Frame:
    """Return the layers of ``model`` and how they are connected.

    Parameters
    ----------
    model : Model
    details : Details

    Returns
    -------
    Frame

    Raises
    ------
    TypeError
        If ``model`` is not a model.

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense, Flatten
    >>> from minikeras.plot.model_graph import Details, read
    >>> frame = read(Sequential([Input((2, 2)), Flatten(), Dense(3)]), Details())
    >>> [box.title for box in frame.members], len(frame.arrows)
    (['InputLayer', 'Flatten', 'Dense'], 2)
    """
    if not _is_model(model):
        raise TypeError(
            f"expected a model to draw, such as Sequential([...]), got {model!r} "
            f"({type(model).__name__})"
        )
    return _Reader(details).frame(model, "", inner=False)


def describe(frame: Frame) -> str:
    """Return in words what leads where.

    Examples
    --------
    >>> from minikeras._svg.graph import Arrow, Box, Frame
    >>> describe(Frame("", "m", (Box("a", "A"), Box("b", "B")), (Arrow("a", "b"),)))
    '2 boxes: A leads to B.'
    """
    count = sum(1 for _ in leaves(frame))
    said = _sentences(frame)
    if len(said) > _SAID:
        said = [*said[:_SAID], f"and {len(said) - _SAID} more connections"]
    return f"{count} box{'es'[: 2 * (count != 1)]}: {'; '.join(said)}."


def _sentences(frame: Frame) -> list[str]:
    called = {member.key: _called(member) for member in frame.members}
    targets: dict[str, list[str]] = {key: [] for key in called}
    for arrow in dict.fromkeys(frame.arrows):
        if arrow.source and arrow.target and arrow.visible:
            targets[arrow.source].append(called[arrow.target])
    said = [f"{called[key]} leads to {' and '.join(ends)}" for key, ends in targets.items() if ends]
    if not said:
        said = list(called.values())
    for member in frame.members:
        if isinstance(member, Frame):
            said += [f"inside {called[member.key]}: {part}" for part in _sentences(member)]
    return said


def _called(member: Box | Frame) -> str:
    name = dict(member.lines).get("Name", "") if isinstance(member, Box) else ""
    return f"{member.title} {name}".strip()


def _is_model(layer: Any) -> bool:
    return isinstance(layer, Layer) and hasattr(layer, "layer_shapes")


class _Reader:
    """Makes frames and boxes; each gets a key of its own."""

    def __init__(self, details: Details):
        self.details = details

    def frame(self, model: Any, key: str, inner: bool) -> Frame:
        title = _model_title(model)
        graph, row = model._graph, model._row
        if row is not None and (inner or graph is None):
            return self._row(model, row, key, title, inner)
        if graph is None:
            return self._unconnected(model, key, title)
        return self._graph(graph, key, title, inner)

    def _row(self, model: Any, row: list[Layer], key: str, title: str, inner: bool) -> Frame:
        """Layers one after the other: a Sequential without placeholders, or inside another."""
        calls = _calls(model._graph) if model._graph is not None else {}
        members = [self._member(one, f"{key}/{i}", calls) for i, one in enumerate(row)]
        if not inner and model._first is not None:
            members.insert(0, self._member(model._first, f"{key}/input", {}))
        keys = [member.key for member in members]
        arrows = [Arrow(a, b) for a, b in itertools.pairwise(keys)]
        if inner and keys:
            arrows += [Arrow("", keys[0]), Arrow(keys[-1], "")]
        ends = 1 if inner and keys else 0
        return Frame(key, title, tuple(members), tuple(arrows), entries=ends, exits=ends)

    def _unconnected(self, model: Any, key: str, title: str) -> Frame:
        """Layers of a subclass in the order they were made: its code says how they connect."""
        shapes = model.layer_shapes() if model.built else {}
        members = tuple(
            self._member(one, f"{key}/{i}", {}, shapes) for i, one in enumerate(model.layers)
        )
        keys = [member.key for member in members]
        hidden = (Arrow(a, b, visible=False) for a, b in itertools.pairwise(keys))
        return Frame(key, title, members, tuple(hidden))

    def _graph(self, graph: Graph, key: str, title: str, inner: bool) -> Frame:
        calls = _calls(graph)
        given = {id(tensor): i for i, tensor in enumerate(graph.flat_inputs)}
        members: list[Box | Frame] = []
        made: dict[int, tuple[str, int]] = {}  # id of a tensor -> member and exit
        arrows = []
        for i, tensor in enumerate(graph.flat_inputs):
            one = self._input(tensor, f"{key}/input{i}")
            members.append(one)
            made[id(tensor)] = one.key, 0
            if inner:
                arrows.append(Arrow("", one.key, exit=i))
        of_layer: dict[int, str] = {}
        for layer in graph.layers:
            if any(node.layer is layer for node in graph.nodes if node.inputs):
                of_layer[id(layer)] = f"{key}/{len(of_layer)}"
                members.append(self._member(layer, of_layer[id(layer)], calls))
        frames = {member.key: member for member in members if isinstance(member, Frame)}
        for node in graph.nodes:
            if not node.inputs:
                continue
            target = of_layer[id(node.layer)]
            for tensor, entry in _entries(node):
                source, out = made[id(tensor)]
                arrows.append(Arrow(source, target, out, entry if target in frames else 0))
            for i, tensor in enumerate(placeholders(node.outputs)):
                if id(tensor) not in given:
                    made[id(tensor)] = target, i
        exits = 0
        if inner:
            exits = len(graph.flat_outputs)
            for i, tensor in enumerate(graph.flat_outputs):
                source, out = made[id(tensor)]
                arrows.append(Arrow(source, "", out, i))
        arrows = [_within(arrow, frames) for arrow in arrows]
        entries = len(graph.flat_inputs) if inner else 0
        return Frame(key, title, tuple(members), tuple(arrows), entries=entries, exits=exits)

    def _member(
        self,
        layer: Any,
        key: str,
        calls: dict[int, list[Node]],
        shapes: dict[int, str] | None = None,
    ) -> Box | Frame:
        if self.details.expand_nested and _is_model(layer) and layer.layers:
            return self.frame(layer, key, inner=shapes is None)
        nodes = calls.get(id(layer), [])
        lines = []
        if self.details.names:
            lines.append(("Name", layer.name))
        if self.details.activations:
            lines += [("Activation", name) for name in _activation(layer)]
        if self.details.dtype:
            lines += self._dtypes(layer, nodes)
        if self.details.shapes:
            if isinstance(layer, InputLayer):
                lines.append(("Shape", str(layer.output.shape)))
            elif nodes:
                lines += _shape_lines("Input", [[t.shape for t in n.inputs] for n in nodes])
                outputs = [[t.shape for t in placeholders(n.outputs)] for n in nodes]
                lines += _shape_lines("Output", outputs)
            elif shapes and id(layer) in shapes:
                lines.append(("Output", shapes[id(layer)]))
        if self.details.trainable and layer.weights:
            lines.append(("Trainable", "yes" if layer.trainable else "no"))
        return Box(key, _kind(layer), tuple(lines), _color(layer))

    def _dtypes(self, layer: Any, nodes: list[Node]) -> list[tuple[str, str]]:
        if isinstance(layer, InputLayer):
            return [("Dtype", str(layer.output.dtype))]
        if not nodes:
            return [("Dtype", str(layer.dtype))]
        into = sorted({str(tensor.dtype) for node in nodes for tensor in node.inputs})
        out = sorted({str(t.dtype) for node in nodes for t in placeholders(node.outputs)})
        if into == out:
            return [("Dtype", ", ".join(out))]
        return [("Input dtype", ", ".join(into)), ("Output dtype", ", ".join(out))]

    def _input(self, tensor: KerasTensor, key: str) -> Box:
        """Return a box for what goes in, which may be a result of layers that were cut off."""
        lines = []
        if self.details.names:
            lines.append(("Name", tensor.name or "input"))
        if self.details.dtype:
            lines.append(("Dtype", str(tensor.dtype)))
        if self.details.shapes:
            lines.append(("Shape", str(tensor.shape)))
        return Box(key, "InputLayer", tuple(lines), INK)


def _calls(graph: Graph) -> dict[int, list[Node]]:
    """Return the calls of each layer, by its id."""
    found: dict[int, list[Node]] = {}
    for node in graph.nodes:
        found.setdefault(id(node.layer), []).append(node)
    return found


def _entries(node: Node) -> list[tuple[KerasTensor, int]]:
    """Return what a call takes, and to which input of the called model each goes."""
    graph = getattr(node.layer, "_graph", None)
    if graph is None or len(node.args) != 1 or node.kwargs:
        return [(tensor, i) for i, tensor in enumerate(node.inputs)]
    try:  # a dict may name the inputs in another order
        given = pairs("", graph.inputs, node.args[0])
    except ValueError:  # a call that the model takes apart in a way of its own
        return [(tensor, i) for i, tensor in enumerate(node.inputs)]
    return [(tensor, i) for i, (_, tensor) in enumerate(given)]


def _within(arrow: Arrow, frames: dict[str, Frame]) -> Arrow:
    """Return the arrow with exit and entry that its frames have."""
    source, target = frames.get(arrow.source), frames.get(arrow.target)
    out = min(arrow.exit, max(source.exits - 1, 0)) if source else arrow.exit
    into = min(arrow.entry, max(target.entries - 1, 0)) if target else arrow.entry
    if arrow.source and source is None:
        out = 0  # a box has one side to leave from
    return arrow._replace(exit=out, entry=into)


def _model_title(model: Any) -> str:
    return f"{model.name} ({type(model).__name__})"


def _kind(layer: Any) -> str:
    if isinstance(layer, Operation):  # np.expand_dims is shown as ExpandDims
        name = layer.function.__name__.strip("_")
        return "".join(part.title() for part in name.split("_"))
    inner = vars(layer).get("layer", vars(layer).get("forward_layer"))
    if isinstance(inner, Layer):  # TimeDistributed, Bidirectional and other wrappers
        return f"{type(layer).__name__}({_kind(inner)})"
    return type(layer).__name__


def _color(layer: Any) -> str:
    if isinstance(layer, InputLayer | Operation):
        return INK
    for base in type(layer).__mro__:  # a class of a user's own has the colour of what it extends
        parts = base.__module__.split(".")
        if parts[:2] == ["minikeras", "layers"] and len(parts) > 2 and parts[2] in _FAMILIES:
            return COLORS[_FAMILIES[parts[2]]]
    return COLORS[3] if _is_model(layer) else INK


def _activation(layer: Any) -> list[str]:
    function = getattr(layer, "activation", None)
    if function is None:
        return []
    name = function if isinstance(function, str) else getattr(function, "__name__", None)
    return [name or type(function).__name__]


def _shape_lines(name: str, calls: list[list[Any]]) -> list[tuple[str, str]]:
    """Return a line for each shape; those of several calls only where they differ."""
    shapes = list(dict.fromkeys(tuple(map(str, call)) for call in calls))
    flat = [shape for call in shapes for shape in call]
    return [(name if k == 0 else "", shape) for k, shape in enumerate(flat)]
