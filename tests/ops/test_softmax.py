"""Softmax, log-softmax and sparsemax: values against SciPy and by hand, gradients, extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minikeras import GradientTape, check_gradients, ops

special = pytest.importorskip("scipy.special")

OPS = [ops.softmax, ops.log_softmax, ops.sparsemax]
every_op = pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
SHAPES = [(4,), (5, 3), (2, 3, 4), (40, 3), (40, 50), (0, 3)]  # 40 short rows: a path of its own


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "error"), [("float32", 1e-5), ("float64", 1e-13)])
def test_values_are_scipys_along_every_axis(shape, dtype, error, rng):
    x = (3.0 * rng.standard_normal(shape)).astype(dtype)
    for axis in range(-len(shape), len(shape)):
        if not shape[axis]:
            continue
        for op, scipys in ((ops.softmax, special.softmax), (ops.log_softmax, special.log_softmax)):
            got = op(x, axis)
            assert got.dtype == dtype
            expected = scipys(x.astype(np.float64), axis)
            np.testing.assert_allclose(got, expected, rtol=error, atol=error)


@every_op
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_agree_with_central_differences_twice(op, shape, rng):
    if shape == (40, 50):
        shape = (33, 2)  # the same path, in less time
    x = 2.0 * rng.standard_normal(shape)
    check_gradients(op, x, second=True)
    check_gradients(lambda x: op(x, 0) if shape[0] else op(x), x)


def test_several_axes_at_once(rng):
    x = rng.standard_normal((2, 3, 4))
    np.testing.assert_allclose(ops.softmax(x, (1, 2)).sum(axis=(1, 2)), 1.0)
    check_gradients(lambda x: ops.softmax(x, (0, 2)), x)
    check_gradients(lambda x: ops.log_softmax(x, (0, 2)), x)


def test_the_numbers_of_the_course():
    got = ops.softmax(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(got, [0.09003057, 0.24472847, 0.66524096], atol=5e-9)


def test_two_thousands_are_two_halves():
    with np.errstate(all="raise"):
        assert ops.softmax(np.array([1000.0, 1000.0])).tolist() == [0.5, 0.5]


@given(arrays(np.float64, (3, 4), elements=st.floats(-50, 50)), st.floats(-1e3, 1e3))
def test_a_shift_changes_nothing(x, shift):
    np.testing.assert_allclose(ops.softmax(x + shift), ops.softmax(x), rtol=1e-9, atol=1e-12)


@every_op
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_any_finite_numbers_are_taken_without_a_warning(op, dtype):
    largest = np.finfo(dtype).max
    rows = [[-1, 1], [1, 1], [-1, -1], [0, 1], [0, -1], [0.5, -0.5]]
    x = np.array(rows, dtype) * largest
    with np.errstate(all="raise", under="ignore"), GradientTape() as tape:
        traced = tape.watch(x)
        y = op(traced)
        dx = tape.gradient(y, traced)
    if op is not ops.log_softmax:  # whose values lie further apart than a number can be large
        assert np.isfinite(y.value).all()
    assert np.isfinite(dx).all()


@every_op
@pytest.mark.parametrize("shape", [(3, 4), (40, 4)])
def test_nan_stays_in_its_row(op, shape):
    x = np.zeros(shape)
    x[1, 2] = np.nan
    y = op(x)
    assert np.isnan(y[1]).all()
    assert np.isfinite(np.delete(y, 1, axis=0)).all()


@every_op
@given(x=arrays(np.float64, (2, 5), elements=st.floats(-20, 20)))
def test_rows_are_probabilities(op, x):
    p = np.exp(op(x)) if op is ops.log_softmax else op(x)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1.0, 0.5, -1.0], [0.75, 0.25, 0.0]),
        ([0.0, 0.0], [0.5, 0.5]),
        ([5.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([0.1, 1.1, 0.2, 0.3], [0.0, 0.9, 0.0, 0.1]),
        ([3.0], [1.0]),
    ],
)
def test_sparsemax_by_hand(x, y):
    np.testing.assert_allclose(ops.sparsemax(np.array(x)), y, atol=1e-15)


@given(arrays(np.float64, 5, elements=st.floats(-3, 3)))
def test_sparsemax_is_the_nearest_point_of_the_simplex(x):
    """Optimality: the gradient ``p - x`` is constant where ``p > 0``, and not lower elsewhere."""
    p = ops.sparsemax(x)
    slack = p - x
    level = slack[p > 0].min()
    np.testing.assert_allclose(slack[p > 0], level, atol=1e-12)
    assert (slack[p == 0] >= level - 1e-12).all()


@every_op
def test_an_axis_that_is_not_there_raises(op):
    with pytest.raises(ValueError, match="axis 2 is out of bounds"):
        op(np.ones((2, 2)), 2)
