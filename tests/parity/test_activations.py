"""Activations against real Keras: values and gradients."""

import numpy as np
import pytest

from minikeras import GradientTape, activations

ARGUMENTS = {
    "celu": [{}, {"alpha": 0.5}],
    "elu": [{}, {"alpha": 1.5}],
    "gelu": [{}, {"approximate": True}],
    "glu": [{}, {"axis": 1}],
    "hard_shrink": [{}, {"threshold": 1.0}],
    "leaky_relu": [{}, {"negative_slope": 0.1}, {"negative_slope": 1.5}],
    "log_softmax": [{}, {"axis": 1}],
    "relu": [
        {},
        {"negative_slope": 0.3},
        {"max_value": 1.0},
        {"max_value": 6.0},
        {"threshold": 0.5},
        {"threshold": -0.5},
        {"threshold": -0.5, "max_value": 1.0},
        {"negative_slope": 0.3, "max_value": 1.0, "threshold": 0.5},
        {"negative_slope": 0.3, "max_value": 1.0, "threshold": -0.5},
    ],
    "soft_shrink": [{}, {"threshold": 1.0}],
    "softmax": [{}, {"axis": 1}, {"axis": (1, 2)}],
    "sparsemax": [{}, {"axis": 1}],
    "squareplus": [{}, {"b": 1.0}],
    "threshold": [{"threshold": 0.5, "default_value": -1.0}],
}
KERAS_ONLY = ["deserialize", "get", "serialize", "is_builtin"]
NAMES = sorted(set(activations.__all__) - {*KERAS_ONLY, "identity", "step"})
CASES = [(name, options) for name in NAMES for options in ARGUMENTS.get(name, [{}])]


def test_no_name_is_missing(keras):
    theirs = {name for name in dir(keras.activations) if not name.startswith("_")}
    assert theirs <= set(activations.__all__)


@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{o}" for n, o in CASES])
def test_values_and_gradients_are_kerass(keras, jax, name, options, rng):
    x = (2.0 * rng.standard_normal((3, 4, 6))).astype(np.float32)

    def theirs(x):
        return getattr(keras.activations, name)(x, **options)

    with GradientTape() as tape:
        traced = tape.watch(x)
        y = getattr(activations, name)(traced, **options)
    weights = rng.standard_normal(y.shape).astype(np.float32)
    expected, back = jax.vjp(theirs, x)
    if name == "sparsemax" and not np.allclose(
        expected.sum(options.get("axis", -1)), 1.0, atol=1e-4
    ):
        pytest.skip("Keras's rows do not sum to 1 before pull request 23469")
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(y, traced, weights), back(weights)[0], atol=1e-5)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"exponential", "threshold"}))
def test_large_inputs_give_kerass_values(keras, name):
    x = np.array([[-1e4, -100.0, -20.0, -1.0], [0.0, 1.0, 100.0, 1e4]], np.float32)
    expected = np.asarray(getattr(keras.activations, name)(x))
    got = getattr(activations, name)(x)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"swish", "hard_swish"}))
def test_names_in_saved_files_are_kerass(keras, name):
    ours = activations.serialize(getattr(activations, name))
    assert ours == keras.activations.serialize(getattr(keras.activations, name))
