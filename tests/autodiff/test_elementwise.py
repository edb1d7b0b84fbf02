import warnings

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minikeras
from minikeras import check_gradients, grad

BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.power,
    np.maximum,
    np.minimum,
    np.arctan2,
    np.hypot,
    np.logaddexp,
]
shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)


def positive(shape, seed):
    return np.asarray(np.random.default_rng(seed).uniform(0.5, 2.0, shape))


@pytest.mark.parametrize("function", BINARY)
@settings(max_examples=12)
@given(shapes=shapes)
def test_broadcast_inputs_get_gradients_of_their_own_shape(function, shapes):
    first, second = shapes.input_shapes
    check_gradients(function, positive(first, 0), positive(second, 1))


@pytest.mark.parametrize("function", [np.exp, np.sqrt, np.tanh, np.absolute, np.sinc])
@settings(max_examples=8)
@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
def test_any_shape_goes_through_a_function_of_one_input(function, shape):
    check_gradients(function, positive(shape, 0))


@settings(max_examples=20)
@given(number=st.sampled_from([2, 2.0, 0.5, np.float32(2), np.float64(2), [1.0, 2.0], True]))
def test_plain_operand_leaves_the_gradient_in_float32(number):
    x = np.array([1.0, 2.0], np.float32)
    for call in [lambda x: x * number, lambda x: number / x, lambda x: x**number]:
        assert grad(lambda x, call=call: np.sum(call(x)))(x).dtype == np.float32


def test_list_beside_a_traced_number_is_an_array():
    check_gradients(lambda x: np.multiply([1.0, 2.0], np.sum(x)), np.array([1.0, 3.0]))
    check_gradients(lambda x: np.sum(x) - [1.0, 2.0], np.array([1.0, 3.0]))


@pytest.mark.parametrize(
    ("function", "expected"), [(np.maximum, [0.5, 0.5]), (np.minimum, [0.5, 0.5])]
)
def test_equal_inputs_share_the_gradient(function, expected):
    assert list(grad(function, (0, 1))(1.0, 1.0)) == expected


def test_fmax_gives_the_gradient_to_the_number_beside_nan():
    assert grad(np.fmax, (0, 1))(np.nan, 2.0) == (0.0, 1.0)
    assert grad(np.fmin, (0, 1))(1.0, np.nan) == (1.0, 0.0)


@pytest.mark.parametrize("function", [np.sqrt, np.cbrt, np.absolute, lambda x: x**0.5])
def test_slope_at_zero_counts_as_zero(function):
    assert grad(function)(0.0) == 0.0
    assert grad(grad(function))(0.0) == 0.0


def test_zero_length_has_a_finite_gradient():
    np.testing.assert_array_equal(grad(np.linalg.norm)(np.zeros(3)), np.zeros(3))
    assert grad(np.hypot, (0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert grad(np.arctan2, (0, 1))(0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize(("exponent", "slope"), [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0)])
def test_power_at_zero(exponent, slope):
    assert grad(lambda x: x**exponent)(0.0) == slope
    assert grad(lambda x: np.sum(x ** np.array([exponent])))(0.0) == slope


def test_power_of_a_negative_base():
    assert grad(lambda x: x**3)(-2.0) == 12.0
    assert grad(lambda x: x**-2)(-2.0) == 0.25
    assert grad(lambda x: np.sum(x ** np.array([2, 3])))(-2.0) == 8.0


def test_second_derivative_of_a_power_at_zero():
    assert [grad(grad(lambda x, p=p: x**p))(0.0) for p in range(4)] == [0.0, 0.0, 2.0, 0.0]


def test_exponent_of_zero_has_slope_zero_and_of_a_negative_base_none():
    assert grad(np.power, 1)(0.0, 2.0) == 0.0
    assert np.isnan(grad(np.power, 1)(-1.0, 2.0))


def test_logaddexp_of_two_impossible_events_has_no_nan():
    assert grad(np.logaddexp, (0, 1))(-np.inf, -np.inf) == (0.0, 0.0)
    assert grad(np.logaddexp, (0, 1))(0.0, -np.inf) == (1.0, 0.0)


def test_sinc_at_zero():
    assert grad(np.sinc)(0.0) == 0.0
    assert grad(grad(np.sinc))(0.0) == pytest.approx(-(np.pi**2) / 3)


@pytest.mark.parametrize("function", [np.sign, np.floor, np.ceil, np.rint, np.trunc, np.round])
def test_steps_are_constants(function):
    with minikeras.GradientTape() as tape:
        y = function(tape.watch(np.array([0.4, -1.6])))
    assert type(y) is np.ndarray
    assert grad(lambda x: np.sum(function(x) * x))(np.array([0.4])) == function(0.4)


def test_comparison_gives_plain_truth_values():
    x = minikeras.Variable([1.0, -1.0])
    with minikeras.GradientTape():
        assert type(x * 2 > 0) is np.ndarray
        assert (x * 2 == np.array([2.0, -2.0])).all()


def test_ufunc_methods_of_sums_products_and_outer_products_are_differentiated():
    x = np.array([1.0, 2.0, 3.0])
    check_gradients(np.add.reduce, x)
    check_gradients(np.multiply.reduce, x)
    check_gradients(np.maximum.reduce, x)
    check_gradients(np.add.accumulate, x)
    check_gradients(np.multiply.accumulate, x)
    check_gradients(lambda x: np.subtract.outer(x, x**2), x)
    check_gradients(lambda x: np.multiply.outer(np.ones((2, 2)), x), x)


def test_overflow_does_not_hide_behind_the_gradient():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isinf(minikeras.value_and_grad(np.exp)(1e4)[0])
