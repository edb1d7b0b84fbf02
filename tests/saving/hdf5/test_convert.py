"""Plain copies of files that only h5py reads."""

import sys

import numpy as np
import pytest

from minikeras.saving import hdf5
from minikeras.saving.errors import ModelFileError


def make(path, fill, **options):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", **options) as file:
        fill(h5py, file)


def test_a_compressed_file_in_the_newest_form_is_copied(tmp_path, rng):
    numbers = rng.standard_normal((30, 20))

    def fill(h5py, file):
        file.create_dataset("layers/x", data=numbers, compression="gzip", chunks=(10, 10))
        file["layers"].attrs["name"] = "dense"
        file["layers"].attrs["names"] = [b"a", b"b"]
        file["layers"].attrs["count"] = 3
        file["text"] = "hello"

    make(tmp_path / "a.h5", fill, libver="latest")
    hdf5.convert(tmp_path / "a.h5", tmp_path / "b.h5")
    got = hdf5.read(tmp_path / "b.h5")
    np.testing.assert_array_equal(got.get("layers/x"), numbers)
    assert got.get("layers").attributes == {"name": "dense", "names": ["a", "b"], "count": 3}
    assert got.get("text")[()] == "hello"


def links(h5py, file):
    file["x"] = h5py.ExternalLink("other.h5", "/x")


def virtual(h5py, file):
    space = h5py.VirtualLayout((4,), "f4")
    space[:] = h5py.VirtualSource("other.h5", "x", (4,))
    file.create_virtual_dataset("x", space)


def bomb(h5py, file):
    file.create_dataset("x", (2**20, 2**20), "f4", chunks=(1, 2**10), compression="gzip")


def circle(h5py, file):
    file["x/y"] = file["/"]


@pytest.mark.parametrize(
    ("fill", "problem"),
    [
        (links, "a link elsewhere"),
        (virtual, "other files"),
        (bomb, "asks for 4398046511104 bytes, 0 are there"),
        (circle, "on two ways"),
    ],
)
def test_what_is_unsafe_is_refused_here_too(tmp_path, fill, problem):
    make(tmp_path / "a.h5", fill)
    with pytest.raises(ModelFileError, match=problem):
        hdf5.convert(tmp_path / "a.h5", tmp_path / "b.h5")
    assert not (tmp_path / "b.h5").exists()


def test_another_file_is_not_replaced(tmp_path):
    make(tmp_path / "a.h5", lambda h5py, file: None)
    (tmp_path / "b.h5").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        hdf5.convert(tmp_path / "a.h5", tmp_path / "b.h5")


def test_what_is_no_hdf5_file_is_refused(tmp_path):
    pytest.importorskip("h5py")
    (tmp_path / "a.h5").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError, match="h5py cannot read it"):
        hdf5.convert(tmp_path / "a.h5", tmp_path / "b.h5")
    with pytest.raises(FileNotFoundError):
        hdf5.convert(tmp_path / "x.h5", tmp_path / "b.h5")


def test_without_h5py_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "minikeras-numpy\[h5py\]"'):
        hdf5.convert(tmp_path / "a.h5", tmp_path / "b.h5")
