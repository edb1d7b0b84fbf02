"""Writing files so that a crash leaves the old file or the new one, never half of one."""

import errno
import glob
import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["PIECE", "check_writable", "replacing", "sweep", "sync_folder"]

PIECE = 1 << 20  # bytes that are written at once


@contextmanager
def replacing(
    path: str | os.PathLike[str], overwrite: bool = True, keep: Path | None = None
) -> Iterator[BinaryIO]:
    """Open a file beside ``path``, which takes its place once all is written to the disk.

    Parameters
    ----------
    path : path
        A link stays one: the file that it points to is replaced.
    overwrite : bool, default True
        False refuses to replace a file.
    keep : Path, optional
        Where the old file goes. For a moment it is there already and the new one is not in its
        place yet.

    Yields
    ------
    binary file
        An error within the ``with`` block deletes it; ``path`` is as it was.

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is False.
    OSError
        If the disk is full, the folder or the old file cannot be written to, or ``path`` is a
        folder, a device or anything else that is no file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from minikeras._atomic import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.txt")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"new")
    ...     path.read_bytes()
    b'new'
    """
    target = Path(os.path.realpath(path))
    if not overwrite and target.exists():
        raise FileExistsError(f"{path} exists already; pass overwrite=True to replace it")
    _check_replaceable(target, path)
    # Not tempfile: its files can be read by their owner alone, and would stay so.
    temporary = target.with_name(f".{_short(target.name)}.{secrets.token_hex(8)}")
    try:
        with _named(path):
            raw = _EagerFile(temporary, "x")
        with io.BufferedWriter(raw) as file:
            if target.exists():
                os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        if keep is not None and target.exists():
            os.replace(target, keep)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _check_replaceable(target: Path, path: str | os.PathLike[str]) -> None:
    """Refuse what renaming would replace all the same: write-protected files, devices, pipes."""
    if not target.exists():
        return
    problem = errno.EACCES
    if target.is_dir():
        problem = errno.EISDIR
    elif not target.is_file():
        problem = errno.EINVAL
    elif os.access(target, os.W_OK):
        return
    raise OSError(problem, os.strerror(problem), os.fspath(path))


def _short(name: str) -> str:
    """Return so much of the name of a file that a longer one fits into the 255 bytes of a name."""
    return name.encode(errors="surrogateescape")[:200].decode(errors="ignore")


class _EagerFile(io.FileIO):
    """A file that goes to the disk while more of it is made: ``fsync`` has less to wait for."""

    _waiting = 0  # bytes that the disk was not told to write

    def write(self, data: Any, /) -> int:
        """Write some of ``data`` and return how much; ``BufferedWriter`` brings the rest again."""
        count = super().write(memoryview(data)[:PIECE])
        self._waiting += count
        if self._waiting >= PIECE and hasattr(os, "posix_fadvise"):
            # "Not needed in memory": Linux begins to write such pages, and goes on meanwhile. Those
            # that are on their way stay in memory, so that the file can be read at once.
            start = self.tell() - self._waiting
            os.posix_fadvise(self.fileno(), start, self._waiting, os.POSIX_FADV_DONTNEED)
            self._waiting = 0
        return count


def check_writable(folder: Path) -> None:
    """Raise unless files can be written into ``folder``: nobody wants to know it hours later.

    Raises
    ------
    OSError
        If there is no such folder, or it cannot be written to.
    """
    probe = folder / f".{secrets.token_hex(8)}"
    with _named(folder):
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    probe.unlink()


@contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let an error speak of the file that was asked for, not of the one beside it."""
    try:
        yield
    except OSError as error:
        error.filename = os.fspath(path)
        raise


def sweep(path: Path) -> None:
    """Delete what killed processes have left of ``path``; none may be writing it meanwhile."""
    for left in path.parent.glob(f".{glob.escape(_short(path.name))}.{'[0-9a-f]' * 16}"):
        left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Write the names in ``folder`` to the disk: a renamed file keeps its name in a power cut."""
    if hasattr(os, "O_DIRECTORY"):  # not on Windows
        with suppress(OSError):  # some file systems, of networks mostly, cannot; some folders may
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # be written to, but not read
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
