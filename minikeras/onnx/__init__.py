"""Models as ONNX files, which other programs run: ``model.export("m.onnx")``."""

import os
from typing import Any

from minikeras._atomic import replacing
from minikeras._validation import check_choice
from minikeras.export.value import Value, values_in
from minikeras.export.walk import graph_of, input_dtype, walk
from minikeras.graph import placeholders
from minikeras.onnx import functions, layers, protobuf
from minikeras.onnx.builder import Builder
from minikeras.registry import register

__all__ = ["export_onnx"]

OPSETS = [13, 14, 15, 16, 17]

_RULES = (functions, layers)  # each has filled a table with what it writes


@register("exporter", "onnx")
def export_onnx(
    model: Any, path: str | os.PathLike[str], opset: int = 17, overwrite: bool = True
) -> None:
    """Write a model into an ONNX file, for ONNX Runtime and other programs.

    Parameters
    ----------
    model : Model
        A Sequential or functional model that is built.
    path : path
        Usually ends with ``.onnx``.
    opset : int, default 17
        Version of ONNX's set of operators, 13 to 17; programs read all versions up to their own.
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    ValueError
        If ONNX cannot express a layer or a function, which the error names; if the model is not
        built, or has a ``forward`` of its own. No file is written then.
    FileExistsError
        If the file exists and ``overwrite`` is False.

    Notes
    -----
    Inputs and outputs have the names and dtypes that the model gives them; lengths that it does
    not know, the batch first of all, are free. The file does what ``predict`` does: no dropout, no
    noise, the moving averages of batch normalization.

    References
    ----------
    *Open Neural Network Exchange, Intermediate Representation* version 8 and *Operator Schemas*.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(3, activation="softmax")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.export(f"{folder}/model.onnx")
    ...     pathlib.Path(folder, "model.onnx").read_bytes()[4:13]
    b'minikeras'
    """
    check_choice("opset", opset, OPSETS)
    data = _encoded(model, opset)
    with replacing(path, overwrite) as file:
        file.write(data)


def _encoded(model: Any, opset: int) -> bytes:
    graph = graph_of(Builder.what, model)
    g = Builder(model.name, opset)
    inputs, values = [], []
    for i, tensor in enumerate(graph.flat_inputs):
        dtype = input_dtype(model, tensor)
        if dtype not in protobuf.DTYPES:
            g.refuse(f"its input {tensor.name!r} is of dtype {dtype}")
        name = g.unique(tensor.name or f"input_{i}")
        inputs.append(protobuf.value_info(name, dtype, _dims(name, tensor.shape)))
        values.append(Value(name, tensor.shape, dtype))
    results = values_in(walk(g, graph, values))
    outputs = []
    names = model.output_names or []
    for tensor, value, title in zip(placeholders(graph.outputs), results, names):
        name = g.unique(title)
        g.nodes.append(protobuf.node("Identity", [value.name], [name], g.unique(f"{name}/output")))
        shape = tuple(b if a is None else a for a, b in zip(value.shape, tensor.shape))
        outputs.append(protobuf.value_info(name, value.dtype, _dims(name, shape)))
    g.check_size(sum(map(len, g.tensors)) + sum(map(len, g.nodes)))
    whole = protobuf.graph(model.name, g.nodes, g.tensors, inputs, outputs)
    return protobuf.model(whole, g.domains, _doc(model))


def _doc(model: Any) -> str:
    kind = type(model).__name__
    return (
        f"{kind} {model.name!r}, {len(model.layers)} layers and {model.count_params():,} weights: "
        "what its predict computes. Nodes are named after layers; the first axis is the batch."
    )


def _dims(name: str, shape: Any) -> list[int | str | None]:
    """Return the lengths, with names for those that are not known."""
    return [
        n if n is not None else "batch" if axis == 0 else f"{name}_{axis}"
        for axis, n in enumerate(shape)
    ]
