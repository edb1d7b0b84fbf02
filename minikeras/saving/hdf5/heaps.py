"""Heaps: where names of members and texts of any length stand."""

from minikeras.saving.hdf5.layout import (
    GLOBAL_HEAP,
    GLOBAL_OBJECT,
    LOCAL_HEAP,
    VLEN,
    padding,
)
from minikeras.saving.hdf5.source import Source

__all__ = ["GlobalHeaps", "decode_text", "local_heap", "name_at"]

_LONGEST = 4096  # bytes in the name of a member


class GlobalHeaps:
    """Texts of any length; each collection is read once.

    Parameters
    ----------
    source : Source
    """

    def __init__(self, source: Source):
        self._source = source
        self._collections: dict[int, dict[int, memoryview]] = {}

    def text(self, reference: memoryview) -> str:
        """Return the text that a reference (length, address, index) points to."""
        length, address, index = VLEN.unpack(reference)
        if length == 0:
            return ""
        if address not in self._collections:
            self._collections[address] = self._collect(address)
        data = self._collections[address].get(index)
        if data is None or len(data) < length:
            self._source.fail("a text that it refers to is missing or too short")
        self._source.charge(length)
        return decode_text(self._source, bytes(data[:length]))

    def _collect(self, address: int) -> dict[int, memoryview]:
        source = self._source
        signature, version, size = source.unpack(GLOBAL_HEAP, address, "a heap of texts")
        if signature != b"GCOL" or version != 1:
            source.fail(f"no heap of texts at byte {address}; the file is damaged")
        place, end = address + GLOBAL_HEAP.size, address + size
        source.view(address, size, "a heap of texts")
        found = {}
        while place + GLOBAL_OBJECT.size <= end:
            index, _, length = source.unpack(GLOBAL_OBJECT, place, "a text")
            if index == 0:  # the rest is free
                break
            place += GLOBAL_OBJECT.size
            if length > end - place:
                source.fail("a text reaches beyond the heap that it stands in")
            found[index] = source.view(place, length, "a text")
            place += length + padding(length)
        return found


def local_heap(source: Source, address: int) -> bytes:
    """Return the names of a group's members, one after the other, each ended by a zero byte."""
    signature, version, size, _, start = source.unpack(LOCAL_HEAP, address, "a heap of names")
    if signature != b"HEAP" or version != 0:
        source.fail(f"no heap of names at byte {address}; the file is damaged")
    return bytes(source.take(start, size, "a heap of names"))


def name_at(source: Source, heap: bytes, offset: int) -> str:
    """Return the name of a member."""
    end = heap.find(b"\0", offset, offset + _LONGEST) if offset < len(heap) else -1
    if end <= offset:
        source.fail("the name of a member is empty, has no end or stands outside of its heap")
    source.charge(end - offset)
    text = decode_text(source, heap[offset:end])
    if "/" in text or text in (".", ".."):
        source.fail(f"a member is named {text!r}")
    return text


def decode_text(source: Source, raw: bytes) -> str:
    """Return UTF-8 text."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        source.fail(f"a text is not UTF-8: {raw[:40]!r}")
