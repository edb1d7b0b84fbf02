"""``inspect``: what is in a file of a model or of weights, without building or loading it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minikeras.saving import hdf5, npz, onnx_parts, safetensors
from minikeras.saving.architecture import describe
from minikeras.saving.archive import Archive, opened
from minikeras.saving.errors import ModelFileError
from minikeras.saving.json_text import parse
from minikeras.saving.report import Report, Weight

__all__ = ["inspect"]

_LARGEST_JSON = 64 << 20  # bytes


def inspect(path: str | os.PathLike[str]) -> Report:
    """Return what is in a file; ``print`` shows it as a table.

    Parameters
    ----------
    path : path
        Ends in ``.keras``, ``.weights.h5``, ``.h5``, ``.hdf5``, ``.npz``, ``.safetensors``,
        ``.onnx``, or ``.json`` for what ``model.to_json()`` gives.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If the name ends in something else.
    ModelFileError
        If the file is damaged.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    On the command line: ``python -m minikeras inspect FILE``.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from minikeras.saving import inspect, save_safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "x.safetensors")
    ...     save_safetensors({"kernel": np.zeros((2, 3))}, path)
    ...     report = inspect(path)
    >>> report.weights
    [Weight(name='kernel', shape=(2, 3), dtype='F64', bytes=48, layer='')]
    """
    file = os.fspath(path)
    look = _FORMATS.get(os.path.splitext(file)[1])
    if look is None:
        raise ValueError(
            f"expected a file name that ends in {', '.join(_FORMATS)}, got {os.path.basename(file)}"
        )
    size = os.stat(path).st_size
    if os.path.isdir(path):
        raise ModelFileError(file, "it is a folder, not a file")
    try:
        report = look(file)
    except RecursionError as error:
        raise ModelFileError(file, "it is nested too deep to be followed") from error
    report.bytes = size
    return report


def _keras(file: str) -> Report:
    report = Report(file, "model of Keras 3")
    with opened(file) as archive:
        metadata = _json(archive, "metadata.json") if "metadata.json" in archive.members else {}
        if isinstance(metadata, dict):
            report.metadata = {str(name): _line(value) for name, value in metadata.items()}
        config = _json(archive, "config.json")
        try:
            describe(report, config)
        except ValueError as error:
            raise ModelFileError(file, str(error), "config.json") from error
        weights = "model.weights.h5"
        _add_weights(report, hdf5.read(archive.read(weights), f"{file}, {weights}"))
    return report


def _json(archive: Archive, member: str) -> Any:
    return _parsed(archive.read(member, _LARGEST_JSON), archive.name, member)


def _parsed(text: bytes | str, file: str, member: str = "") -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise ModelFileError(file, str(error), member) from error


def _h5(file: str) -> Report:
    tree = hdf5.read(file)
    report = Report(file, "weights of Keras 3 (HDF5)")
    if "model_config" in tree.attributes or "layer_names" in tree.attributes:
        report.format = "model in Keras's older form (HDF5)"
    if "model_weights" in tree.members:
        report.format = "model in Keras's older form (HDF5)"
    parts = {}
    for name, value in tree.attributes.items():
        if name in ("model_config", "training_config"):
            if not isinstance(value, str):
                raise ModelFileError(file, f"expected its {name} to be text")
            parts[name] = _parsed(value, file, name)
        elif name != "layer_names":
            report.metadata[name] = _line(value)
    if "model_config" in parts:
        try:
            describe(report, parts["model_config"], parts.get("training_config"))
        except ValueError as error:
            raise ModelFileError(file, str(error), "model_config") from error
    _add_weights(report, tree)
    return report


def _add_weights(report: Report, tree: hdf5.Group) -> None:
    for path, array in tree.arrays().items():
        dtype = "text" if array.dtype == object else str(array.dtype)
        ours = path.startswith(("optimizer/", "optimizer_weights/"))
        found = report.optimizer if ours else report.weights
        group = tree.get(path.rpartition("/")[0])
        layer = group.attributes.get("name", "") if isinstance(group, hdf5.Group) else ""
        layer = "" if ours or not isinstance(layer, str) else layer
        found.append(Weight(path, array.shape, dtype, array.nbytes, layer))


def _npz(file: str) -> Report:
    report = Report(file, "arrays of NumPy")
    with opened(file) as archive:
        for name, header in npz.headers(archive).items():
            report.weights.append(Weight(name, header.shape, str(header.dtype), header.size))
    return report


def _safetensors(file: str) -> Report:
    report = Report(file, "safetensors")
    entries, report.metadata = safetensors.read_header(file)
    for name, entry in entries.items():
        report.weights.append(Weight(name, entry.shape, entry.dtype, entry.stop - entry.start))
    return report


def _onnx(file: str) -> Report:
    return onnx_parts.describe(file, Path(file).read_bytes())


def _text(file: str) -> Report:
    report = Report(file, "configuration of a model")
    size = os.path.getsize(file)
    if size > _LARGEST_JSON:
        raise ModelFileError(file, f"its {size} bytes are more than {_LARGEST_JSON}")
    try:
        describe(report, _parsed(Path(file).read_bytes(), file))
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(file, str(error)) from error
    return report


def _line(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


_FORMATS: dict[str, Callable[[str], Report]] = {
    ".keras": _keras,
    ".h5": _h5,
    ".hdf5": _h5,
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".onnx": _onnx,
    ".json": _text,
}
