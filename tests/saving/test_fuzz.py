"""Damaged files of every format: they load, or ``ModelFileError`` says why.

Never another error, never more than 256 MB, never more than a second.
"""

import copy
import io
import json
import warnings
import zipfile
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Model, Sequential, layers, optimizers, saving
from minikeras.saving import ModelFileError, hdf5
from tests.saving.fuzzing import CASES, within_limits

CHECKSUMS = ["m.keras", "m.npz"]  # formats in which no changed byte goes unnoticed
WHOLE = ["m.keras", "m.h5"]
ALL = [*WHOLE, "m.npz", "m.safetensors", "m.weights.h5"]


@cache
def network():
    inputs = Input((3,), name="start")
    x = layers.Dense(2, "relu", name="a")(inputs)
    x = layers.Add()([x, layers.BatchNormalization()(x)])
    inner = Sequential([Input((2,)), layers.Dense(2, kernel_regularizer="l2"), layers.Dropout(0.5)])
    model = Model(inputs, layers.LSTM(1)(layers.Reshape((2, 1))(inner(x))))
    model.compile(optimizers.SGD(0.1, momentum=0.9), "mse", metrics=["mae"])
    model.optimizer.build(model.trainable_variables)
    return model


@cache
def start():
    """Return the numbers of the network, before any test."""
    return [value.copy() for value in network().get_weights()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@cache
def original(folder, name):
    """Return the bytes of a good file."""
    network().set_weights(start())
    path = folder / f"good-{name}"
    if name == "m.h5":
        return legacy()
    (network().save if name.endswith(".keras") else network().save_weights)(path)
    return path.read_bytes()


def legacy():
    """Return the bytes of a whole model in Keras's older form."""
    root = hdf5.Group(attributes={"model_config": network().to_json(), "keras_version": "2.15.0"})
    group = root.group("model_weights")
    group.attributes["layer_names"] = [layer.name for layer in network().layers]
    for layer in network().layers:
        inner = group.group(layer.name)
        names = [f"w{i}:0" for i in range(len(layer.weights))]
        inner.attributes["weight_names"] = names or np.array([])
        inner.members.update(zip(names, layer.get_weights()))
    return b"".join(hdf5.chunks(root))


def load(path):
    """Return the numbers in a file, and the path of what was wrong with it, if so."""
    if path.name in WHOLE:
        return saving.load_model(path).get_weights()
    model = network()
    model.set_weights([np.full(value.shape, -1) for value in start()])
    before = model.get_weights()
    try:
        model.load_weights(path)
    except ModelFileError:
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)  # all or nothing
        raise
    return model.get_weights()


def check(folder, name, data, read=load):
    """Read a file that holds ``data``; return what comes of it, None if it is refused."""
    path = folder / name
    path.write_bytes(data)
    found = problem = None
    try:
        with within_limits(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = read(path)
    except ModelFileError as error:
        problem = str(error)
    assert problem is None or problem.startswith(str(path))
    return found


def same(found):
    return all(np.array_equal(a, b) for a, b in zip(found, start(), strict=True))


NUMBERS = [0, 1, 2, 7, 8, 255, 2**15, 2**16 - 1, 2**31, 2**32 - 1, 2**48, 2**63, 2**64 - 1]


@st.composite
def changes(draw):
    """Return a function that damages bytes, whatever their number."""
    place = st.one_of(st.integers(0, 10**6), st.integers(-300, -1))  # the end says much
    ways = st.one_of(
        st.tuples(st.just("bit"), place, st.integers(0, 7)),
        st.tuples(st.just("bytes"), place, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("field"), place, st.sampled_from(NUMBERS), st.sampled_from([1, 2, 4, 8])),
        st.tuples(st.just("more"), place, st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("less"), place, st.integers(1, 400)),
        st.tuples(st.just("copy"), place, place, st.integers(1, 64)),
        st.tuples(st.just("double"), place, place, st.integers(1, 400)),
    )
    chosen = draw(st.lists(ways, min_size=1, max_size=5))

    def damage(data):
        found = bytearray(data)
        for way, at, *values in chosen:
            if not found:
                break
            at %= len(found)
            if way == "bit":
                found[at] ^= 1 << values[0]
            elif way == "bytes":
                found[at : at + len(values[0])] = values[0]
            elif way == "field":
                number, size = values
                found[at : at + size] = (number % 256**size).to_bytes(size, "little")
            elif way == "more":
                found[at:at] = values[0]
            elif way == "less":
                del found[at : at + values[0]]
            else:
                source, size = values
                piece = found[source % len(found) :][:size]
                found[at : at + (len(piece) if way == "copy" else 0)] = piece
        return bytes(found)

    return damage


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**62, 10**30, 0.5, 1e308, float("nan"), "", "a", "\ud800"]),
    st.sampled_from([[], {}, [None], [[]], {"a": 1}, {"class_name": "Dense", "config": {}}]),
    st.sampled_from(
        ["Dense", "Lambda", "../x", "/etc/passwd", "relu", "keras.layers", "os.system"]
    ),
    st.integers(),
    st.lists(st.integers(-1, 9), max_size=4),
)


@st.composite
def rewritings(draw):
    """Return a function that changes values anywhere within plain data."""
    chosen = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["set", "set", "delete", "move", "double", "wrap"]),
                st.integers(0, 10**6),
                st.integers(0, 10**6),
                JUNK,
            ),
            min_size=1,
            max_size=3,
        )
    )

    def places(data):
        waiting, found = [data], []
        while waiting:
            value = waiting.pop()
            keys = value.keys() if isinstance(value, dict) else range(len(value))
            found += [(value, key) for key in keys]
            inside = value.values() if isinstance(value, dict) else value
            waiting += [item for item in inside if isinstance(item, dict | list)]
        return found

    def rewrite(data):
        data = copy.deepcopy(data)
        for way, first, second, junk in chosen:
            all_places = places(data)
            if not all_places:
                break
            holder, key = all_places[first % len(all_places)]
            source, other = all_places[second % len(all_places)]
            if way == "set":
                holder[key] = copy.deepcopy(junk)
            elif way == "delete":
                del holder[key]
            elif way == "move":
                holder[key] = copy.deepcopy(source[other])
            elif way == "double" and isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            elif way == "wrap":
                for _ in range(2 + second % 40):
                    holder[key] = [holder[key]] if first % 2 else {"config": holder[key]}
        return data

    return rewrite


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(contents, how=zipfile.ZIP_STORED):
    """Return a good zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("name", ALL)
def test_the_good_file_loads(folder, name):
    assert same(check(folder, name, original(folder, name)))


@pytest.mark.parametrize("name", ALL)
@CASES
@given(damage=changes())
def test_a_damaged_file_loads_or_is_refused(folder, name, damage):
    data = original(folder, name)
    found = check(folder, name, damage(data))
    if found is not None and name in CHECKSUMS:
        assert same(found)


@pytest.mark.parametrize("name", ALL)
@CASES
@given(st.integers(0, 10**6))
def test_a_file_that_is_cut_off_is_refused(folder, name, length):
    data = original(folder, name)
    assert check(folder, name, data[: length % len(data)]) is None


@pytest.mark.parametrize("name", ALL)
@CASES
@given(st.binary(max_size=300))
def test_anything_else_is_refused(folder, name, data):
    assert check(folder, name, data) is None


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("name", CHECKSUMS)
@CASES
@given(st.integers(0, 100), changes())
def test_a_damaged_member_of_a_good_archive_loads_or_is_refused(folder, name, how, which, damage):
    contents = members(original(folder, name))
    member = list(contents)[which % len(contents)]
    contents[member] = damage(contents[member])
    check(folder, name, zipped(contents, how))


@CASES
@given(rewritings())
def test_a_wrong_configuration_loads_or_is_refused(folder, rewrite):
    contents = members(original(folder, "m.keras"))
    config = rewrite(json.loads(contents["config.json"]))
    contents["config.json"] = json.dumps(config).encode()
    check(folder, "m.keras", zipped(contents))


@CASES
@given(rewritings())
def test_a_wrong_header_of_safetensors_loads_or_is_refused(folder, rewrite):
    data = original(folder, "m.safetensors")
    length = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(rewrite(json.loads(data[8:length]))).encode()
    whole = len(header).to_bytes(8, "little") + header + data[length:]
    check(folder, "m.safetensors", whole)


@CASES
@given(st.data())
def test_a_wrong_description_of_an_array_in_npz_loads_or_is_refused(folder, data):
    contents = members(original(folder, "m.npz"))
    member = data.draw(st.sampled_from(sorted(contents)))
    dtype = data.draw(
        st.sampled_from(["<f4", ">f8", "|O", "<U9", "|V8", "<M8[s]", "|b1", "<c8", ""])
    )
    shape = tuple(data.draw(st.lists(st.sampled_from([0, 1, 2, 3, 2**31, 2**62, -1]), max_size=4)))
    order = data.draw(st.sampled_from([True, False, None]))
    text = repr({"descr": dtype, "fortran_order": order, "shape": shape}).encode()
    body = contents[member][data.draw(st.sampled_from([128, 120, 0])) :]
    contents[member] = b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + body
    check(folder, "m.npz", zipped(contents))


@pytest.mark.parametrize("name", [*ALL, "m.onnx", "m.json"])
@CASES
@given(damage=changes())
def test_inspect_shows_or_refuses_a_damaged_file(folder, name, damage):
    path = folder / f"good-{name}"
    if not path.exists():
        if name == "m.onnx":
            Sequential([Input((3,)), layers.Dense(2, "relu")]).export(path)
        elif name == "m.json":
            path.write_text(network().to_json())
        else:
            path.write_bytes(original(folder, name))
    check(folder, name, damage(path.read_bytes()), lambda path: str(saving.inspect(path)))


@CASES
@given(rewritings())
def test_inspect_shows_or_refuses_a_wrong_configuration(folder, rewrite):
    config = json.dumps(rewrite(json.loads(network().to_json()))).encode()
    check(folder, "m.json", config, lambda path: str(saving.inspect(path)))
