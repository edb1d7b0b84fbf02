import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, Variable, check_gradients, numerical_diff, numerical_gradient

# numerical_gradient.


@pytest.mark.parametrize(
    ("point", "expected"), [([3, 4], [6, 8]), ([0, 2], [0, 4]), ([3, 0], [6, 0])]
)
def test_gradient_of_the_sum_of_squares(point, expected):
    found = numerical_gradient(lambda x: np.sum(x**2), np.array(point))
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert found.dtype == np.float64


def test_step_of_the_book_is_accepted():
    found = numerical_gradient(lambda x: np.sum(x**2), np.array([3.0, 4.0]), 1e-4)
    np.testing.assert_allclose(found, [6, 8], atol=1e-8)


def test_gradient_of_a_matrix_has_its_shape(rng):
    x = rng.standard_normal((2, 3))
    np.testing.assert_allclose(numerical_gradient(lambda x: np.sum(np.sin(x)), x), np.cos(x))


def test_float32_takes_a_wider_step():
    x = np.array([1.0, 2.0], np.float32)
    found = numerical_gradient(lambda x: np.sum(x**3), x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [3.0, 12.0], rtol=1e-3)


def test_array_itself_is_left_alone():
    x = np.array([1.0, 2.0])
    x.flags.writeable = False
    numerical_gradient(lambda x: np.sum(x**2), x)
    assert x.tolist() == [1.0, 2.0]


def test_variables_are_perturbed_in_place_and_restored_to_the_bit(rng):
    w, b = Variable(rng.standard_normal(3)), Variable(np.array(0.1))
    before = [w.value, w.numpy(), b.numpy()]
    found = numerical_gradient(lambda _: np.sum(w**2) * b, [w, b])
    np.testing.assert_allclose(found[0], 2 * w.numpy() * 0.1, atol=1e-9)
    np.testing.assert_allclose(found[1], np.sum(w.numpy() ** 2))
    assert w.value is before[0]
    assert (w.value == before[1]).all()
    assert b.value == before[2]


def test_variables_are_restored_when_the_function_raises():
    w = Variable(np.array([1.0, 2.0]))
    calls = []

    def f(w):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return np.sum(w)

    with pytest.raises(KeyboardInterrupt):
        numerical_gradient(f, w)
    assert w.value.tolist() == [1.0, 2.0]


def test_dict_of_arrays_gives_a_dict():
    point = {"a": np.array([1.0]), "b": 2}
    found = numerical_gradient(lambda p: np.sum(p["a"]) * p["b"] ** 2, point)
    np.testing.assert_allclose(found["a"], [4.0])
    np.testing.assert_allclose(found["b"], 4.0)


def test_gradient_by_a_python_number_is_a_python_number():
    found = numerical_gradient(lambda x: x**2, 3)
    assert type(found) is float
    assert found == pytest.approx(6.0)


@pytest.mark.parametrize("h", [0, -1e-4, float("nan")])
def test_step_must_be_above_zero(h):
    with pytest.raises(ValueError, match="h must be a finite number above 0"):
        numerical_gradient(np.sum, np.ones(2), h)
    with pytest.raises(ValueError, match="h must be a finite number above 0"):
        numerical_diff(np.sin, 1.0, h)


def test_integer_variable_is_refused():
    with pytest.raises(TypeError, match="expected real numbers, got int64"):
        numerical_gradient(np.sum, Variable(np.array([1, 2])))


def test_nothing_is_recorded_meanwhile():
    w = Variable(np.ones(2))
    with GradientTape() as tape:
        numerical_gradient(lambda w: np.sum(w**2), w)
    assert tape.entries == []


def test_array_instead_of_one_number_is_refused():
    with pytest.raises(ValueError, match=r"one number, got shape \(2,\); sum it"):
        numerical_gradient(lambda x: x * 2.0, np.ones(2))


def test_point_must_be_real_numbers():
    with pytest.raises(TypeError, match="expected real numbers, got complex128"):
        numerical_gradient(np.sum, np.ones(2) * 1j)


# numerical_diff.


def test_derivatives_of_the_book():
    f = lambda x: 0.01 * x**2 + 0.1 * x  # noqa: E731
    assert numerical_diff(f, 5, 1e-4) == 0.1999999999990898
    assert numerical_diff(f, 10, 1e-4) == 0.2999999999986347


def test_derivative_element_by_element():
    x = np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(numerical_diff(np.sin, x), np.cos(x), atol=1e-9)
    np.testing.assert_allclose(numerical_diff(np.square, [1, 2]), [2, 4])


# check_gradients.


def wrong_square(factor):
    return minikeras.custom_gradient(lambda x: (x**2, lambda dy: dy * factor * x))


def test_right_gradients_pass():
    check_gradients(lambda x, n: np.sum(x**n), np.array([1.0, 2.0]), 3, second=True)
    check_gradients(lambda p: p["a"] * p["b"][0], {"a": np.ones((2, 3)), "b": [2.0]}, second=True)


def test_wrong_gradient_names_argument_element_expected_and_got():
    @minikeras.custom_gradient
    def f(x, y):
        return x * y, lambda dy: (dy * y, dy * x * np.array([1.0, 1.0, 3.0]))

    message = (
        r"gradient by argument 1 is wrong, most at element \(2,\): expected 4 by central "
        r"differences, got 12; 1 of 3 elements differ"
    )
    with pytest.raises(AssertionError, match=message):
        check_gradients(lambda x, y: np.sum(f(x, y)), np.array([2.0, 3.0, 4.0]), np.ones(3))


def test_weights_tell_elements_apart():
    swapped = minikeras.custom_gradient(lambda x: (x * 2.0, lambda dy: dy[::-1] * 2.0))
    check_gradients(lambda x: np.sum(swapped(x)), np.ones(3))  # the sum cannot
    with pytest.raises(AssertionError):
        check_gradients(swapped, np.ones(3))


def test_wrong_second_derivative_is_found():
    f = minikeras.custom_gradient(
        lambda x: (x**3, lambda dy: dy * 3.0 * minikeras.stop_gradient(x) ** 2)
    )
    check_gradients(f, 2.0)
    with pytest.raises(AssertionError, match="second derivative by argument 0 .* expected 12"):
        check_gradients(f, 2.0, second=True)


def test_nan_is_wrong():
    with pytest.raises(AssertionError, match="got nan"):
        check_gradients(wrong_square(np.nan), 2.0)


def test_wrong_shape_is_named():
    @minikeras.autodiff.primitive
    def total(x):
        return np.sum(x), (lambda dy: dy,)

    with pytest.raises(AssertionError, match=r"expected shape \(3,\), got \(\)"):
        check_gradients(total, np.ones(3))


def test_float32_is_checked_in_float64():
    check_gradients(np.exp, np.array([1.0, 2.0], np.float32))
    w = Variable(np.array([1.0, 2.0], np.float32), name="w")
    value = w.value
    check_gradients(lambda w: np.sum(np.exp(w)), w, second=True)
    assert w.value is value


def test_variable_is_named_and_keeps_its_value():
    w = Variable(np.array([1.0, 2.0]), name="kernel")
    value = w.value
    with pytest.raises(AssertionError, match=r"by argument 0 \(Variable 'kernel'\) is wrong"):
        check_gradients(wrong_square(1.0), w)
    assert w.value is value
    assert w.value.tolist() == [1.0, 2.0]


def test_tolerances_can_be_set():
    check_gradients(wrong_square(2.01), 2.0, rtol=0.1)
    with pytest.raises(AssertionError):
        check_gradients(wrong_square(2.01), 2.0)
