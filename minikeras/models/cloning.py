"""Copies of models with new layers: the same architecture, other weights."""

import copy
from collections.abc import Callable
from typing import Any

from minikeras.graph import Graph, placeholders, replace
from minikeras.layers import InputLayer, Layer, Operation
from minikeras.layers.remake import remake
from minikeras.models.functional import Functional
from minikeras.models.model import Model
from minikeras.models.sequential import Sequential

__all__ = ["clone_model"]


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Model:
    """Return a model of the same architecture, with new layers and newly drawn weights.

    If ``model`` is compiled, so is the clone: with an optimizer and metrics of its own that start
    anew.

    Parameters
    ----------
    model : Model
        Functional, Sequential, or a subclass with ``get_config``.
    input_tensors : KerasTensor, or the structure of the model's inputs, optional
        What the clone starts from; default new inputs of the same shapes.
    clone_function : callable, optional
        Makes the new layer from an old one; default from its configuration. The way to change some
        layers, or to share them by returning them as they are.
    call_function : callable, optional
        Called as ``call_function(layer, *args, **kwargs)`` instead of the new layers.
    recursive : bool, default False
        Whether ``clone_function`` is asked for the layers inside nested models too.

    Returns
    -------
    Model

    Raises
    ------
    TypeError
        If ``model`` is not a Model.

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.models import clone_model
    >>> model = Sequential([Input((4,)), Dense(3, name="hidden")])
    >>> copy = clone_model(model)
    >>> copy.get_layer("hidden") is model.get_layer("hidden"), copy.output_shape
    (False, (None, 3))
    """
    if not isinstance(model, Model):
        raise TypeError(f"clone_model expected a Model, got {model!r} ({type(model).__name__})")

    def clone(layer: Layer) -> Layer:
        if recursive and isinstance(layer, Functional | Sequential):
            return clone_model(layer, None, clone_function, call_function, True)
        make = clone_function or remake
        return make(layer)

    if isinstance(model, Sequential):
        made: Model = _clone_sequential(model, input_tensors, clone)
    elif model._graph is None:
        made = remake(model)
    else:
        made = _clone_graph(model, model._graph, input_tensors, clone, call_function)
    if model.compiled and not made.compiled:
        _compile_like(made, model)
    return made


def _compile_like(made: Model, model: Model) -> None:
    """Compile ``made`` as ``model`` is, sharing nothing that changes while training."""
    config = dict(model.get_compile_config())
    optimizer = config.pop("optimizer")
    made.compile_from_config(
        {**copy.deepcopy(config), "optimizer": type(optimizer).from_config(optimizer.get_config())}
    )


def _clone_sequential(
    model: Sequential, input_tensors: Any, clone: Callable[[Layer], Layer]
) -> Sequential:
    first = placeholders(input_tensors)[:1]
    if not first and model._first is not None:
        first = [type(model._first).from_config(model._first.get_config()).output]
    layers = [*first, *map(clone, model.layers)]
    return Sequential(layers, trainable=model.trainable, name=model.name)


def _clone_graph(
    model: Model,
    graph: Graph,
    input_tensors: Any,
    clone: Callable[[Layer], Layer],
    call_function: Callable[..., Any] | None,
) -> Model:
    if input_tensors is None:
        input_tensors = replace(
            graph.inputs,
            lambda t: InputLayer(batch_shape=t.shape, dtype=t.dtype, name=t.name).output,
        )
    new: dict[int, Any] = dict(
        zip(map(id, graph.flat_inputs), placeholders(input_tensors), strict=True)
    )
    layers: dict[int, Layer] = {}
    for node in graph.nodes:
        if not node.inputs:
            continue
        args, kwargs = replace((node.args, node.kwargs), lambda tensor: new[id(tensor)])
        layer = node.layer
        if isinstance(layer, Operation):
            outputs = layer.copy_on(args).connect()
        else:
            if id(layer) not in layers:
                layers[id(layer)] = clone(layer)
            made = layers[id(layer)]
            outputs = (
                made(*args, **kwargs)
                if call_function is None
                else call_function(made, *args, **kwargs)
            )
        old_outputs = placeholders(node.outputs)
        new.update(zip(map(id, old_outputs), placeholders(outputs), strict=True))
    ends = replace(graph.outputs, lambda tensor: new[id(tensor)])
    return type(model)(input_tensors, ends, name=model.name)
