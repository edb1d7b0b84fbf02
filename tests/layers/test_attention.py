"""Attention layers: masks on their way, fused and plain ways alike, and mistakes."""

import numpy as np
import pytest

import minikeras
from minikeras.layers.attention import (
    AdditiveAttention,
    Attention,
    GroupedQueryAttention,
    GroupQueryAttention,
    MultiHeadAttention,
)
from minikeras.layers.embedding import Embedding

PROJECTED = [
    lambda **o: MultiHeadAttention(2, 3, **o),
    lambda **o: GroupQueryAttention(3, 4, 2, **o),
]


@pytest.fixture
def x(rng):
    return rng.standard_normal((2, 5, 4)).astype("float32")


def test_keras_knows_grouped_attention_by_a_shorter_name():
    assert GroupQueryAttention is GroupedQueryAttention
    assert minikeras.registry.get("layer", {
        "class_name": "GroupQueryAttention",
        "config": GroupedQueryAttention(3, 4, 2).get_config(),
    }).num_query_heads == 4  # fmt: skip


@pytest.mark.parametrize("make", PROJECTED)
def test_weights_are_called_as_in_keras(x, make):
    layer = make(use_gate=True, name="look")
    layer(x, x)
    parts = ["query", "key", "gate", "value", "attention_output"]
    assert [w.path for w in layer.weights] == [
        f"look/{part}/{weight}" for part in parts for weight in ("kernel", "bias")
    ]


@pytest.mark.parametrize("options", [{}, {"use_bias": False, "value_dim": 2}, {"use_gate": True}])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_to_itself_by_one_product_changes_nothing(x, options, causal):
    layer = MultiHeadAttention(2, 3, **options)
    mask = np.array([[1, 1, 1, 0, 1], [1, 1, 0, 0, 0]], bool)

    def run(*inputs):
        with minikeras.GradientTape() as tape:
            loss = np.sum(layer(*inputs, query_mask=mask, use_causal_mask=causal) ** 2)
        return [float(loss), *tape.gradient(loss, layer.weights)]

    layer(x, x)
    for one, other in zip(run(x, x), run(x, x.copy()), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", PROJECTED)
def test_second_derivatives_exist(x, make):
    layer = make(dtype="float64")
    layer(x, x)

    def slope(x):
        return minikeras.grad(lambda x: np.sum(layer(x, x) ** 2))(x)

    minikeras.check_gradients(slope, x[:1, :2].astype("float64"), rtol=1e-4)


@pytest.mark.parametrize("make", PROJECTED)
def test_the_mask_of_padding_reaches_attention_and_passes_on(make):
    ids = np.array([[1, 2, 0, 0], [3, 1, 2, 1]])
    inputs = minikeras.Input((4,), dtype="int32")
    embedded = Embedding(5, 4, mask_zero=True)
    layer = make()
    seen = []

    class Probe(minikeras.layers.Layer):
        supports_masking = True

        def forward(self, x, mask=None):
            seen.append(mask)
            return x

    y = embedded(inputs)
    model = minikeras.Model(inputs, Probe()(layer(y, y)))
    seen.clear()
    got = model(ids)
    np.testing.assert_array_equal(seen[-1], ids != 0)
    rows, mask = np.asarray(embedded.embeddings)[ids], ids != 0
    wanted = layer(rows, rows, query_mask=mask, value_mask=mask)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    short = layer(rows[:1, :2], rows[:1, :2])
    np.testing.assert_allclose(got[:1, :2], short, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("cls", [Attention, AdditiveAttention])
def test_masks_of_a_list_reach_attention(cls):
    ids = np.array([[1, 2, 0, 0], [3, 1, 2, 1]])
    inputs = minikeras.Input((4,), dtype="int32")
    embedded, layer = Embedding(5, 4, mask_zero=True), cls()
    y = embedded(inputs)
    got = minikeras.Model(inputs, layer([y, y]))(ids)
    assert not got[0, 2:].any()
    rows = np.asarray(embedded.embeddings)[ids[:1, :2]]
    np.testing.assert_allclose(got[:1, :2], layer([rows, rows]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", [*PROJECTED, lambda **o: Attention(**o)])
def test_dropout_acts_in_training_alone_and_repeats_with_its_seed(x, make):
    def call(layer, **options):
        return layer([x, x], **options) if isinstance(layer, Attention) else layer(x, x, **options)

    minikeras.set_random_seed(0)
    first = make(dropout=0.5, seed=3)
    second = type(first).from_config(first.get_config())
    call(first)
    call(second)
    second.set_weights(first.get_weights())
    np.testing.assert_array_equal(call(first), call(first))
    noisy = call(first, training=True)
    assert not np.allclose(noisy, call(first))
    np.testing.assert_allclose(noisy, call(second, training=True), rtol=1e-6)


def test_causal_attention_keeps_the_past_as_it_was(x):
    layer = MultiHeadAttention(2, 3)
    before = layer(x, x, use_causal_mask=True)
    x[:, 3:] = 9.0
    after = layer(x, x, use_causal_mask=True)
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-5)


def test_several_axes_with_a_mask_of_their_steps(rng):
    x = rng.standard_normal((2, 3, 4, 5)).astype("float32")
    layer = MultiHeadAttention(2, 3, attention_axes=2)
    mask = rng.random((2, 3, 4)) < 0.7
    mask[..., 0] = True
    y = layer(x, x.copy(), value_mask=mask)
    x[~mask] = 7.0
    again = layer(x, x.copy(), value_mask=mask)
    np.testing.assert_allclose(y[mask], again[mask], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GroupedQueryAttention(3, 4, 3), "num_key_value_heads to divide num_query_heads"),
        (lambda: MultiHeadAttention(0, 3), "num_heads must be an integer of at least 1"),
        (lambda: MultiHeadAttention(2, 3, dropout=1.5), "dropout must be"),
        (lambda: MultiHeadAttention(2, 3, sliding_window=0), "sliding_window must be"),
        (lambda: MultiHeadAttention(2, 3, kernel_initializer="glorot"), "glorot"),
        (lambda: Attention(score_mode="dots"), "score_mode"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 5, 4), (2, 5, 4), (2, 6, 4)], "value and key of the same lengths"),
        ([(2, 5, 4), (3, 5, 4)], "as many samples as the query has"),
        ([(2, 4), (2, 4)], r"\(batch, steps, features\)"),
    ],
)
@pytest.mark.parametrize("make", PROJECTED)
def test_shapes_that_do_not_fit_together_are_named(make, shapes, message):
    with pytest.raises(ValueError, match=message):
        make()(*(np.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("make", PROJECTED)
def test_other_features_than_it_was_built_for_are_refused(x, make):
    layer = make(name="look")
    layer(x, x)
    with pytest.raises(ValueError, match=r"'look' expected value to have 3 axes, the last of .* 4"):
        layer(x, np.zeros((2, 5, 3)))


def test_axes_outside_the_query_are_refused():
    with pytest.raises(ValueError, match=r"attention_axes between the batch \(0\)"):
        MultiHeadAttention(2, 3, attention_axes=3)(np.zeros((2, 3, 4, 5)), np.zeros((2, 3, 4, 5)))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((2, 3, 4)), r"expected a list \[query, value\]"),
        ([np.zeros((2, 3, 4))], "expected 2 or 3 arrays"),
        ([np.zeros((2, 3, 4)), np.zeros((2, 3, 5))], r"key \(batch, steps, dim\), got"),
    ],
)
@pytest.mark.parametrize("cls", [Attention, AdditiveAttention])
def test_a_list_that_does_not_fit_is_named(cls, inputs, message):
    with pytest.raises(ValueError, match=message):
        cls()(inputs)


def test_a_mask_that_is_no_list_is_refused(x):
    with pytest.raises(ValueError, match=r"mask to be a list \[query_mask, value_mask\]"):
        Attention()([x, x], mask=np.ones((2, 5), bool))


def test_integers_and_other_floats_are_taken(x):
    layer = MultiHeadAttention(2, 3)
    assert layer(x, x.astype("float64"), key=np.ones((2, 5, 4), int)).dtype == np.float32


def test_the_configuration_holds_plain_data_and_makes_an_equal_layer():
    layer = MultiHeadAttention(2, 3, output_shape=4, attention_axes=1, seed=1, use_gate=True)
    assert layer.get_config()["value_dim"] == 3
    assert repr(MultiHeadAttention.from_config(layer.get_config())) == repr(layer)


def test_a_functional_model_knows_the_shapes():
    query, value = minikeras.Input((None, 4)), minikeras.Input((7, 6))
    y, scores = MultiHeadAttention(2, 3, output_shape=5)(query, value, return_attention_scores=True)
    assert y.shape == (None, None, 5)
    assert scores.shape == (None, 2, None, 7)


@pytest.mark.parametrize("make", PROJECTED)
@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"attention_mask": np.ones((2, 5, 4), bool)}, r"attention_mask .* got \(2, 5, 4\)"),
        ({"attention_mask": np.ones(5, bool)}, r"attention_mask .* got \(5,\)"),
        ({"query_mask": np.ones((2, 4), bool)}, r"query_mask of shape \(batch, 5\)"),
        ({"value_mask": np.ones((2, 5, 1), bool)}, r"value_mask of shape \(batch, 5\)"),
    ],
)
def test_a_mask_of_another_shape_is_refused_by_name(make, masks, message, rng):
    x = rng.standard_normal((2, 5, 3))
    with pytest.raises(ValueError, match=message):
        make()(x, x, **masks)
