"""Models as NumPy code: the same numbers, and nothing else that is needed."""

import ast
import os
import runpy
import subprocess
import sys

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, layers
from minikeras.export.python.source import RUNTIME, sources
from minikeras.export.python.writer import Writer
from tests.export import examples


def exported(model, path):
    """Return what the file defines."""
    model.export(path)
    return runpy.run_path(str(path))


def check(model, values, path):
    compare(model, exported(model, path)["predict"], values)


def compare(model, predict, values, **settings):
    """Assert that both give the same shapes, dtypes and bits; NaN equals NaN."""
    found = examples.flat(predict(*values, **settings))
    expected = examples.predictions(model, values, **settings)
    assert len(found) == len(expected)
    for mine, other in zip(expected, found):
        assert (mine.shape, mine.dtype) == (other.shape, other.dtype)
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("title", examples.FUNCTIONS)
def test_function(title, tmp_path):
    check(*examples.function_model(title), tmp_path / "model.py")


@pytest.mark.parametrize("build", examples.MODELS.values(), ids=examples.MODELS)
def test_model(build, tmp_path):
    model, values = build()
    check(model, values, tmp_path / "model.py")
    check(model, [value[:1] for value in values], tmp_path / "model.py")


@pytest.mark.parametrize("title", ["Resizing one image", "Resizing bytes"])
def test_layer_without_a_counterpart_is_refused(title, tmp_path):
    (make,) = (make for name, make in examples.layer_calls() if title in name)
    model, _ = make()
    with pytest.raises(ValueError, match="a Python file cannot hold Resizing"):
        model.export(tmp_path / "model.py")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_dtype_is_that_of_the_model(dtype, tmp_path):
    before = minikeras.config.floatx()
    minikeras.config.set_floatx(dtype)
    try:
        model = Sequential([Input((6,)), layers.Dense(4, "tanh"), layers.Dense(2, "softmax")])
        values = [examples.normal(3, 6).astype(dtype)]
        check(model, values, tmp_path / "model.py")
    finally:
        minikeras.config.set_floatx(before)


def test_no_samples_give_no_outputs(tmp_path):
    model, values = examples.small_convnet()
    check(model, [value[:0] for value in values], tmp_path / "model.py")


def test_file_imports_numpy_alone_and_runs_in_a_fresh_process(tmp_path):
    model, (x,) = examples.small_convnet()
    model.export(tmp_path / "net.py")
    tree = ast.parse((tmp_path / "net.py").read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]
    np.save(tmp_path / "x.npy", x)
    program = (
        "import sys, numpy as np, net; np.save('y.npy', net.predict(np.load('x.npy')));"
        "assert not any(name.startswith('minikeras') for name in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, env=environment)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model.predict(x, verbose=0))


def test_file_is_what_the_learner_sees_of_the_model(tmp_path):
    model = Sequential(
        [Input((4,)), layers.Dense(3, "sigmoid", name="hidden"), layers.Dense(2, name="out")]
    )
    model.export(tmp_path / "model.py")
    lines = [line.strip() for line in (tmp_path / "model.py").read_text().splitlines()]
    start = lines.index("# hidden (Dense): (batch, 4) -> (batch, 3)")
    assert lines[start : start + 13] == [
        "# hidden (Dense): (batch, 4) -> (batch, 3)",
        "W = weights['hidden/kernel']  # (4, 3)",
        "b = weights['hidden/bias']  # (3,)",
        "A = np.dot(x, W) + b",
        "hidden = sigmoid(A)",
        "",
        "# out (Dense): (batch, 3) -> (batch, 2)",
        "W = weights['out/kernel']  # (3, 2)",
        "b = weights['out/bias']  # (2,)",
        "out = np.dot(hidden, W) + b",
        "",
        "return out",
        "",
    ]
    assert [line for line in lines if line.startswith("def ")] == [
        "def sigmoid(x):",
        "def forward(x):",
        "def predict(x, batch_size=256):",
    ]


@pytest.mark.parametrize("name", RUNTIME)
def test_no_type_hints_are_left(name):
    tree = ast.parse("\n".join(sources([name])))
    assert "Any" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    hints = [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    assert not hints


@pytest.mark.parametrize(
    "name",
    ["class", "np", "W", "relu", "1st", "über", "a b\n'''import os", 'x"""', "forward", "max"],
)
def test_no_name_of_a_layer_can_break_the_file(name, tmp_path):
    x = Input((2,), name="weights")
    model = Model(x, layers.Dense(2, "relu", name=name)(x), name=name)
    check(model, [examples.normal(3, 2)], tmp_path / "model.py")


def test_text_in_a_graph_stays_text(tmp_path):
    x = Input((2, 2))
    model = Model(x, np.pad(x, ((0, 0), (0, 1), (0, 0)), mode="edge"))
    evil = "edge' + __import__('os').abort() + '"
    writer = Writer("name")
    assert writer.text(evil) == repr(evil)
    assert writer.text((slice(evil, None), [evil])) == f"(slice({evil!r}, None, None), [{evil!r}])"
    check(model, [examples.normal(2, 2, 2)], tmp_path / "model.py")


NAMES = ['""";open("harm", "w");"""', "';open('harm', 'w')#", "a\ropen('harm', 'w')#", "\\", "{x}"]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_never_code(name, tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    x = Input((3,), name=name)
    y = layers.BatchNormalization(name=f"{name} ")(layers.Dense(2, name=f" {name}")(x))
    model = Model(x, {name: y, "other": np.tanh(y)}, name=name)
    check(model, [rng.standard_normal((4, 3)).astype("float32")], tmp_path / "model.py")
    text = (tmp_path / "model.py").read_text("utf-8")
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert not any(isinstance(call, ast.Name) and call.id == "open" for call in calls)
    assert sorted(os.listdir()) == ["model.npz", "model.py"]
