"""Weights in ``.npz`` files: exact, atomic, and refused when they do not fit."""

import os
import stat
import sys

import numpy as np
import pytest

from minikeras import Sequential, Variable
from minikeras.layers import Dense
from minikeras.saving import npz


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

    def fails(file, **arrays):
        file.write(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fails)
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
        network().save_weights(tmp_path / "w.h5")
    with pytest.raises(ValueError, match=r"ends in .npz"):
        network().load_weights(tmp_path / "w")


def test_models_must_be_built():
    model = Sequential([Dense(2)])
    with pytest.raises(ValueError, match="save_weights needs a built model"):
        model.save_weights("w.npz")
    with pytest.raises(ValueError, match="load_weights needs a built model"):
        model.load_weights("w.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.npz"):
        network().load_weights(tmp_path / "none.npz")


def damage(path, kind):
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "flipped":
        content = bytearray(path.read_bytes())
        content[200] ^= 0xFF
        path.write_bytes(content)
    elif kind == "text":
        path.write_text("not a zip file")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "npy":
        with open(path, "wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "names":
        np.savez(path, kernel=np.zeros(3))
    elif kind == "objects":
        with open(path, "wb") as file:
            np.savez(file, **{"0:a": np.array([{}], dtype=object)})


@pytest.mark.parametrize("kind", ["cut", "flipped", "text", "empty", "npy", "names", "objects"])
def test_what_is_no_file_of_weights_is_refused_and_replaces_nothing(tmp_path, kind):
    model = network()
    path = tmp_path / "w.npz"
    network().save_weights(path)
    damage(path, kind)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"w.npz is not (a readable .npz file|an .npz file)"):
        model.load_weights(path)
    assert same(before, model.get_weights())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([np.zeros((4, 3))], "holds 1 weights, the model has 4; build the same model"),
        (
            [np.zeros((4, 3)), np.zeros(3), np.zeros((3, 2)), np.zeros(5)],
            r"holds shape \(5,\) for weight 'dense_1/bias' of shape \(2,\); no weight was replaced",
        ),
        (
            [np.zeros((4, 3)), np.zeros(3), np.zeros((3, 2)), np.zeros(2, complex)],
            "holds complex128 for weight 'dense_1/bias', expected real numbers; no weight",
        ),
    ],
)
def test_weights_of_another_network_replace_nothing(tmp_path, arrays, message):
    model = network()
    np.savez(tmp_path / "w.npz", **{f"{i}:w": array for i, array in enumerate(arrays)})
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.load_weights(tmp_path / "w.npz")
    assert same(before, model.get_weights())
