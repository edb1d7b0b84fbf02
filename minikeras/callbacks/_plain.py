"""Plain data in one file: numbers, texts, arrays, and lists, tuples and dicts of these.

The file is NumPy's ``.npz``: a member ``tree`` with JSON text, and a member for each array in it.
Nothing in it can be anything but data.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from minikeras._atomic import replacing
from minikeras._typing import Array

__all__ = ["NotPlainError", "read", "write"]


class NotPlainError(TypeError):
    """Something is no plain data."""


def write(path: Path, data: Any, *, keep: Path | None = None) -> None:
    """Write ``data`` to ``path``: at any moment there is the old file or the new one, whole.

    Parameters
    ----------
    path : Path
    data : plain data
    keep : Path, optional
        Where the old file goes.

    Raises
    ------
    NotPlainError
        If there is anything else in ``data``; nothing is written then.
    """
    arrays: dict[str, Any] = {}
    tree = json.dumps(pack(data, arrays)).encode()
    with replacing(path, keep=keep) as file:
        np.savez(file, tree=np.frombuffer(tree, np.uint8), **arrays)


def read(path: Path) -> Any:
    """Read what ``write`` wrote.

    Raises
    ------
    ValueError
        If the file is damaged or another one.
    FileNotFoundError
        If there is none.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        tree = json.loads(arrays.pop("tree").tobytes())
        return unpack(tree, arrays)
    except FileNotFoundError:
        raise
    except _DAMAGE as error:
        raise ValueError(f"{path} is damaged or no backup: {error}") from error


_DAMAGE = (
    AttributeError,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def pack(value: Any, arrays: dict[str, Array]) -> Any:
    """Return ``value`` as JSON can hold it; arrays go into ``arrays``.

    Examples
    --------
    >>> import numpy as np
    >>> arrays = {}
    >>> pack({"a": (1, np.ones(2))}, arrays)
    {'dict': [['a', {'tuple': [1, {'array': '0'}]}]]}
    >>> unpack(_, arrays)
    {'a': (1, array([1., 1.]))}
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcUS":
        name = str(len(arrays))
        arrays[name] = value
        return {"array": name}
    if isinstance(value, dict):
        return {"dict": [[pack(k, arrays), pack(v, arrays)] for k, v in value.items()]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [pack(item, arrays) for item in value]}
    raise NotPlainError(f"expected plain data, got {value!r} ({type(value).__name__})")


def unpack(tree: Any, arrays: dict[str, Array]) -> Any:
    """Return what ``pack`` was given."""
    if not isinstance(tree, dict):
        return tree
    [(kind, content)] = tree.items()
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {unpack(key, arrays): unpack(item, arrays) for key, item in content}
    items = [unpack(item, arrays) for item in content]
    return tuple(items) if kind == "tuple" else items
