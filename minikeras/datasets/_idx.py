"""Reader for IDX, the file format in which MNIST and its relatives are published."""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np

from minikeras._typing import Array

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Read one IDX file, gzip-compressed or not.

    Parameters
    ----------
    path : str or path
        The file. Compression is recognised by its first bytes, whatever the name says.

    Returns
    -------
    array
        Of the file's own shape and type, in the machine's byte order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not IDX, is damaged, or holds fewer or more bytes than it announces.

    References
    ----------
    Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", section "The
    IDX file format".

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from minikeras.datasets import read_idx
    >>> with TemporaryDirectory() as folder:  # unsigned bytes, one axis, three of them: 7 8 9
    ...     file = Path(folder) / "labels-idx1-ubyte"
    ...     _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    ...     read_idx(file)
    array([7, 8, 9], dtype=uint8)
    """
    file = Path(path).expanduser()
    data = file.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{file} is damaged or cut short: {error}; download it again"
            ) from error
    header = 4 + 4 * data[3] if len(data) >= 4 else 4
    if len(data) < header or data[:2] != b"\x00\x00" or data[2] not in _TYPES:
        raise ValueError(
            f"{file} is not an IDX file: expected it to begin with 0, 0, a type code and the "
            f"number of axes, then the length of each, got {data[:4].hex(' ') or 'nothing'}"
        )
    dtype = np.dtype(_TYPES[data[2]])
    shape = tuple(np.frombuffer(data, ">u4", data[3], offset=4).tolist())
    expected = math.prod(shape) * dtype.itemsize
    if len(data) - header != expected:
        raise ValueError(
            f"{file} is cut short or damaged: its header announces shape {shape}, which takes "
            f"{expected} bytes, got {len(data) - header}; download it again"
        )
    values = np.frombuffer(data, dtype, offset=header).reshape(shape)
    return values.astype(dtype.newbyteorder("="))
