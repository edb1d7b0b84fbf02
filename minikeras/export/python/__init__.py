"""Models as Python: ``model.export("m.py")`` writes NumPy code that people can read and run."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from minikeras._atomic import replacing
from minikeras.export.python import (
    attention,
    core,
    images,
    normalization,
    sequences,
    shapes,
)
from minikeras.export.python.source import sources
from minikeras.export.python.writer import Writer, shown
from minikeras.export.value import Value
from minikeras.export.walk import graph_of, input_dtype, walk
from minikeras.registry import register

__all__ = ["export_python"]

_FAMILIES = (attention, core, images, normalization, sequences, shapes)  # each has filled the table

BATCH = 256  # that of Model.predict

MARK = "written by minikeras"


@register("exporter", "py")
def export_python(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write a model as a file of NumPy code, and its weights into an ``.npz`` beside it.

    Parameters
    ----------
    model : Model
        A Sequential or functional model that is built.
    path : path
        Ends with ``.py``; the weights are in the file of the same name that ends with ``.npz``.
    overwrite : bool, default True
        False refuses to replace a file; what ``export`` did not write is never replaced.

    Raises
    ------
    ValueError
        If there is no NumPy code for a layer or a function, which the error names; if the model is
        not built, or has a ``forward`` of its own. No file is written then.
    FileExistsError
        If one of the files exists and ``overwrite`` is False, or it is not an exported one.

    Notes
    -----
    The file defines ``predict``, which takes the inputs one after the other, and a block of lines
    for each layer in ``forward``. It imports NumPy and nothing else. It makes the same matrix
    products as ``Model.predict``, in the same order: on one machine, with one version of NumPy, the
    numbers of a float32 model are the same to the last bit.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(3, activation="sigmoid", name="hidden")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.export(f"{folder}/model.py")
    ...     text = pathlib.Path(folder, "model.py").read_text()
    >>> print(text[text.index("    # hidden") : text.index("    return hidden")].rstrip())
        # hidden (Dense): (batch, 4) -> (batch, 3)
        W = weights['hidden/kernel']  # (4, 3)
        b = weights['hidden/bias']  # (3,)
        A = np.dot(x, W) + b
        hidden = sigmoid(A)
    """
    code = Path(path)
    if code.suffix != ".py":
        raise ValueError(f"export_python expected a name that ends with .py, got {str(path)!r}")
    beside = code.with_suffix(".npz")
    text, weights = _written(model)
    for old, is_ours in ((code, _is_code), (beside, _is_weights)):
        if old.exists() and not is_ours(old):
            raise FileExistsError(
                f"{old} exists and was not written by export, which would replace it; choose "
                "another name, or move that file"
            )
    with (
        replacing(beside, overwrite) as arrays,
        replacing(code, overwrite) as file,
    ):
        np.savez(arrays, **weights)
        file.write(text.encode())


def _is_code(path: Path) -> bool:
    with open(path, "rb") as file:
        return MARK.encode() in file.read(4096)


def _is_weights(path: Path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as file:
            return MARK in file.files
    except (OSError, ValueError, EOFError, AttributeError, BadZipFile):  # nothing of arrays
        return False


def _written(model: Any) -> tuple[str, dict[str, Any]]:
    """Return the text of the file, and the arrays beside it by name."""
    graph = graph_of(Writer.what, model)
    w = Writer(model.name)
    values = []
    for tensor in graph.flat_inputs:
        dtype = input_dtype(model, tensor)
        if dtype == "string":
            w.refuse(f"its input {tensor.name!r} is text")
        name = "x" if len(graph.flat_inputs) == 1 else tensor.name or "x"
        values.append(Value(w.unique(name), tensor.shape, dtype))
    outputs = walk(w, graph, values)
    digest = hashlib.sha256()
    for title, array in w.weights.items():
        digest.update(f"{title} {array.shape} {array.dtype} ".encode())
        digest.update(array.tobytes())
    mark = digest.hexdigest()[:16]
    weights = {**w.weights, MARK: np.array(mark)}
    parts = [
        _head(_harmless(model.name), mark),
        *sources(sorted(w.used)),
        _forward(w, values, outputs),
        _predict(values, outputs),
    ]
    return "\n\n\n".join(parts) + "\n", weights


def _harmless(name: Any) -> str:
    """Return a name as it can stand within a docstring, which it must not end."""
    return "".join(c if c.isprintable() and c not in '\\"' else "?" for c in str(name))


def _head(name: str, mark: str) -> str:
    return f'''"""The model {name!r}, written by minikeras: NumPy code that needs nothing else.

    from <this file> import predict

The weights are in the file of the same name that ends with .npz; it must lie beside this one.
"""

import numpy as np

with np.load(__file__.removesuffix(".py") + ".npz", allow_pickle=False) as file:
    weights = {{name: file[name] for name in file}}

if str(weights.pop({MARK!r}, None)) != {mark!r}:
    raise ValueError("the .npz file beside this one holds the weights of another model")'''


def _forward(w: Writer, values: list[Value], outputs: Any) -> str:
    lines = [f"def forward({', '.join(value.name for value in values)}):"]
    lines.append('"""Return the outputs for one batch."""')
    body = [*lines[1:], *w.lines, "", f"return {_structure(outputs)}"]
    return "\n".join([lines[0], *(f"    {line}" if line else "" for line in body)])


def _structure(outputs: Any) -> str:
    if isinstance(outputs, dict):
        return "{" + ", ".join(f"{k!r}: {_structure(v)}" for k, v in outputs.items()) + "}"
    if isinstance(outputs, list | tuple):
        return "[" + ", ".join(map(_structure, outputs)) + "]"
    return str(outputs.name)


def _predict(values: list[Value], outputs: Any) -> str:
    names = [value.name for value in values]
    lines = [f"def predict({', '.join(names)}, batch_size={BATCH}):"]
    lines.append('    """Return the outputs for all samples, computed in batches.')
    lines += ["", *(f"    {v.name}: {v.dtype}, shape {shown(v.shape)}" for v in values)]
    lines += [f"    Returns {line}" for line in _described(outputs)]
    lines.append('    """')
    lines += [f"    {v.name} = np.ascontiguousarray({v.name}, {v.dtype!r})" for v in values]
    starts = f"range(0, max(len({names[0]}), 1), batch_size)"
    if len(names) == 1:
        given = f"{names[0]}[i : i + batch_size]"
        lines.append(f"    batches = [forward({given}) for i in {starts}]")
    else:
        lines += ["    batches = []", f"    for i in {starts}:"]
        lines.append("        part = slice(i, i + batch_size)")
        lines.append(f"        batches.append(forward({', '.join(f'{n}[part]' for n in names)}))")
    lines.append(f"    return {_joined(outputs)}")
    return "\n".join(lines)


def _described(outputs: Any) -> Iterable[str]:
    if isinstance(outputs, dict):
        return [
            f"{_harmless(key)!r}: {line}"
            for key, item in outputs.items()
            for line in _described(item)
        ]
    if isinstance(outputs, list | tuple):
        return [line for item in outputs for line in _described(item)]
    return [f"{outputs.dtype}, shape {shown(outputs.shape)}"]


def _joined(outputs: Any, index: str = "") -> str:
    if isinstance(outputs, dict):
        parts = [f"{k!r}: {_joined(v, f'{index}[{k!r}]')}" for k, v in outputs.items()]
        return "{" + ", ".join(parts) + "}"
    if isinstance(outputs, list | tuple):
        return "[" + ", ".join(_joined(v, f"{index}[{i}]") for i, v in enumerate(outputs)) + "]"
    return (
        f"np.concatenate([batch{index} for batch in batches])"
        if index
        else "np.concatenate(batches)"
    )
