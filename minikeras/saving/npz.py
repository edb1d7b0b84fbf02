"""Weights in NumPy's own ``.npz`` file: one array per weight, under the weight's path.

References
----------
NumPy, *NEP 1: A simple file format for NumPy arrays*.
"""

import io
import math
import os
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minikeras._atomic import replacing
from minikeras._typing import Array, Shape
from minikeras.autodiff import Variable
from minikeras.saving.archive import EXPANSION, Archive, opened
from minikeras.saving.zip_writer import write_zip

__all__ = ["Header", "headers", "load_weights", "read_array", "save_weights"]

_MAGIC = b"\x93NUMPY"
_LONGEST = 10_000  # bytes that the description of an array may have, as in NumPy
_DESCRIPTION = re.compile(
    r"\{\s*'descr':\s*(?P<dtype>'[^'\\]*'|\[.*\])\s*,\s*'fortran_order':\s*(?P<order>True|False)"
    r"\s*,\s*'shape':\s*\(\s*(?P<shape>(?:\d{1,19}\s*,\s*)*(?:\d{1,19}\s*)?)\)\s*(?:,\s*)?\}\s*"
)
_PLAIN = re.compile(r"[<>|=]?(?:[fiu][1248]|f16|c8|c16|c32|b1|[SU]\d{1,9})")


class Header(NamedTuple):
    """What a member of an ``.npz`` file says of its array.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    fortran : bool
        Whether the first axis runs fastest.
    start : int
        Place of the first element in the member.
    """

    shape: Shape
    dtype: "np.dtype[Any]"
    fortran: bool
    start: int

    @property
    def size(self) -> int:
        """Bytes of the elements."""
        return math.prod(self.shape) * self.dtype.itemsize


def save_weights(
    variables: list[Variable], path: str | os.PathLike[str], overwrite: bool = True
) -> None:
    """Write ``variables`` to ``path``; an old file stays whole until the new one is complete.

    Parameters
    ----------
    variables : list of Variable
    path : path
        Ends in ``.npz``.
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    ValueError
        If the name does not end in ``.npz``.
    FileExistsError
        If the file exists and ``overwrite`` is False.

    Examples
    --------
    >>> import numpy as np, tempfile, minikeras
    >>> from minikeras.saving.npz import load_weights, save_weights
    >>> w = minikeras.Variable([1.0, 2.0], name="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights([w], folder + "/w.npz")
    ...     _ = w.assign([0.0, 0.0])
    ...     load_weights([w], folder + "/w.npz")
    >>> w.numpy()
    array([1., 2.], dtype=float32)
    """
    target = _checked(path)
    members = {
        f"{i}:{variable.path}.npy": _member(variable.value) for i, variable in enumerate(variables)
    }
    with replacing(target, overwrite) as file:
        write_zip(members, file)


def load_weights(variables: list[Variable], path: str | os.PathLike[str]) -> None:
    """Read ``path`` into ``variables``, in order; nothing changes unless everything fits.

    Nothing is unpickled, and no array is read before its shape is known to be that of the weight.

    Parameters
    ----------
    variables : list of Variable
    path : path
        A file that ``save_weights`` wrote.

    Raises
    ------
    ModelFileError
        If the file is damaged, or holds another number or other shapes of weights.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    UserWarning
        If weights are NaN.
    """
    with opened(_checked(path)) as archive:
        found = headers(archive)
        names = {_place(archive, name): name for name in found}
        if len(names) != len(found) or sorted(names) != list(range(len(names))):
            archive.fail("its weights are not numbered 0, 1, 2...; it is damaged")
        if len(names) != len(variables):
            archive.fail(
                f"it holds {len(names)} weights, the model has {len(variables)}; build the same "
                "model that was saved"
            )
        for i, variable in enumerate(variables):
            _check(variable, found[names[i]], archive, names[i])
        arrays = [read_array(archive, names[i], found[names[i]]) for i in range(len(names))]
    for i, (variable, array) in enumerate(zip(variables, arrays, strict=True)):
        if array.size and array.dtype.kind == "f" and np.isnan(np.min(array)):
            warnings.warn(
                f"{archive.name}, {names[i]}: the weights hold NaN, training had gone wrong",
                stacklevel=2,
            )
        with np.errstate(over="ignore"):  # numbers beyond float32 become infinite
            variable.assign(array)


def headers(archive: Archive) -> dict[str, Header]:
    """Return what the members of an ``.npz`` file say of their arrays; no array is read.

    Raises
    ------
    ModelFileError
        If a member is no array, holds Python objects, or has another size than its shape asks for.

    Examples
    --------
    >>> import io, numpy as np
    >>> from minikeras.saving.archive import Archive
    >>> from minikeras.saving.npz import headers
    >>> file = io.BytesIO()
    >>> np.savez(file, w=np.zeros((2, 3)))
    >>> headers(Archive(file, "the file"))["w"].shape
    (2, 3)
    """
    found = {}
    for member in archive.members:
        if not member.endswith(".npy"):
            archive.fail("it is no array: its name does not end in .npy", member)
        found[member.removesuffix(".npy")] = _header(archive, member)
    return found


def read_array(archive: Archive, name: str, header: Header) -> Array:
    """Return an array of an ``.npz`` file, read-only, in the byte order of this machine.

    Raises
    ------
    ModelFileError
        If it is damaged.
    """
    data = archive.read(f"{name}.npy", header.start + header.size, EXPANSION)
    found = np.frombuffer(data, header.dtype, offset=header.start)
    if header.dtype.kind == "b":
        found = found.view(np.uint8) != 0  # NumPy's truth values are bytes 0 and 1, no others
    if header.fortran:
        found = found.reshape(header.shape[::-1]).T
    return found.reshape(header.shape).astype(found.dtype.newbyteorder("="), copy=False)


def _member(value: Array) -> list[Any]:
    """Return an array as NumPy writes it: a description, and the elements."""
    value = np.ascontiguousarray(value).reshape(value.shape)
    start = io.BytesIO()
    np.lib.format.write_array_header_1_0(start, np.lib.format.header_data_from_array_1_0(value))
    return [start.getvalue(), value.reshape(-1).view(np.uint8).data]


def _header(archive: Archive, member: str) -> Header:
    data = archive.head(member, 12 + _LONGEST)
    if data[:6] != _MAGIC or len(data) < 12:
        archive.fail("it is no array: it does not begin as one does", member)
    version, field = data[6:8], 2 if data[6] == 1 else 4
    if version not in (b"\1\0", b"\2\0", b"\3\0"):
        archive.fail(f"it is of the unknown version {version[0]}.{version[1]}", member)
    start = 8 + field + int.from_bytes(data[8 : 8 + field], "little")
    text = data[8 + field : start].decode("latin-1")
    described = _DESCRIPTION.fullmatch(text)
    if start > len(data) or described is None:
        archive.fail("the description of its array is damaged", member)
    code = described["dtype"].strip("'")
    if "O" in code:
        archive.fail("it holds Python objects; they are not read, for safety", member)
    if not _PLAIN.fullmatch(code):
        archive.fail(f"its dtype {code:.60} is none of numbers", member)
    shape = tuple(int(n) for n in described["shape"].split(",") if n.strip())
    try:
        header = Header(shape, np.dtype(code), described["order"] == "True", start)
    except TypeError:  # float128 and the like, where the machine has none
        archive.fail(f"its dtype {code} is unknown here", member)
    there = archive.members[member].size - start
    # An axis of length 0 makes everything fit, but not every length makes a NumPy array.
    most = max(header.dtype.itemsize, 8) * math.prod(n for n in shape if n)
    if header.size != there or len(shape) > 32 or most >= 2**63:
        archive.fail(
            f"its shape {shape} of {header.dtype} asks for {header.size} bytes, it has {there}",
            member,
        )
    return header


def _check(variable: Variable, header: Header, archive: Archive, name: str) -> None:
    """Raise unless ``variable`` can take the array."""
    if header.shape != variable.shape:
        archive.fail(
            f"expected shape {variable.shape} for weight {variable.path!r}, got {header.shape}; no "
            "weight was replaced",
            name,
        )
    if header.dtype.kind == "f" and variable.dtype.kind != "f":
        archive.fail(
            f"expected {variable.dtype} for weight {variable.path!r}, got {header.dtype}; no "
            "weight was replaced",
            name,
        )
    if header.dtype.kind not in "fiub":
        archive.fail(
            f"expected real numbers for weight {variable.path!r}, got {header.dtype}; no weight "
            "was replaced",
            name,
        )


def _place(archive: Archive, name: str) -> int:
    number = name.partition(":")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        archive.fail("it is no file of weights: these are named 0:..., 1:... and so on", name)
    return int(number)


def _checked(path: Any) -> Path:
    target = Path(path)
    if target.suffix != ".npz":
        raise ValueError(
            f"expected a file name that ends in .npz, got {str(path)!r}; "
            f"write {target.with_suffix('.npz').name!r}"
        )
    return target
