"""Writing HDF5: what a group consists of is written before the group, so addresses are known."""

import os
from collections.abc import Iterable
from typing import Any, BinaryIO, TypeGuard

import numpy as np

from minikeras._atomic import replacing
from minikeras._typing import Array
from minikeras.saving.hdf5.datatypes import TEXT, Element, encode
from minikeras.saving.hdf5.layout import (
    ATTRIBUTE,
    DATASPACE,
    DATATYPE,
    FILL_VALUE,
    GLOBAL_HEAP,
    GLOBAL_OBJECT,
    HEADER,
    INTERNAL_K,
    LAYOUT,
    LEAF_K,
    LOCAL_HEAP,
    MESSAGE,
    SIGNATURE,
    SUPERBLOCK,
    SYMBOL,
    SYMBOL_NODE,
    SYMBOL_TABLE,
    TREE_NODE,
    UNDEFINED,
    VLEN,
    padding,
)
from minikeras.saving.hdf5.tree import Attribute, Group

__all__ = ["chunks", "write"]

_HEAP = 4096  # least size of a collection of texts
_LARGEST = 65_512  # bytes in one message


def write(file: BinaryIO | str | os.PathLike[str], tree: Group) -> None:
    """Write groups, arrays and attributes as an HDF5 file.

    The same tree gives the same bytes, every time.

    Parameters
    ----------
    file : path or binary file
        A file at that path stays whole until the new one is complete.
    tree : Group

    Raises
    ------
    TypeError
        If an array or attribute is neither text nor real numbers; nothing is written then.
    ValueError
        If a name is empty or holds ``"/"``, or an attribute is too large.

    Examples
    --------
    >>> import io
    >>> from minikeras.saving import hdf5
    >>> file = io.BytesIO()
    >>> hdf5.write(file, hdf5.Group(attributes={"name": "dense"}))
    >>> hdf5.read(file.getvalue()).attributes
    {'name': 'dense'}
    """
    parts = chunks(tree)
    if isinstance(file, str | os.PathLike):
        with replacing(file) as opened:
            opened.writelines(parts)
    else:
        file.writelines(parts)


def chunks(tree: Group) -> list[Any]:
    """Return the bytes of the file as a list of pieces; large arrays are not copied."""
    return _Writer(tree).parts


class _Writer:
    def __init__(self, tree: Group):
        self.parts: list[Any] = [b""]
        self.end = SUPERBLOCK.size + SYMBOL.size
        self.texts: dict[str, bytes] = {}  # text -> how it is referred to
        self.store_texts(_texts_in(tree))
        symbol = self.group(tree, "")
        self.parts[0] = (
            SUPERBLOCK.pack(
                *(SIGNATURE, 0, 0, 0, 0, 8, 8, LEAF_K, INTERNAL_K, 0),
                *(0, UNDEFINED, self.end, UNDEFINED),
            )
            + symbol
        )

    def put(self, *pieces: Any) -> int:
        """Append bytes, up to a multiple of 8; return the address of the first."""
        address = self.end
        size = sum(memoryview(piece).nbytes for piece in pieces)
        self.parts.extend(pieces)
        self.parts.append(bytes(padding(size)))
        self.end += size + padding(size)
        return address

    # Texts.

    def store_texts(self, texts: Iterable[str]) -> None:
        """Write all texts as collections."""
        waiting: list[tuple[str, bytes]] = []
        size = GLOBAL_HEAP.size
        for text in dict.fromkeys(texts):
            raw = text.encode()
            if b"\0" in raw:
                raise ValueError(f"HDF5 ends texts at a zero, cannot write {text!r}")
            if not raw:
                self.texts[text] = VLEN.pack(0, 0, 0)
                continue
            need = GLOBAL_OBJECT.size + len(raw) + padding(len(raw))
            if waiting and (size + need > 2**20 or len(waiting) > 60_000):
                self.store_collection(waiting, size)
                waiting, size = [], GLOBAL_HEAP.size
            waiting.append((text, raw))
            size += need
        if waiting:
            self.store_collection(waiting, size)

    def store_collection(self, texts: list[tuple[str, bytes]], size: int) -> None:
        free = max(_HEAP - size, GLOBAL_OBJECT.size)
        body = [GLOBAL_HEAP.pack(b"GCOL", 1, size + free)]
        for index, (text, raw) in enumerate(texts, 1):
            self.texts[text] = VLEN.pack(len(raw), self.end, index)
            body += [GLOBAL_OBJECT.pack(index, 0, len(raw)), raw, bytes(padding(len(raw)))]
        body += [GLOBAL_OBJECT.pack(0, 0, free), bytes(free - GLOBAL_OBJECT.size)]
        self.put(b"".join(body))

    # Groups.

    def group(self, group: Group, path: str) -> bytes:
        """Write a group with all inside; return its entry for the group around it."""
        heap = bytearray(8)  # the empty name, which stands before all others
        entries: list[tuple[int, bytes]] = []
        for raw, name in sorted((_name(name, path), name) for name in group.members):
            member = group.members[name]
            inner = f"{path}/{name}" if path else name
            entry = (
                self.group(member, inner)
                if isinstance(member, Group)
                else self.array(member, inner)
            )
            entries.append((len(heap), entry))
            heap += raw + b"\0"
            heap += bytes(padding(len(heap)))
        tree = self.tree(entries)
        names = self.put(bytes(heap))
        local = self.put(LOCAL_HEAP.pack(b"HEAP", 0, len(heap), 1, names))
        places = tree.to_bytes(8, "little") + local.to_bytes(8, "little")
        header = self.header([(SYMBOL_TABLE, places), *self.attributes(group.attributes, path)])
        return SYMBOL.pack(0, header, 1, places)

    def tree(self, entries: list[tuple[int, bytes]]) -> int:
        """Write the B-tree of a group's members, sorted by name; return its address."""
        nodes = []  # offset of the last name, address
        for some in _split(entries, 2 * LEAF_K):
            body = b"".join(offset.to_bytes(8, "little") + entry[8:] for offset, entry in some)
            room = bytes((2 * LEAF_K - len(some)) * SYMBOL.size)
            address = self.put(SYMBOL_NODE.pack(b"SNOD", 1, len(some)), body, room)
            nodes.append((some[-1][0], address))
        level = 0
        while True:
            upper = []
            groups = _split(nodes, 2 * INTERNAL_K) or [[]]
            size = TREE_NODE.size + 8 + 32 * INTERNAL_K
            before = 0  # the first key: a name that all others come after
            for i, some in enumerate(groups):
                left = UNDEFINED if i == 0 else self.end - size
                right = UNDEFINED if i == len(groups) - 1 else self.end + size
                node = TREE_NODE.pack(b"TREE", 0, level, len(some), left, right)
                node += before.to_bytes(8, "little")
                for last, address in some:
                    node += address.to_bytes(8, "little") + last.to_bytes(8, "little")
                    before = last
                upper.append((before, self.put(node.ljust(size, b"\0"))))
            if len(upper) == 1:
                return upper[0][1]
            nodes, level = upper, level + 1

    # Arrays.

    def array(self, value: Any, path: str) -> bytes:
        """Write an array; return its entry for the group around it."""
        value = np.asarray(value)
        try:
            element, data = self.elements(value)
        except TypeError as error:
            raise TypeError(f"cannot write {path!r}: {error}") from None
        address = self.put(data) if value.size else UNDEFINED
        messages = [
            (DATASPACE, _space(value.shape)),
            (DATATYPE, encode(element)),
            (FILL_VALUE, b"\2\2\2\1\0\0\0\0"),  # where nothing was written, zeros
            (LAYOUT, b"\3\1" + address.to_bytes(8, "little") + _nbytes(data).to_bytes(8, "little")),
        ]
        return SYMBOL.pack(0, self.header(messages), 0, bytes(16))

    def elements(self, value: Array) -> tuple[Element, Any]:
        """Return what the elements of ``value`` are, and their bytes."""
        if value.dtype.kind in "UO":
            texts = value.ravel().tolist()
            if not all(isinstance(text, str) for text in texts):
                raise TypeError("expected numbers or texts, got an array of other objects")
            return TEXT, b"".join(self.texts[text] for text in texts)
        kind = "bool" if value.dtype.kind == "b" else "number"
        element = Element(kind, value.dtype)
        encode(element)  # raises if there is no description for it
        data = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        return element, data.reshape(-1).view(np.uint8).data

    def attributes(self, values: dict[str, Attribute], path: str) -> list[tuple[int, bytes]]:
        messages = []
        for name, value in values.items():
            if not name or "\0" in name:
                raise ValueError(f"an attribute of {path or 'the file'!r} cannot be named {name!r}")
            items = np.asarray(value, object if _is_text(value) else None)
            try:
                element, data = self.elements(items)
            except TypeError as error:
                raise TypeError(f"cannot write attribute {name!r} of {path!r}: {error}") from None
            raw, datatype, space = name.encode() + b"\0", encode(element), _space(items.shape)
            message = b"\1\0" + b"".join(
                len(part).to_bytes(2, "little") for part in (raw, datatype, space)
            )
            for part in (raw, datatype, space):
                message += part + bytes(padding(len(part)))
            message += bytes(data)
            if len(message) > _LARGEST:
                raise ValueError(
                    f"attribute {name!r} of {path!r} takes {len(message)} bytes, HDF5 allows "
                    f"{_LARGEST}; make it an array among the members"
                )
            messages.append((ATTRIBUTE, message))
        return messages

    def header(self, messages: list[tuple[int, bytes]]) -> int:
        """Write the header of a group or array; return its address."""
        body = bytearray()
        for kind, data in messages:
            body += MESSAGE.pack(kind, len(data) + padding(len(data)), kind in _CONSTANT)
            body += data + bytes(padding(len(data)))
        return self.put(HEADER.pack(1, len(messages), 1, len(body)), bytes(body))


_CONSTANT = (DATATYPE, FILL_VALUE)  # messages that nobody may change later


def _texts_in(tree: Group) -> Iterable[str]:
    """Give all texts among attributes and arrays."""
    for group in [tree, *(member for _, member in tree.walk())]:
        if isinstance(group, Group):
            for value in group.attributes.values():
                if isinstance(value, str):
                    yield value
                elif _is_text(value):
                    yield from value
        elif np.asarray(group).dtype.kind in "UO":
            yield from (text for text in np.ravel(group).tolist() if isinstance(text, str))


def _is_text(value: Any) -> TypeGuard[str | list[str]]:
    return isinstance(value, str) or (
        isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
    )


def _name(name: str, path: str) -> bytes:
    if not name or "/" in name or "\0" in name or name == ".":
        raise ValueError(f"a member of {path or 'the file'!r} cannot be named {name!r}")
    return name.encode()


def _space(shape: tuple[int, ...]) -> bytes:
    return bytes([1, len(shape), 0, 0, 0, 0, 0, 0]) + b"".join(
        length.to_bytes(8, "little") for length in shape
    )


def _nbytes(data: Any) -> int:
    return memoryview(data).nbytes


def _split(items: list[Any], size: int) -> list[list[Any]]:
    return [items[i : i + size] for i in range(0, len(items), size)]
