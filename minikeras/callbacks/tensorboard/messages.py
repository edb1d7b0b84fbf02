"""Events as TensorBoard reads them: protocol buffers, written out by hand.

A message is a sequence of fields: a number that says which field it is and how it is stored, then
the value. Numbers are stored 7 bits a byte, floats in 4 or 8 bytes, everything else as its length
and its bytes. The numbers of the fields are those of ``event.proto``, ``summary.proto`` and
``tensor.proto`` in TensorFlow.

References
----------
Protocol Buffers, "Encoding" (https://protobuf.dev/programming-guides/encoding).
"""

import struct
import zlib

import numpy as np

from minikeras._typing import Array

__all__ = ["event", "first_event", "histogram", "image", "scalar", "text"]

_FLOAT, _DOUBLE, _STRING = 1, 2, 7  # DataType
_SCALAR, _TENSOR, _BLOB = 1, 2, 3  # DataClass
BUCKETS = 30


def _varint(number: int) -> bytes:
    """Return a number of at least 0, 7 bits a byte.

    Examples
    --------
    >>> _varint(300).hex()
    'ac02'
    """
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def first_event(seconds: float) -> bytes:
    """Return the event that begins every file, with the version of the format."""
    return _double(1, seconds) + _bytes(3, b"brain.Event:2")


def event(seconds: float, step: int, value: bytes) -> bytes:
    """Return an event: one summary value at a step.

    Parameters
    ----------
    seconds : float
        Time since 1970.
    step : int
    value : bytes
        From ``scalar``, ``histogram``, ``image`` or ``text``.
    """
    return _double(1, seconds) + _int(2, step) + _bytes(5, _bytes(1, value))


def scalar(tag: str, value: float) -> bytes:
    """Return a number."""
    content = struct.pack("<f", _as_float32(value))
    return _value(tag, "scalars", _SCALAR, _tensor(_FLOAT, (), content))


def _as_float32(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value))  # infinity where struct would refuse


def histogram(tag: str, values: Array) -> bytes:
    """Return the distribution of ``values``: rows of left edge, right edge, count."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        rows = np.zeros((0, 3))
    elif finite.min() == finite.max():
        rows = np.array([[finite[0] - 0.5, finite[0] + 0.5, finite.size]])
    else:
        counts, edges = np.histogram(finite, BUCKETS)
        rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
    return _value(tag, "histograms", _TENSOR, _tensor(_DOUBLE, rows.shape, rows.tobytes()))


def text(tag: str, content: str) -> bytes:
    """Return a text, shown as Markdown."""
    return _value(tag, "text", _TENSOR, _strings([content.encode()]))


def image(tag: str, pictures: Array) -> bytes:
    """Return grey pictures.

    Parameters
    ----------
    tag : str
    pictures : array, shape (count, height, width)
        From the smallest number, black, to the largest, white.
    """
    _, height, width = pictures.shape
    low, high = float(pictures.min()), float(pictures.max())
    grey = (pictures - low) * (255.0 / (high - low) if high > low else 0.0)
    files = [_png(one) for one in np.rint(grey).astype(np.uint8)]
    sizes = [str(width).encode(), str(height).encode()]
    return _value(tag, "images", _BLOB, _strings([*sizes, *files]))


def _value(tag: str, plugin: str, kind: int, tensor: bytes) -> bytes:
    metadata = _bytes(1, _bytes(1, plugin.encode())) + _int(4, kind)
    return _bytes(1, tag.encode()) + _bytes(8, tensor) + _bytes(9, metadata)


def _tensor(kind: int, shape: tuple[int, ...], content: bytes) -> bytes:
    return _int(1, kind) + _bytes(2, _shape(shape)) + _bytes(4, content)


def _strings(items: list[bytes]) -> bytes:
    head = _int(1, _STRING) + _bytes(2, _shape((len(items),)))
    return head + b"".join(_bytes(8, item) for item in items)


def _shape(shape: tuple[int, ...]) -> bytes:
    return b"".join(_bytes(2, _int(1, length)) for length in shape)


def _png(picture: Array) -> bytes:
    """Return a grey picture of 8 bits as a PNG file."""
    height, width = picture.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each begins with 0: stored as it is
    rows[:, 1:] = picture
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
