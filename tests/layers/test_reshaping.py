"""Flatten and Reshape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from minikeras.autodiff import value_and_grad
from minikeras.layers import Flatten, Reshape


@given(hnp.array_shapes(min_dims=1, max_dims=5, min_side=1, max_side=4))
def test_flatten_keeps_samples_and_order(shape):
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    np.testing.assert_array_equal(Flatten()(x), x.reshape(shape[0], -1))


def test_flatten_of_channels_first_moves_them_last():
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    expected = x.transpose(0, 2, 3, 1).reshape(2, 12)
    np.testing.assert_array_equal(Flatten(data_format="channels_first")(x), expected)


def test_flatten_refuses_another_data_format():
    with pytest.raises(ValueError, match="unknown data_format 'last'; expected one of"):
        Flatten(data_format="last")


def test_an_empty_batch_keeps_its_features():
    x = np.zeros((0, 2, 6))
    assert Flatten()(x).shape == (0, 12)
    assert Reshape((3, -1))(x).shape == (0, 3, 4)


@pytest.mark.parametrize(
    ("target", "shape"),
    [((4, 3), (4, 3)), ((-1,), (12,)), ((2, -1, 3), (2, 2, 3)), ([6, 2], (6, 2))],
)
def test_reshape_fills_in_one_length(target, shape):
    x = np.arange(24.0).reshape(2, 12)
    np.testing.assert_array_equal(Reshape(target)(x), x.reshape(2, *shape))


def test_reshape_names_what_does_not_fit():
    with pytest.raises(ValueError, match=r"Reshape 'r' expected samples of 6 elements .* got 4"):
        Reshape((2, 3), name="r")(np.zeros((5, 4)))
    with pytest.raises(
        ValueError, match="Reshape 'r' expected samples of a multiple of 5 elements"
    ):
        Reshape((5, -1), name="r")(np.zeros((1, 4)))


def test_reshape_takes_one_unknown_length_only():
    with pytest.raises(ValueError, match="at most one -1, got"):
        Reshape((-1, -1))


@pytest.mark.parametrize("target", [(2.5,), (0,), (-2, 3), 4])
def test_reshape_refuses_what_is_no_shape(target):
    with pytest.raises((TypeError, ValueError), match="target_shape"):
        Reshape(target)


def test_gradients_get_their_shape_back(rng):
    x = rng.standard_normal((2, 3, 4))
    for layer in (Flatten(dtype="float64"), Reshape((4, 3), dtype="float64")):
        _, dx = value_and_grad(lambda x, layer=layer: np.sum(layer(x) ** 2))(x)
        np.testing.assert_allclose(dx, 2.0 * x)
