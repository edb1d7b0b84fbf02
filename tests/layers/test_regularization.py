"""Dropout: how much, where, when, and the same again with a seed."""

import numpy as np
import pytest

from minikeras import GradientTape, Sequential, Variable, set_random_seed
from minikeras.layers import Dense, Dropout
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
