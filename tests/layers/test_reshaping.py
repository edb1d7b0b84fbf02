"""Flatten, Reshape, Permute, RepeatVector; upsampling, padding and cropping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minikeras.autodiff import value_and_grad
from minikeras.layers.reshaping import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)


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


def test_permute_reorders_axes(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    layer = Permute((3, 1, 2), dtype="float64")
    np.testing.assert_array_equal(layer(x), x.transpose(0, 3, 1, 2))
    assert layer.compute_output_shape((None, 3, None, 5)) == (None, 5, 3, None)


def test_repeat_vector_makes_equal_steps():
    y = RepeatVector(3)(np.array([[1.0, 2.0]]))
    np.testing.assert_array_equal(y, [[[1.0, 2.0]] * 3])
    assert RepeatVector(3).compute_output_shape((None, 2)) == (None, 3, 2)


@given(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))
def test_cropping_undoes_padding(top, bottom, left, right):
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 2)).astype("float32")
    pairs = ((top, bottom), (left, right))
    padded = ZeroPadding2D(pairs)(x)
    np.testing.assert_array_equal(padded, np.pad(x, ((0, 0), *pairs, (0, 0))))
    np.testing.assert_array_equal(Cropping2D(pairs)(padded), x)


def test_padding_and_cropping_of_sequences_and_volumes():
    steps = np.arange(1.0, 4.0).reshape(1, 3, 1)
    np.testing.assert_array_equal(ZeroPadding1D((1, 2))(steps).ravel(), [0, 1, 2, 3, 0, 0])
    np.testing.assert_array_equal(Cropping1D((2, 0))(steps).ravel(), [3])
    x = np.ones((1, 3, 4, 5, 2))
    assert ZeroPadding3D((1, 0, 2))(x).shape == (1, 5, 4, 9, 2)
    assert Cropping3D((1, 0, 2))(x).shape == (1, 1, 4, 1, 2)


def test_upsampling_repeats_or_interpolates():
    x = np.array([[0.0, 4.0], [8.0, 12.0]]).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(UpSampling2D((1, 2))(x)[0, 0, :, 0], [0.0, 0.0, 4.0, 4.0])
    smooth = UpSampling2D((1, 2), interpolation="bilinear")(x)
    np.testing.assert_allclose(smooth[0, :, :, 0], [[0, 1, 3, 4], [8, 9, 11, 12]])
    assert UpSampling1D()(np.ones((1, 2, 3))).shape == (1, 4, 3)
    assert UpSampling3D((1, 2, 3))(np.ones((1, 2, 2, 2, 1))).shape == (1, 2, 4, 6, 1)


def test_unknown_lengths_stay_unknown():
    assert UpSampling2D().compute_output_shape((None, None, 4, 3)) == (None, None, 8, 3)
    assert ZeroPadding2D().compute_output_shape((None, 4, None, 3)) == (None, 6, None, 3)
    assert Cropping1D().compute_output_shape((None, None, 3)) == (None, None, 3)


def test_one_number_in_the_configuration_becomes_one_for_each_edge():
    assert ZeroPadding2D(1).get_config()["padding"] == ((1, 1), (1, 1))
    assert Cropping3D((1, 0, 2)).get_config()["cropping"] == ((1, 1), (0, 0), (2, 2))
    assert Cropping1D(2).get_config()["cropping"] == (2, 2)
    assert UpSampling2D(2).get_config()["size"] == (2, 2)
    assert UpSampling1D(2).get_config()["size"] == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Permute((1, 3)), ValueError, "dims must hold each of 1 to 2 once"),
        (lambda: Permute((0, 1)), ValueError, "each of dims must be an integer of at least 1"),
        (lambda: Permute(2), TypeError, "dims must be a tuple"),
        (lambda: RepeatVector(0), ValueError, "n must be an integer of at least 1"),
        (lambda: UpSampling1D(1.5), TypeError, "size must be an integer"),
        (lambda: UpSampling2D((1, 2, 3)), ValueError, "size must be an integer or 2 of them"),
        (lambda: UpSampling2D(interpolation="cubic"), ValueError, "did you mean 'bicubic'"),
        (lambda: ZeroPadding1D(-1), ValueError, "padding must be an integer of at least 0"),
        (lambda: ZeroPadding2D((1, 2, 3)), ValueError, "padding must be an integer, 2 integers"),
        (lambda: ZeroPadding2D(1, "first"), ValueError, "unknown data_format 'first'"),
        (lambda: Cropping2D(((1, 2, 3), 1)), ValueError, "each part of cropping must be"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Permute((2, 1), name="r"), "Permute 'r' expected samples of 2 axes"),
        (RepeatVector(2, name="r"), r"RepeatVector 'r' expected .* \(batch, features\)"),
        (UpSampling1D(name="r"), r"UpSampling1D 'r' expected .* \(batch, steps, channels\)"),
        (Cropping2D(2, name="r"), "Cropping2D 'r' expected more than 4 elements along axis 1"),
    ],
)
def test_inputs_that_do_not_fit_are_named(layer, message):
    with pytest.raises(ValueError, match=message):
        layer(np.ones((1, 4, 5, 2)))
