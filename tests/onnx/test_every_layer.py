"""Every registered layer is either exported, and equal at any batch size, or refused by name."""

from pathlib import Path

import pytest

from minikeras import Input, Model, layers, registry
from tests.onnx.layer_cases import CASES, REFUSED, model_of
from tests.onnx.support import agree, exported, needs_runtime

pytestmark = needs_runtime

PAGE = Path(__file__).parents[2] / "docs" / "files" / "onnx.md"


def registered():
    """Return the names of all layers of the package; users' and tests' own are no part of it."""
    found = registry.registered("layer").values()
    return sorted({cls.__name__ for cls in found if cls.__module__.startswith("minikeras.")})


@pytest.mark.parametrize("name", registered())
def test_layer_has_a_case(name):
    assert (name in CASES) != (name in REFUSED)


@pytest.mark.parametrize("name", CASES)
def test_layer_equals_onnxruntime_for_batches_of_any_size(name, tmp_path):
    model, batch = model_of(*CASES[name])
    _, session = exported(model, tmp_path / "model.onnx")
    for count in (1, 2, 5):
        agree(model, session, batch(count))


@pytest.mark.parametrize("name", REFUSED)
def test_layer_that_onnx_cannot_express_is_named_with_the_reason(name, tmp_path):
    make, inputs, reason = REFUSED[name]
    model, _ = model_of(make, inputs)
    title = f"cannot hold {name} '{model.layers[-1].name}': .*{reason}"
    with pytest.raises(ValueError, match=title):
        model.export(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
    assert f"`{name}`" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    ("make", "shape", "reason"),
    [
        (lambda: layers.LSTM(2, stateful=True), (5, 4), "it is stateful"),
        (lambda: layers.Hashing(5), (3,), "no operator that hashes"),
        (lambda: layers.AdaptiveAveragePooling1D(2), (None, 3), "known lengths"),
        (lambda: layers.CenterCrop(2, 2), (None, None, 3), "depends on the size of the images"),
        (lambda: layers.Resizing(2, 2, crop_to_aspect_ratio=True), (None, None, 3), "depends on"),
        (lambda: layers.ConvLSTM1D(2, 2), (3, None, 2), "images of known size"),
    ],
)
def test_argument_that_onnx_cannot_express_is_named_with_the_reason(make, shape, reason, tmp_path):

    x = Input(shape, dtype="int32" if reason.startswith("no operator") else None)
    model = Model(x, make()(x))
    with pytest.raises(ValueError, match=f"{model.layers[-1].name}.*{reason}"):
        model.export(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
