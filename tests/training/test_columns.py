"""The difference of two losses when one unit changes: against exponentials, to the last digits."""

import numpy as np
import pytest

from minikeras import Input, Sequential, config, losses
from minikeras.layers import Dense
from minikeras.training.columns import Above

LABELS = np.array([0, 2, 1, 4, 3])
SOFT = np.random.default_rng(3).dirichlet(np.ones(5), 5)


@pytest.fixture(autouse=True)
def float64():
    config.set_floatx("float64")  # conftest.py sets it back


def one_unit(kernel, bias, final="softmax", activation="relu"):
    """Return the layers of a network whose one hidden unit stands at 0, the edge of a relu."""
    model = Sequential(
        [
            Input((1,)),
            Dense(1, activation=activation, kernel_initializer="zeros"),
            Dense(len(bias), activation=final),
        ]
    )
    model.layers[1].set_weights([np.reshape(kernel, (1, -1)), bias])
    return model.layers


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum()


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def change_of_cross_entropy(bias, target, kernel, change):
    """Return what moving the logits by ``change * kernel`` adds, with all digits of the change."""
    moved = np.expm1(change[:, None] * kernel) @ softmax(bias)
    return target.sum() * np.log1p(moved) - change * (target @ kernel)


def change_of_sigmoid(z, step):
    """Return ``sigmoid(z + step) - sigmoid(z)``, with all digits of the change."""
    return -np.expm1(-step) * sigmoid(z + step) * sigmoid(-z)


def assert_digits(found, expected, size):
    """The series keeps the digits of the difference, the general way those of the loss."""
    atol = 4e-15 * size if size < 4e-4 else 1e-14
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=atol)


@pytest.mark.parametrize(
    ("loss", "y", "final"),
    [
        (losses.SparseCategoricalCrossentropy(), LABELS, "softmax"),
        (losses.CategoricalCrossentropy(), SOFT, "softmax"),
        (losses.CategoricalCrossentropy(), 2.0 * SOFT, "softmax"),
        (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS, None),
        (losses.CategoricalCrossentropy(from_logits=True), SOFT, None),
    ],
)
@pytest.mark.parametrize("size", [1e-7, 1e-5, 1e-4, 2.2e-4, 1e-2, 1.0])
def test_difference_is_exact_for_each_size_of_change(loss, y, final, size):
    rng = np.random.default_rng(0)
    kernel, bias = rng.uniform(-1.6, 1.6, 5), rng.standard_normal(5)
    target = np.eye(5)[y] if y.ndim == 1 else y
    steps = rng.uniform(0.5, 1.0, (5, 3)) * size
    above = Above(one_unit(kernel, bias, final), np.zeros((5, 1)), y, loss)
    for i in range(5):
        found = above.gradient(steps, np.eye(5)[i])[0]
        # Up, the relu passes the step on; down, it stays at 0.
        expected = change_of_cross_entropy(bias, target[i], kernel, steps[i])
        assert_digits(found, expected, size * np.abs(kernel).max())


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("size", [1e-6, 1e-4, 5e-2])
def test_difference_of_a_sigmoid_unit_is_exact(activation, size):
    rng = np.random.default_rng(0)
    kernel, bias = rng.uniform(-1.0, 1.0, 5), rng.standard_normal(5)
    layers = one_unit(kernel, bias, activation=activation)
    layers[0].kernel.assign([[1.0]])
    x = np.array([[-3.0], [-0.5], [0.0], [0.7], [9.0]])
    steps = rng.uniform(-1.0, 1.0, (5, 4)) * size
    above = Above(layers, x, LABELS, losses.SparseCategoricalCrossentropy())
    for i in range(5):
        found = above.gradient(steps, np.eye(5)[i])[0]
        a = sigmoid(x[i]) if activation == "sigmoid" else np.tanh(x[i])
        changes = [
            change_of_sigmoid(x[i], step)
            if activation == "sigmoid"
            else 2.0 * change_of_sigmoid(2.0 * x[i], 2.0 * step)
            for step in (steps[i], -steps[i])
        ]
        logits, target = bias + a * kernel, np.eye(5)[LABELS[i]]
        up, down = (change_of_cross_entropy(logits, target, kernel, c) for c in changes)
        assert_digits(found, up - down, size)


@pytest.mark.parametrize("side", [1.00001, 0.99999])
@pytest.mark.parametrize("at", ["low", "high"])
def test_change_across_the_clipping_bound_is_seen(side, at):
    p = 1e-7 * side if at == "low" else 1.0 - 1e-7 * side
    bias = np.log([p, 1.0 - p])
    for kernel in (np.array([-1.0, 1.0]), np.array([1.0, -1.0])):
        loss, y = losses.SparseCategoricalCrossentropy(), np.array([0])
        above = Above(one_unit(kernel, bias), np.zeros((1, 1)), y, loss)
        found = above.gradient(np.full((1, 1), 1e-4), np.ones(1))[0, 0]
        moved, still = (
            -np.log(np.clip(softmax(logits)[0], 1e-7, 1.0 - 1e-7))
            for logits in (bias + 1e-4 * kernel, bias)
        )
        assert found == pytest.approx(moved - still, abs=1e-14)
