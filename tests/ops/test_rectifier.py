"""The piecewise activations of ``ops``: values, gradients on each piece and at the kinks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, check_gradients, ops

# op, input, value, gradient: by hand, kinks included
BY_HAND = {
    "relu": (ops.relu, [-2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 1.0]),
    "relu, slope": (
        lambda x: ops.relu(x, 0.5),
        [-2.0, 0.0, 3.0],
        [-1.0, 0.0, 3.0],
        [0.5, 0.5, 1.0],
    ),
    "relu, maximum": (
        lambda x: ops.relu(x, 0.0, 2.0),
        [-2.0, 1.0, 2.0, 3.0],
        [0.0, 1.0, 2.0, 2.0],
        [0.0, 1.0, 0.0, 0.0],
    ),
    "relu, threshold": (
        lambda x: ops.relu(x, 0.0, None, 1.0),
        [-2.0, 0.5, 1.0, 3.0],
        [0.0, 0.0, 0.0, 3.0],
        [0.0, 0.0, 0.0, 1.0],
    ),
    "relu, everything": (
        lambda x: ops.relu(x, 0.5, 4.0, 1.0),
        [-1.0, 0.0, 1.0, 3.0, 5.0],
        [-1.0, -0.5, 0.0, 3.0, 4.0],
        [0.5, 0.5, 0.5, 1.0, 0.0],
    ),
    "leaky_relu": (ops.leaky_relu, [-2.0, 0.0, 3.0], [-0.4, 0.0, 3.0], [0.2, 0.2, 1.0]),
    "leaky_relu, 3": (
        lambda x: ops.leaky_relu(x, 3.0),
        [-2.0, 0.0, 3.0],
        [-6.0, 0.0, 3.0],
        [3.0, 3.0, 1.0],
    ),
    "leaky_relu, -1": (
        lambda x: ops.leaky_relu(x, -1.0),
        [-2.0, 0.0, 3.0],
        [2.0, 0.0, 3.0],
        [-1.0, -1.0, 1.0],
    ),
    "relu6": (
        ops.relu6,
        [-1.0, 0.0, 5.0, 6.0, 7.0],
        [0.0, 0.0, 5.0, 6.0, 6.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
    ),
    "hard_sigmoid": (
        ops.hard_sigmoid,
        [-4.0, -3.0, 0.0, 1.5, 4.0],
        [0.0, 0.0, 0.5, 0.75, 1.0],
        [0.0, 0.0, 1 / 6, 1 / 6, 0.0],
    ),
    "hard_silu": (
        ops.hard_silu,
        [-4.0, 0.0, 1.5, 4.0],
        [0.0, 0.0, 1.125, 4.0],
        [0.0, 0.5, 1.0, 1.0],
    ),
    "hard_tanh": (
        ops.hard_tanh,
        [-2.0, -1.0, 0.5, 2.0],
        [-1.0, -1.0, 0.5, 1.0],
        [0.0, 0.0, 1.0, 0.0],
    ),
    "hard_shrink": (
        ops.hard_shrink,
        [-1.0, -0.5, 0.25, 0.75],
        [-1.0, 0.0, 0.0, 0.75],
        [1.0, 0.0, 0.0, 1.0],
    ),
    "soft_shrink": (
        ops.soft_shrink,
        [-1.0, -0.5, 0.25, 0.75],
        [-0.5, 0.0, 0.0, 0.25],
        [1.0, 0.0, 0.0, 1.0],
    ),
    "threshold": (
        lambda x: ops.threshold(x, 1.0, -7.0),
        [-2.0, 1.0, 2.0],
        [-7.0, -7.0, 2.0],
        [0.0, 0.0, 1.0],
    ),
    "sparse_plus": (
        ops.sparse_plus,
        [-2.0, -1.0, 0.0, 0.5, 1.0, 3.0],
        [0.0, 0.0, 0.25, 0.5625, 1.0, 3.0],
        [0.0, 0.0, 0.5, 0.75, 1.0, 1.0],
    ),
    "sparse_sigmoid": (
        ops.sparse_sigmoid,
        [-2.0, -1.0, 0.0, 0.5, 3.0],
        [0.0, 0.0, 0.5, 0.75, 1.0],
        [0.0, 0.0, 0.5, 0.5, 0.0],
    ),
    "step": (ops.step, [-2.0, 0.0, 1e-4, 3.0], [0.0, 0.0, 1.0, 1.0], [0.0] * 4),
}
OPS = {name: case[0] for name, case in BY_HAND.items()}
every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS)


def value_and_gradient(op, x):
    with GradientTape() as tape:
        traced = tape.watch(x)
        y = op(traced)
    return y.value, tape.gradient(y, traced)


@pytest.mark.parametrize(("op", "x", "y", "dx"), BY_HAND.values(), ids=BY_HAND)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_values_and_gradients_are_those_by_hand(op, x, y, dx, dtype):
    got, gradient = value_and_gradient(op, np.array(x, dtype))
    assert got.dtype == dtype and gradient.dtype == dtype
    error = 1e-3 if dtype == "float16" else 1e-6
    np.testing.assert_allclose(got, y, rtol=error, atol=0)
    np.testing.assert_allclose(gradient, dx, rtol=error, atol=0)


@pytest.mark.parametrize(("op", "x", "y", "dx"), BY_HAND.values(), ids=BY_HAND)
def test_large_arrays_take_another_path_to_the_same_numbers(op, x, y, dx):
    got, gradient = value_and_gradient(op, np.tile(x, 1000))
    np.testing.assert_allclose(got[: len(x)], y, rtol=1e-14)
    np.testing.assert_allclose(gradient[: len(x)], dx, rtol=1e-14)


@every_op
@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (0, 3)])
def test_gradients_agree_with_central_differences_twice(op, shape, rng):
    x = 3.0 * rng.standard_normal(shape)
    check_gradients(op, x, second=True)


@every_op
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_any_finite_number_is_taken_without_a_warning(op, dtype):
    if op is OPS["leaky_relu, 3"]:
        pytest.skip("three times the largest number is infinite")
    limits = np.finfo(dtype)
    sizes = np.array([limits.max, limits.max / 2, 1e4, 100.0, 1.0, limits.tiny, 0.0], dtype)
    with np.errstate(all="raise", under="ignore"):
        y, dx = value_and_gradient(op, np.concatenate([sizes, -sizes]))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


@every_op
def test_nan_stays_nan_without_a_warning(op):
    with np.errstate(all="raise"):
        assert np.isnan(op(np.array([1.0, np.nan, -1.0]))).tolist() == [False, True, False]


@every_op
def test_the_incoming_gradient_is_left_alone(op):
    dy = np.ones(3)
    with GradientTape() as tape:
        x = tape.watch(np.array([-2.0, 0.25, 4.0]))
        y = op(x)
    tape.gradient(y, x, dy)
    assert np.array_equal(dy, np.ones(3))


@given(st.floats(-1e6, 1e6), st.floats(0.0, 2.0), st.floats(0.0, 10.0), st.floats(-3.0, 3.0))
def test_relu_is_kerass_formula_for_all_settings(x, slope, limit, threshold):
    passed = x if x > threshold else 0.0
    expected = min(max(passed, 0.0), limit) - slope * max(threshold - x, 0.0)
    got = ops.relu(np.array([x]), slope, limit, threshold)
    np.testing.assert_allclose(got, [expected], rtol=1e-12, atol=1e-12)


def test_infinity_goes_through_threshold():
    x = np.array([-np.inf, np.inf])
    assert ops.threshold(x, 0.0, 1.0).tolist() == [1.0, np.inf]


def test_hard_swish_is_hard_silu():
    assert ops.hard_swish is ops.hard_silu
