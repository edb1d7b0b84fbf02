"""Arrays and attributes: a shape, a datatype, and where the elements stand."""

import math
from struct import Struct
from typing import Any

import numpy as np

from minikeras._typing import Array, Shape
from minikeras.saving.hdf5.cursor import Cursor
from minikeras.saving.hdf5.datatypes import BFLOAT16, Element, decode
from minikeras.saving.hdf5.header import Message, needs_h5py
from minikeras.saving.hdf5.heaps import GlobalHeaps, decode_text
from minikeras.saving.hdf5.layout import (
    ATTRIBUTE,
    DATASPACE,
    DATATYPE,
    LAYOUT,
    UNDEFINED,
)
from minikeras.saving.hdf5.source import Source

__all__ = ["array", "attributes"]

_SPACE = Struct("<B B B")  # version, axes, flags
_ATTRIBUTE = Struct("<B B H H H")  # version, flags, sizes of name, datatype and dataspace
_CONTIGUOUS = Struct("<Q Q")
_COMPACT = Struct("<H")
_AXES = 32  # as many as NumPy 1 and HDF5 have


def array(source: Source, heaps: GlobalHeaps, found: list[Message], attributes: Any) -> Array:
    """Return the array that a header describes; numbers are a read-only view of the file.

    Raises
    ------
    ModelFileError
        If it is damaged, or its shape asks for more elements than the file holds.
    """
    parts = {message.kind: message.data for message in reversed(found)}
    for kind, what in ((DATASPACE, "shape"), (DATATYPE, "datatype"), (LAYOUT, "place")):
        if kind not in parts:
            source.fail(f"it is neither a group nor an array: it has no {what}")
    shape = _shape(Cursor(parts[DATASPACE], source, "shape"))
    element = decode(Cursor(parts[DATATYPE], source, "datatype"))
    size = _size(source, shape, element)
    data = _elements(source, Cursor(parts[LAYOUT], source, "layout"), size)
    if element == BFLOAT16 and attributes.get("dtype") == "bfloat16":  # the upper half of a float
        source.charge(size)  # a copy, of bytes that other arrays may have too
        halves = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(shape)
    return _numbers(source, heaps, data, shape, element)


def attributes(source: Source, heaps: GlobalHeaps, found: list[Message]) -> dict[str, Any]:
    """Return the attributes among the messages of a header."""
    values = {}
    for kind, data in found:
        if kind == ATTRIBUTE:
            name, value = _attribute(source, heaps, data)
            values[name] = value
    return values


def _attribute(source: Source, heaps: GlobalHeaps, data: memoryview) -> tuple[str, Any]:
    cursor = Cursor(data, source, "attribute")
    version, flags, *sizes = cursor.unpack(_ATTRIBUTE)
    if not 1 <= version <= 3:
        source.fail(f"an attribute is of the unknown version {version}")
    if version > 1 and flags:
        needs_h5py(source, "shares parts of its description with others")
    if version == 3:
        cursor.take(1)  # which code the name is in: ASCII or UTF-8
    take = cursor.padded if version == 1 else cursor.take
    raw, datatype, dataspace = (take(size) for size in sizes)
    name = decode_text(source, bytes(raw).rstrip(b"\0"))
    element = decode(Cursor(datatype, source, f"attribute {name!r}"))
    shape = _shape(Cursor(dataspace, source, f"attribute {name!r}"))
    value = _numbers(source, heaps, cursor.take(_size(source, shape, element)), shape, element)
    if value.dtype == object or value.dtype.kind == "U":
        return name, str(value[()]) if shape == () else [str(item) for item in value.ravel()]
    return name, value.item() if shape == () else value


def _shape(cursor: Cursor) -> Shape:
    version, axes, _ = cursor.unpack(_SPACE)
    if version not in (1, 2):
        cursor.source.fail(f"its shape is of the unknown version {version}")
    kind = cursor.take(1 if version == 2 else 5)[0]
    if axes > _AXES:
        cursor.source.fail(f"it has {axes} axes, more than {_AXES}")
    if version == 2 and kind == 2:
        return (0,)  # nothing at all
    return tuple(cursor.unpack(Struct(f"<{axes}Q")))


def _size(source: Source, shape: Shape, element: Element) -> int:
    """Return the size of the elements in bytes; they must fit into the file."""
    size = math.prod(shape) * element.dtype.itemsize
    # An axis of length 0 makes everything fit, but not every length makes a NumPy array.
    most = max(element.dtype.itemsize, 8) * math.prod(n for n in shape if n)
    if size > source.end or most >= 2**63:
        source.fail(f"its shape {shape} asks for {size} bytes, the file has {source.end}")
    return size


def _elements(source: Source, cursor: Cursor, size: int) -> memoryview:
    """Return the bytes of an array's elements."""
    version, kind = cursor.take(2)
    if version == 4 and kind == 3:
        source.fail("it is put together from other files (virtual); not followed, for safety")
    if version != 3 or kind == 2:
        needs_h5py(source, "stands in several pieces" if kind == 2 else "is laid out newly")
    if kind == 0:
        (stored,) = cursor.unpack(_COMPACT)
        data = cursor.take(stored)
    elif kind == 1:
        address, stored = cursor.unpack(_CONTIGUOUS)
        if address == UNDEFINED:
            stored = address = 0
        data = source.view(address, stored, "its numbers")
    else:
        source.fail(f"its layout is of the unknown kind {kind}")
    if stored < size:
        source.fail(f"its shape and datatype ask for {size} bytes, it has {stored}")
    return data[:size]


def _numbers(
    source: Source, heaps: GlobalHeaps, data: memoryview, shape: Shape, element: Element
) -> Array:
    if element.kind != "number" or not element.dtype.isnative:
        source.charge(len(data))  # a copy, of bytes that other arrays may have too
    if element.kind == "text":
        step = element.dtype.itemsize
        texts = [heaps.text(data[i : i + step]) for i in range(0, len(data), step)]
        return np.array([*texts, None], object)[:-1].reshape(shape)
    if element.kind == "fixed text":
        raw: list[bytes] = np.frombuffer(data, element.dtype).tolist()
        return np.array([*(decode_text(source, one) for one in raw), None], object)[:-1].reshape(
            shape
        )
    if element.kind == "opaque":
        source.fail("its elements are opaque bytes; expected real numbers or texts")
    found = np.frombuffer(data, np.uint8 if element.kind == "bool" else element.dtype)
    if element.kind == "bool":
        found = found != 0
    return found.astype(found.dtype.newbyteorder("="), copy=False).reshape(shape)
