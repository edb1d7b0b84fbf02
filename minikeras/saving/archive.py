"""``Archive``: a zip file of which nothing is believed unchecked, and nothing goes to disk.

References
----------
PKWARE, *APPNOTE.TXT: .ZIP File Format Specification*, version 6.3.10, section 4.
"""

import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from struct import Struct
from typing import BinaryIO, NamedTuple, NoReturn

from minikeras.saving.errors import ModelFileError

__all__ = ["EXPANSION", "Archive", "Member", "opened"]

_END = Struct("<4s H H H H I I H")  # signature, disks, entries, size and place of list, comment
_LOCATOR = Struct("<4s I Q I")  # signature, disk, place of the 64-bit end, disks
_END_64 = Struct("<4s Q H H I I Q Q Q Q")
_ENTRY = Struct("<4s H H H H H H I I I H H H H H I I")
_LOCAL = Struct("<4s H H H H H I I I H H")
_EXTRA = Struct("<H H")
_STORED, _DEFLATED = 0, 8
EXPANSION = 1032  # zlib makes at most so many bytes of one
_FREE, _RATIO = 1 << 20, 100  # unless told otherwise, members unpack to so much and no more
_LARGEST_LIST = 1 << 24  # bytes that the list of members may have
_CHUNK = 1 << 16
_DRIVE = re.compile("[A-Za-z]:")


class Member(NamedTuple):
    """A file in an archive.

    Attributes
    ----------
    name : str
    size : int
        Bytes, as the archive says; checked when it is read.
    packed : int
        Bytes that it takes in the archive.
    method : int
        0: as it is, 8: deflated.
    checksum : int
        CRC-32 of the content.
    start : int
        Place in the archive.
    """

    name: str
    size: int
    packed: int
    method: int
    checksum: int
    start: int


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator["Archive"]:
    """Open a zip file for reading.

    Parameters
    ----------
    path : path

    Yields
    ------
    Archive

    Raises
    ------
    ModelFileError
        If it is no zip file, is damaged, or has members that are not to be trusted.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> from minikeras.saving.archive import opened
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(folder + "/x.zip", "w") as file:
    ...         file.writestr("config.json", "{}")
    ...     with opened(folder + "/x.zip") as archive:
    ...         list(archive.members), archive.read("config.json")
    (['config.json'], b'{}')
    """
    name = os.fspath(path)
    if os.path.isdir(path):
        raise ModelFileError(name, "it is a folder, not a file")
    with open(path, "rb") as file:
        yield Archive(file, name)


class Archive:
    """Checked access to the members of a zip file.

    Members are stored or deflated, without encryption, and each has bytes of its own: those of
    some archives overlap, to make much of little. Names are plain relative paths, each once.

    Parameters
    ----------
    file : binary file
        Seekable.
    name : str
        For messages.

    Attributes
    ----------
    name : str
    members : dict of str to Member
        In the order of the list in the file; folders are left out.

    Raises
    ------
    ModelFileError
        If the file is damaged or breaks these rules.
    """

    def __init__(self, file: BinaryIO, name: str):
        self.name = name
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        count, start, end = self._list()
        self.members: dict[str, Member] = {}
        for member in self._entries(count, start, end):
            if member.name in self.members:
                self.fail("there are two members of this name", member.name)
            self.members[member.name] = member
        places = sorted(member.start for member in self.members.values())
        self._next = dict(pairwise([*places, start]))  # where the bytes of a member end
        if len(self._next) != len(places):
            self.fail("two members stand at the same place; the file is damaged")

    def fail(self, problem: str, member: str = "") -> NoReturn:
        """Raise ``ModelFileError``."""
        raise ModelFileError(self.name, problem, member)

    def read(self, name: str, largest: int | None = None, ratio: int = _RATIO) -> bytes:
        """Return the content of a member.

        Parameters
        ----------
        name : str
        largest : int, optional
            Most bytes that are acceptable, if the archive itself makes them plausible.
        ratio : int, default 100
            How many times of what the member takes in the archive are plausible.

        Raises
        ------
        ModelFileError
            If there is no such member, it is larger, or damaged.
        """
        member = self._member(name)
        plausible = max(member.packed * ratio, _FREE)
        largest = plausible if largest is None else min(largest, plausible)
        if member.size > largest:
            self.fail(f"it should have {member.size} bytes, more than the {largest} allowed", name)
        data = self._take(self._content(member), member.packed, name)
        if member.method == _DEFLATED:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                data = unpacker.decompress(data, member.size + 1)
            except zlib.error as error:
                self.fail(f"its compressed bytes are damaged: {error}", name)
            if len(data) != member.size or not unpacker.eof:
                self.fail(f"it does not unpack to the {member.size} bytes it should have", name)
        if zlib.crc32(data) != member.checksum:
            self.fail("its checksum is wrong; the file is damaged", name)
        return data

    def head(self, name: str, size: int) -> bytes:
        """Return the first bytes of a member, ``size`` at most, without comparing its checksum."""
        member = self._member(name)
        start, left = self._content(member), member.packed
        if member.method == _STORED:
            return self._take(start, min(size, left), name)
        unpacker, found = zlib.decompressobj(-zlib.MAX_WBITS), b""
        while left and len(found) < size and not unpacker.eof:
            chunk = self._take(start, min(_CHUNK, left), name)
            start, left = start + len(chunk), left - len(chunk)
            try:
                found += unpacker.decompress(chunk, size - len(found))
            except zlib.error as error:
                self.fail(f"its compressed bytes are damaged: {error}", name)
        return found

    def _member(self, name: str) -> Member:
        if name not in self.members:
            self.fail(f"there is no such member; there are {_few(self.members)}", name)
        return self.members[name]

    def _take(self, start: int, size: int, member: str = "") -> bytes:
        """Return bytes that must be there."""
        found = b""
        if start + size <= self._size:
            self._file.seek(start)
            found = self._file.read(size)
        if len(found) != size:
            self.fail("it is cut off: bytes are missing", member)
        return found

    def _list(self) -> tuple[int, int, int]:
        """Return the number of members, and start and end of the list of them."""
        size = min(self._size, _END_64.size + _LOCATOR.size + _END.size + 0xFFFF)
        last = self._take(self._size - size, size)
        place = last.rfind(b"PK\5\6")
        if place < 0 or len(last) - place < _END.size:
            cut = self._take(0, min(4, self._size)) == b"PK\3\4"
            self.fail(
                "no end of a zip archive found; "
                + ("it is cut off" if cut else "it is of another format")
            )
        _, disk, first, here, count, size, start, comment = _END.unpack_from(last, place)
        end = self._size - len(last) + place
        if end + _END.size + comment != self._size:
            self.fail("there are bytes after the end of the archive; it is damaged")
        if place >= _LOCATOR.size and last[place - _LOCATOR.size :][:4] == b"PK\6\7":
            _, disk, place_64, disks = _LOCATOR.unpack_from(last, place - _LOCATOR.size)
            end -= _LOCATOR.size + _END_64.size
            if place_64 != end or disks > 1:
                self.fail("the end of the archive is not where it should be; it is damaged")
            found = _END_64.unpack(self._take(end, _END_64.size))
            signature, _, _, _, _, first, here, count, size, start = found
            if signature != b"PK\6\6":
                self.fail("the end of the archive is damaged")
        if disk or first or here != count:
            self.fail("it is a part of an archive that spans several files")
        if start + size != end:
            self.fail("the list of members is not where it should be; the archive is damaged")
        if size > _LARGEST_LIST:
            self.fail(f"its list of members has {size} bytes, more than {_LARGEST_LIST}")
        return count, start, end

    def _entries(self, count: int, start: int, end: int) -> Iterator[Member]:
        """Give the members that the list holds."""
        data, place = self._take(start, end - start), 0
        for _ in range(count):
            if len(data) - place < _ENTRY.size:
                self.fail("its list of members is too short; the file is damaged")
            fields = _ENTRY.unpack_from(data, place)
            signature, made_by, _, flags, method, _, _, checksum, packed, size = fields[:10]
            lengths, kind, at = fields[10:13], fields[15] >> 28, fields[16]
            if signature != b"PK\1\2":
                self.fail("its list of members is damaged")
            raw_name, extra, _ = self._cut(data, place + _ENTRY.size, lengths)
            place += _ENTRY.size + sum(lengths)
            name = self._name(raw_name)
            if flags & 0x2041:
                self.fail("it is encrypted", name)
            if method not in (_STORED, _DEFLATED):
                self.fail(f"it is packed by the unknown method {method}", name)
            if made_by >> 8 == 3 and kind not in (0, 0o10, 0o4):  # types of files under Unix
                self.fail("it is neither a file nor a folder, but a link or device", name)
            size, packed, at = self._in_64_bits(extra, [size, packed, at], name)
            if size > packed * EXPANSION or (method == _STORED and size != packed):
                self.fail(f"{packed} bytes cannot hold the {size} that it should have", name)
            if name.endswith("/") and not size:
                continue
            yield Member(name, size, packed, method, checksum, at)
        if place != len(data):
            self.fail("its list of members is too long; the file is damaged")

    def _cut(self, data: bytes, place: int, lengths: tuple[int, ...]) -> list[bytes]:
        """Return pieces of these lengths, which begin at ``place``."""
        if sum(lengths) > len(data) - place:
            self.fail("its list of members is too short; the file is damaged")
        found = []
        for length in lengths:
            found.append(data[place : place + length])
            place += length
        return found

    def _name(self, raw: bytes) -> str:
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            self.fail(f"a member has the name {raw!r}, which is not UTF-8")
        parts = name.replace("\\", "/").split("/")
        if not name or "\0" in name or ".." in parts or not parts[0] or _DRIVE.match(name):
            self.fail(f"a member has the name {name!r}, which is no path inside the archive")
        return name

    def _in_64_bits(self, extra: bytes, numbers: list[int], member: str) -> list[int]:
        """Return sizes and place; those that need 64 bits stand in a field of their own."""
        place, wide = 0, b""
        while len(extra) - place >= _EXTRA.size:
            kind, length = _EXTRA.unpack_from(extra, place)
            if kind == 1:
                wide = extra[place + _EXTRA.size : place + _EXTRA.size + length]
            place += _EXTRA.size + length
        for i, number in enumerate(numbers):
            if number == 0xFFFF_FFFF:
                if len(wide) < 8:
                    self.fail("its size is missing; the file is damaged", member)
                numbers[i], wide = int.from_bytes(wide[:8], "little"), wide[8:]
        return numbers

    def _content(self, member: Member) -> int:
        """Return where the bytes of a member begin."""
        header = self._take(member.start, _LOCAL.size, member.name)
        signature, _, _, method, _, _, _, _, _, named, extra = _LOCAL.unpack(header)
        start = member.start + _LOCAL.size
        name = self._take(start, named, member.name)
        if signature != b"PK\3\4" or name != member.name.encode() or method != member.method:
            self.fail("its header differs from the list of members", member.name)
        start = start + int(named) + int(extra)
        if start + member.packed > self._next[member.start]:
            self.fail("its bytes overlap those of another member; the file is damaged", member.name)
        return start


def _few(names: Iterable[str]) -> str:
    """Return some names, for a message."""
    found = [repr(name) for name in islice(names, 6)]
    return ", ".join([*found[:5], *(["..."] if len(found) > 5 else [])]) or "none"
