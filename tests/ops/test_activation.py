"""The smooth activations of ``ops``: values, gradients, extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minikeras import GradientTape, check_gradients, ops

special = pytest.importorskip("scipy.special")


def gelu_tanh(x):  # Hendrycks and Gimpel (2016), section 2
    return 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)))


def selu(x):  # Klambauer et al. (2017), equation 2, with the constants printed there
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))


# op -> what SciPy or the formula gives in float64
FORMULAS = {
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
    "softsign": lambda x: x / (1.0 + np.abs(x)),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "log_sigmoid": special.log_expit,
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4.0)) / 2.0,
    "silu": lambda x: x * special.expit(x),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0.0)),
    "gelu": gelu_tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": selu,
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "exponential": np.exp,
}

# More of them, with settings.
SETTINGS = {
    "gelu exact": (lambda x: ops.gelu(x, approximate=False), lambda x: x * special.ndtr(x)),
    "elu 2": (lambda x: ops.elu(x, 2.0), lambda x: np.where(x > 0, x, 2.0 * np.expm1(x))),
    "elu -1": (lambda x: ops.elu(x, -1.0), lambda x: np.where(x > 0, x, -np.expm1(x))),
    "celu 0.5": (
        lambda x: ops.celu(x, 0.5),
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(x / 0.5)),
    ),
    "squareplus 1": (
        lambda x: ops.squareplus(x, 1.0),
        lambda x: (x + np.sqrt(x**2 + 1.0)) / 2.0,
    ),
}

ALL = {name: (getattr(ops, name), formula) for name, formula in FORMULAS.items()} | SETTINGS
FLOATS = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-14}

everywhere = pytest.mark.parametrize(("op", "formula"), ALL.values(), ids=ALL)
finite = st.floats(allow_nan=False, allow_infinity=False)


@everywhere
@pytest.mark.parametrize(("dtype", "error"), FLOATS.items())
def test_values_are_those_of_the_formula(op, formula, dtype, error):
    x = np.linspace(-9.0, 9.0, 721).astype(dtype)
    got = op(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, formula(x.astype(np.float64)), rtol=error, atol=8 * error)


@everywhere
@given(
    x=arrays(
        np.float64, array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.floats(-9, 9)
    )
)
def test_values_hold_for_any_shape(op, formula, x):
    got = op(x)
    assert np.shape(got) == x.shape
    np.testing.assert_allclose(got, formula(x), rtol=1e-12, atol=1e-14)


@everywhere
def test_large_arrays_take_another_path_to_the_same_values(op, formula):
    x = np.linspace(-9.0, 9.0, 5000)
    np.testing.assert_allclose(op(x), formula(x), rtol=1e-12, atol=1e-14)
    few = slice(None, None, 500)
    with GradientTape() as tape:
        traced = tape.watch(x)
        y = op(traced)
    many = tape.gradient(y, traced)
    with GradientTape() as tape:
        traced = tape.watch(x[few])
        y = op(traced)
    np.testing.assert_allclose(many[few], tape.gradient(y, traced), rtol=1e-13)


@everywhere
@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (0, 3)])
def test_gradients_agree_with_central_differences_twice(op, formula, shape, rng):
    check_gradients(op, 2.0 * rng.standard_normal(shape), second=True)


@everywhere
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_any_finite_number_is_taken_without_a_warning(op, formula, dtype):
    if op is ops.exponential:
        pytest.skip("is infinite, as it should be")
    limits = np.finfo(dtype)
    largest = limits.max / 2 if op is ops.selu else limits.max  # selu is steeper than 1
    sizes = np.array([largest, limits.max / 2, 1e4, 100.0, 1.0, limits.tiny, 0.0], dtype)
    x = np.concatenate([sizes, -sizes])
    with np.errstate(all="raise", under="ignore"), GradientTape() as tape:
        traced = tape.watch(x)
        y = op(traced)
        dx = tape.gradient(y, traced)
    assert np.isfinite(y.value).all()
    assert np.isfinite(dx).all()


@everywhere
def test_nan_stays_nan_without_a_warning(op, formula):
    x = np.array([1.0, np.nan, -1.0])
    with np.errstate(all="raise"):
        assert np.isnan(op(x)).tolist() == [False, True, False]


@everywhere
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_gradient_keeps_the_dtype(op, formula, dtype):
    with GradientTape() as tape:
        x = tape.watch(np.array([-1.0, 0.5], dtype))
        y = op(x)
    assert tape.gradient(y, x).dtype == dtype


@everywhere
def test_the_input_is_left_alone(op, formula):
    x = np.linspace(-3.0, 3.0, 7)
    kept = x.copy()
    with GradientTape() as tape:
        traced = tape.watch(x)
        y = op(traced)
    dy = np.ones(7)
    tape.gradient(y, traced, dy)
    assert np.array_equal(x, kept)
    assert np.array_equal(dy, np.ones(7))


def test_exponential_is_infinite_where_the_dtype_ends_without_a_warning():
    with np.errstate(all="raise"):
        assert ops.exponential(np.array([1e4, 0.0], np.float32)).tolist() == [np.inf, 1.0]


def test_sigmoid_of_minus_1000_is_zero():
    assert ops.sigmoid(np.array([-1000.0, 1000.0])).tolist() == [0.0, 1.0]


@given(finite)
def test_sigmoid_stays_in_its_range(x):
    for dtype in (np.float32, np.float64):
        with np.errstate(over="ignore"):
            y = ops.sigmoid(np.array(x).astype(dtype))
        assert 0.0 <= y <= 1.0


def test_squareplus_without_a_bend_is_relu():
    def relu(x):
        return ops.squareplus(x, 0.0)

    x = np.array([-2.0, 0.0, 2.0])
    assert relu(x).tolist() == [0.0, 0.0, 2.0]
    with GradientTape() as tape:
        traced = tape.watch(x)
        y = relu(traced)
    assert tape.gradient(y, traced).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("alpha", [0.0, -1.0])
def test_celu_refuses_an_alpha_that_is_not_positive(alpha):
    with pytest.raises(ValueError, match="celu expected alpha above 0, got"):
        ops.celu(np.ones(2), alpha)


def test_squareplus_refuses_a_negative_b():
    with pytest.raises(ValueError, match="squareplus expected b of at least 0, got -1"):
        ops.squareplus(np.ones(2), -1)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_glu_gates_one_half_by_the_other(axis, rng):
    x = rng.standard_normal((4, 6, 2))
    a, b = np.split(x, 2, axis)
    np.testing.assert_allclose(ops.glu(x, axis), a * special.expit(b), rtol=1e-13)
    check_gradients(lambda x: ops.glu(x, axis), x, second=True)


def test_glu_refuses_an_odd_length():
    with pytest.raises(
        ValueError, match=r"glu expected an even length of axis -1, got shape \(3,\)"
    ):
        ops.glu(np.ones(3))


def test_exact_and_approximate_gelu_differ_by_less_than_a_thousandth():
    x = np.linspace(-5.0, 5.0, 1001)
    assert 1e-5 < np.abs(ops.gelu(x) - ops.gelu(x, approximate=False)).max() < 1e-3


def test_swish_is_silu():
    assert ops.swish is ops.silu
