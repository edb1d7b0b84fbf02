"""What the elements of an array are: HDF5's descriptions, and the NumPy dtypes they stand for."""

from struct import Struct
from typing import NamedTuple

import numpy as np

from minikeras.saving.hdf5.cursor import Cursor
from minikeras.saving.hdf5.layout import VLEN

__all__ = ["BFLOAT16", "TEXT", "Element", "decode", "encode"]

_START = Struct("<B 3s I")  # class and version, class's own bits, size
_INTEGER = Struct("<H H")  # first bit, number of bits
_FLOAT = Struct("<H H 4B I")  # the same; exponent: first bit, bits; mantissa: first bit, bits; bias

_FLOATS = {  # numbers of bits, as in _FLOAT, and the bit of the sign
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}


class Element(NamedTuple):
    """One element of an array.

    Attributes
    ----------
    kind : {"number", "bool", "text", "fixed text", "opaque"}
    dtype : numpy.dtype
        Of the bytes as they stand in the file.
    """

    kind: str
    dtype: np.dtype[np.generic]


TEXT = Element("text", np.dtype((np.void, VLEN.size)))
BFLOAT16 = Element("opaque", np.dtype((np.void, 2)))


def encode(element: Element) -> bytes:
    """Return the description of ``element``.

    Raises
    ------
    TypeError
        If it is neither text nor a real number of 1 to 8 bytes.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.saving.hdf5.datatypes import Element, encode
    >>> len(encode(Element("number", np.dtype("float32"))))
    20
    """
    dtype = element.dtype
    size = dtype.itemsize
    if element.kind == "text":
        byte = _START.pack(0x10, b"\0\0\0", 1) + _INTEGER.pack(0, 8)
        return _START.pack(0x19, b"\x01\x01\0", size) + byte  # a UTF-8 string of any length
    if element.kind == "bool":  # as h5py has it: an enumeration of two bytes
        byte = _START.pack(0x10, b"\x08\0\0", 1) + _INTEGER.pack(0, 8)
        names = b"FALSE\0\0\0" + b"TRUE\0\0\0\0"
        return _START.pack(0x18, b"\x02\0\0", 1) + byte + names + b"\0\x01"
    if element.kind == "number" and dtype.kind in "iu":
        signed = b"\x08\0\0" if dtype.kind == "i" else b"\0\0\0"
        return _START.pack(0x10, signed, size) + _INTEGER.pack(0, 8 * size)
    if element.kind == "number" and dtype.kind == "f" and size in _FLOATS:
        bits = bytes([0x20, 8 * size - 1, 0])  # the mantissa's first 1 is not stored; sign's bit
        return _START.pack(0x11, bits, size) + _FLOAT.pack(*_FLOATS[size])
    raise TypeError(f"expected real numbers of at most 8 bytes or texts, got dtype {dtype}")


def decode(cursor: Cursor) -> Element:
    """Return the element that a description stands for.

    Raises
    ------
    ModelFileError
        If it is damaged, or none of those that files of weights hold.
    """
    fail = cursor.source.fail
    start, bits, size = cursor.unpack(_START)
    kind, version = start & 15, start >> 4
    order = ">" if bits[0] & 1 else "<"
    if not 1 <= version <= 3:
        fail(f"its datatype is of the unknown version {version}")
    if kind == 0:
        first, count = cursor.unpack(_INTEGER)
        if size not in (1, 2, 4, 8) or (first, count) != (0, 8 * size):
            fail(f"its integers take {count} bits of {size} bytes; expected whole 1, 2, 4 or 8")
        return Element("number", np.dtype(f"{order}{'i' if bits[0] & 8 else 'u'}{size}"))
    if kind == 1:
        if size not in _FLOATS or cursor.unpack(_FLOAT) != _FLOATS[size]:
            fail(f"its floats of {size} bytes are not of the usual form (IEEE 754)")
        if bits[0] & 0x71 not in (0x20, 0x21) or bits[1] != 8 * size - 1:
            fail(f"its floats of {size} bytes are not of the usual form (IEEE 754)")
        return Element("number", np.dtype(f"{order}f{size}"))
    if kind == 3:
        if not size:
            fail("its texts have no length")
        return Element("fixed text", np.dtype((np.bytes_, size)))
    if kind == 5:
        if not size:
            fail("its elements have no size")
        return Element("opaque", np.dtype((np.void, size)))
    if kind == 8:
        count = int.from_bytes(bits[:2], "little")
        base = bytes(cursor.take(_START.size + _INTEGER.size))
        names = [bytes(cursor.padded(8)).rstrip(b"\0") for _ in range(min(count, 3))]
        values = bytes(cursor.take(min(count, 3)))
        if base[:1] != b"\x10" or (size, names, values) != (1, [b"FALSE", b"TRUE"], b"\0\x01"):
            fail("its datatype is an enumeration other than that of False and True")
        return Element("bool", np.dtype(np.bool_))
    if kind == 9 and bits[0] & 15 == 1 and size == VLEN.size:
        return TEXT
    names_of = {2: "time", 4: "bits", 6: "compound", 7: "reference", 9: "sequence", 10: "array"}
    fail(
        f"its datatype is {names_of.get(kind, f'of the unknown class {kind}')}; expected real "
        "numbers or texts"
    )
