"""Keras's ``ops`` in functional models: exported and equal, or refused by name."""

from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, ops
from tests.onnx import op_cases
from tests.onnx.support import check, exported, needs_runtime, normal, run

pytestmark = needs_runtime

PAGE = Path(__file__).parents[2] / "docs" / "files" / "onnx.md"
INTEGERS = np.random.default_rng(0).integers(0, 4, (5, 4)).astype("int32")
IMAGES = np.random.default_rng(0).random((5, 4, 6, 3)).astype("float32")


def batches(values):
    return [[values[:count]] for count in (5, 1, 2)]


@pytest.mark.parametrize("name", op_cases.OF_FLOATS)
def test_function_of_floats(name, tmp_path):
    x = Input((3, 4))
    model = Model(x, op_cases.OF_FLOATS[name](x))
    fixed = ("broadcast_to",)  # its result has a batch of five
    values = batches(normal(5, 3, 4))
    check(model, tmp_path / "model.onnx", *values[: 1 if name in fixed else 3])


@pytest.mark.parametrize("name", op_cases.OF_INTEGERS)
def test_function_of_integers(name, tmp_path):
    n = Input((4,), dtype="int32")
    model = Model(n, op_cases.OF_INTEGERS[name](n))
    check(model, tmp_path / "model.onnx", *batches(INTEGERS))


@pytest.mark.parametrize("name", op_cases.OF_IMAGES)
def test_function_of_images(name, tmp_path):
    x = Input((4, 6, 3))
    model = Model(x, op_cases.OF_IMAGES[name](x))
    check(model, tmp_path / "model.onnx", *batches(IMAGES))


@pytest.mark.parametrize("name", op_cases.REFUSED)
def test_function_without_a_counterpart_is_named(name, tmp_path):
    x = Input((3, 4))
    model = Model(x, op_cases.REFUSED[name](x))
    own = name.removeprefix("image.")
    with pytest.raises(ValueError, match=f"the function {own} has no counterpart"):
        model.export(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
    assert f"`{name}`" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    "function",
    [np.sinc, np.signbit, ops.nan_to_num, np.isposinf, np.isneginf, np.isnan, np.isfinite, np.sign],
)
def test_function_of_special_numbers(function, tmp_path):
    x = Input((6,))
    values = np.float32([[0.0, -0.0, np.inf, -np.inf, np.nan, 1.5]])
    if function is np.sinc:
        values = np.float32([[0.0, -0.0, 1.0, 0.5, -2.25, 1e-3]])
    if function is np.sign:
        values = values[:, [0, 1, 2, 3, 5, 5]]
    _, session = exported(Model(x, function(x)), tmp_path / "model.onnx")
    np.testing.assert_allclose(run(session, [values])[0], function(values), rtol=1e-6)


def test_arctan2_in_all_quadrants_and_on_the_axes(tmp_path):
    y, x = Input((9,)), Input((9,))
    points = np.meshgrid([-1.0, 0.0, 2.0], [-3.0, 0.0, 1.0])
    values = [part.reshape(1, 9).astype("float32") for part in points]
    _, session = exported(Model([y, x], np.arctan2(y, x)), tmp_path / "model.onnx")
    np.testing.assert_allclose(run(session, values)[0], np.arctan2(*values), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("pattern", ["b (h w) -> b h w", "b (h w) -> (b h) w", "b n -> n b"])
def test_rearrange(pattern, tmp_path):
    x = Input((6,))
    lengths = {"h": 2} if "h" in pattern else {}
    model = Model(x, ops.rearrange(x, pattern, **lengths))
    _, session = exported(model, tmp_path / "model.onnx")
    values = normal(5, 6)
    got = run(session, [values])[0]
    np.testing.assert_array_equal(got, ops.rearrange(values, pattern, **lengths))


def test_export_draws_no_random_numbers(tmp_path):
    x = Input((4, 6, 3))
    model = Model(x, ops.conv(x, op_cases.IMAGE_KERNEL))
    minikeras.set_random_seed(3)
    expected = minikeras.random.normal((3,))
    minikeras.set_random_seed(3)
    model.export(tmp_path / "model.onnx")
    np.testing.assert_array_equal(minikeras.random.normal((3,)), expected)
