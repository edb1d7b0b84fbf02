"""The header of a group or array: a list of messages, maybe in several places of the file."""

from struct import Struct
from typing import NamedTuple

from minikeras.saving.hdf5.cursor import Cursor
from minikeras.saving.hdf5.layout import (
    ATTRIBUTE_INFO,
    CONTINUATION,
    EXTERNAL_FILES,
    FILTERS,
    HEADER,
    LINK,
    LINK_INFO,
    MESSAGE,
)
from minikeras.saving.hdf5.source import Source

__all__ = ["Message", "messages", "needs_h5py"]

_PLACE = Struct("<Q Q")
_LINKS = {1: "a soft link", 64: "an external link, to another file"}


class Message(NamedTuple):
    """One message.

    Attributes
    ----------
    kind : int
    data : memoryview
    """

    kind: int
    data: memoryview


def messages(source: Source, address: int) -> list[Message]:
    """Return the messages of the header at ``address``.

    Raises
    ------
    ModelFileError
        If it is damaged, links elsewhere, or is of a form that files of weights do not take.
    """
    if bytes(source.view(address, 4, "a header")) == b"OHDR":
        needs_h5py(source, "is written in the newer form of HDF5")
    version, count, _, size = source.unpack(HEADER, address, "a header")
    if version != 1:
        source.fail(f"no header at byte {address}; the file is damaged")
    parts = [(address + HEADER.size, size)]
    found: list[Message] = []
    for place, length in parts:  # grows meanwhile
        cursor = Cursor(source.take(place, length, "a header"), source, "header")
        while len(found) < count and cursor.place + MESSAGE.size <= length:
            kind, inner, flags = cursor.unpack(MESSAGE)
            data = cursor.take(inner)
            if flags & 2:
                needs_h5py(source, "shares parts of its description with others")
            if kind == CONTINUATION:
                parts.append(Cursor(data, source, "continuation").unpack(_PLACE))
            found.append(Message(kind, data))
    if len(found) != count:
        source.fail(f"its header holds {len(found)} of {count} messages; the file is damaged")
    _refuse(source, found)
    return found


def _refuse(source: Source, found: list[Message]) -> None:
    """Raise if a message says that something stands elsewhere, or as we cannot read it."""
    for kind, data in found:
        if kind == LINK and len(data) > 2 and data[1] & 8 and data[2] in _LINKS:
            source.fail(f"it holds {_LINKS[data[2]]}; this is not followed, for safety")
        if kind == EXTERNAL_FILES:
            source.fail("its numbers stand in another file; this is not followed, for safety")
    for kind, _ in found:
        if kind in (LINK, LINK_INFO):
            needs_h5py(source, "lists its members in the newer form of HDF5")
        if kind == FILTERS:
            needs_h5py(source, "is compressed")
        if kind == ATTRIBUTE_INFO:
            needs_h5py(source, "lists its attributes in the newer form of HDF5")


def needs_h5py(source: Source, reason: str) -> None:
    """Raise, and say how such a file can be read all the same."""
    source.fail(
        f"it {reason}, which Keras's files do not do; if you trust the file, write a plain copy "
        "with minikeras.saving.hdf5.convert(source, target), which needs the h5py package"
    )
