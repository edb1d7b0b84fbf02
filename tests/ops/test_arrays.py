"""Functions that NumPy lacks, or that Keras gives other arguments."""

import numpy as np
import pytest

from minikeras import GradientTape, Variable, config, ops


def test_new_arrays_follow_the_default_float_type():
    config.set_floatx("float64")
    made = [ops.zeros(2), ops.ones((1,)), ops.full((), 1), ops.eye(2), ops.linspace(0, 1, 3)]
    made += [ops.arange(0.0, 1.0, 0.5), ops.hanning(3), ops.tri(2), ops.identity(1)]
    assert {x.dtype.name for x in made} == {"float64"}
    assert ops.arange(3).dtype == "int32"
    assert ops.arange(3, dtype="float16").dtype == "float16"
    assert ops.zeros_like(np.ones(2, np.int8)).dtype == "int8"


def test_lengths_may_be_arrays():
    assert ops.zeros((np.int64(2), np.array(3))).shape == (2, 3)
    assert ops.arange(np.array(3)).shape == (3,)


def test_empty_arrays_are_the_same_every_time():
    assert not ops.empty((3, 3)).any() and not ops.empty_like(np.ones(2)).any()


def test_what_is_filled_is_the_caller_s_own():
    x = ops.full((2,), 3.0)
    x[0] = 1.0
    assert x.tolist() == [1.0, 3.0]


def test_a_missing_limit_is_no_limit():
    x = np.array([-2.0, 2.0])
    np.testing.assert_array_equal(ops.clip(x, None, 1.0), [-2.0, 1.0])
    np.testing.assert_array_equal(ops.clip(x, -1.0, None), [-1.0, 2.0])


def test_largest_of_nothing_is_the_initial_value():
    assert ops.max(np.zeros((0,)), initial=-5.0) == -5.0
    np.testing.assert_array_equal(ops.min(np.zeros((0, 2)), axis=0, initial=3.0), [3.0, 3.0])
    with pytest.raises(ValueError, match="zero-size"):
        ops.max(np.zeros((0,)))


def test_cross_products_of_short_vectors():
    assert ops.cross([1.0, 0.0], [0.0, 1.0]) == 1.0
    np.testing.assert_array_equal(ops.cross([1.0, 0.0], [0.0, 1.0, 0.0]), [0.0, 0.0, 1.0])


def test_quotient_by_zero_has_value_and_gradient_zero():
    x, y = Variable([1.0, 1.0]), Variable([0.0, 2.0])
    with GradientTape() as tape:
        z = ops.divide_no_nan(x, y)
    np.testing.assert_array_equal(z.numpy(), [0.0, 0.5])
    np.testing.assert_array_equal(tape.gradient(z, [x, y]), [[0.0, 0.5], [0.0, -0.25]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.where([True], 1.0), "both of x1 and x2, or neither"),
        (lambda: ops.pad([1.0], 1, mode="edge", constant_values=1), "mode='constant' alone"),
        (lambda: ops.bincount([1], sparse=True), "no sparse arrays"),
        (lambda: ops.one_hot([1], 2, sparse=True), "no sparse arrays"),
        (lambda: ops.multi_hot([1]), "expected num_classes"),
        (lambda: ops.histogram([1.0], bins=0), "bins"),
        (lambda: ops.histogram([1.0], range=(2.0, 1.0)), r"\(low, high\)"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b"), "such as 'a b -> b a'"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b -> a c"), "same axes, each once"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a -> a"), "does not fit"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a (b c) -> a b c", b=2), "cannot split"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a (b c) -> a b c"), "give all lengths but one"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b -> a; b"), "does not understand ';'"),
        (lambda: ops.depth_to_space(np.ones((1, 2, 2, 3)), 2), "channels divisible by 4, got 3"),
        (lambda: ops.space_to_depth(np.ones((1, 3, 2, 3)), 2), "sides divisible by 2"),
        (lambda: ops.unfold(np.ones((1, 1, 2, 2)), 3), "a window of 3 does not fit"),
        (lambda: ops.fold(np.ones((1, 5, 4)), 3, 2), "ops.fold expected shape"),
        (lambda: ops.psnr([1.0], [1.0, 2.0], 1.0), "of one shape"),
        (lambda: ops.binary_crossentropy([1.0], [1.0, 2.0]), "of one shape"),
        (lambda: ops.sparse_categorical_crossentropy([2], [[0.5, 0.5]]), r"classes in \[0, 2\)"),
        (lambda: ops.sparse_categorical_crossentropy([[1, 1]], [[0.5, 0.5]]), "without its axis"),
        (lambda: ops.moments([1.0], 0, synchronized=True), "runs on one device"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_rearranging_hidden_axes(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    np.testing.assert_array_equal(ops.rearrange(x, "a ... b -> b ... a"), x.transpose(3, 1, 2, 0))
    np.testing.assert_array_equal(
        ops.rearrange(x, "a b c d -> (a b) 1 (d c)"), x.transpose(0, 1, 3, 2).reshape(6, 1, 20)
    )


def test_folding_is_the_transpose_of_unfolding(rng):
    x, y = rng.standard_normal((1, 2, 5, 4)), rng.standard_normal((1, 12, 8))
    settings = {"kernel_size": (3, 2), "dilation": (1, 2), "padding": (0, 1), "stride": (2, 1)}
    left = np.sum(ops.unfold(x, **settings) * y)
    np.testing.assert_allclose(left, np.sum(x * ops.fold(y, (5, 4), **settings)))


def test_nothing_but_nan_gives_nan_or_no_place_without_a_warning():
    x = np.full((2, 2), np.nan)
    x[0, 0] = 1.0
    np.testing.assert_array_equal(ops.nanmax(x, axis=1), [1.0, np.nan])
    np.testing.assert_array_equal(ops.nanargmin(x, axis=1), [0, -1])


def test_weighted_counts_are_differentiable():
    weights = Variable([1.0, 2.0, 4.0])
    with GradientTape() as tape:
        y = ops.bincount(np.array([0, 2, 0]), weights)
        first = y[0]
    np.testing.assert_array_equal(y.numpy(), [5.0, 0.0, 2.0])
    np.testing.assert_array_equal(tape.gradient(first, weights), [1.0, 0.0, 1.0])


def test_axes_that_are_partitioned_are_split_at_the_place(rng):
    x = rng.standard_normal((3, 9))
    order = ops.argpartition(x, 4, axis=1)
    parts = np.take_along_axis(x, order, axis=1)
    assert (parts[:, :4].max(1) <= parts[:, 4]).all() and (parts[:, 5:].min(1) >= parts[:, 4]).all()
