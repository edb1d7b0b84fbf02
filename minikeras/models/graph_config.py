"""The configuration of a functional model: its layers, and for each the calls that were made.

The form is that of Keras 3's files: a layer's ``inbound_nodes`` hold the arguments of its calls,
and a placeholder among them says which layer, which of its calls and which output it comes from.
"""

import inspect
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import ops
from minikeras._validation import did_you_mean
from minikeras.autodiff.record import COMPOSITES, RULES, WITHOUT_GRADIENT
from minikeras.graph import Graph, KerasTensor, Node, placeholders, replace
from minikeras.layers import Input, Layer, Operation
from minikeras.registry import deserialize, serialize, snake_case

__all__ = ["from_config", "to_config"]


def to_config(graph: Graph) -> dict[str, Any]:
    """Return layers, inputs and outputs of ``graph`` as plain data.

    Raises
    ------
    ValueError
        If a function among the nodes is neither NumPy's nor one of ``minikeras.ops``.
    """
    calls: dict[int, list[Node]] = {id(layer): [] for layer in graph.layers}
    for node in graph.nodes:
        calls[id(node.layer)].append(node)
    place: dict[int, list[Any]] = {}
    for made in calls.values():
        for i, node in enumerate(made):
            for j, tensor in enumerate(placeholders(node.outputs)):
                place[id(tensor)] = [node.layer.name, i, j]

    inputs = [tensor for tensor in graph.flat_inputs if id(tensor) not in place]
    for i, tensor in enumerate(inputs):  # results of layers that the graph starts from
        place[id(tensor)] = [_input_name(tensor, i), 0, 0]

    def point(tensor: KerasTensor) -> dict[str, Any]:
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": list(tensor.shape),
                "dtype": tensor.dtype,
                "keras_history": place[id(tensor)],
            },
        }

    def entry(layer: Layer) -> dict[str, Any]:
        nodes = [node for node in calls[id(layer)] if node.inputs]
        described = serialize(layer)
        arguments = [(node.args, node.kwargs) for node in nodes]
        if isinstance(layer, Operation):
            described, arguments = _operation(layer)
        return {
            **described,
            "name": layer.name,
            "inbound_nodes": [
                {"args": _plain(list(args), point), "kwargs": _plain(kwargs, point)}
                for args, kwargs in arguments
            ],
        }

    layers = [
        {
            "class_name": "InputLayer",
            "config": {
                "batch_shape": tensor.shape,
                "dtype": tensor.dtype,
                "name": place[id(tensor)][0],
            },
            "name": place[id(tensor)][0],
            "inbound_nodes": [],
        }
        for tensor in inputs
    ]

    def ends(structure: Any) -> Any:
        return replace(structure, lambda tensor: list(place[id(tensor)]))

    return {
        "layers": layers + [entry(layer) for layer in graph.layers],
        "input_layers": ends(graph.inputs),
        "output_layers": ends(graph.outputs),
    }


def from_config(config: dict[str, Any]) -> tuple[Any, Any]:
    """Return inputs and outputs of the model that ``to_config`` described.

    Raises
    ------
    ValueError
        If the calls cannot be made one after the other, or name what is not there.
    """
    layers: dict[str, Any] = {}
    made: dict[str, list[Any]] = {}  # name -> outputs of each call
    waiting: list[tuple[str, list[Any]]] = []
    for entry in config["layers"]:
        name = entry["name"]
        nodes = entry.get("inbound_nodes") or []
        made[name] = []
        if entry["class_name"] == "InputLayer":
            made[name].append(_input(entry["config"]))
            continue
        function = _function(entry)
        layers[name] = deserialize(_bare_entry(entry), "layer") if function is None else function
        waiting.append((name, list(nodes)))

    def look_up(history: Any) -> Any:
        name, call, output = history
        if name not in made:
            raise ValueError(
                f"the model's configuration names a layer {name!r} that it does not hold"
                f"{did_you_mean(name, list(made))}"
            )
        if call >= len(made[name]):
            raise _NotYet
        return placeholders(made[name][call])[output]

    while waiting:
        before = sum(len(nodes) for _, nodes in waiting)
        for name, nodes in waiting:
            while nodes:
                try:
                    args = _revive(nodes[0]["args"], look_up)
                    kwargs = _revive(nodes[0]["kwargs"], look_up)
                except _NotYet:
                    break
                made[name].append(layers[name](*args, **kwargs))
                del nodes[0]
        waiting = [(name, nodes) for name, nodes in waiting if nodes]
        if waiting and sum(len(nodes) for _, nodes in waiting) == before:
            stuck = [name for name, _ in waiting]
            raise ValueError(
                f"the model's configuration is a graph that cannot be put in order: the calls of "
                f"{stuck} wait for each other or for a call that is missing"
            )
    return _ends(config["input_layers"], look_up), _ends(config["output_layers"], look_up)


class _NotYet(Exception):
    """The call that an argument comes from is still to be made."""


def _bare_entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in entry.items() if key not in ("name", "inbound_nodes")}


def _input(config: dict[str, Any]) -> Any:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None:
        shape = (config.get("batch_size"), *config["shape"])
    return Input(
        batch_shape=tuple(shape),
        dtype=config.get("dtype"),
        name=config.get("name"),
        optional=config.get("optional", False),
    )


def _input_name(tensor: KerasTensor, i: int) -> str:
    return f"{tensor.name or 'input'}_input" if i == 0 else f"{tensor.name or 'input'}_input_{i}"


# Functions.


def _operation(layer: Operation) -> tuple[dict[str, Any], list[Any]]:
    """Return a function's class as Keras spells it, and its call: arrays apart from settings."""
    name = layer.function.__name__.lstrip("_")
    spelled = {"getitem": "get_item"}.get(name, name)
    if _known_function(spelled) is None:
        raise ValueError(
            f"the function {name!r} in the model is not one of NumPy or minikeras.ops, it cannot "
            "be part of a configuration; make it a Layer with get_config"
        )
    args, settings = list(layer.args), dict(layer.kwargs)
    only_arrays = isinstance(getattr(np, name, None), np.ufunc) or name in ("getitem", "where")
    if not only_arrays:
        names = list(inspect.signature(layer.function).parameters)
        while len(args) > 1 and not placeholders(args[-1]):  # np.sum(x, 1): a setting, by its name
            settings = {names[len(args) - 1]: args[-1], **settings}
            del args[-1]
    tensors = {key: value for key, value in settings.items() if placeholders(value)}
    plain = {key: value for key, value in settings.items() if key not in tensors}
    config = {"name": layer.name, **_plain(plain, lambda tensor: None)}
    described = {
        "module": "keras.src.ops.numpy",
        "class_name": "".join(part.title() for part in spelled.split("_")),
        "config": config,
        "registered_name": None,
    }
    return described, [(args, tensors)]


def _function(entry: dict[str, Any]) -> Callable[..., Any] | None:
    """Return what makes the calls of an entry that is a function; None for one that is a layer."""
    if not str(entry.get("module", "")).startswith("keras.src.ops"):
        return None
    name = snake_case(entry["class_name"])
    function = _known_function(name)
    if function is None:
        raise ValueError(
            f"the model's configuration names the function {entry['class_name']!r}, which "
            f"minikeras does not have{did_you_mean(name, [n for n in dir(ops) if n.islower()])}"
        )
    config = dict(entry["config"])
    layer_name = config.pop("name", None)
    settings = _revive(config, lambda history: None)

    def call(*args: Any, **kwargs: Any) -> Any:
        operation = Operation(function, args, {**settings, **kwargs}, name=layer_name)
        return operation.connect()

    return call


def _known_function(name: str) -> Callable[..., Any] | None:
    if name == "get_item":
        return operator.getitem
    if not name.startswith("_") and name in dir(ops):
        found = getattr(ops, name)
        return found if callable(found) else None
    for function in (*RULES, *COMPOSITES, *WITHOUT_GRADIENT):
        if getattr(function, "__name__", None) == name:
            return function  # type: ignore[no-any-return]
    return None


# Plain data.


def _plain(value: Any, point: Callable[[KerasTensor], Any]) -> Any:
    """Return ``value`` as JSON can hold it."""
    if isinstance(value, KerasTensor):
        return point(value)
    if isinstance(value, list | tuple):
        return [_plain(item, point) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, point) for key, item in value.items()}
    if isinstance(value, slice):
        parts = {part: getattr(value, part) for part in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if value is ...:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, np.ndarray) and value.ndim:
        held = {"value": value.tolist(), "dtype": value.dtype.name}
        return {"class_name": "__numpy__", "config": held}
    if isinstance(value, np.ndarray | np.generic):
        return value.item()
    if isinstance(value, np.dtype | type):
        return np.dtype(value).name
    return serialize(value)


def _revive(value: Any, look_up: Callable[[Any], Any]) -> Any:
    """Return what ``_plain`` was given; lists inside indices become tuples."""
    if isinstance(value, list | tuple):
        items = [_revive(item, look_up) for item in value]
        if any(isinstance(item, slice) or item is ... for item in items):
            return tuple(items)
        return items
    if not isinstance(value, dict):
        return value
    name, config = value.get("class_name"), value.get("config", {})
    if name == "__keras_tensor__":
        return look_up(config["keras_history"])
    if name == "__slice__":
        return slice(config["start"], config["stop"], config["step"])
    if name == "__ellipsis__":
        return ...
    if name == "__numpy__":
        return np.array(config["value"], config["dtype"])
    if name is not None:
        return deserialize(value)
    return {key: _revive(item, look_up) for key, item in value.items()}


def _ends(structure: Any, look_up: Callable[[Any], Any]) -> Any:
    """Return the placeholders that ``[layer, call, output]`` triples stand for."""
    if isinstance(structure, dict):
        return {key: _ends(item, look_up) for key, item in structure.items()}
    if isinstance(structure, list | tuple) and structure and isinstance(structure[0], str):
        return look_up(structure)
    return [_ends(item, look_up) for item in structure]
