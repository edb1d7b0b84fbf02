"""Writing zip files: members as they are, without compression, in few large pieces."""

import stat
import time
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from minikeras._atomic import PIECE

__all__ = ["write_zip"]

# What the format can tell; small computers begin in 1970 whenever they are switched on.
_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)

Members = dict[str, list[Any]]
"""Name -> content, in pieces that are bytes or lie in memory one after the other."""


def write_zip(members: Members, file: BinaryIO) -> None:
    """Write an archive of these members, in their order.

    Parameters
    ----------
    members : dict of str to list of bytes-like
    file : binary file

    Examples
    --------
    >>> import io, zipfile
    >>> from minikeras.saving.zip_writer import write_zip
    >>> file = io.BytesIO()
    >>> write_zip({"a.txt": [b"one ", b"two"]}, file)
    >>> zipfile.ZipFile(file).read("a.txt")
    b'one two'
    """
    now = min(max(time.localtime()[:6], _FIRST), _LAST)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, parts in members.items():
            info = zipfile.ZipInfo(name, now)
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.file_size = sum(memoryview(part).nbytes for part in parts)
            with archive.open(info, "w") as member:
                for piece in _pieces(parts):
                    member.write(piece)


def _pieces(parts: list[Any]) -> Iterator[memoryview]:
    """Give all bytes, not too many at once: the disk writes one while the next is summed up."""
    for part in parts:
        view = memoryview(part).cast("B")
        for start in range(0, len(view), PIECE):
            yield view[start : start + PIECE]
