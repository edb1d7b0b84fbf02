"""Dropout and its relatives: how much, where, when, and the same again with a seed."""

import json

import numpy as np
import pytest

from minikeras import GradientTape, Sequential, Variable, set_random_seed
from minikeras.layers import Dense
from minikeras.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
)
from minikeras.layers.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from minikeras.random import SeedGenerator


def test_share_and_mean_are_as_asked():
    y = Dropout(0.3, seed=1)(np.ones((1000, 100)), training=True)
    assert abs((y == 0.0).mean() - 0.3) < 0.01  # standard deviation 0.0014
    assert abs(y.mean() - 1.0) < 0.01
    np.testing.assert_allclose(y[y != 0.0], 1.0 / 0.7, rtol=1e-6)


@pytest.mark.parametrize("rate", [0, 0.0, 0.5])
def test_nothing_happens_outside_training(rate):
    x = np.ones((3, 4), "float32")
    assert Dropout(rate)(x) is x


def test_rate_one_drops_everything():
    np.testing.assert_array_equal(Dropout(1)(np.ones((3, 4)), training=True), np.zeros((3, 4)))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_is_kept(dtype):
    assert Dropout(0.3, dtype=dtype)(np.ones((3, 4), dtype), training=True).dtype == dtype


def test_noise_shape_drops_whole_steps():
    y = Dropout(0.5, noise_shape=(None, 1, 8), seed=1)(np.ones((50, 6, 8)), training=True)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert 0.3 < (y[:, 0] == 0.0).mean() < 0.7


def test_noise_shape_must_have_all_axes():
    with pytest.raises(ValueError, match=r"Dropout 'd' expected an input of 2 axes .*\(3, 4, 5\)"):
        Dropout(0.5, noise_shape=(None, 1), name="d")(np.ones((3, 4, 5)), training=True)


@pytest.mark.parametrize(
    ("rate", "error"), [(-0.1, ValueError), (1.1, ValueError), ("a", TypeError), (None, TypeError)]
)
def test_rate_lies_between_0_and_1(rate, error):
    with pytest.raises(error, match=r"rate must be a number in \[0, 1\], got"):
        Dropout(rate)


def test_a_seed_gives_the_same_masks_again():
    x = np.ones((10, 10))
    a, b = Dropout(0.5, seed=7), Dropout(0.5, seed=7)
    first = a(x, training=True)
    np.testing.assert_array_equal(first, b(x, training=True))
    assert (a(x, training=True) != first).any()  # the stream goes on


def test_without_a_seed_the_global_one_counts():
    def mask():
        set_random_seed(3)
        return Dropout(0.5)(np.ones((10, 10)), training=True)

    np.testing.assert_array_equal(mask(), mask())


def test_layers_may_share_a_seed_generator():
    shared = SeedGenerator(1)
    a, b = Dropout(0.5, seed=shared), Dropout(0.5, seed=shared)
    x = np.ones((10, 10))
    assert (a(x, training=True) != b(x, training=True)).any()


def test_a_bad_seed_is_named():
    with pytest.raises(TypeError, match="seed must be an integer of at least 0, got 'a'"):
        Dropout(0.5, seed="a")


def test_gradient_flows_where_nothing_was_dropped():
    x = Variable(np.ones((5, 5)), dtype="float32")
    layer = Dropout(0.5, seed=1)
    with GradientTape() as tape:
        y = layer(x, training=True)
        total = np.sum(y)
    np.testing.assert_array_equal(tape.gradient(total, x), y.numpy())


def test_fit_drops_and_predict_does_not():
    model = Sequential([Dropout(0.5), Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    x = np.ones((8, 4))
    model.evaluate(x, x[:, :1], verbose=0)
    np.testing.assert_array_equal(model.predict(x), np.full((8, 1), 4.0))
    loss = model.fit(x, np.full((8, 1), 4.0), epochs=1, verbose=0).history["loss"]
    assert loss[0] > 0.0


def test_configuration_of_a_shared_generator_is_plain_data():
    layer = Dropout(0.5, noise_shape=[None, 1], seed=SeedGenerator(4))
    config = json.loads(json.dumps(layer.get_config()))
    assert config["seed"] == 4
    again = Dropout.from_config(config)
    assert repr(again) == repr(layer)
    x = np.ones((10, 10))
    np.testing.assert_array_equal(again(x, training=True), layer(x, training=True))


@pytest.mark.parametrize(
    ("noise_shape", "error"), [("a", TypeError), (3, TypeError), ((0, 1), ValueError)]
)
def test_noise_shape_is_checked(noise_shape, error):
    with pytest.raises(error, match="noise_shape"):
        Dropout(0.5, noise_shape=noise_shape)


@pytest.mark.parametrize(
    ("layer", "shape", "axes"),
    [
        (SpatialDropout1D(0.5, seed=1), (20, 4, 6), (1,)),
        (SpatialDropout2D(0.5, seed=1), (20, 4, 3, 6), (1, 2)),
        (SpatialDropout2D(0.5, "channels_first", seed=1), (20, 6, 4, 3), (2, 3)),
        (SpatialDropout3D(0.5, seed=1), (20, 2, 4, 3, 6), (1, 2, 3)),
        (SpatialDropout3D(0.5, "channels_first", seed=1), (20, 6, 2, 4, 3), (2, 3, 4)),
    ],
)
def test_whole_feature_maps_are_dropped(layer, shape, axes):
    y = layer(np.ones(shape), training=True)
    np.testing.assert_array_equal(y.max(axis=axes), y.min(axis=axes))
    assert 0.3 < (y == 0.0).mean() < 0.7


def test_feature_maps_need_all_axes():
    with pytest.raises(ValueError, match=r"SpatialDropout1D 's' expected an input of 3 axes"):
        SpatialDropout1D(0.5, name="s")(np.ones((3, 4)))


def test_gaussian_dropout_has_the_spread_of_a_dropout_mask():
    y = GaussianDropout(0.2, seed=1)(np.full((500, 500), 2.0), training=True)
    assert abs(y.mean() - 2.0) < 0.01
    assert abs(y.std() - 1.0) < 0.01  # 2 * sqrt(0.2 / 0.8)


def test_gaussian_noise_has_the_standard_deviation_asked_for():
    y = GaussianNoise(0.7, seed=1)(np.full((500, 500), 2.0), training=True)
    assert abs(y.mean() - 2.0) < 0.01
    assert abs(y.std() - 0.7) < 0.01


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).standard_normal((500, 500))
    y = AlphaDropout(0.3, seed=1)(x, training=True)
    assert abs(y.mean()) < 0.01
    assert abs(y.std() - 1.0) < 0.01


def test_alpha_dropout_by_hand():
    rate, low = 0.4, -1.6732632423543772 * 1.0507009873554805
    scale = ((1.0 - rate) * (1.0 + rate * low**2)) ** -0.5
    y = AlphaDropout(rate, seed=1, dtype="float64")(np.full((50, 50), 3.0), training=True)
    expected = [scale * (low - low * rate), scale * (3.0 - low * rate)]  # dropped, kept
    np.testing.assert_allclose(np.unique(y.round(12)), expected)


@pytest.mark.parametrize("make", [GaussianDropout, AlphaDropout])
def test_dropping_everything_is_refused_where_nothing_would_be_left(make):
    with pytest.raises(ValueError, match=r"rate must be a number in \[0, 1\), got 1"):
        make(1)


@pytest.mark.parametrize(
    "layer",
    [GaussianDropout(0.5), GaussianNoise(0.5), AlphaDropout(0.5), SpatialDropout1D(0.5)],
)
def test_noise_is_for_training_only(layer):
    x = np.ones((3, 4, 5), "float32")
    assert layer(x) is x


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("make", [GaussianDropout, GaussianNoise, AlphaDropout])
def test_noise_keeps_the_dtype(make, dtype):
    assert make(0.3, dtype=dtype)(np.ones((3, 4), dtype), training=True).dtype == dtype


def test_activity_regularization_by_hand():
    layer = ActivityRegularization(l1=0.1, l2=0.01)
    layer(np.array([[1.0, -2.0], [0.0, 3.0]]))
    assert float(layer.losses[0]) == pytest.approx((0.1 * 6.0 + 0.01 * 14.0) / 2.0)


def test_activity_regularization_is_its_two_strengths():
    layer = ActivityRegularization(l1=0.1)
    assert repr(layer) == f"ActivityRegularization(l1=0.1, name={layer.name!r})"
    assert "activity_regularizer" not in layer.get_config()
