import copy
import pickle

import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, Variable, initializers


def test_lists_and_python_numbers_take_floatx():
    assert Variable([1.0, 2.0]).dtype == np.float32
    assert Variable(3).dtype == np.float32
    minikeras.config.set_floatx("float64")
    assert Variable([1.0, 2.0]).dtype == np.float64


def test_arrays_keep_their_dtype_unless_another_is_given():
    assert Variable(np.ones(2)).dtype == np.float64
    assert Variable(np.ones(2, np.int64)).dtype == np.int64
    assert Variable(np.ones(2), dtype="float16").dtype == np.float16


def test_value_is_copied():
    x = np.ones(2)
    v = Variable(x)
    x[0] = 5.0
    assert v.value.tolist() == [1.0, 1.0]
    v.numpy()[0] = 7.0
    assert v.value.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("value", [["text"], np.array([None]), np.ones(2) * 1j])
def test_value_must_be_numbers(value):
    dtype = None if isinstance(value, np.ndarray) else np.dtype("U4")
    with pytest.raises(TypeError, match="Variable 'w' expected numbers, got dtype"):
        Variable(value, dtype=dtype, name="w")


def test_assignment_is_in_place_and_chained():
    v = Variable(np.array([1.0, 2.0]))
    value = v.value
    assert v.assign([3, 4]).assign_add([1.0, 1.0]).assign_sub(0.5 * v) is v
    assert v.value is value
    assert value.tolist() == [2.0, 2.5]


def test_assignment_of_another_shape_changes_nothing():
    v = Variable(np.array([1.0, 2.0]), name="w")
    with pytest.raises(ValueError, match=r"'w' expected a value of shape \(2,\), got \(3,\)"):
        v.assign(np.ones(3))
    assert v.value.tolist() == [1.0, 2.0]


def test_numpy_off_the_tape_gives_bare_arrays():
    v = Variable(np.array([1.0, 2.0]))
    assert type(np.exp(v) * 2) is np.ndarray
    assert type(v[0]) is np.float64
    assert type(np.ones(2) + v) is np.ndarray
    assert np.asarray(v).tolist() == [1.0, 2.0]
    assert (v == 2.0).tolist() == [False, True]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x < 2.0,
        lambda x: x <= 2.0,
        lambda x: x > 2.0,
        lambda x: x >= 2.0,
        lambda x: x == 2.0,
        lambda x: x != 2.0,
        lambda x: 5.0 // x,
        lambda x: [[1.0, 1.0]] @ x,
        lambda x: x.argmax(),
        lambda x: x.argmin(axis=1),
        lambda x: x.argsort(axis=0),
        lambda x: x.all(axis=0),
        lambda x: x.any(),
        lambda x: x.round(1),
    ],
)
def test_methods_without_gradient_work_on_and_off_the_tape(call):
    x = np.array([[1.0, 2.0], [3.25, 0.0]]) + 1.0
    expected = call(x)
    np.testing.assert_array_equal(call(Variable(x)), expected)
    with GradientTape() as tape:
        found = call(tape.watch(x))
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_one_number_inside_nested_tapes_converts():
    with GradientTape() as outer, GradientTape() as inner:
        x = inner.watch(outer.watch(np.array(2.5)))
        assert (float(x), int(x), x.item(), f"{x:.1f}") == (2.5, 2, 2.5, "2.5")
    assert [10, 11, 12][Variable(np.array(1))] == 11


def test_properties_of_an_array():
    v = Variable(np.ones((2, 3)))
    assert (v.shape, v.ndim, v.size, len(v), v.dtype) == ((2, 3), 2, 6, 2, np.float64)
    assert [row.shape for row in v] == [(3,), (3,)]


def test_variables_are_keys_by_identity():
    a, b = Variable(1.0), Variable(1.0)
    assert {a: 1, b: 2}[b] == 2


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_keep_everything_and_share_nothing(duplicate):
    v = Variable(np.array([1.0, 2.0]), trainable=False, name="w")
    v.path = "dense/w"
    twin = duplicate(v)
    assert (twin.name, twin.path, twin.trainable) == ("w", "dense/w", False)
    twin.assign([0.0, 0.0])
    assert v.value.tolist() == [1.0, 2.0]


def test_repr_shows_path_value_shape_and_dtype():
    assert repr(Variable([1.5], name="w")) == "Variable('w', [1.5], shape=(1,), dtype=float32)"
    with GradientTape() as tape:
        y = tape.watch(np.arange(20.0)) * 2
    assert repr(y) == "Tensor([ 0.  2.  4. ... 34. 36. 38.], shape=(20,), dtype=float64)"


@pytest.mark.parametrize("initializer", ["ones", initializers.Ones(), np.ones])
def test_an_initializer_makes_the_first_value(initializer):
    variable = Variable(initializer, (2, 3), "float64", False, name="w")
    np.testing.assert_array_equal(variable.value, np.ones((2, 3)))
    assert (variable.dtype, variable.trainable) == ("float64", False)


def test_an_initializer_without_a_shape_is_refused():
    with pytest.raises(ValueError, match="'w' expected a shape for its initializer 'ones'"):
        Variable("ones", name="w")


def test_a_value_of_another_shape_than_said_is_refused():
    with pytest.raises(ValueError, match=r"expected a value of shape \(2,\), got \(3,\)"):
        Variable([1.0, 2.0, 3.0], shape=(2,))
