"""What a model computes on the way: outputs of its layers, and the units of dense ones."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minikeras._validation import did_you_mean
from minikeras.autodiff import bare
from minikeras.graph import placeholders
from minikeras.layers import Dense, InputLayer, Layer
from minikeras.layers.call import Call, active_call

__all__ = ["Column", "columns", "layer_outputs", "named_layer"]


class Column(NamedTuple):
    """The units of a layer of a small network."""

    name: str
    kind: str  # such as "relu"
    units: int
    kernel: npt.NDArray[Any] | None = None  # (units before, units); None for the inputs
    bias: npt.NDArray[Any] | None = None
    values: npt.NDArray[Any] | None = None  # of one sample


def layer_outputs(model: Any, x: Any) -> list[tuple[Layer, Any]]:
    """Run a model; return each layer inside that ran, in that order, and what it gave.

    Parameters
    ----------
    model : Model
    x : array, or structure of arrays
        A batch.
    """
    seen: list[tuple[Layer, Any]] = []
    call = Call(model, False, lambda layer, _, y: seen.append((layer, y)))
    token = active_call.set(call)
    try:
        model(x)
    finally:
        active_call.reset(token)
    return [(layer, bare(y)) for layer, y in seen if layer is not model]


def named_layer(model: Any, layer: Any) -> Layer:
    """Return a layer of the model by name, by number, or as it is.

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    if isinstance(layer, Layer):
        return layer
    inside = [one for one in model._flatten_layers() if one is not model]
    if isinstance(layer, str):
        for one in inside:
            if one.name == layer:
                return one  # type: ignore[no-any-return]
        names = [one.name for one in inside]
        raise ValueError(f"model {model.name!r} has no layer {layer!r}{did_you_mean(layer, names)}")
    return model.get_layer(index=layer)  # type: ignore[no-any-return]


def columns(model: Any, sample: Any = None) -> list[Column]:
    """Return the units of a network of dense layers in a row, from the inputs to the outputs.

    Parameters
    ----------
    model : Model
    sample : array, optional
        One sample, with or without a batch axis.

    Raises
    ------
    ValueError
        If the model has layers of another kind with weights, or branches.
    """
    if not model.built:
        raise ValueError(
            f"model {model.name!r} is not built yet, it has no weights; put Input(shape) first, or "
            "call the model on data"
        )
    layers = _in_a_row(model)
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    if not dense:
        raise _other(model, f"{model.name!r} has no Dense layer")
    values = None if sample is None else _batch_of_one(sample, dense[0], model)
    inputs = dense[0].kernel.shape[0]
    found = [Column("input", "", inputs, values=None if values is None else values.ravel())]
    for layer in layers:
        if layer.weights and not isinstance(layer, Dense):
            raise _other(model, f"{layer.name!r} ({type(layer).__name__}) is not Dense")
        if values is not None:
            values = np.asarray(bare(layer(values)))
        flat = None if values is None else values.ravel()
        last = found[-1]
        if isinstance(layer, Dense):
            kernel = np.asarray(layer.kernel)
            if kernel.shape[0] != last.units:
                raise _other(model, f"{layer.name!r} runs along an axis of its input")
            bias = None if layer.bias is None else np.asarray(layer.bias)
            kind = _function_name(layer.activation)
            found.append(Column(layer.name, kind, kernel.shape[1], kernel, bias, flat))
            continue
        if flat is not None and flat.size != last.units:
            raise _other(model, f"{layer.name!r} changes the number of values")
        own = _function_name(getattr(layer, "activation", None)) or _own_kind(layer)
        kind = ", ".join(filter(None, [last.kind, own]))
        found[-1] = last._replace(kind=kind, values=flat)
    return found


def _in_a_row(model: Any) -> list[Layer]:
    """Return the layers, those of models inside one by one."""
    row = model._row
    if row is None:
        graph = model._graph
        if graph is None:
            raise _other(model, f"{model.name!r} is a subclass, how it connects is its own code")
        called = [node for node in graph.nodes if node.inputs]
        last = graph.flat_inputs[0]
        for node in called:
            outputs = placeholders(node.outputs)
            if len(node.inputs) != 1 or node.inputs[0] is not last or len(outputs) != 1:
                raise _other(model, f"{node.layer.name!r} is part of a branch")
            last = outputs[0]
        row = [node.layer for node in called]
    flat: list[Layer] = []
    for layer in row:
        if hasattr(layer, "layer_shapes"):  # a model
            flat += _in_a_row(layer)
        elif not isinstance(layer, InputLayer):
            flat.append(layer)
    return flat


def _other(model: Any, why: str) -> ValueError:
    return ValueError(
        f"network draws Dense layers in a row, but {why}; draw the layers of {model.name!r} with "
        "minikeras.utils.plot_model"
    )


def _batch_of_one(sample: Any, first: Dense, model: Any) -> npt.NDArray[Any]:
    values = np.asarray(sample)
    shape = model._input_shape
    axes = len(shape) if isinstance(shape, tuple) else 2
    if values.ndim == axes - 1:
        values = values[np.newaxis]
    if values.ndim != axes or len(values) != 1 or values.size != first.kernel.shape[0]:
        raise ValueError(
            f"sample expected one sample of {first.kernel.shape[0]} numbers, got shape "
            f"{np.shape(sample)}"
        )
    return values.astype(first.kernel.dtype)


def _function_name(function: Any) -> str:
    if function is None:
        return ""
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    return name or type(function).__name__


def _own_kind(layer: Layer) -> str:
    return "" if type(layer).__name__ in ("Flatten", "Identity") else type(layer).__name__
