"""Download a file so that it appears only when complete and with the right checksum."""

import hashlib
import http.client
import os
import secrets
import sys
import urllib.request
from pathlib import Path

_CHUNK = 1 << 20  # bytes
_MOST = 1 << 30


def download(url: str, target: Path, sha256: str) -> None:
    """Fetch ``url`` into ``target``; ``target`` stays untouched unless ``sha256`` is met.

    Raises
    ------
    OSError
        If the address cannot be reached; says what to put where by hand.
    ValueError
        If what came is larger than a gigabyte, or has another checksum.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    print(f"Downloading {url}\n  to {target}", file=sys.stderr)
    digest, total = hashlib.sha256(), 0
    try:
        try:
            with urllib.request.urlopen(url, timeout=60) as source, part.open("xb") as sink:
                while chunk := source.read(_CHUNK):
                    total += len(chunk)
                    if total > _MOST:
                        raise ValueError(f"{url} gave more than {_MOST} bytes; nothing was stored")
                    digest.update(chunk)
                    sink.write(chunk)
        except (OSError, http.client.HTTPException) as error:
            raise OSError(
                f"could not download {url}: {error}; download it in another way and put it at "
                f"{target}"
            ) from error
        if digest.hexdigest() != sha256:
            raise ValueError(
                f"{url} gave a damaged or changed file: expected sha256 {sha256}, got "
                f"{digest.hexdigest()}; nothing was stored, try again later"
            )
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
