"""Configurations made to do harm: they write nothing, run nothing, and take little."""

import io
import json
import zipfile

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, layers, saving
from minikeras.models import graph_config
from minikeras.models.function_limits import check_function
from minikeras.saving import ModelFileError
from tests.saving.fuzzing import within_limits


def file_of(config, weights_of=None, how=zipfile.ZIP_STORED):
    """Return a ``.keras`` file with this configuration, given as data or as bytes."""
    model = weights_of or Sequential([Input((3,)), layers.ReLU()])
    saved, file = io.BytesIO(), io.BytesIO()
    model.save(saved)
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(file, "w", how) as new:
        for name in old.namelist():
            new.writestr(name, text if name == "config.json" else old.read(name))
    return file


def refuses(config, problem, how=zipfile.ZIP_STORED):
    file = file_of(config, how=how)
    with within_limits(), pytest.raises(ModelFileError, match=problem):
        saving.load_model(file)


def row(*entries):
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "x"}}
    return {"class_name": "Sequential", "config": {"name": "row", "layers": [first, *entries]}}


def layer(name, /, **config):
    return {"module": "keras.layers", "class_name": name, "config": config}


def point(name, call=0):
    config = {"shape": [None, 3], "dtype": "float32", "keras_history": [name, call, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def graph(*entries, end, shape=(None, 3)):
    """Return the configuration of a functional model that starts at the input ``"x"``."""
    first = {"class_name": "InputLayer", "config": {"batch_shape": shape, "name": "x"}}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "registered_name": "Functional",
        "config": {
            "name": "graph",
            "layers": [{**first, "name": "x", "inbound_nodes": []}, *entries],
            "input_layers": [["x", 0, 0]],
            "output_layers": [end],
        },
    }


def call(class_name, /, *args, name="f", **config):
    """Return the entry of a function that is called on the input; ``...`` is the input."""
    return {
        "module": "keras.src.ops.numpy",
        "class_name": class_name,
        "registered_name": class_name,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": [
            {"args": [point("x") if arg is ... else arg for arg in args], "kwargs": {}}
        ],
    }


def own_function(name):
    return {"class_name": "function", "config": name, "module": "builtins"}


# Functions in a graph.


@pytest.mark.parametrize("name", ["Save", "Savez", "Savetxt", "SavezCompressed", "Tofile", "Load"])
def test_no_function_that_touches_files_can_be_named(tmp_path, name):
    path = tmp_path / "there"
    path.write_bytes(b"old")
    for args in ([str(path), ...], [..., str(path)]):
        refuses(graph(call(name, *args), end=["f", 0, 0]), "which minikeras does not have")
    refuses(graph(call(name, ..., file=str(path)), end=["f", 0, 0]), "does not have")
    assert [p.name for p in tmp_path.iterdir()] == ["there"] and path.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["Lazily", "Array2string", "SharesMemory", "__all__"])
def test_what_is_no_function_of_arrays_cannot_be_named(name):
    refuses(graph(call(name, ...), end=["f", 0, 0]), "which minikeras does not have")


def test_a_file_cannot_repeat_functions_of_minikeras():
    total = call("Sum", ...)
    sigmoid, scalar = own_function("sigmoid"), point("f")
    scalar["config"]["shape"] = []
    for entry in (
        call("WhileLoop", sigmoid, sigmoid, scalar, name="g"),
        call("ForiLoop", 0, 10**12, sigmoid, scalar, name="g"),
        call("Map", sigmoid, scalar, name="g"),
    ):
        refuses(graph(total, entry, end=["g", 0, 0]), "nothing that a file can ask for")


@pytest.mark.parametrize(
    ("name", "args", "settings"),
    [
        ("ArraySplit", [...], {"indices_or_sections": 10**7}),
        ("Diagflat", [...], {"k": 10**5}),
        ("Diff", [...], {"n": 10**9}),
        ("Histogram", [...], {"bins": 10**9}),
        ("Linspace", [0.0, ...], {"num": 10**9}),
        ("Linspace", [0.0, ..., 10**9], {}),
        ("OneHot", [...], {"num_classes": 10**9}),
        ("Pad", [...], {"pad_width": 20_000}),
        ("Pad", [...], {"pad_width": [[0, 10**5], [10**5, 0]]}),
        ("Vander", [...], {"N": 10**9}),
    ],
)
def test_numbers_of_functions_may_not_be_huge(name, args, settings):
    refuses(graph(call(name, *args, **settings), end=["f", 0, 0]), r"expected at most")


def test_numbers_that_people_mean_are_let_through():
    x = Input((64, 64, 3))
    check_function(np.pad, (x, ((0, 0), (10_000, 10_000), (3, 3), (0, 0))), {})
    check_function(np.pad, (x, {1: (5, 5), -1: 2}), {})
    check_function(np.split, (x, [5, 10**6]), {"axis": 1})
    check_function(minikeras.ops.image.resize, (x, (1024, 1024)), {})
    check_function(np.clip, (x, 0, 10**9), {})


def test_constants_are_numbers():
    constant = {"class_name": "__numpy__", "config": {"value": [[1, 2, 3]], "dtype": "object"}}
    refuses(graph(call("Add", ..., constant), end=["f", 0, 0]), "expected numbers or texts")


# Work without end.


def test_models_that_call_each_other_twice_are_refused():
    config = layer("ReLU", name="l")
    for i in range(40):
        nodes = [{"args": [point(*at)], "kwargs": {}} for at in (("x", 0), ("l", 0))]
        entry = {**config, "name": "l", "inbound_nodes": nodes}
        config = graph(entry, end=["l", 1 + (i > 0), 0])
        config["config"]["name"] = "l"
    refuses(config, "its models call each other too many times")


def test_shared_objects_that_hold_each_other_are_refused():
    cell = {**layer("SimpleRNNCell", units=3), "shared_object_id": 0}
    for i in range(60):
        cells = [cell, {"class_name": "any", "shared_object_id": i}]
        cell = {**layer("StackedRNNCells", cells=cells), "shared_object_id": i + 1}
    refuses(row(layer("RNN", cell=cell)), "its shared objects hold each other too many times")


def test_one_object_may_be_shared_by_many():
    made = layers.Dense(2, kernel_initializer=minikeras.initializers.Constant(0.5))
    shared = made.kernel_initializer
    many = [layers.Dense(2, kernel_initializer=shared) for _ in range(300)]
    model = Sequential([Input((3,)), *many])
    loaded = saving.load_model(file_of(json.loads(model.to_json()), model))
    assert loaded.layers[0].kernel_initializer is loaded.layers[-1].kernel_initializer


def test_calls_that_are_listed_backwards_take_no_more_looks(monkeypatch):
    x = y = Input((3,), name="x")
    for i in range(100):
        y = layers.ReLU(name=f"r{i}")(y)
    config = Model(x, y).get_config()
    config["layers"].reverse()
    looks = []
    call_of = graph_config._call
    monkeypatch.setattr(graph_config, "_call", lambda *given: looks.append(0) or call_of(*given))
    model = Model.from_config(config)
    assert [one.name for one in model.layers] == ["x", *(f"r{i}" for i in range(100))]
    assert len(looks) == 199  # each but the first one waits once


def test_calls_that_wait_for_each_other_are_named():
    def entry(name, other):
        nodes = [{"args": [point(other)], "kwargs": {}}]
        return {**layer("ReLU", name=name), "name": name, "inbound_nodes": nodes}

    config = graph(entry("a", "b"), entry("b", "a"), entry("c", "x"), end=["c", 0, 0])
    refuses(config, r"the calls of \['a', 'b'\] wait for each other")
    refuses(graph(entry("c", "x"), end=["c", 3, 0]), "call 3 of 'c'")


# Memory.


def test_little_text_that_unpacks_to_much_is_refused():
    text = b'{"class_name": "Sequential", "config": [' + b"[]," * 10**7 + b"[]]}"
    refuses(text, "more than the .* allowed", zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize("piece", ["[],", "{},"])
def test_text_of_many_lists_and_objects_is_refused(piece):
    with within_limits(), pytest.raises(ValueError, match="holds more than any model does"):
        saving.model_from_json(f"[{piece * 2**20}0]")


def test_texts_that_one_long_text_makes_long_are_refused():
    value = ["a" * 300_000, *["b"] * 1000]
    scale = {"class_name": "__numpy__", "config": {"value": value, "dtype": "str"}}
    refuses(row(layer("Rescaling", scale=scale)), "1001 texts are too many")


@pytest.mark.parametrize(
    ("name", "settings", "problem"),
    [
        ("StringLookup", {"vocabulary_size": 9_999_999, "output_mode": "count"}, "got 9999999"),
        ("StringLookup", {"num_oov_indices": 10**8, "vocabulary": ["a"]}, "num_oov_indices"),
    ],
)
def test_a_vocabulary_has_the_words_that_the_file_holds(name, settings, problem):
    refuses(row(layer(name, **settings)), problem)


def test_the_labels_of_a_metric_may_not_be_any_number():
    config = {"num_labels": 10**9, "multi_label": True}
    auc = {"module": "keras.metrics", "class_name": "AUC", "config": config}
    training = {"optimizer": "sgd", "loss": "mse", "metrics": [auc]}
    refuses({**row(layer("ReLU")), "compile_config": training}, "AUC has 1000000000 as num_labels")
