import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import constraints
from minikeras.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from minikeras.registry import registered

shapes = st.tuples(*[st.integers(1, 5)] * 2)


def weights(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape) * 3.0


def lengths(w, axis=0):
    return np.sqrt((w**2).sum(axis=axis))


@given(shapes)
def test_non_neg_leaves_no_negative_weight(shape):
    w = weights(shape)
    np.testing.assert_array_equal(NonNeg()(w), np.where(w < 0, 0, w))


@given(shapes, st.floats(0.0, 10.0))
def test_max_norm_bounds_the_length_of_every_column(shape, bound):
    assert (lengths(MaxNorm(bound)(weights(shape))) <= bound + 1e-9).all()


def test_max_norm_keeps_shorter_columns():
    w = np.array([[0.3], [0.4]])
    np.testing.assert_allclose(MaxNorm(1.0)(w), w, rtol=1e-6)


@given(shapes)
def test_unit_norm_gives_columns_of_length_one(shape):
    np.testing.assert_allclose(lengths(UnitNorm()(weights(shape))), 1.0, rtol=1e-5)


@given(shapes)
def test_min_max_norm_brings_lengths_between_the_bounds(shape):
    found = lengths(MinMaxNorm(1.0, 2.0)(weights(shape)))
    assert (found >= 1.0 - 1e-6).all() and (found <= 2.0 + 1e-6).all()


def test_min_max_norm_goes_part_of_the_way_at_a_smaller_rate():
    w = np.array([[3.0], [4.0]])  # length 5, to be 0.75 * 5 + 0.25 * 1
    np.testing.assert_allclose(lengths(MinMaxNorm(0.0, 1.0, rate=0.25)(w)), 4.0, rtol=1e-6)


@pytest.mark.parametrize("axis", [[0, 1, 2], (0, 1, 2)])
def test_several_axes_measure_a_whole_filter(axis):
    w = weights((3, 3, 2, 4))
    np.testing.assert_allclose(lengths(UnitNorm(axis)(w), (0, 1, 2)), 1.0, rtol=1e-5)


def test_a_column_of_zeros_stays_zero():
    np.testing.assert_array_equal(UnitNorm()(np.zeros((2, 2))), 0.0)


@pytest.mark.parametrize("name", sorted(registered("constraint")))
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_shape_and_dtype_are_kept(name, dtype):
    w = weights((3, 2)).astype(dtype)
    result = constraints.get(name)(w)
    assert result.shape == w.shape and result.dtype == dtype


@pytest.mark.parametrize("name", sorted(registered("constraint")))
def test_the_given_array_is_not_changed(name):
    w = weights((3, 2))
    before = w.copy()
    constraints.get(name)(w)
    np.testing.assert_array_equal(w, before)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("non_neg", "NonNeg()"),
        ("MaxNorm", "MaxNorm()"),
        (UnitNorm(axis=1), "UnitNorm(axis=1)"),
        ({"class_name": "MaxNorm", "config": {"max_value": 3}}, "MaxNorm(max_value=3)"),
        (None, "None"),
    ],
)
def test_get_takes_names_configurations_and_instances(identifier, expected):
    assert repr(constraints.get(identifier)) == expected


def test_a_misspelt_name_is_corrected():
    with pytest.raises(ValueError, match="unknown constraint 'nonneg'; did you mean 'non_neg'"):
        constraints.get("nonneg")


def test_bounds_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="min_value must not be above max_value, got 2.0 and 1.0"):
        MinMaxNorm(2.0, 1.0)


@pytest.mark.parametrize("make", [lambda: MaxNorm(-1.0), lambda: MinMaxNorm(rate=1.5)])
def test_a_number_out_of_range_is_refused(make):
    with pytest.raises(ValueError, match="must be a"):
        make()


def test_a_constraint_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match="Constraint must define __call__"):
        Constraint()(np.zeros(2))


def test_configuration_survives_a_round_trip():
    data = constraints.serialize(MinMaxNorm(0.5, 2.0, axis=1))
    again = constraints.deserialize(data)
    assert repr(again) == "MinMaxNorm(min_value=0.5, max_value=2.0, axis=1)"
