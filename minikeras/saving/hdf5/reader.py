"""Reading HDF5: a file is followed from its first bytes, and nothing is believed unchecked."""

import os
from typing import Any

import numpy as np

from minikeras.saving.errors import ModelFileError
from minikeras.saving.hdf5.header import Message, messages, needs_h5py
from minikeras.saving.hdf5.heaps import GlobalHeaps, local_heap, name_at
from minikeras.saving.hdf5.layout import (
    SIGNATURE,
    SUPERBLOCK,
    SYMBOL,
    SYMBOL_NODE,
    SYMBOL_TABLE,
    TREE_NODE,
)
from minikeras.saving.hdf5.source import Source
from minikeras.saving.hdf5.tree import Group
from minikeras.saving.hdf5.values import array, attributes

__all__ = ["read"]

_DEEPEST = 64  # groups in groups


def read(file: bytes | str | os.PathLike[str], name: str | None = None) -> Group:
    """Return what an HDF5 file holds.

    Parameters
    ----------
    file : path or bytes
    name : str, optional
        Of the file, for messages; default the path.

    Returns
    -------
    Group
        Arrays in it are read-only views of the file's bytes, so that no shape can take memory
        that the file does not have.

    Raises
    ------
    ModelFileError
        If the file is damaged, is of a form that Keras does not write, or links to other files.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.saving import hdf5
    >>> root = hdf5.Group()
    >>> root.group("dense").members["kernel"] = np.eye(2)
    >>> hdf5.read(b"".join(hdf5.chunks(root))).get("dense/kernel")
    array([[1., 0.],
           [0., 1.]])
    """
    if isinstance(file, bytes):
        return _Reader(Source(memoryview(file), name or "the HDF5 data")).root()
    return _Reader(Source(_contents(file, name or os.fspath(file)), name or os.fspath(file))).root()


def _contents(path: str | os.PathLike[str], name: str) -> memoryview:
    """Return the bytes of a file."""
    if os.path.exists(path) and not os.path.isfile(path):
        kind = "a folder" if os.path.isdir(path) else "no ordinary file"
        raise ModelFileError(name, f"it is {kind}, expected an HDF5 file")
    # For several megabytes three times as fast as Path.read_bytes, whose memory is set up anew.
    return np.fromfile(path, np.uint8).data


class _Reader:
    def __init__(self, source: Source):
        self.source = source
        self.heaps = GlobalHeaps(source)
        self.seen: set[int] = set()  # addresses of groups, arrays and nodes

    def root(self) -> Group:
        source = self.source
        if source.end < len(SIGNATURE) or bytes(source.data[: len(SIGNATURE)]) != SIGNATURE:
            source.fail("it does not start as an HDF5 file does; it is of another format")
        if source.end > 8 and source.data[8] in (1, 2, 3):
            needs_h5py(source, "is written in the newer form of HDF5")
        _, *versions, _, _, _, base, _, end, _ = source.unpack(SUPERBLOCK, 0, "its start")
        _, address, *_ = source.unpack(SYMBOL, SUPERBLOCK.size, "its start")
        if versions[0] != 0 or versions[4:] != [8, 8] or base != 0:
            source.fail("its first bytes are not those of an HDF5 file of version 0")
        if end > source.end:
            source.fail(f"it was cut off: it should have {end} bytes, it has {source.end}")
        found = self.object(address, "", 0)
        if not isinstance(found, Group):
            source.fail("its outermost member is an array, not a group")
        return found

    def object(self, address: int, path: str, depth: int) -> Any:
        """Return the group or array whose header is at ``address``."""
        source = self.source
        source.member = path
        self.visit(address)
        if depth > _DEEPEST:
            source.fail(f"groups lie more than {_DEEPEST} deep in each other")
        found = messages(source, address)
        beside = attributes(source, self.heaps, found)
        table = [message for message in found if message.kind == SYMBOL_TABLE]
        if not table:
            return array(source, self.heaps, found, beside)
        return Group(self.members(table[0], path, depth), beside)

    def visit(self, address: int) -> None:
        """Note that something was read; raise if it was before."""
        if address in self.seen:
            self.source.fail("it is reached on two ways; the file is damaged or goes in a circle")
        self.seen.add(address)

    def members(self, table: Message, path: str, depth: int) -> dict[str, Any]:
        """Return the members of a group."""
        source = self.source
        if len(table.data) < 16:
            source.fail("its table of members is too short; the file is damaged")
        tree, heap = (int.from_bytes(table.data[i : i + 8], "little") for i in (0, 8))
        names = local_heap(source, heap)
        found: dict[str, Any] = {}
        for offset, address, cache in self.symbols(tree, None):
            source.member = path
            name = name_at(source, names, offset)
            if cache == 2:
                source.fail(f"its member {name!r} is a soft link; not followed, for safety")
            if name in found:
                source.fail(f"it has two members named {name!r}")
            found[name] = self.object(address, f"{path}/{name}" if path else name, depth + 1)
        source.member = path
        return found

    def symbols(self, address: int, level: int | None) -> list[tuple[int, int, int]]:
        """Return offset of the name, address and kind of the members below a node of a B-tree."""
        source = self.source
        self.visit(address)
        signature, kind, here, count, _, _ = source.unpack(TREE_NODE, address, "a list of members")
        if signature != b"TREE" or kind != 0 or level not in (None, here):
            source.fail(f"no list of members at byte {address}; the file is damaged")
        if here > _DEEPEST:
            source.fail("its list of members lies too deep")
        entries = source.take(address + TREE_NODE.size, 16 * count, "a list of members")
        found = []
        for i in range(count):  # keys and addresses stand alternately; the tree's order is enough
            child = int.from_bytes(entries[16 * i + 8 : 16 * i + 16], "little")
            found += self.symbols(child, here - 1) if here else self.leaf(child)
        return found

    def leaf(self, address: int) -> list[tuple[int, int, int]]:
        source = self.source
        self.visit(address)
        signature, version, count = source.unpack(SYMBOL_NODE, address, "a list of members")
        if signature != b"SNOD" or version != 1:
            source.fail(f"no list of members at byte {address}; the file is damaged")
        entries = source.take(address + SYMBOL_NODE.size, SYMBOL.size * count, "a list of members")
        return [entry[:3] for entry in SYMBOL.iter_unpack(entries)]
