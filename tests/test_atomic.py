"""Files are replaced as a whole: whatever happens, the old one is there or the new one."""

import errno
import os
import stat
import sys

import numpy as np
import pytest

from minikeras import Input, Sequential, _atomic
from minikeras._atomic import check_writable, replacing, sweep
from minikeras.callbacks import _plain
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


@POSIX
@pytest.mark.parametrize("name", ["文" * 80 + ".keras", "a" * 255, "é" * 127])
def test_every_name_that_a_file_can_have_is_written_and_swept(tmp_path, name):
    with replacing(tmp_path / name) as file:
        file.write(b"new")
        (left,) = os.listdir(tmp_path)
    assert os.listdir(tmp_path) == [name]
    (tmp_path / left).write_bytes(b"half")
    sweep(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


@POSIX
def test_what_is_no_file_stays_what_it_is(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "null").symlink_to(os.devnull)
    os.mkfifo(tmp_path / "pipe")
    for name, kind in [("folder", IsADirectoryError), ("null", OSError), ("pipe", OSError)]:
        with pytest.raises(kind, match=name), replacing(tmp_path / name):
            pass
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert sorted(os.listdir(tmp_path)) == ["folder", "null", "pipe"]


def test_a_write_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *given: False)  # for root every file can be written
    with pytest.raises(PermissionError, match="x"), replacing(path):
        pass
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


@POSIX
def test_a_folder_that_cannot_be_read_is_written_to_all_the_same(tmp_path, monkeypatch):
    def refuse(path, flags, *mode):
        if flags & os.O_DIRECTORY:
            raise PermissionError(errno.EACCES, "permission denied", path)
        return real(path, flags, *mode)

    real = os.open
    monkeypatch.setattr(os, "open", refuse)
    with replacing(tmp_path / "x") as file:
        file.write(b"new")
    assert (tmp_path / "x").read_bytes() == b"new"


def test_what_a_killed_process_left_can_be_swept_away(tmp_path):
    for name in (".x.0123456789abcdef", ".x.notes", ".xy.0123456789abcdef", "x"):
        (tmp_path / name).write_bytes(b"")
    sweep(tmp_path / "x")
    assert sorted(os.listdir(tmp_path)) == [".x.notes", ".xy.0123456789abcdef", "x"]


class Full(_atomic._EagerFile):
    """A file on a disk that is full after some bytes."""

    room = 0

    def write(self, data, /):
        left = self.room - self.tell()
        if left <= 0:
            raise OSError(errno.ENOSPC, "no space left on device")
        return super().write(memoryview(data)[:left])


def save_backup(model, path):
    state = {"weights": model.get_weights(), "epoch": 1}
    _plain.write(path, state)


SAVES = {
    "m.keras": lambda model, path: model.save(path),
    "m.weights.h5": lambda model, path: model.save_weights(path),
    "m.npz": lambda model, path: model.save_weights(path),
    "m.safetensors": lambda model, path: model.save_weights(path),
    "m.onnx": lambda model, path: model.export(path),
    "backup.npz": save_backup,
}


# NumPy before 2.1 leaves its zip file open where np.savez fails, and Python tells of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", list(SAVES))
def test_a_disk_that_is_full_after_any_byte_leaves_the_old_file(tmp_path, monkeypatch, name):
    model = Sequential([Input((20,)), Dense(30), Dense(20)])
    path = tmp_path / name
    SAVES[name](model, path)
    before = path.read_bytes()
    for weight in model.weights:
        weight.assign(np.ones(weight.shape))
    monkeypatch.setattr(_atomic, "_EagerFile", Full)
    for room in [*range(0, len(before), 199), len(before) - 1]:
        monkeypatch.setattr(Full, "room", room)
        with pytest.raises(OSError, match="no space left"):
            SAVES[name](model, path)
        assert path.read_bytes() == before and os.listdir(tmp_path) == [name]
    monkeypatch.undo()
    SAVES[name](model, path)
    assert path.read_bytes() != before


def test_large_pieces_arrive_whole(tmp_path):
    data = np.random.default_rng(0).bytes(5 * _atomic.PIECE // 2 + 7)
    with replacing(tmp_path / "x") as file:
        file.write(b"start")
        file.write(data)
        file.write(b"end")
    assert (tmp_path / "x").read_bytes() == b"start" + data + b"end"


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "none" / "x"):
        pass
    assert caught.value.filename == str(tmp_path / "none" / "x")


def test_a_folder_for_files_is_tried_and_left_as_it_is(tmp_path):
    check_writable(tmp_path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(FileNotFoundError, match="none"):
        check_writable(tmp_path / "none")
