"""Layers as functions of their weights."""

import numpy as np
import pytest

import minikeras
from minikeras import Sequential, layers

X = np.random.default_rng(0).standard_normal((5, 3)).astype("float32")


def model():
    made = Sequential([layers.Dense(4, "tanh"), layers.BatchNormalization(), layers.Dense(1)])
    made.build((None, 3))
    return made


def test_outputs_are_those_of_the_given_weights_and_the_own_stay():
    made, other = model(), model()
    before = made.get_weights()
    outputs, state = made.stateless_call(
        [v.value for v in other.trainable_variables],
        [v.value for v in other.non_trainable_variables],
        X,
    )
    np.testing.assert_array_equal(outputs, other(X))
    assert len(state) == 2
    for one, weight in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(one, weight)


def test_moving_averages_come_back_changed():
    made = model()
    trainable = [v.numpy() for v in made.trainable_variables]
    given = [v.numpy() for v in made.non_trainable_variables]
    kept = [value.copy() for value in given]
    _, state = made.stateless_call(trainable, given, X, training=True)
    assert not np.array_equal(state[0], given[0])
    for value, copy in zip(given, kept, strict=True):
        np.testing.assert_array_equal(value, copy)


def test_gradients_are_those_of_the_tape():
    made = model()
    state = [v.value for v in made.non_trainable_variables]

    def loss(*values):
        return np.mean(made.stateless_call(list(values), state, X)[0] ** 2)

    values = [v.numpy() for v in made.trainable_variables]
    with minikeras.GradientTape() as tape:
        expected = tape.gradient(np.mean(made(X) ** 2), made.trainable_variables)
    for i, gradient in enumerate(expected):
        found = minikeras.grad(loss, argnums=i)(*values)
        np.testing.assert_allclose(found, gradient, rtol=1e-5, atol=1e-7)


def test_wrong_numbers_or_shapes_are_named():
    made = model()
    with pytest.raises(ValueError, match="6 trainable_variables, got 0"):
        made.stateless_call([], [], X)
    values = [v.numpy() for v in made.trainable_variables]
    values[0] = values[0].T
    with pytest.raises(ValueError, match=r"expected shape \(3, 4\), got \(4, 3\)"):
        made.stateless_call(values, [v.value for v in made.non_trainable_variables], X)
