"""Normalization, Rescaling, Discretization, CategoryEncoding."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.layers.preprocessing import (
    CategoryEncoding,
    Discretization,
    Normalization,
    Rescaling,
)
from minikeras.layers.preprocessing.encoding import encode, encoded_shape


def test_adapted_data_have_mean_0_and_variance_1(rng):
    x = rng.normal(5.0, 3.0, (500, 4))
    layer = Normalization(dtype="float64")
    layer.adapt(x)
    np.testing.assert_allclose(layer(x).mean(axis=0), 0.0, atol=1e-7)
    np.testing.assert_allclose(layer(x).std(axis=0), 1.0, atol=1e-7)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
def test_batches_adapt_to_the_same_numbers_as_the_whole(rng, axis):
    x = rng.normal(2.0, 3.0, (50, 3, 4))
    whole, parts, labelled = (Normalization(axis, dtype="float64") for _ in range(3))
    whole.adapt(x)
    parts.adapt([x[:10], x[10:11], x[11:]])
    labelled.adapt((batch, np.zeros(len(batch))) for batch in (x[:20], x[20:]))
    for other in (parts, labelled):
        np.testing.assert_allclose(other.mean, whole.mean, rtol=1e-6)
        np.testing.assert_allclose(other.variance, whole.variance, rtol=1e-6)
    kept = {-1: (0, 1), 1: (0, 2), (1, 2): 0, None: None}[axis]
    np.testing.assert_allclose(whole.mean, x.mean(axis=kept, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(whole.variance, x.var(axis=kept, keepdims=True), rtol=1e-6)


def test_steps_end_an_endless_source():
    def ones():
        while True:
            yield np.ones((2, 1))

    layer = Normalization()
    layer.adapt(ones(), steps=3)
    assert layer.mean.item() == 1.0


def test_a_list_of_rows_is_one_array():
    layer = Normalization(axis=None)
    layer.adapt([1.0, 2.0, 3.0, 4.0, 5.0])
    np.testing.assert_allclose(
        layer(np.array([1.0, 2.0, 3.0])), [-np.sqrt(2.0), -np.sqrt(0.5), 0.0], rtol=1e-6
    )


def test_inverted_normalization_undoes_it(rng):
    x = rng.normal(5.0, 3.0, (20, 4))
    forth, back = Normalization(dtype="float64"), Normalization(invert=True, dtype="float64")
    forth.adapt(x)
    back.adapt(x)
    np.testing.assert_allclose(back(forth(x)), x)


def test_a_constant_feature_stays_finite():
    layer = Normalization()
    layer.adapt(np.ones((3, 1)))
    np.testing.assert_array_equal(layer(np.ones((2, 1))), np.zeros((2, 1)))


def test_statistics_are_weights(rng):
    layer, other = Normalization(), Normalization()
    x = rng.normal(5.0, 3.0, (20, 4))
    layer.adapt(x)
    other.build((None, 4))
    other.set_weights(layer.get_weights())
    np.testing.assert_array_equal(other(x), layer(x))
    assert not layer.trainable_variables


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mean": 1.0}, "mean and variance together"),
        ({"mean": [1.0, 2.0], "variance": 1.0}, "of one shape"),
        ({"axis": None, "mean": [1.0], "variance": [1.0]}, "at most 0 axes"),
    ],
)
def test_contradicting_arguments_of_normalization_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Normalization(**arguments)


@pytest.mark.parametrize(
    ("mean", "axis", "shape"), [(2.0, -1, (1, 1000)), ([1.0, 2.0, 3.0], (1, 2), (1, 1000, 3))]
)
def test_given_statistics_take_no_more_memory_than_what_was_given(mean, axis, shape):
    layer = Normalization(axis, mean, mean)
    layer.build((None, *shape[1:]))
    for held in (layer.mean, layer.variance):
        first, last = np.lib.array_utils.byte_bounds(held)
        assert held.shape == shape and last - first == 4 * np.size(mean)


def test_an_axis_outside_the_input_is_named():
    with pytest.raises(ValueError, match="Normalization 'n' expected axis between -2 and 1"):
        Normalization(axis=2, name="n")(np.ones((2, 3)))


def test_the_batch_axis_has_no_statistics_of_its_own():
    with pytest.raises(ValueError, match="axis=None for one mean"):
        Normalization()(np.ones(3))


def test_adapt_refuses_other_lengths_and_empty_data():
    layer = Normalization(name="n")
    layer.adapt(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"lengths \(3,\) along axis"):
        layer.adapt(np.ones((2, 4)))
    with pytest.raises(ValueError, match="without samples"):
        layer.adapt(np.ones((0, 3)))
    with pytest.raises(ValueError, match="at least one batch"):
        layer.adapt(iter([]))
    with pytest.raises(ValueError, match="was given mean"):
        Normalization(mean=1.0, variance=1.0).adapt(np.ones((2, 3)))


def test_configurations_are_plain_data():
    layers = [
        Normalization(axis=(1, 2), mean=np.ones((2, 3)), variance=np.ones((2, 3))),
        Rescaling(np.array([1.0, 2.0]), offset=np.float32(0.5)),
        Discretization(np.array([0.0, 1.0])),
        CategoryEncoding(np.int64(4)),
    ]
    for layer in layers:
        config = json.loads(json.dumps(layer.get_config()))
        assert repr(type(layer).from_config(config)) == repr(layer)


def test_rescaling_refuses_what_is_no_number():
    with pytest.raises(TypeError, match="scale must be a number or an array of numbers, got 'a'"):
        Rescaling("a")


def test_a_number_on_a_boundary_belongs_to_the_bin_above():
    boundaries = [0.1, 0.7]  # not exact in binary: compared as the input's dtype
    np.testing.assert_array_equal(
        Discretization(boundaries)(np.array([0.0, 0.1, 0.5, 0.7], "float32")), [0, 1, 1, 2]
    )


def test_adapted_bins_hold_equal_shares(rng):
    x = rng.standard_normal(10_000)
    layer = Discretization(num_bins=4, epsilon=0.001)
    layer.adapt(x)
    shares = np.bincount(layer(x), minlength=4) / len(x)
    np.testing.assert_allclose(shares, 0.25, atol=0.01)


def test_a_copy_of_an_adapted_discretization_has_its_boundaries():
    layer = Discretization(num_bins=3)
    layer.adapt(np.arange(9.0))
    copy = Discretization.from_config(json.loads(json.dumps(layer.get_config())))
    assert copy.bin_boundaries == layer.bin_boundaries
    copy.adapt(np.arange(90.0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either bin_boundaries or num_bins"),
        ({"bin_boundaries": [0.0], "num_bins": 2}, "either bin_boundaries or num_bins"),
        ({"bin_boundaries": [1.0, 0.0]}, "in rising order"),
        ({"num_bins": 2, "output_mode": "hot"}, "unknown output_mode 'hot'"),
        ({"num_bins": 2, "output_mode": "count", "sparse": True}, "expected sparse=False"),
    ],
)
def test_contradicting_arguments_of_discretization_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Discretization(**arguments)


def test_discretization_without_boundaries_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"call adapt\(data\) first"):
        Discretization(num_bins=3)(np.ones(3))
    with pytest.raises(ValueError, match="give num_bins to adapt"):
        Discretization([0.0]).adapt(np.ones(3))


@pytest.mark.parametrize("x", [[[0, 4]], [[-1, 0]]])
def test_categories_out_of_range_are_named(x):
    with pytest.raises(ValueError, match=r"CategoryEncoding 'c' expected integers in \[0, 4\)"):
        CategoryEncoding(4, name="c")(np.array(x))


def test_categories_may_be_floats_without_fractions():
    np.testing.assert_array_equal(CategoryEncoding(3)(np.array([[0.0, 2.0]])), [[1.0, 0.0, 1.0]])
    with pytest.raises(ValueError, match=r"expected integers, got 0\.5"):
        CategoryEncoding(3)(np.array([[0.5, 2.0]]))


def test_count_weights_need_the_mode_and_the_shape():
    x = np.array([[0, 1]])
    with pytest.raises(ValueError, match='takes count_weights with output_mode="count" alone'):
        CategoryEncoding(3)(x, count_weights=np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"shape \(1, 2\), got \(2,\)"):
        CategoryEncoding(3, "count")(x, count_weights=np.ones(2))


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=3),
    st.sampled_from(["int", "one_hot", "multi_hot", "count"]),
)
def test_encoded_shape_is_that_of_the_result(shape, mode):
    indices = np.zeros(shape, int)
    assert encode(indices, mode, 3, "float32").shape == encoded_shape(shape, mode, 3)


def test_indices_outside_leave_no_trace():
    indices = np.array([[0, -1, 5, 2]])
    np.testing.assert_array_equal(encode(indices, "count", 3, int), [[1, 0, 1]])
    np.testing.assert_array_equal(encode(indices, "multi_hot", 3, int), [[1, 0, 1]])
    assert encode(indices, "one_hot", 3, int).sum() == 2
