import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minikeras
from minikeras import GradientTape, check_gradients, grad


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@settings(max_examples=40)
@given(
    index=hnp.basic_indices((3, 2, 4), allow_newaxis=True)
    | hnp.integer_array_indices((3, 2, 4), result_shape=hnp.array_shapes(max_dims=2, max_side=3))
)
def test_any_index(index):
    check_gradients(lambda x: x[index], normal(3, 2, 4))


@settings(max_examples=20)
@given(
    rows=hnp.arrays(
        np.int64,
        hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=5),
        elements=st.integers(-4, 3),
    ),
    axis=st.integers(-3, 2),
)
def test_rows_chosen_several_times_add_up(rows, axis):
    check_gradients(
        lambda x: np.take(x, rows, axis=axis),
        normal(4, 4, 4)[..., :2] if axis in (0, 1, -3, -2) else normal(2, 1, 4),
    )


def test_scattering_many_rows_equals_adding_one_by_one(rng):
    rows = rng.integers(50, size=2000)
    dy = rng.standard_normal((2000, 3))
    expected = np.zeros((50, 3))
    np.add.at(expected, rows, dy)
    np.testing.assert_allclose(grad(lambda x: np.sum(x[rows] * dy))(np.ones((50, 3))), expected)


def test_index_may_be_an_integer_variable_or_traced_place():
    place = minikeras.Variable(np.array([1, 1]))
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x[place]))(x), [0, 2, 0])
    np.testing.assert_array_equal(grad(lambda x: x[np.argmax(x)])(x), [0, 0, 1])
    np.testing.assert_array_equal(grad(lambda x: np.sum(np.delete(x, place)))(x), [1, 0, 1])
    counts = minikeras.Variable(np.array([0, 1, 2]))
    np.testing.assert_array_equal(grad(lambda x: np.sum(np.repeat(x, counts)))(x), [0, 1, 2])


def test_mask_from_a_comparison():
    x = np.array([-1.0, 2.0, 3.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x[x > 0] ** 2))(x), [0, 4, 6])


def test_masked_out_branch_of_where_gets_no_gradient():
    x = np.array([-1.0, 4.0])
    dx = grad(lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)))(x)
    np.testing.assert_array_equal(dx, [0.0, 0.25])


def test_where_with_one_argument_gives_places():
    with GradientTape() as tape:
        x = tape.watch(np.array([0.0, 2.0]))
        assert np.where(x > 1)[0].tolist() == [1]
        assert np.where(x)[0].tolist() == [1]


def test_clip_passes_the_gradient_at_its_bounds():
    x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(np.clip(x, -1, 1)))(x), [0, 1, 1, 1, 0])


def test_bounds_of_clip_get_the_gradient_of_what_they_cut():
    x = np.array([-2.0, 0.0, 2.0, 3.0])
    dlow, dhigh = grad(lambda x, low, high: np.sum(np.clip(x, low, high)), (1, 2))(x, -1.0, 1.0)
    assert (dlow, dhigh) == (1.0, 2.0)


def test_equal_elements_keep_their_order_when_sorted():
    x = np.array([1.0, 1.0, 0.0])
    dx = grad(lambda x: np.sum(np.sort(x) * [1.0, 2.0, 3.0]))(x)
    np.testing.assert_array_equal(dx, [2.0, 3.0, 1.0])


@pytest.mark.parametrize(
    "function", [np.argmax, np.argsort, np.shape, np.size, np.isfinite, np.zeros_like, np.nonzero]
)
def test_functions_without_gradient_give_plain_results(function):
    x = normal(2, 3)
    with GradientTape() as tape:
        found = function(tape.watch(x))
    np.testing.assert_array_equal(found, function(x))
    assert not isinstance(found, minikeras.Tensor)


def test_third_derivative_goes_through_an_index():
    x = np.array([2.0, 3.0])

    def slope(f):
        return lambda x: np.sum(grad(f)(x))

    third = slope(slope(slope(lambda x: np.sum(x[[0, 0, 1]] ** 4))))
    assert float(third(x)) == 2 * 24 * 2.0 + 24 * 3.0
