import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, check_gradients, grad


def numbers(shape):
    """Far from each other and from 0, in random order."""
    size = int(np.prod(shape))
    return np.random.default_rng(0).permutation(0.3 * np.arange(1, size + 1)).reshape(shape)


@st.composite
def shapes_and_axes(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    axes = hnp.valid_tuple_axes(len(shape), min_size=1)
    one = st.integers(-len(shape), len(shape) - 1)
    return shape, draw(st.one_of(st.none(), one, axes))


@pytest.mark.parametrize("function", [np.sum, np.mean, np.prod, np.var, np.std, np.max, np.min])
@settings(max_examples=15)
@given(at=shapes_and_axes(), keepdims=st.booleans())
def test_any_axes(function, at, keepdims):
    shape, axis = at
    call = lambda x: function(x, axis=axis, keepdims=keepdims)  # noqa: E731
    check_gradients(call, numbers(shape))


@settings(max_examples=15)
@given(at=shapes_and_axes())
def test_methods_do_what_the_functions_do(at):
    shape, axis = at
    x = numbers(shape)
    for name in ["sum", "mean", "prod", "var", "std", "max", "min"]:
        with GradientTape() as tape:
            t = tape.watch(x)
            y = getattr(t, name)(axis=axis, keepdims=True)
        np.testing.assert_allclose(np.asarray(y), getattr(x, name)(axis=axis, keepdims=True))
        assert tape.gradient(y, t).shape == shape


@pytest.mark.parametrize("function", [np.max, np.min])
def test_equal_elements_share_the_gradient_of_an_extreme(function):
    x = np.array([[1.0, 1.0], [1.0, 2.0]])
    expected = {np.max: [[0.5, 0.5], [0, 1]], np.min: [[0.5, 0.5], [1, 0]]}[function]
    np.testing.assert_array_equal(grad(lambda x: np.sum(function(x, axis=1)))(x), expected)


def test_product_of_zeros_has_the_products_of_the_others():
    np.testing.assert_array_equal(grad(np.prod)(np.array([0.0, 2.0, 3.0])), [6, 0, 0])
    np.testing.assert_array_equal(grad(np.prod)(np.array([0.0, 0.0, 3.0])), [0, 0, 0])


def test_constant_numbers_have_a_standard_deviation_with_finite_gradient():
    np.testing.assert_array_equal(grad(np.std)(np.ones(3)), np.zeros(3))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, about the value
def test_variance_without_degrees_of_freedom_is_nan():
    assert np.isnan(grad(lambda x: np.var(x, ddof=1))(np.ones(1))).all()


def test_axis_may_be_a_numpy_integer():
    check_gradients(lambda x: np.linalg.norm(x, 1, axis=np.int64(0)), numbers((2, 3)))
    check_gradients(lambda x: np.sum(x, axis=np.int64(1)), numbers((2, 3)))


def test_empty_axis_has_an_empty_gradient():
    assert grad(lambda x: np.sum(np.sum(x, axis=0)))(np.zeros((0, 3))).shape == (0, 3)
    assert grad(lambda x: np.sum(np.mean(x, axis=1)))(np.zeros((0, 3))).shape == (0, 3)


def test_nan_is_skipped_and_gets_no_gradient():
    x = np.array([1.0, np.nan, 3.0])
    np.testing.assert_array_equal(grad(np.nanmean)(x), [0.5, 0.0, 0.5])


@pytest.mark.parametrize("order", [0, "fro"])
def test_vector_norm_without_gradient_is_named(order):
    with pytest.raises(ValueError, match=f"norm of a vector has no gradient for ord={order!r}"):
        grad(lambda x: np.linalg.norm(x, order))(np.ones(3))


def test_matrix_norm_without_gradient_is_named():
    with pytest.raises(ValueError, match="norm of a matrix has no gradient for ord=3"):
        grad(lambda x: np.linalg.norm(x, 3))(np.ones((2, 2)))


def test_norm_over_too_many_axes_is_refused():
    with pytest.raises(ValueError, match="ord=2 expected one or two axes, got 3"):
        grad(lambda x: np.linalg.norm(x, 2))(np.ones((2, 2, 2)))


def test_weights_of_an_average_need_the_shape_or_an_axis():
    with pytest.raises(TypeError, match="expected weights of the shape of x, or one axis"):
        grad(lambda x: np.average(x, weights=[1.0, 2.0]))(np.ones((2, 2)))


def test_setting_that_a_rule_does_not_take_is_named():
    with pytest.raises(TypeError, match=r"np.sum of a traced value takes .* 'where'"):
        grad(lambda x: np.sum(x, where=[True, False]))(np.ones(2))


def test_setting_without_a_rule_is_fine_where_nothing_is_recorded():
    v = Variable(np.array([1.0, 2.0]), trainable=False)
    with GradientTape():
        assert np.sum(v, where=[True, False]) == 1.0


def test_gradient_may_be_written_into():
    dx = grad(np.sum)(np.ones(3))
    dx *= 2.0
    np.testing.assert_array_equal(dx, [2.0, 2.0, 2.0])
