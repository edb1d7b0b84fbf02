"""Embedding, ReversibleEmbedding, Masking."""

import numpy as np
import pytest

import minikeras
from minikeras.layers.embedding import Embedding, ReversibleEmbedding
from minikeras.layers.masking import Masking

TABLE = np.arange(8.0).reshape(4, 2)


def test_numbers_become_rows():
    np.testing.assert_array_equal(Embedding(4, 2, weights=TABLE)([[3, 0]]), TABLE[[[3, 0]]])


@pytest.mark.parametrize("weights", [TABLE, [TABLE], TABLE.tolist()])
def test_first_weights_are_taken_as_array_or_list_of_one(weights):
    layer = Embedding(4, 2, weights=weights)
    np.testing.assert_array_equal(layer.embeddings, TABLE)
    assert "weights" not in layer.get_config()
    assert "weights" not in repr(layer)


def test_first_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"value of shape \(5, 2\), got \(4, 2\)"):
        Embedding(5, 2, weights=TABLE)


@pytest.mark.parametrize("wrong", [4, -1])
def test_a_number_out_of_range_names_the_layer(wrong):
    with pytest.raises(ValueError, match=rf"Embedding 'words' expected .*\[0, 4\), got {wrong}"):
        Embedding(4, 2, name="words")(np.array([[0, wrong]]))


@pytest.mark.parametrize("options", [{"input_dim": 0}, {"output_dim": -1}])
def test_sizes_are_at_least_one(options):
    with pytest.raises(ValueError, match=r"_dim must be an integer of at least 1"):
        Embedding(**{"input_dim": 3, "output_dim": 2, **options})


def test_input_length_of_older_code_is_taken_with_a_warning():
    with pytest.warns(UserWarning, match="leave input_length out"):
        layer = Embedding(4, 2, input_length=10)
    assert "input_length" not in layer.get_config()


def test_zero_is_masked_on_request():
    ids = np.array([[1, 0, 2]])
    np.testing.assert_array_equal(
        Embedding(4, 2, mask_zero=True).compute_mask(ids), [[True, False, True]]
    )
    assert Embedding(4, 2).compute_mask(ids) is None


def test_the_table_is_not_there_before_it_is_built():
    with pytest.raises(AttributeError, match="has no table yet"):
        _ = Embedding(4, 2).embeddings


def test_training_moves_only_the_rows_that_were_looked_up(rng):
    model = minikeras.Sequential([Embedding(50, 3), minikeras.layers.Flatten()])
    model.compile(minikeras.optimizers.SGD(1.0), "mse")
    x = np.array([[1, 4], [4, 7]])
    model(x)
    before = model.get_weights()[0]
    model.fit(x, rng.standard_normal((2, 6)), epochs=1, verbose=0)
    moved = (model.get_weights()[0] != before).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [1, 4, 7]


class TestLowRank:
    def test_a_correction_changes_nothing_at_first(self):
        layer = Embedding(4, 2, weights=TABLE)
        layer.enable_lora(2)
        np.testing.assert_array_equal(layer([[1, 3]]), TABLE[[[1, 3]]])

    def test_the_table_is_frozen_and_the_correction_is_added(self, rng):
        layer = Embedding(4, 2, weights=TABLE, lora_rank=1, lora_alpha=3.0)
        assert [v.name for v in layer.trainable_variables] == [
            "lora_embeddings_a",
            "lora_embeddings_b",
        ]
        a, b = rng.standard_normal((4, 1)), rng.standard_normal((1, 2))
        layer.lora_embeddings_a.assign(a)
        layer.lora_embeddings_b.assign(b)
        np.testing.assert_allclose(layer.embeddings, TABLE + 3.0 * a @ b, rtol=1e-5)
        np.testing.assert_allclose(layer([[2, 0]]), layer.embeddings[[[2, 0]]], rtol=1e-5)

    def test_it_can_be_given_once_and_only_when_built(self):
        with pytest.raises(ValueError, match="is not built"):
            Embedding(4, 2).enable_lora(1)
        with pytest.raises(ValueError, match="has one already"):
            Embedding(4, 2, weights=TABLE, lora_rank=1).enable_lora(1)

    def test_it_excludes_a_constraint(self):
        with pytest.raises(ValueError, match="leave one of them out"):
            Embedding(4, 2, embeddings_constraint="non_neg", lora_rank=1)


class TestReversible:
    def test_the_way_back_uses_the_transposed_table(self):
        layer = ReversibleEmbedding(4, 2, weights=TABLE)
        np.testing.assert_array_equal(layer([[1.0, 2.0]], reverse=True), [[1.0, 2.0]] @ TABLE.T)

    def test_the_way_back_can_be_of_another_dtype(self):
        layer = ReversibleEmbedding(4, 2, reverse_dtype="float64")
        assert layer(layer(np.array([1])), reverse=True).dtype == np.float64

    def test_other_features_are_refused(self):
        with pytest.raises(ValueError, match=r"expected 2 features to go back from, got 3"):
            ReversibleEmbedding(4, 2)(np.zeros((1, 3)), reverse=True)

    def test_it_masks_only_on_the_way_there(self):
        inputs = minikeras.Input((3,))
        layer = ReversibleEmbedding(4, 2, mask_zero=True)
        seen = []

        class Probe(minikeras.layers.Layer):
            supports_masking = True

            def forward(self, x, mask=None):
                seen.append(mask)
                return x

        there = Probe()(layer(inputs))
        model = minikeras.Model(inputs, Probe()(layer(there, reverse=True)))
        seen.clear()
        model(np.array([[1, 0, 2]]))
        np.testing.assert_array_equal(seen[0], [[True, False, True]])


class TestMasking:
    def test_steps_of_the_marker_alone_are_masked_and_zeroed(self):
        x = np.array([[[2.0, 2.0], [2.0, 1.0], [np.inf, 2.0]]])
        layer = Masking(2.0)
        np.testing.assert_array_equal(layer.compute_mask(x), [[False, True, True]])
        np.testing.assert_array_equal(layer(x)[0], [[0.0, 0.0], [2.0, 1.0], [np.inf, 2.0]])

    def test_it_needs_steps(self):
        with pytest.raises(ValueError, match=r"expected an array of shape \(batch, steps"):
            Masking()(np.zeros(3))
