"""Vocabularies, images of any size, and counts."""

import numpy as np
import pytest

from minikeras import Input, Model, layers
from tests.onnx.support import check, exported, needs_runtime, normal, run, runtime

pytestmark = needs_runtime

WORDS = np.array([["a", "b"], ["c", "new"], ["", "a"]], dtype=object)
NUMBERS = np.array([[12, 36], [7, -3], [99, 0]])
MODES = ["int", "one_hot", "multi_hot", "count"]


def over(layer, values, dtype):
    x = Input(values.shape[1:], dtype=dtype)
    return Model(x, layer(x))


@pytest.mark.parametrize("mask", [None, ""])
@pytest.mark.parametrize("mode", MODES)
def test_words_of_a_vocabulary(mode, mask, tmp_path):
    layer = layers.StringLookup(vocabulary=["a", "b", "c"], mask_token=mask, output_mode=mode)
    check(over(layer, WORDS, "string"), tmp_path / "model.onnx", [WORDS], [WORDS[:1]])


@pytest.mark.parametrize("unknown", [1, 3])
@pytest.mark.parametrize("mask", [None, 0])
@pytest.mark.parametrize("mode", MODES)
def test_numbers_of_a_vocabulary(mode, mask, unknown, tmp_path):
    layer = layers.IntegerLookup(
        vocabulary=[12, 36, 7], mask_token=mask, num_oov_indices=unknown, output_mode=mode
    )
    check(over(layer, NUMBERS, "int64"), tmp_path / "model.onnx", [NUMBERS], [NUMBERS[:1]])


def test_weights_of_words(tmp_path):
    layer = layers.StringLookup(
        vocabulary=["a", "b", "c"], idf_weights=[0.5, 0.25, 2.0], output_mode="tf_idf"
    )
    check(over(layer, WORDS, "string"), tmp_path / "model.onnx", [WORDS])


@pytest.mark.parametrize(
    "layer",
    [
        layers.StringLookup(vocabulary=["a", "b", "c"], invert=True),
        layers.IntegerLookup(vocabulary=[12, 36, 7], invert=True),
    ],
)
def test_indices_back_to_what_they_stand_for(layer, tmp_path):
    places = np.array([[1, 2], [0, 9], [3, -1]])
    check(over(layer, places, "int64"), tmp_path / "model.onnx", [places])


def test_unknown_number_without_a_place_for_it_is_an_error_there_too(tmp_path):
    layer = layers.IntegerLookup(vocabulary=[1, 2], num_oov_indices=0)
    _, session = exported(over(layer, NUMBERS, "int64"), tmp_path / "model.onnx")
    assert run(session, [np.array([[2, 1]])])[0].tolist() == [[1, 0]]
    with pytest.raises(Exception, match="out of data bounds") as error:
        run(session, [np.array([[1, 5]])])
    assert type(error.value).__module__.startswith(runtime.__name__)


@pytest.mark.parametrize("mode", ["int", "multi_hot"])
def test_texts_that_are_tokens_already(mode, tmp_path):
    layer = layers.TextVectorization(
        standardize=None, split=None, vocabulary=["a", "b"], output_mode=mode,
        output_sequence_length=3 if mode == "int" else None,
    )  # fmt: skip
    check(over(layer, WORDS, "string"), tmp_path / "model.onnx", [WORDS])


@pytest.mark.parametrize(
    ("layer", "dtype", "reason"),
    [
        (
            layers.TextVectorization(vocabulary=["a"]),
            "string",
            "takes texts apart",
        ),
        (layers.StringLookup(vocabulary=["a"], num_oov_indices=2), "string", "num_oov_indices=2"),
        (layers.StringLookup(), "string", "no vocabulary yet"),
        (layers.IntegerLookup(vocabulary=[1], oov_token=None, invert=True), "int64", "oov_token"),
    ],
)
def test_what_needs_more_than_a_vocabulary_is_refused(layer, dtype, reason, tmp_path):
    x = Input((1,), dtype=dtype)
    with pytest.raises(ValueError, match=f"{layer.name}.*{reason}"):
        Model(x, layer(x)).export(tmp_path / "model.onnx")


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_images_of_sizes_that_nobody_knows(method, antialias, tmp_path):
    x = Input((None, None, 3))
    layer = layers.Resizing(5, 9, interpolation=method, antialias=antialias)
    check(Model(x, layer(x)), tmp_path / "model.onnx", [normal(2, 7, 13, 3)], [normal(1, 4, 4, 3)])


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_enlarged_images_of_sizes_that_nobody_knows(method, tmp_path):
    x = Input((None, None, 3))
    layer = layers.UpSampling2D((2, 3), interpolation=method)
    check(Model(x, layer(x)), tmp_path / "model.onnx", [normal(2, 7, 5, 3)])
