"""Files are replaced as a whole: whatever happens, the old one is there or the new one."""

import errno
import io
import os
import stat
import sys

import numpy as np
import pytest

from minikeras import Input, Sequential
from minikeras._atomic import replacing, sweep
from minikeras.layers import Dense

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")


def test_the_file_appears_when_all_is_written(tmp_path):
    path = tmp_path / "x"
    with replacing(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new" and os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def write():
        with replacing(path) as file:
            file.write(b"new")
            raise error

    with pytest.raises(error):
        write()
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_last_step_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def fails(*arguments):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, step, fails)
    with pytest.raises(OSError, match="no space left"), replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


def test_a_file_is_not_replaced_if_told_so(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError, match="pass overwrite=True"), replacing(path, False):
        pass
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


def test_the_old_file_can_be_kept(tmp_path):
    for content in (b"1", b"2", b"3"):
        with replacing(tmp_path / "x", keep=tmp_path / "before") as file:
            file.write(content)
    assert (tmp_path / "x").read_bytes() == b"3"
    assert (tmp_path / "before").read_bytes() == b"2"


@POSIX
def test_permissions_and_links_stay(tmp_path):
    (tmp_path / "other").write_bytes(b"")
    with replacing(tmp_path / "x"):
        pass
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("x", "other")]
    assert modes[0] == modes[1]  # those of any new file
    (tmp_path / "x").chmod(0o640)
    (tmp_path / "link").symlink_to("x")
    with replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "x").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_what_a_killed_process_left_can_be_swept_away(tmp_path):
    for name in (".x.0123456789abcdef", ".x.notes", ".xy.0123456789abcdef", "x"):
        (tmp_path / name).write_bytes(b"")
    sweep(tmp_path / "x")
    assert sorted(os.listdir(tmp_path)) == [".x.notes", ".xy.0123456789abcdef", "x"]


class Full(io.FileIO):
    """A file on a disk that is full after some bytes."""

    room = 0

    def write(self, data):
        data = memoryview(data).cast("B")
        if self.tell() + len(data) > self.room:
            super().write(data[: max(0, self.room - self.tell())])
            raise OSError(errno.ENOSPC, "no space left on device")
        return super().write(data)


@pytest.mark.parametrize("room", [0, 100, 2000])
@pytest.mark.parametrize("name", ["m.npz", "m.safetensors", "m.weights.h5", "m.keras"])
def test_a_full_disk_leaves_the_old_file_of_every_format(tmp_path, monkeypatch, name, room):
    model = Sequential([Input((20,)), Dense(30), Dense(20)])
    path = tmp_path / name
    save = model.save if name.endswith(".keras") else model.save_weights
    save(path)
    before = path.read_bytes()
    for weight in model.weights:
        weight.assign(np.ones(weight.shape))
    usual = open

    def opens(file, mode="r", *arguments, **settings):
        if "x" in mode or "w" in mode:
            full = Full(file, mode.replace("b", ""))
            full.room = room
            return io.BufferedWriter(full)
        return usual(file, mode, *arguments, **settings)

    monkeypatch.setattr("builtins.open", opens)
    with pytest.raises(OSError, match="no space left"):
        save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name]
