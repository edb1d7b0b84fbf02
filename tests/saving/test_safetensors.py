"""``.safetensors`` files: exact, readable elsewhere, refused if anything is not right."""

import json
import os
import tracemalloc

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Model, Sequential, layers
from minikeras.saving import ModelFileError, load_safetensors, save_safetensors
from minikeras.saving.safetensors import read_header

DTYPES = ["f4", "f2", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "c8"]


def network(units=3):
    return Sequential(
        [Input((4,)), layers.Dense(units, "relu"), layers.BatchNormalization(), layers.Dense(2)]
    )


def same(a, b):
    return all(np.array_equal(one, two) for one, two in zip(a, b, strict=True))


def raw(path, header, data=b"", length=None):
    """Write a file by hand."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(text) if length is None else length
    path.write_bytes(length.to_bytes(8, "little") + text + data)
    return path


def one(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.safetensors"


@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0, max_side=3))
        ),
        max_size=4,
    ),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
def test_every_array_comes_back_to_the_last_bit(tmp_path_factory, arrays, metadata):
    path = tmp_path_factory.mktemp("st") / "x.safetensors"
    save_safetensors(arrays, path, metadata)
    found = load_safetensors(path)
    assert found.keys() == arrays.keys() and read_header(path)[1] == metadata
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


def test_the_bytes_are_those_that_the_safetensors_package_writes(path):
    package = pytest.importorskip("safetensors.numpy")
    arrays = {f"{code}é": np.ones((2, 3), code) for code in DTYPES}
    arrays |= {"scalar": np.array(1.5, "f4"), "none": np.zeros((0, 4), "f4")}
    save_safetensors(arrays, path, {"k": "ü"})  # of several, the package mixes the order
    assert path.read_bytes() == package.save(arrays, {"k": "ü"})


def test_the_safetensors_package_reads_our_files_and_we_read_its(path):
    package = pytest.importorskip("safetensors.numpy")
    rng = np.random.default_rng(0)
    arrays = {code: rng.integers(0, 2, (3, 2)).astype(code) for code in DTYPES}
    save_safetensors(arrays, path)
    theirs = package.load_file(path)
    package.save_file(arrays, path)
    ours = load_safetensors(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(theirs[name], array)
        np.testing.assert_array_equal(ours[name], array)


def test_damage_that_we_find_is_damage_to_the_safetensors_package_too(path):
    package = pytest.importorskip("safetensors")
    save_safetensors({"a": np.ones(2, "f4"), "b": np.ones(3, "f8")}, path)
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    for i in range(8 + header):
        content = bytearray(whole)
        content[i] ^= 1
        path.write_bytes(content)
        try:
            load_safetensors(path)
        except ModelFileError:
            continue
        package.deserialize(bytes(content))  # what we take, it takes


def test_arrays_can_be_written_to(path):
    save_safetensors({"a": np.zeros(3)}, path)
    load_safetensors(path)["a"][:] = 1.0


def test_bfloat16_becomes_float32(path):
    values = np.array([1.0, -2.5, np.inf, 1e-30], "f4")
    upper = (values.view("u4") >> 16).astype("<u2")
    raw(path, {"a": one("BF16", (4,), (0, 8))}, upper.tobytes())
    found = load_safetensors(path)["a"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values, rtol=2**-7)


def test_big_endian_and_transposed_arrays_are_written_as_the_format_asks(path):
    array = np.arange(6, dtype=">f4").reshape(2, 3).T
    save_safetensors({"a": array}, path)
    np.testing.assert_array_equal(load_safetensors(path)["a"], array)


def test_a_model_comes_back_to_the_last_bit(path):
    model, other = network(), network()
    model.save_weights(path)
    other.load_weights(path)
    assert same(model.get_weights(), other.get_weights())


def test_weights_are_named_after_their_place_not_their_layer(path):
    inputs = Input((5, 4))
    x = layers.Bidirectional(layers.LSTM(3, name="mine"))(inputs)
    model = Model(inputs, layers.Dense(1, name="last")(x))
    model.save_weights(path)
    entries, _ = read_header(path)
    assert sorted(entries) == [
        "layers/bidirectional/backward_layer/cell/bias",
        "layers/bidirectional/backward_layer/cell/kernel",
        "layers/bidirectional/backward_layer/cell/recurrent_kernel",
        "layers/bidirectional/forward_layer/cell/bias",
        "layers/bidirectional/forward_layer/cell/kernel",
        "layers/bidirectional/forward_layer/cell/recurrent_kernel",
        "layers/dense/bias",
        "layers/dense/kernel",
    ]
    assert entries["layers/dense/kernel"].shape == (6, 1)


def test_weights_of_one_name_in_one_layer_are_numbered(path):
    class Twins(layers.Layer):
        def build(self, input_shape):
            self.a = self.add_weight((2,), "ones", name="w")
            self.b = self.add_weight((3,), "zeros", name="w")

        def forward(self, x):
            return x

    model = Sequential([Input((2,)), Twins()])
    save_safetensors(model, path)
    assert sorted(load_safetensors(path)) == ["layers/twins/w", "layers/twins/w_1"]
    model.load_weights(path)
    assert [v.shape for v in model.weights] == [(2,), (3,)]


def test_the_state_of_the_optimizer_is_left_out_and_left_alone(path):
    model = network()
    model.compile("adam", "mse")
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    state = [variable.numpy().copy() for variable in model.optimizer.variables]
    model.save_weights(path)
    model.load_weights(path)
    assert len(load_safetensors(path)) == len(model.weights)
    assert same(state, [variable.numpy() for variable in model.optimizer.variables])


def test_weights_of_another_network_replace_nothing(path):
    network(5).save_weights(path)
    model = network()
    before = model.get_weights()
    with pytest.raises(
        ModelFileError, match=r"layers/dense/vars/0: Dense 'dense.*' expected shape"
    ):
        model.load_weights(path)
    Sequential([Input((4,)), layers.Dense(3)]).save_weights(path)
    with pytest.raises(ModelFileError, match=r"lacks 'layers/batch_normalization/gamma', .*no wei"):
        model.load_weights(path)
    assert same(before, model.get_weights())


def test_what_does_not_fit_can_be_left_out(path):
    save_safetensors({"layers/dense/kernel": np.ones((4, 3)), "more": np.ones(1)}, path)
    model = network()
    before = model.get_weights()
    with (
        pytest.warns(UserWarning, match="left out: .*Dense"),
        pytest.warns(UserWarning, match="left out: .*BatchNormalization"),
        pytest.warns(UserWarning, match="no place for 'more'; these were left out"),
    ):
        model.load_weights(path, skip_mismatch=True)
    assert same(before, model.get_weights())  # a layer is taken as a whole


def test_weights_that_are_nan_are_read_with_a_warning(path):
    model = network()
    model.layers[0].kernel.assign(np.full((4, 3), np.nan))
    model.save_weights(path)
    with pytest.warns(UserWarning, match="layers/dense/vars/0: .*NaN"):
        model.load_weights(path)


def test_models_must_be_built(path):
    with pytest.raises(ValueError, match="once the model is built"):
        save_safetensors(Sequential([layers.Dense(2)]), path)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ({"a": np.zeros(2, complex)},),
            ValueError,
            "'a' has dtype complex128, which .safetensors",
        ),
        (({"a": np.array(["text"])},), ValueError, "'a' has dtype <U4"),
        (({1: np.zeros(2)},), TypeError, "names of arrays to be text, got 1"),
        (({}, {"a": 1}), TypeError, "metadata to be text, got 1"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(path, arguments, error, message):
    arrays, *metadata = arguments
    with pytest.raises(error, match=message):
        save_safetensors(arrays, path, *metadata)
    assert os.listdir(path.parent) == []


def test_an_array_cannot_take_the_place_of_the_metadata(path):
    with pytest.raises(ValueError, match="'__metadata__'"):
        save_safetensors({"__metadata__": np.zeros(2)}, path)


def test_the_name_must_end_in_safetensors(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .safetensors, got 'x.st'; write 'x.safetensors"):
        save_safetensors({}, "x.st")
    with pytest.raises(ValueError, match=r"ends in .safetensors"):
        load_safetensors(tmp_path / "x.npz")


def test_a_file_is_replaced_unless_told_otherwise(path):
    save_safetensors({"a": np.zeros(2)}, path)
    with pytest.raises(FileExistsError, match="exists already; pass overwrite=True"):
        save_safetensors({}, path, overwrite=False)
    save_safetensors({}, path)
    assert load_safetensors(path) == {}


EIGHT = bytes(8)


@pytest.mark.parametrize(
    ("header", "data", "problem"),
    [
        ({"a": one(), "b": one()}, EIGHT, "b: it overlaps another array: expected it to begin at"),
        ({"a": one(offsets=(4, 12))}, bytes(12), "a: there is a gap"),
        ({"a": one()}, bytes(12), "its arrays end at byte"),
        ({}, b"more", "its arrays end at byte 10, the file at byte 14"),
        ({"a": one(offsets=(0, 16), shape=(4,))}, EIGHT, "a: its bytes 0 to 16 do not lie within"),
        ({"a": one(offsets=(8, 0))}, EIGHT, "a: its bytes 8 to 0 do not lie within the 8 of all"),
        ({"a": one(offsets=(-8, 0))}, EIGHT, "expected its data_offsets to be two places, got"),
        ({"a": one(offsets=(0, 8, 8))}, EIGHT, "expected its data_offsets to be two places"),
        ({"a": one(offsets=(0.0, 8))}, EIGHT, "expected its data_offsets to be two places"),
        ({"a": one(offsets=(False, 8))}, EIGHT, "expected its data_offsets to be two places"),
        ({"a": one(shape=(3,))}, EIGHT, r"a: its shape \[3\] of F32 asks for 12 bytes, it has 8"),
        ({"a": one(shape=(2**62, 2**62, 2**62))}, EIGHT, "asks for .* bytes, it has 8"),
        ({"a": one(shape=(0, 2**62, 2), offsets=(0, 0))}, b"", "asks for 0 bytes, it has 0"),
        ({"a": one("F64", (0, 2**60), (0, 0))}, b"", "asks for 0 bytes, it has 0"),
        ({"a": one(shape=(2**64,))}, EIGHT, "expected its shape to be a list of at most 32 sizes"),
        ({"a": one(shape=[1] * 33 + [2])}, EIGHT, "expected its shape to be a list of at most 32"),
        ({"a": one(shape=[[2]])}, EIGHT, "expected its shape to be a list"),
        ({"a": one("F8_E4M3")}, EIGHT, "a: its dtype 'F8_E4M3' is none of U64, I64"),
        ({"a": one(["F32"])}, EIGHT, "a: its dtype .* is none of"),
        ({"a": {**one(), "more": 1}}, EIGHT, "a: expected an object with dtype, shape and data_of"),
        ({"a": {"dtype": "F32"}}, EIGHT, "a: expected an object with dtype"),
        ({"a": None}, EIGHT, "a: expected an object with dtype"),
        ({"__metadata__": {"a": 1}}, b"", "__metadata__: expected texts by name"),
        ({"__metadata__": ["a"]}, b"", "__metadata__: expected texts by name"),
        (b'{"a":{},"a":{}}', b"", "its header is not right: 'a' comes twice"),
        (b'{"a":{"dtype":"F32","dtype":"F32"}}', b"", "'dtype' comes twice"),
        (b'{"__metadata__":{"k":"1","k":"2"}}', b"", "'k' comes twice"),
        (b'{"a":NaN}', b"", "NaN is no JSON"),
        (b'{"a":' + b"9" * 9999 + b"}", b"", "its header is not right: Exceeds the limit"),
        (b'{"a":' + b"[" * 100_000, b"", "its header is not right: maximum recursion depth"),
        (b'{"\xff":1}', b"", "its header is not right: 'utf-8' codec"),
        (b'{"a"', b"", "its header is not right"),
        (b"[]", b"", "its header does not begin with {"),
        (b" {}", b"", "its header does not begin with {"),
        (b"", b"", "its header does not begin with {"),
    ],
)
def test_what_is_not_right_is_refused_by_name(path, header, data, problem):
    with pytest.raises(ModelFileError, match=problem) as caught:
        load_safetensors(raw(path, header, data))
    assert caught.value.file == str(path)


@pytest.mark.parametrize("content", [b"", b"1234567", b"\xff" * 8, b"\x10" + bytes(7) + b"{}"])
def test_a_header_that_is_not_there_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"its header should have \d+ bytes, the file has"):
        load_safetensors(path)


def test_a_header_of_many_megabytes_is_not_read(path):
    raw(path, b"{" + b" " * 10_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(
            ModelFileError, match="its header has 10000001 bytes, more than 8388608"
        ):
            load_safetensors(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_file_cut_off_at_any_byte_is_refused(path):
    save_safetensors({"a": np.ones(2), "b": np.ones(3, "f4")}, path)
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i])
        with pytest.raises(ModelFileError):
            load_safetensors(path)


def test_truth_values_other_than_0_and_1_do_no_harm(path):
    raw(path, {"a": one("BOOL", (3,), (0, 3))}, b"\0\1\7")
    assert load_safetensors(path)["a"].tolist() == [False, True, True]


def test_a_folder_is_refused_and_a_missing_file_named(tmp_path):
    (tmp_path / "x.safetensors").mkdir()
    with pytest.raises(ModelFileError, match="it is a folder, not a file"):
        load_safetensors(tmp_path / "x.safetensors")
    with pytest.raises(FileNotFoundError, match="none.safetensors"):
        load_safetensors(tmp_path / "none.safetensors")
