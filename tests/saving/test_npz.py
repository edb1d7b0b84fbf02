"""Weights in ``.npz`` files: exact, atomic, and refused when they do not fit."""

import io
import os
import stat
import sys
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from minikeras import Sequential, Variable
from minikeras.layers import Dense
from minikeras.saving import npz
from minikeras.saving.errors import ModelFileError


def network(units=3, seed=None):
    model = Sequential([Dense(units, "relu"), Dense(2)])
    model.build((None, 4))
    return model


def same(a, b):
    return all(np.array_equal(one, two) for one, two in zip(a, b, strict=True))


@pytest.mark.parametrize("as_text", [True, False])
def test_weights_come_back_to_the_last_bit(tmp_path, as_text):
    model, other = network(), network()
    path = tmp_path / "w.npz"
    model.save_weights(str(path) if as_text else path)
    assert not same(model.get_weights(), other.get_weights())
    other.load_weights(str(path) if as_text else path)
    assert same(model.get_weights(), other.get_weights())


def test_the_file_is_readable_without_minikeras(tmp_path):
    model = network()
    model.save_weights(tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as archive:
        assert archive.files == [
            "0:dense/kernel",
            "1:dense/bias",
            "2:dense_1/kernel",
            "3:dense_1/bias",
        ]
        np.testing.assert_array_equal(archive["0:dense/kernel"], model.weights[0].numpy())


def test_more_than_ten_weights_keep_their_order(tmp_path):
    weights = [Variable([float(i)], name=f"w{i}") for i in range(12)]
    npz.save_weights(weights, tmp_path / "w.npz")
    for weight in weights:
        weight.assign([-1.0])
    npz.load_weights(weights, tmp_path / "w.npz")
    assert [float(weight.value[0]) for weight in weights] == list(range(12))


def test_loaded_weights_are_those_that_train(tmp_path):
    model = network()
    model.compile("adam", "mse")
    x, y = np.ones((4, 4)), np.ones((4, 2))
    model.fit(x, y, verbose=0)
    model.save_weights(tmp_path / "w.npz")
    at_save = model.get_weights()
    model.fit(x, y, verbose=0)
    model.load_weights(tmp_path / "w.npz")
    assert same(at_save, model.get_weights())
    model.fit(x, y, verbose=0)
    assert not same(at_save, model.get_weights())


def test_a_file_is_replaced_unless_told_otherwise(tmp_path):
    path = tmp_path / "w.npz"
    one, two = network(), network()
    one.save_weights(path)
    with pytest.raises(FileExistsError, match="exists already; pass overwrite=True"):
        two.save_weights(path, overwrite=False)
    two.save_weights(path)
    one.load_weights(path)
    assert same(one.get_weights(), two.get_weights())


def test_a_failure_while_writing_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    model = network()
    model.save_weights(path)
    before = path.read_bytes()

    def fails(members, file):
        file.write(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr(npz, "write_zip", fails)
    with pytest.raises(OSError, match="disk full"):
        network().save_weights(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["w.npz"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_file_has_the_permissions_of_any_other_new_file(tmp_path):
    network().save_weights(tmp_path / "w.npz")
    (tmp_path / "other").write_text("")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("w.npz", "other")]
    assert modes[0] == modes[1]


def test_the_name_must_end_in_npz(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .npz, got .*w.h5'; write 'w.npz'"):
        npz.save_weights(w(3), tmp_path / "w.h5")
    with pytest.raises(ValueError, match=r"ends in .npz"):
        npz.load_weights(w(3), tmp_path / "w")


def test_models_must_be_built():
    model = Sequential([Dense(2)])
    with pytest.raises(ValueError, match="save_weights needs a built model"):
        model.save_weights("w.npz")
    with pytest.raises(ValueError, match="load_weights needs a built model"):
        model.load_weights("w.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.npz"):
        network().load_weights(tmp_path / "none.npz")


def npy(array=None, *, text=None, version=1, rest=b""):
    """Return the bytes of a member; ``text`` in place of the description of the array."""
    if text is None:
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue() + rest
    raw = text.encode("latin-1")
    length = len(raw).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + raw + rest


def described(shape, dtype="<f4", order=False):
    return f"{{'descr': {dtype!r}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def archive(path, *members, how=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", how) as file, warnings.catch_warnings(action="ignore"):
        for name, content in members:
            file.writestr(name, content)


def w(*shape):
    return [Variable(np.zeros(shape, "f4"), name="w")]


NUMBERS = np.array([1.0, 2.0, 3.0], "f4")


def test_any_damaged_byte_is_found_or_has_no_meaning(tmp_path):
    path = tmp_path / "w.npz"
    npz.save_weights([Variable(NUMBERS, name="w")], path)
    whole = path.read_bytes()
    for i in range(len(whole)):
        content = bytearray(whole)
        content[i] ^= 0xFF
        path.write_bytes(content)
        weights = w(3)
        try:
            npz.load_weights(weights, path)
        except ModelFileError:
            assert not weights[0].value.any()
        else:
            np.testing.assert_array_equal(weights[0].value, NUMBERS)


def test_a_file_cut_off_at_any_byte_is_refused(tmp_path):
    path = tmp_path / "w.npz"
    npz.save_weights([Variable(NUMBERS, name="w")], path)
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i])
        with pytest.raises(ModelFileError, match="w.npz: no end of a zip archive found; it is"):
            npz.load_weights(w(3), path)


@pytest.mark.parametrize("dtype", [">f8", "<f2", "|u1", ">i4", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_other_programs_are_read(tmp_path, dtype, order):
    expected = np.asarray(np.arange(6).reshape(2, 3) % 2, dtype=dtype, order=order)
    np.savez_compressed(tmp_path / "w.npz", **{"0:w": expected})
    weights = w(2, 3)
    npz.load_weights(weights, tmp_path / "w.npz")
    np.testing.assert_array_equal(weights[0].value, expected)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_all_versions_of_the_header_are_read(tmp_path, version):
    content = npy(text=described((3,)), version=version, rest=NUMBERS.tobytes())
    archive(tmp_path / "w.npz", ("0:w.npy", content))
    weights = w(3)
    npz.load_weights(weights, tmp_path / "w.npz")
    np.testing.assert_array_equal(weights[0].value, NUMBERS)


def test_weights_that_are_nan_are_read_with_a_warning(tmp_path):
    npz.save_weights([Variable([np.nan], name="w")], tmp_path / "w.npz")
    with pytest.warns(UserWarning, match="w.npz, 0:w: the weights hold NaN"):
        npz.load_weights(w(1), tmp_path / "w.npz")


def test_fractions_do_not_go_into_integers(tmp_path):
    npz.save_weights([Variable([0.5], name="w")], tmp_path / "w.npz")
    count = Variable(np.array([7]), name="count")
    with pytest.raises(ModelFileError, match="expected int64 for weight 'count', got float32"):
        npz.load_weights([count], tmp_path / "w.npz")
    assert count.value[0] == 7


def test_numbers_beyond_the_range_of_the_weight_become_infinite(tmp_path):
    npz.save_weights([Variable(np.array([1e300]), name="w")], tmp_path / "w.npz")
    weights = w(1)
    npz.load_weights(weights, tmp_path / "w.npz")
    assert np.isinf(weights[0].value[0])


GOOD = ("0:w.npy", npy(NUMBERS))
HUGE = 10**15


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ([("0:w.npy", npy(np.array([{}], object)))], "holds Python objects; they are not read"),
        ([("0:w.npy", npy(text=described((3,), "|O")))], "holds Python objects"),
        (
            [("0:w.npy", npy(np.zeros(3, [("a", "f4")])))],
            r"its dtype \[\('a', '<f4'\)\] is none of",
        ),
        ([("0:w.npy", npy(np.zeros(3, "M8[s]")))], "its dtype <M8.s. is none of numbers"),
        ([("0:w.npy", npy(np.zeros(3, "S4")))], "expected real numbers for weight 'w', got .S4"),
        ([("0:w.npy", npy(np.zeros(3, complex)))], "expected real numbers .* got complex128"),
        ([("0:w.npy", npy(NUMBERS, rest=b"more"))], "asks for 12 bytes, it has 16"),
        ([("0:w.npy", npy(text=described((HUGE,))))], "asks for 4000000000000000 bytes, it has 0"),
        ([("0:w.npy", npy(text=described((HUGE, HUGE, 0))))], "asks for 0 bytes"),
        ([("0:w.npy", npy(text=described((2**60, 0))))], "asks for 0 bytes"),
        ([("0:w.npy", npy(text=described((-3,))))], "description of its array is damaged"),
        ([("0:w.npy", npy(text=described("(" * 5000)))], "description of its array is damaged"),
        ([("0:w.npy", npy(text=described("__import__('os')")))], "description of its array is dam"),
        ([("0:w.npy", npy(text=" " * 60000))], "description of its array is damaged"),
        ([("0:w.npy", npy(text="", version=9))], "unknown version 9.0"),
        ([("0:w.npy", b"\x93NUM")], "it is no array: it does not begin as one does"),
        ([("0:w.npy", b"")], "it is no array: it does not begin as one does"),
        ([("0:w", npy(NUMBERS))], "it is no array: its name does not end in .npy"),
        ([("kernel.npy", npy(NUMBERS))], "kernel: it is no file of weights: these are named 0:"),
        ([("1:w.npy", npy(NUMBERS))], "not numbered 0, 1, 2"),
        ([GOOD, ("0:v.npy", npy(NUMBERS))], "not numbered 0, 1, 2"),
        ([GOOD, GOOD], "0:w.npy: there are two members of this name"),
        ([("0:../w.npy", npy(NUMBERS)), ("../w.npy", b"")], "no path inside the archive"),
        ([("/0:w.npy", npy(NUMBERS))], "'/0:w.npy', which is no path inside the archive"),
        ([("C:\\0:w.npy", npy(NUMBERS))], "no path inside the archive"),
        ([], "it holds 0 weights, the model has 1; build the same model"),
        ([("0:w.npy", npy(np.zeros(5)))], r"expected shape \(3,\) for weight 'w', got \(5,\)"),
    ],
)
def test_what_is_not_the_weights_is_refused_and_replaces_nothing(tmp_path, members, problem):
    archive(tmp_path / "w.npz", *members)
    weights = w(3)
    with pytest.raises(ModelFileError, match=problem) as caught:
        npz.load_weights(weights, tmp_path / "w.npz")
    assert caught.value.file == str(tmp_path / "w.npz")
    assert not weights[0].value.any()


@pytest.mark.parametrize("content", [b"", b"not a zip file", npy(NUMBERS), b"PK\5\6"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(ModelFileError, match="no end of a zip archive found; it is of another for"):
        npz.load_weights(w(3), tmp_path / "w.npz")


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "w.npz").mkdir()
    with pytest.raises(ModelFileError, match="it is a folder, not a file"):
        npz.load_weights(w(3), tmp_path / "w.npz")


def test_a_bomb_is_not_unpacked(tmp_path):
    content = npy(text=described((10**9,)), rest=bytes(4 * 10**6))
    archive(tmp_path / "w.npz", ("0:w.npy", content), how=zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFileError, match="asks for 4000000000 bytes, it has 4000000"):
        npz.load_weights(w(10**3), tmp_path / "w.npz")
    content = npy(text=described((10**6,)), rest=bytes(4 * 10**6))
    archive(tmp_path / "w.npz", ("0:w.npy", content), how=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="expected shape"):
            npz.load_weights(w(3), tmp_path / "w.npz")
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_weights_of_another_network_replace_nothing(tmp_path):
    model = network()
    arrays = [np.zeros((4, 3)), np.zeros(3), np.zeros((3, 2)), np.zeros(5)]
    np.savez(tmp_path / "w.npz", **{f"{i}:w": array for i, array in enumerate(arrays)})
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=r"'dense_1/bias', got \(5,\); no weight was replaced"):
        model.load_weights(tmp_path / "w.npz")
    assert same(before, model.get_weights())
