"""Masks while a model is put together: a layer that counts on one gets it, before there is data."""

import copy

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, saving
from minikeras.layers import LSTM, Add, Bidirectional, Dense, Embedding, Layer, Masking
from minikeras.models import clone_model

WORDS = np.array([[1, 2, 0, 4, 0, 0], [3, 0, 0, 0, 0, 5]])


class TemporalSoftmax(Layer):
    """Softmax over the steps that count; it does not ask whether there is a mask."""

    supports_masking = True

    def call(self, inputs, mask=None):
        kept = mask[..., np.newaxis].astype("float32")
        powers = np.exp(inputs) * kept
        return powers / np.sum(powers, axis=1, keepdims=True)


class Halves(Layer):
    """Cuts the steps in two, and the mask."""

    def call(self, inputs):
        return np.split(inputs, 2, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else np.split(mask, 2, axis=1)


class Similar(Layer):
    """Compares two sequences; it asks for a mask of each."""

    def call(self, query, value, query_mask=None, value_mask=None):
        both = query_mask[:, :, np.newaxis] & value_mask[:, np.newaxis, :]
        return np.where(both, np.einsum("bif,bjf->bij", query, value), 0.0)


CLASSES = {"TemporalSoftmax": TemporalSoftmax, "Halves": Halves, "Similar": Similar}


def embedded(steps=6, **options):
    words = Input((steps,), dtype="int32", **options)
    return words, Embedding(10, 4, mask_zero=True)(words)


def assert_masked(values):
    """The steps of ``WORDS`` that do not count have no share, the others sum to 1."""
    np.testing.assert_allclose(values.sum(axis=1), 1.0, rtol=1e-6)
    assert ((values > 0).all(axis=-1) == (WORDS != 0)).all()


@pytest.mark.parametrize(
    "between",
    [
        lambda x: Dense(1)(x),
        lambda x: LSTM(3, return_sequences=True)(x),
        lambda x: Bidirectional(LSTM(3, return_sequences=True))(x),
        lambda x: Add()([x, Dense(4)(x)]),
    ],
)
@pytest.mark.parametrize("steps", [6, None])
@pytest.mark.parametrize("options", [{}, {"batch_size": 2}])
def test_a_layer_that_counts_on_a_mask_can_be_part_of_a_functional_model(between, steps, options):
    words, x = embedded(steps, **options)
    x = between(x)
    y = TemporalSoftmax()(x)
    assert y.shape == x.shape
    assert_masked(Model(words, y)(WORDS))


@pytest.mark.parametrize("first", [[Input((6,), dtype="int32")], []])
def test_a_layer_that_counts_on_a_mask_can_be_part_of_a_chain(first):
    row = [*first, Embedding(10, 4, mask_zero=True), Dense(1), TemporalSoftmax()]
    assert_masked(Sequential(row)(WORDS))


def test_a_chain_that_grows_keeps_its_masks():
    model = Sequential([Input((6,), dtype="int32")])
    for layer in (Embedding(10, 4, mask_zero=True), Dense(1), TemporalSoftmax()):
        model.add(layer)
    assert_masked(model(WORDS))


def test_a_mask_comes_out_of_a_model_inside_a_model():
    inner = Model(*embedded())
    words = Input((6,), dtype="int32")
    outer = Model(words, TemporalSoftmax()(Dense(2)(inner(words))))
    assert_masked(outer(WORDS))
    row = Sequential([Input((6,), dtype="int32"), inner, TemporalSoftmax()])
    assert_masked(row(WORDS))


def test_a_mask_reaches_the_layers_inside_a_layer():
    class Scores(Layer):
        def __init__(self):
            super().__init__()
            self.dense, self.softmax = Dense(1), TemporalSoftmax()

        def call(self, x):
            return self.softmax(self.dense(x))

    words, x = embedded()
    assert_masked(Model(words, Scores()(x))(WORDS))


def test_each_of_several_outputs_has_its_own_mask():
    words, x = embedded()
    model = Model(words, [TemporalSoftmax()(half) for half in Halves()(x)])
    for half, values in zip(np.split(WORDS, 2, axis=1), model(WORDS), strict=True):
        assert ((values > 0).all(axis=-1) == (half != 0)).all()


def test_each_of_several_inputs_brings_its_own_mask():
    words, x = embedded()
    others, y = embedded(5)
    both = Model([words, others], Similar()(x, y))
    assert both.output_shape == (None, 6, 5)
    assert both([WORDS, WORDS[:, :5]])[0, 0, 2] == 0.0


def test_masks_of_data_that_is_marked_reach_the_layer():
    x = Input((6, 2))
    model = Model(x, TemporalSoftmax()(Masking(-1.0)(x)))
    assert_masked(model(np.where(WORDS[..., np.newaxis] == 0, -1.0, np.zeros((2, 6, 2)))))


def test_a_model_is_read_from_a_file(tmp_path):
    words, x = embedded()
    for model in (
        Model(words, TemporalSoftmax()(Dense(1)(x))),
        Sequential([words, Embedding(10, 4, mask_zero=True), Dense(1), TemporalSoftmax()]),
    ):
        model.save(tmp_path / "m.keras")
        again = saving.load_model(tmp_path / "m.keras", custom_objects=CLASSES)
        np.testing.assert_array_equal(again(WORDS), model(WORDS))


def test_a_model_can_be_copied_and_cloned():
    words, x = embedded()
    model = Model(words, TemporalSoftmax()(Dense(1)(x)))
    np.testing.assert_array_equal(copy.deepcopy(model)(WORDS), model(WORDS))
    assert_masked(clone_model(model)(WORDS))


def test_a_model_that_begins_in_the_middle_takes_its_mask_from_the_call():
    words, x = embedded()
    part = Model(x, TemporalSoftmax()(x))
    assert_masked(Model(words, part(x))(WORDS))


def test_without_a_mask_a_layer_that_counts_on_one_is_refused_with_its_name():
    x = Input((6, 4))
    with pytest.raises(TypeError, match="NoneType") as caught:
        TemporalSoftmax(name="weights")(Dense(1)(x))
    assert "in TemporalSoftmax 'weights'" in " ".join(caught.value.__notes__)


@pytest.mark.parametrize(
    "ends",
    [
        lambda x: x * 2.0,  # a function knows nothing of masks
        lambda x: LSTM(3)(x),
        lambda x: Embedding(10, 4)(Input((6,), dtype="int32")),
    ],
)
def test_masks_end_while_a_model_is_put_together_where_they_end_in_a_call(ends):
    _, x = embedded()
    with pytest.raises(TypeError, match="NoneType"):
        TemporalSoftmax()(ends(x))


def test_a_layer_is_tried_with_a_mask_of_the_type_that_it_gets():
    class Looks(Layer):
        def call(self, x, mask=None):
            seen.append((x.shape[:2], mask.shape, mask.dtype.name, bool(mask.all())))
            return x

    seen = []
    _, x = embedded()
    Looks()(x)
    assert set(seen) == {((0, 6), (0, 6), "bool", True)}
    seen.clear()
    _, x = embedded(None)
    Looks()(x)
    assert set(seen) == {((0, n), (0, n), "bool", True) for n in (8, 17)}


def test_where_there_is_no_mask_none_is_made():
    class Looks(Layer):
        def call(self, x, mask=None):
            seen.append(mask)
            return x

    seen = []
    Looks()(Dense(2)(Input((6, 4))))
    assert set(seen) == {None}


def test_a_mask_stays_with_an_input_that_is_cast():
    def last(dtype):
        minikeras.set_random_seed(1)
        model = Sequential([Embedding(5, 3, mask_zero=True), LSTM(2, dtype=dtype)])
        return model(np.array([[1, 2, 0, 0]]))

    np.testing.assert_allclose(last("float64"), last("float32"), rtol=1e-5)
