import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.autodiff import GradientTape, Variable
from minikeras.autodiff.flat import FlatVector

shapes = st.lists(st.lists(st.integers(0, 4), max_size=3).map(tuple), max_size=5)


@pytest.fixture
def variables():
    return [Variable([[1.0, 2.0], [3.0, 4.0]], name="kernel"), Variable([5.0], name="bias")]


@given(shapes)
def test_variables_keep_their_numbers_and_shapes(shapes):
    arrays = [np.random.default_rng(1).standard_normal(shape) for shape in shapes]
    variables = [Variable(array) for array in arrays]
    flat = FlatVector(variables)
    for variable, array, view in zip(variables, arrays, flat.views, strict=True):
        np.testing.assert_array_equal(variable.value, array)
        assert view.shape == array.shape
    assert flat.values.size == sum(array.size for array in arrays)


def test_values_are_shared_with_the_variables(variables):
    flat = FlatVector(variables)
    variables[0].assign(np.zeros((2, 2)))
    np.testing.assert_array_equal(flat.values, [0, 0, 0, 0, 5])
    flat.values[4] = 7.0
    assert variables[1].value.tolist() == [7.0]


def test_gradients_start_at_zero_and_can_be_zeroed(variables):
    flat = FlatVector(variables)
    assert not flat.gradient.any()
    flat.views[0][...] = 1.0
    flat.zero_gradient()
    assert not flat.gradient.any()


def test_a_backward_pass_writes_into_the_vector(variables):
    flat = FlatVector(variables)
    with GradientTape() as tape:
        loss = np.sum(variables[0] * variables[0]) + np.sum(3.0 * variables[1])
    tape.backward({id(loss): np.float32(1.0)}, flat.into)
    np.testing.assert_array_equal(flat.gradient, [2, 4, 6, 8, 3])


def test_split_gives_views_shaped_as_the_variables(variables):
    flat = FlatVector(variables)
    vector = np.arange(5.0)
    parts = flat.split(vector)
    assert [part.tolist() for part in parts] == [[[0, 1], [2, 3]], [4]]
    assert all(np.shares_memory(part, vector) for part in parts)


def test_a_second_vector_takes_the_variables_over(variables):
    first = FlatVector(variables)
    assert first.attached()
    second = FlatVector(variables[:1])
    assert second.attached() and not first.attached()


def test_attach_takes_them_back_with_their_newest_numbers(variables):
    first = FlatVector(variables)
    FlatVector(variables[:1]).values[:] = 9.0
    first.attach()
    assert first.attached()
    np.testing.assert_array_equal(first.values, [9, 9, 9, 9, 5])


def test_attach_refuses_a_variable_that_changed_its_shape(variables):
    flat = FlatVector(variables)
    variables[1].value = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match=r"'bias' had shape \(1,\), now has \(3,\)"):
        flat.attach()


def test_a_variable_listed_twice_is_named(variables):
    with pytest.raises(ValueError, match="'bias' is listed twice"):
        FlatVector([*variables, variables[1]])


def test_different_dtypes_are_named(variables):
    with pytest.raises(ValueError, match="'kernel' with float32 and 'b' with float64"):
        FlatVector([*variables, Variable(np.zeros(2), name="b")])


def test_integers_are_refused():
    with pytest.raises(ValueError, match="one floating dtype"):
        FlatVector([Variable(np.array([1, 2]))])
