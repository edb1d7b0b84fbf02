"""Damaged HDF5 files: they load, or ``ModelFileError`` says why; never another error, never much
memory.
"""

import io
import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minikeras
from minikeras import layers
from minikeras.saving import hdf5
from minikeras.saving.errors import ModelFileError
from minikeras.saving.weights_h5 import from_tree, to_tree
from tests.saving.fuzzing import CASES, within_limits

MOST = 64 << 20  # bytes


def network():
    model = minikeras.Sequential(
        [layers.Input((3,)), layers.Dense(2, name="a"), layers.BatchNormalization()]
    )
    model.compile(minikeras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@cache
def ours():
    return b"".join(hdf5.chunks(to_tree(network())))


@cache
def others():
    """Return a file that h5py wrote: it places and pads things otherwise."""
    h5py = pytest.importorskip("h5py")
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened.attrs["layer_names"] = [b"dense", b"dense_1"]
        opened.attrs["config"] = "x" * 100
        for i in range(12):
            group = opened.create_group(f"dense_{i}/vars")
            group.attrs["name"] = f"dense_{i}"
            group["0"] = np.arange(6, dtype=">f4" if i % 2 else "<f8").reshape(2, 3)
        opened["flags"] = np.array([True, False])
        opened["text"] = "hello"
    return file.getvalue()


def check(data):
    """Read ``data``, and put it into a model."""
    model = network()
    before = model.get_weights()
    try:
        with within_limits(MOST), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from_tree(model, hdf5.read(data, "m.h5"), "m.h5")
    except ModelFileError:
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)


def read_all(data):
    try:
        tree = hdf5.read(data, "m.h5")
    except ModelFileError:
        return
    for array in tree.arrays().values():
        assert array.nbytes <= 2 * len(data) or array.dtype == object
        array.copy()


FIELDS = [0, 1, 2, 7, 8, 255, 2**16 - 1, 2**31, 2**32 - 1, 2**48, 2**63, 2**64 - 8, 2**64 - 1]


@st.composite
def mutations(draw, size):
    """Return a function that damages a file of ``size`` bytes."""
    changes = draw(
        st.lists(
            st.one_of(
                st.tuples(
                    st.just("bytes"), st.integers(0, size - 1), st.binary(min_size=1, max_size=4)
                ),
                st.tuples(st.just("bit"), st.integers(0, size - 1), st.integers(0, 7)),
                st.tuples(
                    st.just("field"),
                    st.integers(0, size // 8 - 1),
                    st.one_of(st.sampled_from(FIELDS), st.integers(0, size)),
                ),
                st.tuples(
                    st.just("copy"), st.integers(0, size // 8 - 1), st.integers(0, size // 8 - 1)
                ),
            ),
            min_size=1,
            max_size=6,
        )
    )

    def damage(data):
        found = bytearray(data)
        for kind, place, value in changes:
            if kind == "bytes":
                found[place : place + len(value)] = value
            elif kind == "bit":
                found[place] ^= 1 << value
            elif kind == "field":
                found[8 * place : 8 * place + 8] = value.to_bytes(8, "little")
            else:
                found[8 * place : 8 * place + 8] = found[8 * value : 8 * value + 8]
        return bytes(found)

    return damage


@CASES
@given(st.data())
def test_a_damaged_file_of_ours_loads_or_is_refused(data):
    check(data.draw(mutations(len(ours())))(ours()))


@CASES
@given(st.data())
def test_a_damaged_file_of_h5py_is_read_or_refused(data):
    read_all(data.draw(mutations(len(others())))(others()))


@CASES
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_file_with_a_piece_cut_out_loads_or_is_refused(start, length):
    data = ours()
    start %= len(data)
    check(data[:start] + data[start + 1 + length % 600 :])


@CASES
@given(st.binary(max_size=400))
def test_anything_behind_a_valid_start_is_refused(tail):
    for length in (8, 96, 136):
        read_all(others()[:length] + tail)


def test_every_byte_set_to_0_or_255_is_read_or_refused():
    for data in (ours(), others()):
        # Arrays and unused room are long; every structure has some byte among these.
        for place in range(0, len(data), 3):
            for value in (0, 255):
                if data[place] != value:
                    read_all(data[:place] + bytes([value]) + data[place + 1 :])
