"""``.keras`` files with anything changed in them: they load, or ``ModelFileError`` is raised."""

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

import minikeras
from minikeras import Input, Model, Sequential, layers, saving
from minikeras.layers.naming import reset_names
from minikeras.saving import ModelFileError
from tests.saving.fuzzing import CASES, within_limits


def row():
    model = Sequential(
        [
            Input((8, 6, 1)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(4, "softmax", kernel_regularizer="l2"),
        ]
    )
    schedule = minikeras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(
        minikeras.optimizers.SGD(schedule, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", minikeras.metrics.AUC(num_thresholds=20)],
    )
    return model


def graph():
    inside = Input((5, 3))
    inner = Model(inside, layers.Bidirectional(layers.LSTM(2))(inside), name="inner")
    ids = Input((5,), dtype="int32", name="ids")
    rows = layers.Embedding(7, 3)(ids)
    both = layers.MultiHeadAttention(2, 3)(rows, rows)
    y = inner(rows + both[:, ::-1])
    model = Model(ids, {"y": layers.Dense(2)(y), "sum": np.sum(y, axis=1)})
    model.compile("adam", {"y": "mse"}, metrics={"y": ["mae"]})
    return model


@cache
def members(make):
    """Return the members of a file, and how many places its configuration has."""
    reset_names()
    file = io.BytesIO()
    make().save(file)
    with zipfile.ZipFile(file) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    return file.getvalue(), found, json.loads(found["config.json"])


def places(value, path=()):
    """Return the paths of all values in a configuration."""
    found = [path]
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += places(item, (*path, key))
    return found


def packed(found, config):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in found.items():
            archive.writestr(
                name, json.dumps(config).encode() if name == "config.json" else content
            )
    return file.getvalue()


def load(data):
    """Load a file that was tampered with; return whether it loaded."""
    try:
        with within_limits(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            saving.load_model(io.BytesIO(data))
    except ModelFileError:
        return False
    return True


WORDS = ["Dense", "LSTM", "Lambda", "Model", "function", "__lambda__", "__numpy__", "__slice__"]
MORE = ["relu", "adam", "mse", "keras.layers", "os", "ids", "inner", "../x", "float16", "x" * 99]
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.sampled_from([2**20, 2**31, -(2**63), 2**64, 10**30]),
    st.floats(),
    st.sampled_from(WORDS + MORE),
    st.text(max_size=4),
)
anything = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["class_name", "config", "module", "name"]), inner),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("make", [row, graph])
@CASES
@given(choices=st.data())
def test_any_value_of_a_configuration_may_be_another(make, choices):
    _, found, config = members(make)
    config = copy.deepcopy(config)
    for _ in range(choices.draw(st.integers(1, 3))):
        *way, last = choices.draw(st.sampled_from(places(config)[1:]))
        holder = config
        for key in way:
            holder = holder[key]
        how = choices.draw(st.sampled_from(["replace", "delete", "swap", "repeat"]))
        if how == "replace":
            holder[last] = choices.draw(anything)
        elif how == "delete":
            del holder[last]
        elif how == "swap":
            *other_way, other = choices.draw(st.sampled_from(places(config)[1:]))
            value = config
            for key in (*other_way, other):
                value = value[key]
            holder[last] = copy.deepcopy(value)
        elif isinstance(holder, list):
            holder.insert(0, copy.deepcopy(holder[last]))
        if not config:
            break
    load(packed(found, config))


@pytest.mark.parametrize("make", [row, graph])
@CASES
@given(choices=st.data())
def test_any_bytes_of_a_file_may_be_others(make, choices):
    data, _, _ = members(make)
    changed = bytearray(data)
    for _ in range(choices.draw(st.integers(1, 4))):
        at = choices.draw(st.integers(0, len(changed) - 1))
        how = choices.draw(st.sampled_from(["flip", "set", "cut", "drop", "double"]))
        if how == "flip":
            changed[at] ^= 1 << choices.draw(st.integers(0, 7))
        elif how == "set":
            changed[at : at + 4] = choices.draw(st.binary(min_size=4, max_size=4))
        elif how == "cut":
            del changed[at:]
        elif how == "drop":
            del changed[at : at + choices.draw(st.integers(1, 50))]
        else:
            changed[at:at] = changed[at : at + choices.draw(st.integers(1, 50))]
        if not changed:
            break
    load(bytes(changed))


@CASES
@given(text=st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_may_stand_for_a_configuration(text):
    _, found, _ = members(row)
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", content)
        archive.writestr("model.weights.h5", found["model.weights.h5"])
    assert not load(file.getvalue())


@CASES
@given(value=anything)
def test_any_value_may_stand_for_a_model(value):
    _, found, _ = members(row)
    assert not load(packed(found, value))


@pytest.mark.parametrize("make", [row, graph])
def test_what_was_not_changed_loads(make):
    data, found, config = members(make)
    assert load(data)
    assert load(packed(found, config))
