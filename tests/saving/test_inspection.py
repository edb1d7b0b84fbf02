"""``inspect``: what is in a file of any format, without building anything."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers
from minikeras.__main__ import main
from minikeras.saving import ModelFileError, inspect, save_safetensors


def network():
    model = Sequential(
        [Input((4,)), layers.Dense(3, "relu", name="hidden"), layers.Dense(1, name="last")]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
    return model


def text(report):
    """Return what is printed, without the spaces that align it."""
    return [" ".join(line.split()) for line in str(report).splitlines()]


def keras_file(path, config, metadata="{}"):
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", metadata)
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("model.weights.h5", weights)
    return path


def config_of(*layer_configs):
    return {"class_name": "Sequential", "config": {"name": "m", "layers": list(layer_configs)}}


def test_a_keras_file_shows_architecture_training_weights_and_state(tmp_path):
    path = tmp_path / "m.keras"
    network().save(path)
    lines = text(inspect(path))
    assert lines[0].startswith(f"{path}: model of Keras 3, ")
    assert lines[1].startswith("keras_version: 3.")
    for line in (
        "Sequential 'sequential'",
        "Layer Class Input shape Settings",
        "input_layer InputLayer (None, 4)",
        "hidden Dense (None, 4) units=3, activation=relu",
        "last Dense (None, 3) units=1",
        "Optimizer: Adam",
        "Loss: mse",
        "Metrics: [mae]",
        "Weights: 4 arrays, 19 numbers, 76 B",
        "Name Layer Shape Type Numbers Size",
        "layers/dense/vars/0 hidden (4, 3) float32 12 48 B",
        "layers/dense_1/vars/1 last (1,) float32 1 4 B",
        "Optimizer state: 10 arrays, 40 numbers, 160 B",
        "optimizer/vars/0 () int32 1 4 B",
    ):
        assert any(found.startswith(line) for found in lines), line


def test_columns_are_aligned_and_numbers_count_as_numbers(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, **{f"{i}:w": np.zeros(i * 100) for i in (10, 9, 1)})
    assert str(inspect(path)).splitlines()[2:] == [
        "Weights: 3 arrays, 2,000 numbers, 15.62 KB",
        "  Name  Shape    Type     Numbers     Size",
        "  ----  -------  -------  -------  -------",
        "  1:w   (100,)   float64      100    800 B",
        "  9:w   (900,)   float64      900  7.03 KB",
        "  10:w  (1000,)  float64    1,000  7.81 KB",
    ]


def test_layers_that_are_not_in_a_row_show_what_they_are_connected_to(tmp_path):
    inputs = Input((4,), name="start")
    inner = Sequential([Input((4,)), layers.Dense(4, name="deep")], name="inner")
    outputs = layers.Add(name="sum")([inner(inputs), layers.Dense(4, name="side")(inputs)])
    path = tmp_path / "m.keras"
    Model(inputs, outputs, name="two").save(path)
    report = inspect(path)
    found = {layer.name: layer for layer in report.layers}
    assert report.model == "Functional 'two'"
    assert found["sum"].sources == ["inner", "side"] and found["deep"].depth == 1
    assert "sum Add (None, 4), (None, 4) inner, side" in text(report)


def test_weights_alone_are_shown_for_every_format(tmp_path):
    model = network()
    for name, dtype, start in [
        ("m.weights.h5", "float32", "layers/dense/vars/0"),
        ("m.npz", "float32", "0:hidden/kernel"),
        ("m.safetensors", "F32", "layers/dense/kernel"),
    ]:
        model.save_weights(tmp_path / name)
        report = inspect(tmp_path / name)
        assert len(report.weights) == 4 and report.layers == [] and report.model == ""
        weight = next(weight for weight in report.weights if weight.name == start)
        assert (weight.shape, weight.dtype, weight.bytes) == ((4, 3), dtype, 48)
        assert report.bytes == os.path.getsize(tmp_path / name)


def test_metadata_of_safetensors_is_shown(tmp_path):
    save_safetensors({}, tmp_path / "x.safetensors", {"made by": "hand"})
    assert text(inspect(tmp_path / "x.safetensors"))[1:] == [
        "made by: hand",
        "",
        "no layers and no weights",
    ]


def test_a_name_of_thousands_of_digits_is_shown(tmp_path):
    names = ["9" * 5000, "10", "9"]
    save_safetensors(dict.fromkeys(names, np.zeros(1)), tmp_path / "x.safetensors")
    lines = str(inspect(tmp_path / "x.safetensors")).splitlines()[-3:]
    assert [line.split()[0][:3] for line in lines] == ["9", "10", "999"]


def test_json_of_a_model_shows_its_architecture(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(network().to_json())
    assert "hidden Dense (None, 4) units=3, activation=relu" in text(inspect(path))


def test_arguments_that_are_as_usual_are_left_out(tmp_path):
    path = tmp_path / "m.json"
    rows = [
        Input((8, 8, 1)),
        layers.Conv2D(2, 3, strides=2, trainable=False),
        layers.Flatten(),
        layers.Dense(1, kernel_initializer="zeros", kernel_regularizer="l2", use_bias=False),
    ]
    path.write_text(Sequential(rows).to_json())
    _, convolution, flatten, dense = (layer.settings for layer in inspect(path).layers)
    sizes = {"filters": 2, "kernel_size": "[3, 3]", "strides": "[2, 2]"}
    assert convolution == {**sizes, "trainable": False} and flatten == {}
    objects = {"kernel_initializer": "Zeros()", "kernel_regularizer": "L2(l2=0.01)"}
    assert dense == {"units": 1, "use_bias": False, **objects}


def test_onnx_shows_operations_and_constants(tmp_path):
    path = tmp_path / "m.onnx"
    model = network()
    model.export(path)
    report = inspect(path)
    assert report.metadata["opset"] == "ai.onnx 17" and report.metadata["producer"] == "minikeras"
    assert {"MatMul", "Relu", "input", "output"} <= {layer.kind for layer in report.layers}
    assert sum(int(np.prod(weight.shape)) for weight in report.weights) >= 19
    whole = path.read_bytes()
    for end in (len(whole) - 1, len(whole) // 2, 3, 0):
        path.write_bytes(whole[:end])
        with pytest.raises(ModelFileError, match="cut off or damaged|of another format"):
            inspect(path)


def test_a_shape_of_many_axes_is_not_read_to_its_end(tmp_path):
    def field(number, content):
        size, length = len(content), bytearray()
        while size > 127:
            length.append(size & 127 | 128)
            size >>= 7
        return bytes([number << 3 | 2, *length, size]) + content

    tensor = field(1, b"\1" * 400_000)
    (tmp_path / "m.onnx").write_bytes(bytes([1 << 3, 8]) + field(7, field(5, tensor)))
    with pytest.raises(ModelFileError, match="more than 300000 numbers"):
        inspect(tmp_path / "m.onnx")


def test_classes_that_are_unknown_and_code_are_only_named(tmp_path):
    evil = {"class_name": "Evil", "module": "os", "config": {"name": "e", "command": "rm -rf /"}}
    code = {"class_name": "Lambda", "config": {"name": "f", "function": ["4wEAAAA", None, None]}}
    report = inspect(keras_file(tmp_path / "m.keras", config_of(evil, code)))
    assert [layer.kind for layer in report.layers] == ["Evil", "Lambda"]
    assert report.layers[0].settings == {"command": "rm -rf /"}


def test_what_a_terminal_would_obey_is_escaped(tmp_path):
    name = "a\x1b[2J\n\ud800"
    config = config_of({"class_name": "Dense", "config": {"name": name}})
    shown = str(inspect(keras_file(tmp_path / "m.keras", config, json.dumps({name: name}))))
    assert "\x1b" not in shown and "\ud800" not in shown and "a\\x1b[2J\\n\\ud800" in shown
    assert shown.splitlines()[1] == "a\\x1b[2J\\n\\ud800: a\\x1b[2J\\n\\ud800"


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("{", "m.keras, config.json: it is no JSON text"),
        ("[" * 100_000, "m.keras, config.json: it is no JSON text"),
        ("[]", "m.keras, config.json: expected the configuration of a model"),
        ({"class_name": "Sequential"}, "expected the configuration of a model"),
        (config_of(1), "expected the configuration of a layer, got 1"),
    ],
)
def test_a_configuration_that_is_none_is_refused(tmp_path, config, problem):
    with pytest.raises(ModelFileError, match=problem):
        inspect(keras_file(tmp_path / "m.keras", config))


def test_models_nested_too_deep_are_refused(tmp_path):
    config = config_of()
    for _ in range(50):
        config = config_of(config)
    with pytest.raises(ModelFileError, match="models lie more than 32 deep in each other"):
        inspect(keras_file(tmp_path / "m.keras", config))


def test_settings_nested_too_deep_are_refused(tmp_path, monkeypatch):
    def too_deep(*given):  # which depth it is depends on how deep the caller is
        raise RecursionError

    monkeypatch.setattr("minikeras.saving.inspection.describe", too_deep)
    (tmp_path / "m.json").write_text("{}")
    with pytest.raises(ModelFileError, match="nested too deep to be followed"):
        inspect(tmp_path / "m.json")


JUNK = [None, 1, "text", [], {}, [1], {"config": None}, {"layers": 1}, {"class_name": []}, 1e308]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize("key", ["name", "class_name", "config", "inbound_nodes", "build_config"])
def test_junk_in_a_configuration_does_no_harm(tmp_path, key, junk):
    layer = {"class_name": "Dense", "config": {"units": 1}, key: junk}
    config = {**config_of(layer, {"config": {key: junk}}), "compile_config": {"loss": junk, key: 1}}
    (tmp_path / "m.json").write_text(json.dumps(config))
    if key == "config" and junk == [1]:  # as old files have it for Sequential: a list of layers
        with pytest.raises(ModelFileError, match="expected the configuration of a layer, got 1"):
            inspect(tmp_path / "m.json")
    else:
        assert "Sequential 'm'" in str(inspect(tmp_path / "m.json"))


def test_other_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .keras, .h5, .*, got m.txt"):
        inspect(tmp_path / "m.txt")
    (tmp_path / "m.npz").mkdir()
    with pytest.raises(ModelFileError, match="it is a folder"):
        inspect(tmp_path / "m.npz")


def test_the_command_line_prints_tables_and_returns_0(tmp_path, capsys):
    network().save_weights(tmp_path / "a.npz")
    network().save_weights(tmp_path / "b.safetensors")
    assert main(["inspect", str(tmp_path / "a.npz"), str(tmp_path / "b.safetensors")]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{inspect(tmp_path / 'a.npz')}\n\n{inspect(tmp_path / 'b.safetensors')}\n"
    assert shown.err == ""


def test_tables_fit_into_a_width_by_leaving_out_the_middle_of_long_names(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(
        path, **{"a_long_name_of_a_weight_in_some_layer": np.zeros((10, 10)), "b": np.zeros(1)}
    )
    assert inspect(path).text(60).splitlines()[3:] == [
        "  Name                     Shape     Type     Numbers   Size",
        "  -----------------------  --------  -------  -------  -----",
        "  a_long_na..._some_layer  (10, 10)  float64      100  800 B",
        "  b                        (1,)      float64        1    8 B",
    ]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_of_the_tables_is_longer_than_the_terminal(tmp_path, width):
    model = Sequential(name="m")
    model.add(Input((4,), name="a_name_for_the_place_where_the_numbers_come_in"))
    model.add(layers.Dense(3, "relu", name="a_layer_with_a_name_that_is_as_long", use_bias=False))
    model.save(tmp_path / "m.keras")
    report = inspect(tmp_path / "m.keras")
    tables = [line for line in report.text(width).splitlines() if line.startswith("  ")]
    assert len(tables) == 7 and max(map(len, tables)) <= width
    assert max(map(len, str(report).splitlines()[3:])) > 100


def test_what_has_no_room_even_so_keeps_its_least_widths(tmp_path):
    network().save(tmp_path / "m.keras")
    tables = inspect(tmp_path / "m.keras").text(10).splitlines()
    assert "  hidden       Dense       (None, 4)    uni...n=relu" in tables


def test_the_command_line_fits_tables_into_a_terminal_and_into_nothing_else(
    tmp_path, capsys, monkeypatch
):
    np.savez(tmp_path / "x.npz", **{"n" * 60: np.zeros(3)})
    report = inspect(tmp_path / "x.npz")
    monkeypatch.setenv("COLUMNS", "50")
    assert main(["inspect", report.file]) == 0
    assert capsys.readouterr().out == f"{report}\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["inspect", report.file]) == 0
    assert capsys.readouterr().out == f"{report.text(50)}\n" != f"{report}\n"


def test_the_command_line_prints_json(tmp_path, capsys):
    network().save(tmp_path / "m.keras")
    assert main(["inspect", "--json", str(tmp_path / "m.keras")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["model"] == "Sequential 'sequential'"
    assert found["layers"][1]["settings"] == {"units": 3, "activation": "relu"}
    weight = {"name": "layers/dense/vars/1", "shape": [3], "dtype": "float32", "bytes": 12}
    assert {**weight, "layer": "hidden"} in found["weights"]
    assert main(["inspect", "--json", str(tmp_path / "m.keras"), str(tmp_path / "m.keras")]) == 0
    assert json.loads(capsys.readouterr().out) == [found, found]


def test_errors_are_one_line_and_code_1(tmp_path, capsys):
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    network().save_weights(good)
    bad.write_bytes(b"PK")
    files = [str(bad), str(tmp_path / "none.npz"), str(tmp_path / "x.txt"), str(good)]
    assert main(["inspect", *files]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"{inspect(good)}\n"  # the others are shown all the same
    errors = shown.err.splitlines()
    assert len(errors) == 3 and all(line.startswith("minikeras: ") for line in errors)
    assert "bad.npz: no end of a zip archive found" in errors[0]
    assert "none.npz: No such file" in errors[1]


@pytest.mark.parametrize("arguments", [[], ["inspect"], ["look"], ["inspect", "--jsn", "x.npz"]])
def test_wrong_arguments_are_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage: python -m minikeras" in capsys.readouterr().err


def test_the_package_runs_as_a_program(tmp_path):
    network().save_weights(tmp_path / "m.npz")
    run = subprocess.run(
        [sys.executable, "-m", "minikeras", "inspect", "m.npz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.returncode == 0 and run.stdout.startswith("m.npz: arrays of NumPy")


def damaged(folder, name):
    """Return a file of this format whose end is missing."""
    path = folder / name
    if name == "m.onnx":
        network().export(path)
    elif name == "m.json":
        path.write_text(network().to_json())
    elif name == "m.keras":
        network().save(path)
    else:
        network().save_weights(folder / "m.weights.h5" if name == "m.h5" else path)
        if name == "m.h5":
            (folder / "m.weights.h5").rename(path)
    path.write_bytes(path.read_bytes()[:-40])
    return path


NAMES = ["m.keras", "m.weights.h5", "m.h5", "m.npz", "m.safetensors", "m.onnx", "m.json"]


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_of_any_format_is_one_line_and_code_1(tmp_path, capsys, name):
    path = damaged(tmp_path, name)
    assert main(["inspect", str(path)]) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    assert shown.err.startswith(f"minikeras: {path}")


def test_errors_hold_nothing_that_a_terminal_would_obey(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        archive.writestr("a\x1b[2Jb.txt", "")
    assert main(["inspect", str(tmp_path / "m.npz"), str(tmp_path / "\x1b[2J.npz")]) == 1
    shown = capsys.readouterr().err
    assert "\x1b" not in shown and "a\\x1b[2Jb" in shown and "\\x1b[2J.npz: No such" in shown


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    arrays = {f"array {i}": np.zeros(i) for i in range(4000)}
    save_safetensors(arrays, tmp_path / "m.safetensors")
    command = f"{sys.executable} -m minikeras inspect m.safetensors; echo code $? >&2"
    run = subprocess.run(
        ["sh", "-c", f"({command}) | head -n 2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.stdout.count("\n") == 2 and run.stderr == "code 0\n"
