"""Writing files so that a crash leaves the old file or the new one, never half of one."""

import glob
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["replacing", "sweep", "sync_folder"]


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
    # Not tempfile: its files can be read by their owner alone, and would stay so.
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
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


def sweep(path: Path) -> None:
    """Delete what killed processes have left of ``path``; none may be writing it meanwhile."""
    for left in path.parent.glob(f".{glob.escape(path.name[:200])}.{'[0-9a-f]' * 16}"):
        left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Write the names in ``folder`` to the disk: a renamed file keeps its name in a power cut."""
    if hasattr(os, "O_DIRECTORY"):  # not on Windows
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # some file systems, of networks mostly, cannot
            os.fsync(opened)
        os.close(opened)
