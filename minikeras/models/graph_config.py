"""The configuration of a functional model: its layers, and for each the calls that were made.

The form is that of Keras 3's files: a layer's ``inbound_nodes`` hold the arguments of its calls,
and a placeholder among them says which layer, which of its calls and which output it comes from.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._validation import did_you_mean
from minikeras.graph import Graph, KerasTensor, Node, placeholders, replace
from minikeras.layers import Input, Layer, Operation
from minikeras.models.function_limits import check_function
from minikeras.models.keras_functions import arguments, describe, find
from minikeras.registry import deserialize, serialize
from minikeras.saving.decode import array_of

__all__ = ["from_config", "to_config"]

_LARGEST = 2**28  # numbers in one input


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
    for layer in graph.layers:  # in the order in which they were made, as in Keras
        made = {id(node): i for i, node in enumerate(layer._nodes)}
        calls[id(layer)].sort(key=lambda node: made.get(id(node), 0))
    place: dict[int, list[Any]] = {}
    for nodes in calls.values():
        for i, node in enumerate(nodes):
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
        if isinstance(layer, Operation):
            described, arguments = _operation(layer)
        else:
            described = serialize(layer)
            arguments = [(node.args, node.kwargs) for node in nodes]
        return {
            **described,
            "name": layer.name,
            "inbound_nodes": [_node(list(args), kwargs, point) for args, kwargs in arguments],
        }

    layers = [
        {
            "module": "keras.layers",
            "class_name": "InputLayer",
            "config": {
                "batch_shape": list(tensor.shape),
                "dtype": tensor.dtype,
                "sparse": False,
                "ragged": False,
                "name": place[id(tensor)][0],
                "optional": False,
            },
            "registered_name": None,
            "name": place[id(tensor)][0],
            "inbound_nodes": [],
        }
        for tensor in inputs
    ]
    models = {layer.name for layer in graph.layers if _is_functional(layer)}

    def end(tensor: KerasTensor) -> list[Any]:
        name, call, output = place[id(tensor)]
        # Keras counts the calls of a functional model from 1 here, and from 0 among the arguments.
        return [name, call + (name in models), output]

    def ends(structure: Any) -> Any:
        return replace(structure, end)

    return {
        "layers": layers + [entry(layer) for layer in graph.layers],
        "input_layers": ends(graph.inputs),
        "output_layers": ends(graph.outputs),
    }


def _node(
    args: list[Any], kwargs: dict[str, Any], point: Callable[[KerasTensor], Any]
) -> dict[str, Any]:
    """Return a call as plain data."""
    node = {"args": _plain(args, point), "kwargs": _plain(kwargs, point)}
    if isinstance(kwargs.get("training"), bool):
        node["minikeras"] = {"training": kwargs["training"]}
    return node


def from_config(config: dict[str, Any]) -> tuple[Any, Any]:
    """Return inputs and outputs of the model that ``to_config`` described.

    Raises
    ------
    ValueError
        If the calls cannot be made one after the other, or name what is not there.
    """
    layers: dict[str, Any] = {}
    made: dict[str, list[Any]] = {}  # name -> outputs of each call
    ready: list[tuple[str, deque[Any]]] = []
    for entry in config["layers"]:
        name = entry["name"]
        nodes = entry.get("inbound_nodes") or []
        made[name] = []
        if entry["class_name"] == "InputLayer":
            made[name].append(_input(entry["config"]))
            continue
        function = _function(entry)
        layers[name] = deserialize(_bare_entry(entry), "layer") if function is None else function
        ready.append((name, deque(nodes)))

    missing: set[tuple[str, int]] = set()  # calls that arguments come from, still to be made

    def look_up(history: Any) -> Any:
        name, call, output = history
        if name not in made:
            raise ValueError(
                f"the model's configuration names a layer {name!r} that it does not hold"
                f"{did_you_mean(name, list(made))}"
            )
        if call >= len(made[name]):
            missing.add((name, call))
            return None
        return placeholders(made[name][call])[output]

    # Whoever waits is looked at again when the last call it waits for was made: the work grows
    # with the number of calls, in whatever order a file lists them.
    waiting: dict[tuple[str, int], list[tuple[str, deque[Any], set[Any]]]] = {}
    for name, nodes in ready:  # grows meanwhile
        while nodes:
            args, kwargs = _call(nodes[0], look_up)
            if missing:
                for key in missing:
                    waiting.setdefault(key, []).append((name, nodes, missing))
                missing = set()
                break
            kwargs = _taken(layers[name], kwargs, nodes.popleft())
            made[name].append(layers[name](*args, **kwargs))
            key = (name, len(made[name]) - 1)
            for other, its_nodes, left in waiting.pop(key, ()):
                left.discard(key)
                if not left:
                    ready.append((other, its_nodes))
    if waiting:
        stuck = list(dict.fromkeys(name for held in waiting.values() for name, _, _ in held))
        raise ValueError(
            f"the model's configuration is a graph that cannot be put in order: the calls of "
            f"{stuck} wait for each other or for a call that is missing"
        )

    def end(history: Any) -> Any:
        name, call, output = history
        found = look_up((name, call - _is_functional(layers.get(name)), output))
        if missing:
            raise ValueError(f"the model gives what comes of call {call} of {name!r}, not made")
        return found

    return _ends(config["input_layers"], end), _ends(config["output_layers"], end)


def _is_functional(layer: Any) -> bool:
    """Whether it is a model made of inputs and outputs; Sequential, which has ``pop``, is not."""
    return getattr(layer, "_graph", None) is not None and not hasattr(layer, "pop")


def _call(node: Any, look_up: Callable[[Any], Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call."""
    if isinstance(node, dict):
        return _revive(node["args"], look_up), _revive(node["kwargs"], look_up)
    inputs = [look_up(place[:3]) for place in node]  # Keras 2: [[layer, call, output, kwargs]...]
    kwargs = node[0][3] if len(node[0]) > 3 else {}
    return [inputs[0] if len(inputs) == 1 else inputs], _revive(kwargs, look_up)


def _taken(layer: Any, kwargs: dict[str, Any], node: Any) -> dict[str, Any]:
    """Return those of ``kwargs`` that hold for the layer.

    Keras writes ``training`` down at each call and then goes by what ``fit`` or ``predict`` say;
    only minikeras keeps what the user said, and writes it down in a place of its own.
    """
    if not isinstance(layer, Layer):
        return kwargs
    optional = {"training", "mask"} - set(layer._arguments)
    taken = {key: item for key, item in kwargs.items() if item is not None or key not in optional}
    taken.pop("training", None)
    own = node.get("minikeras") if isinstance(node, dict) else None
    if isinstance(own, dict) and isinstance(own.get("training"), bool):
        taken["training"] = own["training"]
    return taken


def _bare_entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in entry.items() if key not in ("name", "inbound_nodes")}


def _input(config: dict[str, Any]) -> Any:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None:
        shape = (config.get("batch_size"), *config["shape"])
    if math.prod(length or 1 for length in shape) > _LARGEST:
        raise ValueError(f"the input {config.get('name')!r} has the impossible shape {shape}")
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
    call = describe(layer.function, layer.args, layer.kwargs)
    tensors = {key: value for key, value in call.settings.items() if placeholders(value)}
    settings = {key: value for key, value in call.settings.items() if key not in tensors}
    described = {
        "module": call.module,
        "class_name": call.class_name,
        "config": {"name": layer.name, **_plain(settings, lambda tensor: None)},
        "registered_name": call.class_name,
    }
    return described, [(call.arrays, tensors)]


def _function(entry: dict[str, Any]) -> Callable[..., Any] | None:
    """Return what makes the calls of an entry that is a function; None for one that is a layer."""
    if not str(entry.get("module", "")).startswith("keras.src.ops"):
        return None
    function = find(entry["class_name"])
    config = dict(entry["config"])
    layer_name = config.pop("name", None)
    settings = _revive(config, lambda history: None)

    def call(*arrays: Any, **tensors: Any) -> Any:
        args, kwargs = arguments(function, list(arrays), {**settings, **tensors})
        if not placeholders((args, kwargs)):
            raise ValueError(f"the function {layer_name!r} is called on nothing of the model")
        check_function(function, args, kwargs)
        return Operation(function, args, kwargs, name=layer_name).connect()

    return call


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
        return array_of(config)
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
