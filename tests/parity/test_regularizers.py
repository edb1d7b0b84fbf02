"""Penalties and their gradients, and constraints, against real Keras (its jax backend)."""

import numpy as np
import pytest

from minikeras import constraints, regularizers
from minikeras.autodiff import GradientTape

RNG = np.random.default_rng(2)
MATRIX = RNG.standard_normal((4, 3)).astype(np.float32)
KERNEL = RNG.standard_normal((3, 3, 2, 4)).astype(np.float32)

REGULARIZERS = [
    ("L1", {}, KERNEL),
    ("L2", {"l2": 0.3}, KERNEL),
    ("L1L2", {"l1": 0.2, "l2": 0.3}, KERNEL),
    ("L1L2", {"l1": 0.2}, MATRIX),
    ("OrthogonalRegularizer", {}, MATRIX),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}, MATRIX),
    ("OrthogonalRegularizer", {}, np.zeros((3, 2), np.float32)),
]
CONSTRAINTS = [
    ("NonNeg", {}, KERNEL),
    ("MaxNorm", {"max_value": 0.7}, MATRIX),
    ("MaxNorm", {"max_value": 1.5, "axis": [0, 1, 2]}, KERNEL),
    ("UnitNorm", {}, MATRIX),
    ("UnitNorm", {"axis": 1}, MATRIX),
    ("MinMaxNorm", {"min_value": 0.8, "max_value": 1.2, "rate": 0.6}, MATRIX),
    ("MinMaxNorm", {"min_value": 2.5, "max_value": 3.0, "axis": [0, 1, 2]}, KERNEL),
]


@pytest.mark.parametrize(("name", "arguments", "weights"), REGULARIZERS)
def test_penalty_and_gradient_equal_those_of_keras(keras, jax, name, arguments, weights):
    theirs = getattr(keras.regularizers, name)(**arguments)
    value, gradient = jax.value_and_grad(theirs)(jax.numpy.asarray(weights))
    with GradientTape() as tape:
        w = tape.watch(weights)
        penalty = getattr(regularizers, name)(**arguments)(w)
    assert float(penalty) == pytest.approx(float(value), rel=1e-5)
    if weights.any():  # that of Keras is NaN at 0
        dw = tape.gradient(penalty, w)
        np.testing.assert_allclose(dw, np.asarray(gradient), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "arguments", "weights"), CONSTRAINTS)
def test_projection_equals_that_of_keras(keras, name, arguments, weights):
    expected = getattr(keras.constraints, name)(**arguments)(weights)
    got = getattr(constraints, name)(**arguments)(weights)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "name", "arguments"),
    [("regularizers", *case[:2]) for case in REGULARIZERS]
    + [("constraints", *case[:2]) for case in CONSTRAINTS],
)
def test_configurations_agree(keras, kind, name, arguments):
    ours = getattr({"regularizers": regularizers, "constraints": constraints}[kind], name)
    theirs = getattr(getattr(keras, kind), name)
    mine, other = ours(**arguments).get_config(), theirs(**arguments).get_config()
    assert mine.keys() == other.keys()
    for key, value in other.items():  # Keras keeps some of them in float32
        assert mine[key] == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("module", "name"),
    [(regularizers, name) for name in ("l1", "l2", "l1_l2", "orthogonal_regularizer")]
    + [(constraints, name) for name in ("max_norm", "min_max_norm", "non_neg", "unit_norm")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_second_names_are_those_of_keras(keras, module, name):
    theirs = getattr(keras, module.__name__.rpartition(".")[2])
    assert getattr(module, name).__name__ == getattr(theirs, name).__name__
    if name != "l1_l2":  # Keras does not know this one by name
        assert type(module.get(name)).__name__ == type(theirs.get(name)).__name__
