"""Downloads that are checked, archives that are not trusted."""

import gzip
import hashlib
import io
import os
import stat
import tarfile
import tracemalloc
import zipfile

import pytest

from minikeras.utils import get_file

CONTENT = b"numbers " * 100


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_file_is_fetched_once(source, cache):
    path = get_file("x.bin", source.as_uri(), cache_dir=cache, cache_subdir="sub")
    assert path == str(cache / "sub" / "x.bin")
    with open(path, "rb") as file:
        assert file.read() == CONTENT
    source.write_bytes(b"new")
    assert get_file("x.bin", source.as_uri(), cache_dir=cache, cache_subdir="sub") == path
    assert os.path.getsize(path) == len(CONTENT)
    get_file("x.bin", source.as_uri(), cache_dir=cache, cache_subdir="sub", force_download=True)
    assert os.path.getsize(path) == 3


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_checksum_is_compared_and_a_stale_file_is_fetched_anew(source, cache, algorithm):
    digest = hashlib.new(algorithm, CONTENT).hexdigest()
    (cache / "datasets").mkdir(parents=True)
    (cache / "datasets" / "source.bin").write_bytes(b"stale")
    settings = {"origin": source.as_uri(), "cache_dir": cache}
    path = get_file(file_hash=digest.upper(), **settings)
    assert os.path.getsize(path) == len(CONTENT)
    source.write_bytes(b"changed")
    assert get_file(file_hash=digest, **settings) == path
    with pytest.raises(ValueError, match=f"expected {algorithm} {digest}, got .* nothing was stor"):
        get_file(file_hash=digest, force_download=True, **settings)
    assert os.path.getsize(path) == len(CONTENT) and files(cache) == ["datasets/source.bin"]


def test_a_file_that_is_too_large_leaves_nothing_behind(source, cache):
    with pytest.raises(ValueError, match="more than 10 bytes"):
        get_file(origin=source.as_uri(), cache_dir=cache, max_bytes=10)
    assert files(cache) == []


def test_an_unreachable_address_is_an_os_error(tmp_path, cache):
    with pytest.raises(OSError, match="could not download"):
        get_file(origin=(tmp_path / "none").as_uri(), cache_dir=cache)
    assert files(cache) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"origin": None}, "expected origin"),
        ({"origin": "ftp://x/y"}, "begins with https://"),
        ({"fname": "../x"}, "a plain name without folders, got '../x'"),
        ({"fname": "a\\b"}, "a plain name without folders"),
        ({"origin": "https://example.org/"}, "a plain name without folders, got ''"),
        ({"file_hash": "abc"}, r"32 \(md5\) or 64 \(sha256\) hexadecimal digits, got 3"),
        ({"file_hash": "0" * 32, "hash_algorithm": "sha256"}, "hexadecimal digits, got 32"),
        ({"hash_algorithm": "crc"}, "unknown hash_algorithm 'crc'"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_fetched(source, cache, settings, message):
    with pytest.raises(ValueError, match=message):
        get_file(**({"origin": source.as_uri(), "cache_dir": cache} | settings))


def tar(path, *members, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = "/etc/passwd"
            info.size = len(CONTENT) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(CONTENT) if info.size else None)
    return path.as_uri()


def test_tar_and_zip_are_unpacked_into_a_folder_of_their_own(tmp_path, cache):
    packed = tar(tmp_path / "x.tar.gz", ("a", tarfile.DIRTYPE), ("a/b.bin", tarfile.REGTYPE))
    folder = get_file("x.tar.gz", packed, extract=True, cache_dir=cache)
    assert folder == str(cache / "datasets" / "x_extracted")
    assert files(cache) == ["datasets/x.tar.gz", "datasets/x_extracted/a/b.bin"]
    assert get_file("x.tar.gz", packed, untar=True, cache_dir=cache) == folder
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("c/d.bin", CONTENT)
    folder = get_file(origin=(tmp_path / "y.zip").as_uri(), extract=True, cache_dir=cache)
    assert folder == str(cache / "datasets" / "y.zip") and os.path.isdir(folder)
    with open(os.path.join(folder, "c", "d.bin"), "rb") as file:
        assert file.read() == CONTENT


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("../evil", tarfile.REGTYPE, "would land outside"),
        ("a/../../evil", tarfile.REGTYPE, "would land outside"),
        ("/evil", tarfile.REGTYPE, "would land outside"),
        ("c:\\evil", tarfile.REGTYPE, "would land outside"),
        ("evil", tarfile.SYMTYPE, "links and devices are not unpacked"),
        ("evil", tarfile.LNKTYPE, "links and devices are not unpacked"),
        ("evil", tarfile.FIFOTYPE, "links and devices are not unpacked"),
    ],
)
def test_members_that_could_do_harm_are_refused(tmp_path, cache, name, kind, message):
    packed = tar(tmp_path / "x.tar", ("good", tarfile.REGTYPE), (name, kind), mode="w")
    with pytest.raises(ValueError, match=message):
        get_file("x.tar", packed, extract=True, cache_dir=cache)
    assert files(tmp_path) == ["cache/datasets/x.tar", "x.tar"]


def test_links_and_wrong_names_in_zips_are_refused(tmp_path, cache):
    link = zipfile.ZipInfo("evil")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for number, member in enumerate([link, zipfile.ZipInfo("../evil")]):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "/etc/passwd")
        with pytest.raises(ValueError, match="not unpacked|would land outside"):
            get_file(path.name, path.as_uri(), extract=True, cache_dir=cache)
    assert not any("evil" in name for name in files(tmp_path))


def test_an_archive_that_grows_too_large_leaves_nothing_behind(tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "ab":
            archive.writestr(name, bytes(60_000))
    with pytest.raises(ValueError, match="unpacked, has more than"):
        get_file(
            "x.zip", (tmp_path / "x.zip").as_uri(), extract=True, cache_dir=cache, max_bytes=100_000
        )
    assert files(cache) == ["datasets/x.zip"]


def test_a_tar_file_that_holds_a_zip_file_is_a_tar_file(tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("deep", CONTENT)
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(tmp_path / "in.zip", "in.zip")
    folder = get_file("x.tar", (tmp_path / "x.tar").as_uri(), extract=True, cache_dir=cache)
    assert os.listdir(folder) == ["in.zip"]


def test_a_damaged_archive_is_a_value_error_and_leaves_nothing_behind(tmp_path, cache):
    for name, mode in [("x.tar", "w"), ("x.tar.gz", "w:gz"), ("x.tar.bz2", "w:bz2")]:
        path = tmp_path / name
        tar(path, *((f"{i}", tarfile.REGTYPE) for i in range(9)), mode=mode)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(ValueError, match="is damaged|is no archive"):
            get_file(name, path.as_uri(), extract=True, cache_dir=cache)
    with zipfile.ZipFile(tmp_path / "y.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", CONTENT)
    whole = (tmp_path / "y.zip").read_bytes()
    (tmp_path / "y.zip").write_bytes(whole.replace(whole[35:40], b"?????"))
    with pytest.raises(ValueError, match=r"y.zip is damaged"):
        get_file("y.zip", (tmp_path / "y.zip").as_uri(), extract=True, cache_dir=cache)
    assert not any(
        "_extracted" in name or ".part" in name for name in os.listdir(cache / "datasets")
    )


@pytest.mark.parametrize("names", ["aa", ["a", "a/b"], ["a/b", "a"]])
def test_members_in_each_others_place_are_refused(tmp_path, cache, names):
    packed = tar(tmp_path / "x.tar", *((name, tarfile.REGTYPE) for name in names), mode="w")
    with pytest.raises(ValueError, match="twice, or as a file and a folder"):
        get_file("x.tar", packed, extract=True, cache_dir=cache)
    assert files(cache) == ["datasets/x.tar"]


def test_a_description_of_many_megabytes_is_not_read(tmp_path, cache):
    info = tarfile.TarInfo("PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 500_000_000
    with gzip.open(tmp_path / "x.tar.gz", "wb") as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT) + bytes(5_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="is no archive|is said to have 500000256 bytes"):
            get_file("x", (tmp_path / "x.tar.gz").as_uri(), extract=True, cache_dir=cache)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_folder_that_was_unpacked_before_is_replaced_as_a_whole(tmp_path, cache):
    settings = {"extract": True, "cache_dir": cache, "force_download": True}
    for name in "ab":
        packed = tar(tmp_path / "x.tar", (name, tarfile.REGTYPE), mode="w")
        folder = get_file("x.tar", packed, **settings)
        assert os.listdir(folder) == [name]
    (tmp_path / "x.tar").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="is no archive"):
        get_file("x.tar", packed, **settings)
    assert os.listdir(folder) == ["b"]


def test_two_processes_may_unpack_at_once(tmp_path, cache, monkeypatch):
    packed = tar(tmp_path / "x.tar", ("a", tarfile.REGTYPE), mode="w")
    real = os.replace

    def slow(part, target):  # meanwhile another process puts its own there
        if os.path.isdir(part):
            os.mkdir(target)
            open(os.path.join(target, "a"), "xb").close()
        real(part, target)

    monkeypatch.setattr(os, "replace", slow)
    folder = get_file("x.tar", packed, extract=True, cache_dir=cache)
    assert os.listdir(folder) == ["a"]
    assert sorted(os.listdir(cache / "datasets")) == ["x.tar", "x_extracted"]


def test_what_is_no_archive_is_refused(source, cache):
    with pytest.raises(ValueError, match=r"is no archive of the formats \['tar', 'zip'\]"):
        get_file("x.bin", source.as_uri(), extract=True, cache_dir=cache)
