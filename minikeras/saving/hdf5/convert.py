"""``convert``: files in other forms of HDF5, such as compressed ones, by way of h5py."""

import importlib
import os
from typing import Any

import numpy as np

from minikeras.saving.errors import ModelFileError
from minikeras.saving.hdf5.tree import Attribute, Group
from minikeras.saving.hdf5.writer import write

__all__ = ["convert"]

_EXPANSION = 1100  # zlib makes at most 1032 bytes of one


def convert(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write a plain copy of an HDF5 file that only h5py can read.

    ``read`` takes the form of file that Keras writes. Compressed ones, those in several pieces and
    those of newer versions of the format are read by a large library in C, which is not made for
    hostile files: only convert files that you trust.

    Parameters
    ----------
    source : path
    target : path
        Must be another file.

    Raises
    ------
    ImportError
        If h5py is not installed.
    ModelFileError
        If the file is damaged, links to other files, or declares arrays that it does not hold.
    FileExistsError
        If ``target`` exists already.

    Examples
    --------
    >>> from minikeras.saving import hdf5
    >>> hdf5.convert("compressed.weights.h5", "plain.weights.h5")  # doctest: +SKIP
    """
    try:
        h5py = importlib.import_module("h5py")
    except ImportError:
        raise ImportError(
            "hdf5.convert needs h5py, which is not installed; "
            'install it with: pip install "minikeras-numpy[h5py]"'
        ) from None
    name = os.fspath(source)
    os.stat(source)  # a missing file is FileNotFoundError
    try:
        with h5py.File(source, "r") as file:
            tree = _group(h5py, file, name, "", os.path.getsize(source), set())
    except ModelFileError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(name, f"h5py cannot read it: {error}") from error
    with open(target, "xb") as opened:
        write(opened, tree)


def _group(h5py: Any, group: Any, file: str, path: str, size: int, seen: set[Any]) -> Group:
    if group.id in seen:
        raise ModelFileError(file, "the group is reached on two ways", path)
    seen.add(group.id)
    found = Group(attributes={key: _attribute(value) for key, value in group.attrs.items()})
    for name in group:
        inner = f"{path}/{name}" if path else name
        if type(group.get(name, getlink=True)) is not h5py.HardLink:
            raise ModelFileError(file, "it is a link elsewhere; not followed, for safety", inner)
        member = group[name]
        if isinstance(member, h5py.Group):
            found.members[name] = _group(h5py, member, file, inner, size, seen)
        elif isinstance(member, h5py.Dataset):
            found.members[name] = _array(member, file, inner, size)
    return found


def _array(member: Any, file: str, path: str, size: int) -> Any:
    if member.is_virtual or member.external:
        raise ModelFileError(file, "its numbers stand in other files; not followed", path)
    stored = min(member.id.get_storage_size(), size)
    if member.nbytes > _EXPANSION * stored:
        raise ModelFileError(
            file,
            f"its shape {member.shape} asks for {member.nbytes} bytes, {stored} are there",
            path,
        )
    return np.asarray(member.asstr()[()], object) if member.dtype.kind == "O" else member[()]


def _attribute(value: Any) -> Attribute:
    """Return an attribute as ``read`` would give it."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and value.dtype.kind in "OS":
        return [item.decode() if isinstance(item, bytes) else str(item) for item in value.ravel()]
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[no-any-return]
