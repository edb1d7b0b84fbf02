"""The difference of two losses when one unit changes: against sums of exponentials, to the bit."""

import numpy as np
import pytest

from minikeras import Input, Sequential, config, losses
from minikeras.layers import Dense
from minikeras.training.columns import Above

RNG = np.random.default_rng(3)
LABELS = np.array([0, 2, 1, 4, 3])
SOFT = RNG.dirichlet(np.ones(5), 5)


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


def cross_entropy(logits, target, low=0.0):
    """Return it in extended precision, for logits of shape (..., classes)."""
    logits = np.asarray(logits, np.longdouble)
    logits = logits - logits.max(axis=-1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return -(target * np.log(np.clip(p, low, 1.0 - low))).sum(axis=-1)


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
    kernel, bias = RNG.uniform(-1.6, 1.6, 5), RNG.standard_normal(5)
    target = np.eye(5)[y] if y.ndim == 1 else y
    steps = RNG.uniform(0.5, 1.0, (5, 3)) * size
    above = Above(one_unit(kernel, bias, final), np.zeros((5, 1)), y, loss)
    for i in range(5):
        found = above.gradient(steps, np.eye(5)[i])[0]
        # Up, the relu passes the step on; down, it stays at 0.
        logits = bias + steps[i].astype(np.longdouble)[:, None] * kernel
        expected = cross_entropy(logits, target[i]) - cross_entropy(bias, target[i])
        small = size * np.abs(kernel).max() < 4e-4
        # The series keeps the digits of the difference, the general way those of the loss.
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=2e-15 * (size if small else 1.0))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("size", [1e-6, 1e-4, 5e-2])
def test_difference_of_a_sigmoid_unit_is_exact(activation, size):
    kernel, bias = RNG.uniform(-1.0, 1.0, 5), RNG.standard_normal(5)
    layers = one_unit(kernel, bias, activation=activation)
    x = np.array([[-3.0], [-0.5], [0.0], [0.7], [9.0]])
    layers[0].kernel.assign([[1.0]])
    steps = RNG.uniform(-1.0, 1.0, (5, 4)) * size
    above = Above(layers, x, LABELS, losses.SparseCategoricalCrossentropy())
    for i in range(5):
        found = above.gradient(steps, np.eye(5)[i])[0]
        sides = []
        for sign in (1.0, -1.0):
            z = np.asarray(x[i] + sign * steps[i].astype(np.longdouble), np.longdouble)
            a = np.tanh(z) if activation == "tanh" else 1.0 / (1.0 + np.exp(-z))
            sides.append(cross_entropy(bias + a[:, None] * kernel, np.eye(5)[LABELS[i]]))
        small = size < 1e-2
        np.testing.assert_allclose(
            found, sides[0] - sides[1], rtol=0.0, atol=2e-15 * (size if small else 1.0)
        )


@pytest.mark.parametrize("side", [1.00001, 0.99999])
@pytest.mark.parametrize("at", ["low", "high"])
def test_change_across_the_clipping_bound_is_seen(side, at):
    p = 1e-7 * side if at == "low" else 1.0 - 1e-7 * side
    bias, kernel = np.log([p, 1.0 - p]), np.array([-1.0, 1.0])
    steps = np.full((1, 1), 1e-4)
    for slope in (kernel, -kernel):
        loss, y = losses.SparseCategoricalCrossentropy(), np.array([0])
        above = Above(one_unit(slope, bias), np.zeros((1, 1)), y, loss)
        found = above.gradient(steps, np.ones(1))[0, 0]
        target = np.array([1.0, 0.0])
        moved, still = (
            cross_entropy(logits, target, low=1e-7) for logits in (bias + 1e-4 * slope, bias)
        )
        assert found == pytest.approx(float(moved - still), abs=1e-14)
