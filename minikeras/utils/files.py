"""Files from elsewhere: downloaded, checked, and unpacked where they cannot do harm."""

import hashlib
import os
import secrets
import sys
import urllib.parse
import urllib.request
from http.client import HTTPException
from os import PathLike, fspath
from pathlib import Path, PurePosixPath

from minikeras._validation import check_choice, check_positive_int
from minikeras.utils.unpacking import chunks, unpack_archive

__all__ = ["get_file"]

_LENGTHS = {"md5": 32, "sha256": 64}


def get_file(
    fname: str | PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | list[str] | None = "auto",
    cache_dir: str | PathLike[str] | None = None,
    force_download: bool = False,
    *,
    max_bytes: int = 1 << 33,
) -> str:
    """Download a file unless it is there, and unpack it if asked to.

    Nothing half-finished is left behind: a file or folder appears in its place when it is complete
    and, where a checksum is given, right. Archives are unpacked into a folder of their own; members
    that are links or devices, or that lead out of it, are refused.

    Parameters
    ----------
    fname : str, optional
        Name in the cache, without folders; default: the end of ``origin``.
    origin : str
        Address that begins with ``https://``, ``http://`` or ``file://``.
    untar : bool, default False
        Old spelling of ``extract`` for tar files.
    md5_hash : str, optional
        Old spelling of ``file_hash`` with MD5.
    file_hash : str, optional
        Checksum of the file, in hexadecimal.
    cache_subdir : str, default "datasets"
        Folder in the cache.
    hash_algorithm : {"auto", "sha256", "md5"}
        ``"auto"`` goes by the length of ``file_hash``.
    extract : bool, default False
    archive_format : {"auto", "tar", "zip", None} or a list of them
        ``"auto"`` tries tar, compressed or not, and zip.
    cache_dir : path, optional
        Default: the folder in the environment variable ``KERAS_HOME``, or ``~/.keras``.
    force_download : bool, default False
    max_bytes : int, default 8 GiB
        Most to download, and most to unpack.

    Returns
    -------
    str
        Path of the file, or of the folder that was unpacked.

    Raises
    ------
    OSError
        If the address cannot be reached.
    ValueError
        If the checksum is another, the file is too large, or an archive is not to be trusted.

    Examples
    --------
    >>> from pathlib import Path
    >>> from minikeras.utils import get_file
    >>> length = Path("there.txt").write_text("hello", encoding="utf-8")
    >>> path = get_file("here.txt", Path("there.txt").absolute().as_uri(), cache_dir="cache")
    >>> Path(path).read_text("utf-8")
    'hello'
    """
    if origin is None:
        raise ValueError("get_file expected origin, the address of the file; got None")
    check_positive_int("max_bytes", max_bytes)
    scheme = urllib.parse.urlsplit(origin).scheme
    if scheme not in ("http", "https", "file"):
        raise ValueError(
            f"get_file expected an origin that begins with https://, http:// or file://, got "
            f"{origin!r}"
        )
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    name = fspath(fname) if fname else PurePosixPath(urllib.parse.urlsplit(origin).path).name
    if not name or name in (".", "..") or any(sep in name for sep in "/\\"):
        raise ValueError(
            f"get_file expected fname to be a plain name without folders, got {name!r}; choose the "
            "folder with cache_dir and cache_subdir"
        )
    home = cache_dir or os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    folder = Path(fspath(home)).expanduser() / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    unpack = extract or untar
    target, unpacked = folder / name, folder / f"{name.partition('.')[0]}_extracted"
    if unpack and (not fname or "." not in name):
        target, unpacked = folder / f"{name}_archive", folder / name
    algorithm = _algorithm(hash_algorithm, file_hash)
    fresh = force_download or not target.exists()
    if not fresh and file_hash and _checksum(target, algorithm) != file_hash.lower():
        print(f"{target} has another checksum than expected; downloading it anew", file=sys.stderr)
        fresh = True
    if fresh:
        _download(origin, target, algorithm, file_hash, max_bytes)
    if not unpack:
        return str(target)
    if fresh or not unpacked.exists():
        unpack_archive(target, unpacked, "tar" if untar else archive_format, max_bytes)
    return str(unpacked)


def _algorithm(name: str, expected: str | None) -> str:
    check_choice("hash_algorithm", name, ["auto", *_LENGTHS])
    if expected is None:
        return "sha256"
    lengths = {length: algorithm for algorithm, length in _LENGTHS.items()}
    found = lengths.get(len(expected)) if name == "auto" else name
    if found is None or len(expected) != _LENGTHS[found]:
        raise ValueError(
            f"file_hash must be {' or '.join(f'{n} ({a})' for a, n in _LENGTHS.items())} "
            f"hexadecimal digits, got {len(expected)}"
        )
    return found


def _checksum(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _download(
    origin: str, target: Path, algorithm: str, expected: str | None, max_bytes: int
) -> None:
    print(f"Downloading {origin}\n  to {target}", file=sys.stderr)
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    digest = hashlib.new(algorithm)
    try:
        try:
            with urllib.request.urlopen(origin, timeout=60) as source, part.open("xb") as sink:
                for chunk in chunks(source, max_bytes, origin):
                    digest.update(chunk)
                    sink.write(chunk)
        except (OSError, HTTPException) as error:
            raise OSError(f"could not download {origin}: {error}") from error
        if expected and digest.hexdigest() != expected.lower():
            raise ValueError(
                f"{origin} gave a damaged or changed file: expected {algorithm} {expected}, got "
                f"{digest.hexdigest()}; nothing was stored"
            )
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
