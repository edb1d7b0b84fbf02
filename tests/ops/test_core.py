"""Conversion, casts, parts taken out and put in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, ops


def test_conversion_keeps_arrays_and_traces():
    x = np.ones(2, np.float16)
    assert ops.convert_to_tensor(x) is x
    variable = Variable([1.0])
    assert type(ops.convert_to_tensor(variable)) is np.ndarray
    with GradientTape() as tape:
        y = ops.convert_to_tensor(variable * 2.0)
    np.testing.assert_array_equal(tape.gradient(y, variable), [2.0])


def test_conversion_to_numpy_is_a_copy():
    x = np.ones(2)
    y = ops.convert_to_numpy(x)
    y[0] = 5.0
    assert x[0] == 1.0


@pytest.mark.parametrize("settings", [{"sparse": True}, {"ragged": True}])
def test_arrays_are_dense(settings):
    with pytest.raises(ValueError, match="dense arrays only; pad the rows"):
        ops.convert_to_tensor([1.0], **settings)


def test_what_is_a_tensor():
    assert ops.is_tensor(np.zeros(1)) and ops.is_tensor(np.float32(1))
    assert not ops.is_tensor([1.0]) and not ops.is_tensor(1.0)


@given(st.sampled_from(["uint8", "int8", "int16", "int32", "int64", "bool", "float16"]))
def test_saturated_casts_never_wrap_around(target):
    for dtype in ["float32", "float64", "int32"]:
        x = np.array([-1e9, -300, -1, 0, 1, 300, 1e9]).astype(dtype)
        y = ops.saturate_cast(x, target)
        assert y.dtype == target and (np.diff(y.astype(np.float64)) >= 0).all()


def test_a_cast_to_integers_has_no_gradient_and_one_to_floats_has():
    x = Variable([1.5])
    with GradientTape(persistent=True) as tape:
        y = ops.sum(ops.cast(x, "float64"))
        z = ops.cast(ops.cast(x, "int32"), "float32")
    assert tape.gradient(y, x).dtype == "float32"
    assert not hasattr(z, "tape")


def test_a_part_that_reaches_beyond_moves_inwards():
    np.testing.assert_array_equal(ops.slice(np.arange(5), [4], [2]), [3, 4])
    np.testing.assert_array_equal(ops.slice_update(np.zeros(3, int), [7], [1]), [0, 0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.slice(np.zeros((2, 2)), [0], [1]), "one start and one length per axis"),
        (lambda: ops.slice(np.zeros(2), [0], [3]), r"of shape \(3,\) does not fit into \(2,\)"),
        (lambda: ops.scatter([[4]], [1.0], (4,)), "an index lies outside"),
        (lambda: ops.scatter([[0.0]], [1.0], (4,)), "integer indices of shape"),
        (lambda: ops.scatter_update([1.0], [[0]], [1.0], "mean"), "reduction to be one of"),
        (lambda: ops.unstack(np.zeros((2, 3)), num=3), "length 2 of axis 0, got 3"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_of_several_assignments_to_one_place_the_last_stays_and_has_the_gradient():
    x, new = Variable([0.0, 0.0]), Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = ops.scatter_update(x, [[1], [1]], new)
    np.testing.assert_array_equal(y.numpy(), [0.0, 2.0])
    dx, dnew = tape.gradient(y, [x, new])
    np.testing.assert_array_equal(dx, [1.0, 0.0])
    np.testing.assert_array_equal(dnew, [0.0, 1.0])


def test_input_of_an_update_is_not_written_to():
    x = np.zeros(3)
    ops.scatter_update(x, [[0]], [1.0])
    ops.slice_update(x, [0], [1.0])
    assert not x.any()


def test_shape_and_dtype_are_plain():
    assert ops.shape([[1.0, 2.0]]) == (1, 2)
    assert ops.dtype(np.zeros(1, np.int8)) == "int8"


def test_rows_of_segments_out_of_range_are_left_out():
    data = np.array([1.0, 2.0, 4.0])
    np.testing.assert_array_equal(ops.segment_sum(data, [0, -1, 5], 2), [1.0, 0.0])
    np.testing.assert_array_equal(ops.segment_max(data, [0, -1, 5], 2), [1.0, -np.inf])
    np.testing.assert_array_equal(ops.segment_sum(data, [1, 0, 1]), [2.0, 5.0])
    with pytest.raises(ValueError, match="one per row of data"):
        ops.segment_sum(data, [0, 1])


@pytest.mark.parametrize("name", ["cast", "sum", "add", "convert_to_tensor"])
def test_none_is_no_number(name):
    more = {"cast": ["float32"], "add": [1.0]}.get(name, [])
    with pytest.raises(TypeError, match="expected an array or numbers, got None"):
        getattr(ops, name)(None, *more)
