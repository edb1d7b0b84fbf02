"""Special functions against SciPy; the largest k; complex numbers."""

import math

import numpy as np
import pytest

from minikeras import GradientTape, Variable, check_gradients, ops


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_complement_of_the_error_function_keeps_its_digits_in_the_tail(dtype):
    x = np.linspace(-6.0, 9.0, 301).astype(dtype)
    expected = np.array([math.erfc(value) for value in x.tolist()])
    tolerance = 1e-6 if dtype == "float32" else 3e-14
    np.testing.assert_allclose(ops.erfc(x), expected.astype(dtype), rtol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inverse_of_the_error_function_undoes_it(dtype):
    x = np.concatenate([np.linspace(-0.999, 0.999, 201), [1e-30, -1e-8, 0.0]]).astype(dtype)
    y = ops.erfinv(x)
    back = np.array([math.erf(value) for value in y.tolist()])
    np.testing.assert_allclose(back, x, rtol=1e-6 if dtype == "float32" else 1e-14, atol=1e-38)


def test_inverse_of_the_error_function_at_and_beyond_the_ends():
    np.testing.assert_array_equal(ops.erfinv([-1.0, 1.0, 1.5]), [-np.inf, np.inf, np.nan])


def test_bessel_function_and_its_slope_against_scipy(rng):
    special = pytest.importorskip("scipy.special")
    x = rng.uniform(-30.0, 30.0, 20)
    np.testing.assert_allclose(ops.i0(x), special.i0(x), rtol=1e-13)
    with GradientTape() as tape:
        traced = tape.watch(x)
        y = ops.i0(traced)
    np.testing.assert_allclose(tape.gradient(y, traced), special.i1(x), rtol=1e-12)
    check_gradients(ops.i0, rng.uniform(-2.0, 2.0, 4), second=True)


def test_logsumexp_of_infinities():
    assert ops.logsumexp([-np.inf, -np.inf]) == -np.inf
    assert ops.logsumexp([np.inf, 0.0]) == np.inf
    assert ops.logsumexp(np.array([[1e4, 1e4]]), axis=-1)[0] == 1e4 + math.log(2.0)


def test_of_equal_elements_the_first_is_among_the_largest():
    values, places = ops.top_k(np.array([[1, 3, 3, 3], [2, 2, 0, 2]], np.uint8), 2)
    np.testing.assert_array_equal(values, [[3, 3], [2, 2]])
    np.testing.assert_array_equal(places, [[1, 2], [0, 1]])


@pytest.mark.parametrize(("k", "error"), [(0, ValueError), (4, ValueError), (1.5, TypeError)])
def test_a_wrong_k_is_refused(k, error):
    with pytest.raises(error, match="k"):
        ops.top_k([1.0, 2.0, 3.0], k)


def test_nan_is_not_among_the_best():
    assert not ops.in_top_k([0], np.array([[np.nan, 1.0]]), 1)[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ops.view_as_complex(x),
        lambda x: ops.polar(x, x),
        lambda x: ops.view(x, "int32"),
    ],
)
def test_what_has_no_gradient_says_so(call):
    with GradientTape(), pytest.raises(TypeError, match="has no gradient"):
        call(Variable([1.0, 2.0]) * 2.0)


def test_distances_between_rows_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="rows of one length"):
        ops.cdist(np.ones((2, 3)), np.ones((2, 4)))


def test_slope_of_a_distance_of_zero_is_zero():
    x = Variable([[1.0, 2.0]])
    with GradientTape() as tape:
        y = ops.cdist(x, [[1.0, 2.0]])
    np.testing.assert_array_equal(tape.gradient(y, x), [[0.0, 0.0]])
