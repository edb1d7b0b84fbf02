"""Arrays of pixels as PNG, for pictures with too many pixels to draw each as a square."""

import base64
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from minikeras._svg.draw import element, escape

__all__ = ["embedded", "encode"]

_KINDS = {1: 0, 3: 2, 4: 6}  # number of channels -> colour type: grey, RGB, RGBA


def encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG file.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, channels)
        1 channel for grey, 3 for red, green, blue, 4 with opacity.

    References
    ----------
    W3C, *Portable Network Graphics*, second edition (2003), sections 5, 9 and 11.

    Examples
    --------
    >>> import numpy as np
    >>> encode(np.zeros((2, 2, 3), np.uint8))[1:4]
    b'PNG'
    """
    height, width, channels = pixels.shape
    rows = np.ascontiguousarray(pixels).reshape(height, width * channels)
    filtered = np.zeros((height, 1 + rows.shape[1]), np.uint8)  # 0: a row as it is
    filtered[:, 1:] = rows
    head = struct.pack(">IIBBBBB", width, height, 8, _KINDS[channels], 0, 0, 0)
    body = zlib.compress(filtered.tobytes(), 9)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def embedded(
    pixels: npt.NDArray[np.uint8],
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    smooth: bool = False,
    tip: str | None = None,
    **look: Any,
) -> str:
    """Return the pixels as an SVG image in a rectangle; pixels are squares unless ``smooth``."""
    address = "data:image/png;base64," + base64.b64encode(encode(pixels)).decode()
    return element(
        "image",
        None if tip is None else element("title", escape(tip)),
        href=address,
        x=float(x),
        y=float(y),
        width=float(width),
        height=float(height),
        preserveAspectRatio="none",
        image_rendering=None if smooth else "pixelated",
        **look,
    )
