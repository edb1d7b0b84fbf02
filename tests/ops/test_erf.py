"""``ops.erf`` against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import check_gradients, grad, ops

special = pytest.importorskip("scipy.special")

GRID = np.concatenate([np.linspace(-7.0, 7.0, 20_001), np.logspace(-30, 0, 2001)])


@pytest.mark.parametrize(("dtype", "ulps"), [("float32", 4), ("float64", 4), ("float16", 1)])
def test_it_is_scipys_up_to_rounding(dtype, ulps):
    x = GRID.astype(dtype)
    expected = special.erf(x.astype(np.float64))
    got = ops.erf(x)
    assert got.dtype == dtype
    tiny = np.finfo(dtype).smallest_subnormal
    np.testing.assert_allclose(got, expected, rtol=ulps * float(np.finfo(dtype).eps), atol=tiny)


@given(st.floats(allow_nan=False))
def test_any_number_gives_scipys_value(x):
    np.testing.assert_allclose(ops.erf(np.array([x])), special.erf([x]), rtol=1e-15)


def test_it_is_odd_and_keeps_the_sign_of_zero():
    x = np.array([-0.0, 0.0, -1e-300, 0.3, 2.0])
    assert np.array_equal(ops.erf(-x), -ops.erf(x))
    assert np.array_equal(np.signbit(ops.erf(x)), np.signbit(x))


def test_it_is_one_at_infinity_and_nan_at_nan():
    np.testing.assert_array_equal(ops.erf(np.array([-np.inf, np.inf, np.nan])), [-1, 1, np.nan])


def test_it_never_leaves_its_range():
    assert np.abs(ops.erf(np.linspace(5.5, 6.5, 10_001))).max() == 1.0
    assert np.abs(ops.erf(np.linspace(3.5, 6.5, 10_001, dtype=np.float32))).max() == 1.0


@pytest.mark.parametrize(("dtype", "end"), [("float32", 4.5), ("float64", 6.0)])
def test_it_is_one_where_rounding_leaves_nothing_else(dtype, end):
    assert (ops.erf(np.array([end, 100.0, 1e30], dtype)) == 1.0).all()


def test_gradients_agree_with_central_differences():
    check_gradients(ops.erf, np.linspace(-3.0, 3.0, 13), second=True)


def test_the_gradient_far_out_is_zero_without_a_warning():
    assert grad(lambda x: np.sum(ops.erf(x)))(np.array([1e200, -1e200])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (1, 0, 2)])
def test_shape_is_kept(shape):
    assert ops.erf(np.ones(shape)).shape == shape
