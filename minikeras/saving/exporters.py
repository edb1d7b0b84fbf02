"""Models as files of other programs: which function writes which kind.

The functions are the roof of the house and load on first use. A kind of one's own joins them with
``@minikeras.registry.register("exporter", "suffix")`` above a function of ``(model, path)``.
"""

import os
from pathlib import PurePath
from typing import Any

from minikeras import registry

__all__ = ["export"]

registry.announce("exporter", {"onnx": "minikeras.onnx", "py": "minikeras.export.python"})


def export(
    model: Any, filepath: str | os.PathLike[str], format: str | None = None, **kwargs: Any
) -> None:
    """Write a model in the form that another program reads.

    Parameters
    ----------
    model : Model
    filepath : path
    format : {"onnx", "py"}, optional
        Default: what the name of the file ends with.
    **kwargs
        Settings of that form: see ``minikeras.onnx.export_onnx`` and
        ``minikeras.export.python.export_python``.

    Raises
    ------
    ValueError
        If there is no such form, or the model cannot be expressed in it; nothing is written then.
    """
    suffix = PurePath(filepath).suffix.removeprefix(".").lower()
    chosen = suffix if format is None else format
    if not chosen:
        raise ValueError(
            f"export expected a name that ends with .onnx or .py, got {str(filepath)!r}; or give "
            "format='onnx'"
        )
    registry.get("exporter", chosen)(model, filepath, **kwargs)
