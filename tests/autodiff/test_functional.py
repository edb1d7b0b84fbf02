import inspect

import numpy as np
import pytest

import minikeras
from minikeras import (
    GradientTape,
    Variable,
    custom_gradient,
    grad,
    hessian,
    jacobian,
    value_and_grad,
)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_hessian(x):
    """By hand: d2f of the sum over i of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2."""
    h = np.zeros((x.size, x.size))
    for i in range(x.size - 1):
        h[i, i] += 1200.0 * x[i] ** 2 - 400.0 * x[i + 1] + 2.0
        h[i, i + 1] -= 400.0 * x[i]
        h[i + 1, i] -= 400.0 * x[i]
        h[i + 1, i + 1] += 200.0
    return h


# grad and value_and_grad.


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.array(2.0)])
def test_gradient_by_one_number(number):
    assert grad(lambda x: x**3)(number) == 12.0


def test_gradient_by_a_python_number_is_a_python_number():
    assert type(grad(lambda x: x**3)(2)) is float
    assert type(grad(lambda x: x["a"] ** 3)({"a": 2.0})["a"]) is float


def test_gradients_by_several_arguments_form_a_tuple():
    assert grad(lambda x, y: x**2 * y, argnums=(0, 1))(3.0, 2.0) == (12.0, 9.0)
    assert grad(lambda x, y: x**2 * y, argnums=1)(3.0, 2.0) == 9.0
    assert grad(lambda x, y: x**2 * y, argnums=-1)(3.0, 2.0) == 9.0


def test_gradient_by_a_structure_has_its_form():
    parameters = {"w": np.ones((3, 2)), "b": [np.zeros(2), 1.0]}
    x = np.ones((4, 3))
    found = grad(lambda p: np.sum(x @ p["w"] + p["b"][0]) * p["b"][1])(parameters)
    np.testing.assert_array_equal(found["w"], np.full((3, 2), 4.0))
    np.testing.assert_array_equal(found["b"][0], [4.0, 4.0])
    assert found["b"][1] == 24.0


def test_gradient_by_a_variable_even_if_it_is_not_trainable():
    w = Variable(np.array([1.0, 2.0]), trainable=False)
    np.testing.assert_array_equal(grad(lambda w: np.sum(w**2))(w), [2.0, 4.0])


def test_other_arguments_and_keywords_are_handed_over():
    f = lambda x, mode, *, power: x**power if mode == "up" else x  # noqa: E731
    assert grad(f)(2.0, "up", power=3) == 12.0


def test_value_comes_along_without_a_tape():
    value, slope = value_and_grad(lambda x: np.sum(x**2))(np.array([3.0, 4.0]))
    assert value == 25.0
    assert not isinstance(value, minikeras.Tensor)
    np.testing.assert_array_equal(slope, [6.0, 8.0])


def test_float32_stays_float32():
    x = np.ones(3, np.float32)
    value, slope = value_and_grad(lambda x: np.mean(np.exp(x * 2) / 3.0))(x)
    assert value.dtype == slope.dtype == np.float32


def test_independent_argument_has_a_zero_gradient():
    np.testing.assert_array_equal(grad(lambda x: 3.0)(np.ones(2)), [0.0, 0.0])
    np.testing.assert_array_equal(grad(lambda x: np.sign(x).sum())(np.ones(2)), [0.0, 0.0])


def test_array_instead_of_one_number_is_refused_with_the_remedy():
    def double(x):
        return x * 2.0

    with pytest.raises(ValueError, match=r"gradient of double needs one number, .* \(3,\); sum it"):
        grad(double)(np.ones(3))


@pytest.mark.parametrize("value", [None, "text", [1.0]])
def test_something_else_than_a_number_is_refused(value):
    with pytest.raises(TypeError, match="must return one array or number, got"):
        grad(lambda x: value)(1.0)


def test_argument_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="by positional argument 1, but was called with 1"):
        grad(lambda x: x, argnums=1)(1.0)


def test_argument_that_is_not_numbers_is_refused():
    with pytest.raises(TypeError, match="expected real numbers, got <U1"):
        grad(lambda x: 1.0)("a")


def test_function_keeps_its_name_and_docstring():
    assert grad(rosenbrock).__name__ == "rosenbrock"
    assert inspect.signature(grad(rosenbrock)) == inspect.signature(rosenbrock)


# jacobian and hessian.


def test_jacobian_of_an_array_by_an_array(rng):
    a = rng.standard_normal((2, 3))
    np.testing.assert_allclose(jacobian(lambda x: a @ x)(np.ones(3)), a)
    assert jacobian(lambda x: np.outer(x, x))(np.ones(3)).shape == (3, 3, 3)


def test_jacobian_by_a_structure():
    found = jacobian(lambda p: p["a"] * p["b"])({"a": np.array([1.0, 2.0]), "b": 3.0})
    np.testing.assert_array_equal(found["a"], [[3.0, 0.0], [0.0, 3.0]])
    np.testing.assert_array_equal(found["b"], [1.0, 2.0])


def test_jacobian_of_a_constant_and_of_nothing():
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(2))(np.ones(3)), np.zeros((2, 3)))
    assert jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)


def test_jacobian_of_a_number_by_a_number_is_a_number():
    assert jacobian(np.sin)(0.0) == 1.0


@pytest.mark.parametrize("size", [2, 5])
def test_hessian_of_rosenbrock(rng, size):
    x = rng.standard_normal(size)
    np.testing.assert_allclose(hessian(rosenbrock)(x), rosenbrock_hessian(x), atol=1e-10)


def test_hessian_by_a_matrix_and_by_a_variable(rng):
    w = Variable(rng.standard_normal((2, 2)))
    found = hessian(lambda w: np.sum(w**3))(w)
    assert found.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(found.reshape(4, 4), np.diag(6.0 * w.numpy().ravel()))


def test_hessian_of_a_number():
    assert hessian(lambda x: x**3)(2.0) == 12.0


def test_hessian_vector_product():
    x, v = np.array([-1.2, 1.0, 0.5]), np.array([1.0, 2.0, 3.0])
    product = grad(lambda x: np.sum(grad(rosenbrock)(x) * v))(x)
    np.testing.assert_allclose(product, rosenbrock_hessian(x) @ v)


# Gradients of one's own.


@custom_gradient
def clipped(x):
    """Identity whose gradient is clipped to [-1, 1]."""
    return x * 1.0, lambda upstream: np.clip(upstream, -1.0, 1.0)


def test_custom_gradient_replaces_the_recorded_one():
    assert grad(lambda x: 5.0 * clipped(x))(2.0) == 1.0
    assert clipped(2.0) == 2.0
    assert clipped.__doc__ == "Identity whose gradient is clipped to [-1, 1]."


def test_keras_way_of_writing_grad_fn():
    @custom_gradient
    def log1pexp(x):
        e = np.exp(x)

        def grad_fn(*args, upstream=None):
            if upstream is None:
                (upstream,) = args
            return upstream * (1.0 - 1.0 / (1.0 + e))

        return np.log(1.0 + e), grad_fn

    assert grad(log1pexp)(0.0) == 0.5
    minikeras.check_gradients(log1pexp, 0.3, second=True)


def test_upstream_may_be_keyword_only():
    @custom_gradient
    def double(x):
        def grad_fn(*, upstream):
            return upstream * 2.0

        return x * 2.0, grad_fn

    assert grad(double)(3.0) == 2.0


def test_several_arguments_and_outputs():
    @custom_gradient
    def both(x, y):
        return (x * y, x + y), lambda da, db: (da * y + db, da * x + db)

    minikeras.check_gradients(both, np.array([1.0, 2.0]), np.array([3.0, 4.0]), second=True)


def test_none_for_an_argument_without_gradient():
    @custom_gradient
    def power(x, n):
        return x**n, lambda dy: (dy * n * x ** (n - 1), None)

    assert grad(power)(2.0, 3) == 12.0


def test_gradient_given_as_a_python_number_takes_the_dtype_of_the_argument():
    one = custom_gradient(lambda x: (x * 1.0, lambda dy: 1.0))
    assert grad(one)(np.float32(2)).dtype == np.float32


def test_wrong_number_of_gradients_is_refused():
    wrong = custom_gradient(lambda x, y: (x * y, lambda dy: dy))
    with pytest.raises(ValueError, match="must return 2 gradients, one per argument .* got 1"):
        grad(wrong)(1.0, 2.0)


def test_wrong_shape_of_a_gradient_is_refused():
    wrong = custom_gradient(lambda x: (np.sum(x), lambda dy: dy))
    with pytest.raises(ValueError, match=r"of shape \(3,\) for argument 0, got shape \(\)"):
        grad(wrong)(np.ones(3))


def test_function_without_grad_fn_is_refused():
    with pytest.raises(TypeError, match=r"expected sin to return \(value, grad_fn\), got float64"):
        custom_gradient(np.sin)(1.0)


def test_variable_that_is_no_argument_is_refused():
    w = Variable(2.0)
    scaled = custom_gradient(lambda x: (x * w, lambda dy: dy * 2.0))
    assert scaled(3.0) == 6.0
    with GradientTape(), pytest.raises(TypeError, match="Variable or Tensor that is not an argum"):
        scaled(3.0)


def test_custom_gradient_of_a_variable_argument():
    w = Variable(np.array([3.0, -4.0]))
    with GradientTape() as tape:
        loss = np.sum(clipped(w) * 10.0)
    np.testing.assert_array_equal(tape.gradient(loss, w), [1.0, 1.0])
