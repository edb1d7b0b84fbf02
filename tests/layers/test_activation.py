"""Activation layers: settings, weights, masks, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minikeras
from minikeras.layers.activation import ELU, LeakyReLU, PReLU, ReLU, Softmax


def test_values_by_hand():
    x = np.array([[-2.0, -0.5, 0.0, 0.5, 3.0]])
    np.testing.assert_array_equal(ReLU()(x), [[0, 0, 0, 0.5, 3]])
    np.testing.assert_array_equal(ReLU(2.0, 0.5, 0.25)(x), [[-1.125, -0.375, -0.125, 0.5, 2]])
    np.testing.assert_allclose(LeakyReLU()(x), [[-0.6, -0.15, 0, 0.5, 3]], rtol=1e-6)
    np.testing.assert_allclose(
        ELU(2.0)(x), [[2 * np.expm1(-2), 2 * np.expm1(-0.5), 0, 0.5, 3]], rtol=1e-6
    )


def test_slopes_are_learnt():
    layer = PReLU(dtype="float64")
    x = np.array([[-2.0, 3.0], [-1.0, -4.0]])
    np.testing.assert_array_equal(layer(x), [[0, 3], [0, 0]])
    layer.set_weights([[0.5, 0.25]])
    np.testing.assert_array_equal(layer(x), [[-1, 3], [-0.5, -1]])
    with minikeras.GradientTape() as tape:
        total = np.sum(layer(x))
    np.testing.assert_array_equal(tape.gradient(total, layer.alpha), [-3, -4])


@pytest.mark.parametrize(
    ("shared", "shape"), [(None, (3, 4, 2)), (1, (1, 4, 2)), ([1, 2], (1, 1, 2)), ((3,), (3, 4, 1))]
)
def test_slopes_may_be_shared_along_axes(shared, shape):
    layer = PReLU(shared_axes=shared)
    layer(np.ones((2, 3, 4, 2)))
    assert layer.alpha.shape == shape


def test_shared_axes_may_have_any_length():
    layer = PReLU(shared_axes=[1])
    layer(np.ones((1, 3, 2)))
    assert layer(np.ones((1, 7, 2))).shape == (1, 7, 2)
    with pytest.raises(ValueError, match=r"PReLU .* expected samples that fit slopes of shape"):
        layer(np.ones((1, 3, 4)))


@given(st.integers(1, 6), st.integers(0, 5))
def test_a_mask_shares_out_among_what_is_left(length, hidden):
    x = np.random.default_rng(length).standard_normal((2, length)).astype("float32")
    mask = np.arange(length) < max(length - hidden, 1)
    y = Softmax()(x, mask=mask)
    kept = np.exp(x) * mask
    np.testing.assert_allclose(y, kept / kept.sum(axis=1, keepdims=True), rtol=1e-5)
    assert np.all(y[:, ~mask] == 0.0)
    assert y.dtype == "float32"


def test_where_nothing_is_left_softmax_gives_zeros():
    mask = np.array([[True, True], [False, False]])
    np.testing.assert_array_equal(Softmax()(np.zeros((2, 2)), mask=mask), [[0.5, 0.5], [0, 0]])


def test_numbers_above_one_half_count_as_true():
    x = np.zeros((1, 3))
    mask = np.array([[1.0, 0.0, 0.7]], "float32")
    np.testing.assert_array_equal(Softmax()(x, mask=mask), [[0.5, 0, 0.5]])


def test_softmax_over_several_axes_sums_to_one(rng):
    x = rng.standard_normal((2, 3, 4))
    for axis in ((1, 2), [1, 2]):
        np.testing.assert_allclose(Softmax(axis)(x).sum(axis=(1, 2)), 1.0, rtol=1e-5)


def test_shapes_pass_through():
    for layer in (ReLU(), LeakyReLU(), PReLU(), ELU(), Softmax()):
        assert layer.compute_output_shape((None, 3, None)) == (None, 3, None)


def test_the_outdated_alpha_is_the_slope():
    with pytest.warns(UserWarning, match="alpha is now called negative_slope"):
        layer = LeakyReLU(alpha=0.2)
    assert layer.negative_slope == 0.2
    assert repr(layer) == repr(type(layer).from_config(layer.get_config()))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ReLU(max_value=-1), ValueError, "max_value must be"),
        (lambda: ReLU(negative_slope=None), TypeError, "negative_slope must be"),
        (lambda: ReLU(threshold=-0.5), ValueError, "threshold must be"),
        (lambda: LeakyReLU(-0.1), ValueError, "negative_slope must be"),
        (lambda: ELU("big"), TypeError, "alpha must be a finite number"),
        (lambda: PReLU("zeroes"), ValueError, "did you mean"),
        (lambda: PReLU(shared_axes=[3])(np.ones((1, 2, 3))), ValueError, "shared_axes from 1 to 2"),
        (
            lambda: Softmax()(np.ones((2, 3)), mask=np.ones((2, 2), bool)),
            ValueError,
            "expected a mask that broadcasts",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
