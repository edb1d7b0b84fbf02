"""Zip files: read to the last checksum, or refused; never more memory than they should take."""

import io
import stat
import struct
import tracemalloc
import warnings
import zipfile

import pytest

from minikeras.saving.archive import EXPANSION, Archive, opened
from minikeras.saving.errors import ModelFileError


def zipped(*members, how=zipfile.ZIP_STORED):
    """Return a zip file of (name or ZipInfo, content)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive, warnings.catch_warnings(action="ignore"):
        for name, content in members:
            archive.writestr(name, content)
    return file


def changed(file, old, new, which=0):
    """Return a file in which some bytes differ."""
    content = bytearray(file.getvalue())
    place = -1
    for _ in range(which + 1):
        place = content.index(old, place + 1)
    content[place : place + len(new)] = new
    return io.BytesIO(content)


def info(name, **values):
    found = zipfile.ZipInfo(name)
    for key, value in values.items():
        setattr(found, key, value)
    return found


TEXT = b"text " * 100


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_whole_or_in_part(how):
    archive = Archive(zipped(("a/b.txt", TEXT), ("folder/", b""), ("é", b""), how=how), "x.zip")
    assert list(archive.members) == ["a/b.txt", "é"]
    assert archive.members["a/b.txt"].size == 500
    assert archive.read("a/b.txt") == archive.read("a/b.txt", 500) == TEXT
    assert archive.head("a/b.txt", 7) == TEXT[:7]
    assert archive.head("a/b.txt", 700) == TEXT
    assert archive.read("é") == archive.head("é", 3) == b""


def test_files_written_as_a_stream_or_with_64_bit_sizes_are_read():
    class Stream(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *where):
            raise io.UnsupportedOperation

        def tell(self):
            raise io.UnsupportedOperation

    file = Stream()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", TEXT)
        with archive.open("b", "w", force_zip64=True) as member:
            member.write(TEXT)
    found = Archive(io.BytesIO(file.getvalue()), "x.zip")
    assert found.read("a") == found.read("b") == TEXT


def test_more_members_than_16_bits_can_count_are_read():
    file = zipped(*((str(i), b"") for i in range(66_000)))
    assert len(Archive(file, "x.zip").members) == 66_000


def test_a_comment_at_the_end_is_allowed():
    file = zipped(("a", TEXT))
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"PK" * 1000
    assert Archive(file, "x.zip").read("a") == TEXT


def test_an_empty_archive_has_no_members():
    assert Archive(zipped(), "x.zip").members == {}


def test_a_missing_member_is_named_with_those_that_are_there():
    archive = Archive(zipped(*((name, b"") for name in "abcdefg")), "x.zip")
    with pytest.raises(ModelFileError, match=r"x.zip, config: .* there are 'a', .*'e', \.\.\.$"):
        archive.read("config")


LINK = info("a", external_attr=(stat.S_IFLNK | 0o777) << 16, create_system=3)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (zipped(("a", b"1"), ("a", b"2")), "x.zip, a: there are two members of this name"),
        (zipped(("../a", b"")), "'../a', which is no path inside the archive"),
        (zipped(("a/../../b", b"")), "no path inside the archive"),
        (zipped(("/a", b"")), "no path inside the archive"),
        (zipped(("\\a", b"")), "no path inside the archive"),
        (zipped(("C:a", b"")), "no path inside the archive"),
        (zipped(("a..b", b""), ("..", b"")), "'..', which is no path inside the archive"),
        (changed(zipped(("abc", b"")), b"abc", b"a\0c", 1), "no path inside the archive"),
        (changed(zipped(("abc", b"")), b"abc", b"a\xffc", 1), "which is not UTF-8"),
        (zipped((LINK, "/etc/passwd")), "x.zip, a: it is neither a file nor a folder, but a link"),
        (zipped(("a", TEXT), how=zipfile.ZIP_BZIP2), "packed by the unknown method 12"),
        (changed(zipped(("a", TEXT)), b"PK\1\2", b"PK\1\2....\1\0"), "it is encrypted"),
        (changed(zipped(("a", TEXT)), b"PK\1\2", b"PK\1\3"), "list of members is damaged"),
        (changed(zipped(("a", TEXT)), b"PK\5\6", b"PK\5\6\1"), "spans several files"),
        (io.BytesIO(zipped(("a", TEXT)).getvalue() + b"more"), "bytes after the end"),
        (io.BytesIO(b"more" + zipped(("a", TEXT)).getvalue()), "not where it should be"),
        (io.BytesIO(zipped(("a", TEXT)).getvalue()[:-1]), "cut off"),
        (io.BytesIO(b""), "of another format"),
        (io.BytesIO(b"\x89HDF\r\n\x1a\n" + bytes(1000)), "of another format"),
    ],
)
def test_what_breaks_the_rules_is_refused_before_anything_is_read(file, problem):
    with pytest.raises(ModelFileError, match=problem):
        Archive(file, "x.zip")


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (changed(zipped(("a", TEXT)), b"text", b"tExt"), "its checksum is wrong"),
        (changed(zipped(("a", TEXT)), b"PK\3\4", b"PK\3\5"), "its header differs"),
        (changed(zipped(("abc", TEXT)), b"abc", b"abd"), "its header differs"),
        (changed(zipped(("abc", TEXT)), b"abc", b"abd", 1), "there is no such member"),
    ],
)
def test_damage_to_a_member_is_found_when_it_is_read(file, problem):
    with pytest.raises(ModelFileError, match=problem):
        Archive(file, "x.zip").read("abc" if b"abc" in file.getvalue() else "a")


def test_damage_to_compressed_bytes_is_found():
    whole = zipped(("a", TEXT), how=zipfile.ZIP_DEFLATED).getvalue()
    for i in range(31, 31 + 10):
        content = bytearray(whole)
        content[i] ^= 0xFF
        with pytest.raises(ModelFileError, match="damaged|does not unpack|checksum"):
            Archive(io.BytesIO(content), "x.zip").read("a")


def entry(name, place, size):
    """Return a record of the list of members."""
    fields = (b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, size, size, len(name), 0, 0, 0, 0, 0, place)
    return struct.pack("<4s6H3I5H2I", *fields) + name


def test_members_that_share_bytes_are_refused():
    first = zipped(("aa", TEXT)).getvalue()
    content = first[: first.index(b"PK\1\2")]
    inner = 30 + 2 + 10  # a header of another member, within the first one
    content = content[:inner] + b"PK\3\4" + bytes(22) + b"\2\0\0\0bb" + content[inner + 32 :]
    entries = entry(b"aa", 0, 500) + entry(b"bb", inner, 100)
    end = b"PK\5\6" + bytes(4) + b"\2\0\2\0"
    end += len(entries).to_bytes(4, "little") + len(content).to_bytes(4, "little") + bytes(2)
    archive = Archive(io.BytesIO(content + entries + end), "x.zip")
    with pytest.raises(ModelFileError, match="x.zip, aa: its bytes overlap those of another"):
        archive.read("aa")
    entries = entry(b"aa", 0, 500) + entry(b"ab", 0, 500)
    with pytest.raises(ModelFileError, match="two members stand at the same place"):
        Archive(io.BytesIO(content + entries + end), "x.zip")


def test_a_bomb_is_refused_and_takes_no_memory():
    file = zipped(("a", bytes(50_000_000)), how=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        archive = Archive(file, "x.zip")
        with pytest.raises(ModelFileError, match="50000000 bytes, more than the 1000 allowed"):
            archive.read("a", 1000)
        with pytest.raises(ModelFileError, match="50000000 bytes, more than the"):
            archive.read("a")
        assert archive.head("a", 10) == bytes(10)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_size_that_the_bytes_cannot_hold_is_refused():
    packed = zipped(("a", bytes(1000)), how=zipfile.ZIP_DEFLATED)
    size = (1000).to_bytes(4, "little")
    for lie, problem in [(10**9, "cannot hold the 1000000000"), (1001, "not unpack to the 1001")]:
        file = changed(packed, size, lie.to_bytes(4, "little"), 1)
        with pytest.raises(ModelFileError, match=problem):
            Archive(file, "x.zip").read("a", 10**10)


def test_a_folder_is_refused_and_a_missing_file_named(tmp_path):
    with pytest.raises(ModelFileError, match="it is a folder, not a file"), opened(tmp_path):
        pass
    with pytest.raises(FileNotFoundError, match=r"none\.zip"), opened(tmp_path / "none.zip"):
        pass


def test_what_may_be_large_must_be_plausible_too():
    archive = Archive(zipped(("a", bytes(1 << 22)), how=zipfile.ZIP_DEFLATED), "x.zip")
    with pytest.raises(ModelFileError, match="4194304 bytes, more than the 1048576 allowed"):
        archive.read("a", 1 << 30)
    assert len(archive.read("a", 1 << 30, ratio=EXPANSION)) == 1 << 22
