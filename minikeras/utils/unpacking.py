"""Archives from elsewhere, unpacked into a folder of their own where they cannot do harm."""

import bz2
import errno
import gzip
import lzma
import os
import secrets
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from minikeras._validation import check_choice

__all__ = ["chunks", "unpack_archive"]

_CHUNK = 1 << 20  # bytes
_LONGEST = 1 << 20  # bytes of a description in a tar file, which is read in one go
_DAMAGE = (
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
_PACKERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}

Members = Iterator[tuple[str, IO[bytes] | None]]


def chunks(source: Any, max_bytes: int, name: str) -> Iterator[bytes]:
    """Read a file piece by piece.

    Raises
    ------
    ValueError
        If there are more than ``max_bytes``.
    """
    total = 0
    while chunk := source.read(_CHUNK):
        total += len(chunk)
        if total > max_bytes:
            raise ValueError(
                f"{name} has more than {max_bytes} bytes; pass a larger max_bytes if that is right"
            )
        yield chunk


def unpack_archive(archive: Path, target: Path, formats: Any, max_bytes: int) -> None:
    """Unpack into a new folder beside ``target``, and put it there when it is complete.

    Parameters
    ----------
    archive : Path
    target : Path
        A folder that is there already is replaced.
    formats : {"auto", "tar", "zip", None} or a list of them
    max_bytes : int
        Most to unpack.

    Raises
    ------
    ValueError
        If it is no such archive, is damaged or too large, or holds links, devices, or names that
        lead out of the folder; nothing is left behind then.
    """
    names = ["tar", "zip"] if formats == "auto" else formats
    names = [names] if isinstance(names, str) or names is None else list(names)
    for name in names:
        check_choice("archive_format", name, ["tar", "zip", None])
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    part.mkdir()
    try:
        with _damage_named(archive):
            if "tar" in names and _is_tar(archive):  # first: the last file in it may be a zip
                _write(_tar_members(archive), part, archive, max_bytes)
            elif "zip" in names and zipfile.is_zipfile(archive):
                _write(_zip_members(archive), part, archive, max_bytes)
            else:
                raise ValueError(f"{archive} is no archive of the formats {names}")
        if target.exists():
            shutil.rmtree(target)
        try:
            os.replace(part, target)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise  # else another process has just put the same there
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    """Turn what damaged archives raise into one kind of error."""
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(f"{archive} is damaged or of an unknown kind: {error}") from error
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        name = os.path.basename(error.filename or "")
        raise ValueError(f"{archive} holds {name!r} twice, or as a file and a folder") from error
    except OSError as error:
        if error.errno is None:  # it comes from a decompressor, not from the disk
            raise ValueError(f"{archive} is damaged: {error}") from error
        raise


def _write(members: Any, folder: Path, archive: Path, max_bytes: int) -> None:
    left = max_bytes
    with closing(members):
        for name, content in members:
            place = _inside(folder, name, archive)
            if content is None:
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            with content, place.open("xb") as sink:
                for chunk in chunks(content, left, f"{archive}, unpacked,"):
                    left -= len(chunk)
                    sink.write(chunk)


class _Careful:
    """What ``tarfile`` reads from: never much at once, whatever sizes the archive declares."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _LONGEST:
            raise tarfile.ReadError(f"a description in it is said to have {size} bytes")
        return self._file.read(size)


@contextmanager
def _opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    with archive.open("rb") as file:
        start = file.read(2)
    with (
        _PACKERS.get(start, open)(archive, "rb") as file,
        tarfile.open(fileobj=_Careful(file), mode="r:") as tar,  # type: ignore[call-overload]
    ):
        yield tar


def _is_tar(archive: Path) -> bool:
    try:
        with _opened_tar(archive):
            return True
    except (tarfile.ReadError, EOFError):
        return False


def _tar_members(archive: Path) -> Members:
    with _opened_tar(archive) as tar:
        for member in tar:
            if not (member.isreg() or member.isdir()):
                raise ValueError(
                    f"{archive} holds {member.name!r}, which is neither a file nor a folder; links "
                    "and devices are not unpacked"
                )
            yield member.name, None if member.isdir() else tar.extractfile(member)


def _zip_members(archive: Path) -> Members:
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            kind = member.external_attr >> 28  # the type of a file under Unix; 0 if not told
            if kind not in (0, 0o10, 0o4):
                raise ValueError(
                    f"{archive} holds {member.filename!r}, which is neither a file nor a folder; "
                    "links and devices are not unpacked"
                )
            yield member.filename, None if member.is_dir() else file.open(member)


def _inside(folder: Path, name: str, archive: Path) -> Path:
    """Return where a member goes; refuse names that lead elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    plain = [part for part in parts if part != "."]
    outside = ".." in plain or name.startswith(("/", "\\")) or any(":" in part for part in plain)
    if outside or "\0" in name:
        raise ValueError(f"{archive} holds {name!r}, which would land outside of {folder.parent}")
    return folder.joinpath(*plain)
