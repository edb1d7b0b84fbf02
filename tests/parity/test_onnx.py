"""ONNX files beside ONNX Runtime: every layer, functions and models of all shapes."""

import numpy as np
import pytest

from tests.export import examples

onnx = pytest.importorskip("onnx", reason="needs onnx: pip install 'minikeras-numpy[onnx]'")
runtime = pytest.importorskip(
    "onnxruntime", reason="needs onnxruntime: pip install 'minikeras-numpy[onnx]'"
)

LAYERS = dict(examples.layer_calls())


def check(model, values, path, opset=17):
    model.export(path, opset=opset)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    got = session.run(None, dict(zip((one.name for one in session.get_inputs()), values)))
    expected = examples.predictions(model, values)
    assert len(got) == len(expected)
    for mine, other in zip(expected, got):
        assert (mine.shape, mine.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(mine, other, atol=1e-5, rtol=1e-5)
    return session


@pytest.mark.parametrize("title", LAYERS)
def test_layer(title, tmp_path):
    model, values = LAYERS[title]()
    check(model, values, tmp_path / "model.onnx")


@pytest.mark.parametrize("title", examples.FUNCTIONS)
def test_function(title, tmp_path):
    check(*examples.function_model(title), tmp_path / "model.onnx")


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("build", examples.MODELS.values(), ids=examples.MODELS)
def test_model(build, opset, tmp_path):
    check(*build(), tmp_path / "model.onnx", opset)


@pytest.mark.parametrize("build", examples.MODELS.values(), ids=examples.MODELS)
def test_batch_is_free(build, tmp_path):
    model, values = build()
    for count in (1, 2):
        check(model, [value[:count] for value in values], tmp_path / "model.onnx")


def test_free_steps_are_free(tmp_path):
    model, values = examples.free_lengths()
    for steps in (5, 12):
        values = [examples.normal(2, steps, 4)]
        check(model, values, tmp_path / "model.onnx")


def test_inputs_and_outputs_keep_their_names_and_dtypes(tmp_path):
    session = check(*examples.several_inputs(), tmp_path / "model.onnx")
    assert [(one.name, one.shape) for one in session.get_inputs()] == [
        ("first", ["batch", 3]),
        ("second in line", ["batch", 5]),
    ]
    assert session.get_outputs()[0].name == "score"
    session = check(*examples.text_model(), tmp_path / "model.onnx")
    assert session.get_inputs()[0].type == "tensor(int32)"


def test_shared_weights_are_stored_once(tmp_path):
    model, _ = examples.several_inputs()
    model.export(tmp_path / "model.onnx")
    tensors = onnx.load(tmp_path / "model.onnx").graph.initializer
    assert sum(tensor.name.startswith("shared/kernel") for tensor in tensors) == 1
