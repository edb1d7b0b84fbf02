"""One length, and finite numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.data import check_finite
from minikeras.data.checks import BLOCK, count_samples


def test_lengths_that_agree_are_counted():
    assert count_samples({"x": [np.zeros((3, 2)), np.zeros(3)], "y": {"a": np.zeros(3)}}) == 3


def test_lengths_that_differ_are_shown():
    message = r"^x and y must have the same .* x has shape \(4, 2\), y has shape \(3,\); check"
    with pytest.raises(ValueError, match=message):
        count_samples({"x": np.zeros((4, 2)), "y": np.zeros(3), "sample_weight": None})


def test_inputs_that_differ_are_named():
    with pytest.raises(ValueError, match=r"x\['a'\] has shape \(2,\), x\['b'\] has shape \(3,\)"):
        count_samples({"x": {"a": np.zeros(2), "b": np.zeros(3)}})


def test_a_list_of_samples_mistaken_for_inputs_is_explained():
    rows = [np.zeros(2)] * 4
    with pytest.raises(
        ValueError, match=r"4 inputs .*if each of them is one sample, .*np.stack\(x"
    ):
        count_samples({"x": rows, "y": np.zeros(4)})


def test_samples_in_columns_are_recognised():
    with pytest.raises(ValueError, match=r"if the columns of x are the samples, write x\.T"):
        count_samples({"x": np.zeros((2, 50)), "y": np.zeros(50)})


def test_finite_arrays_pass():
    check_finite("x", np.zeros((3, 2)))
    check_finite("x", np.zeros((0, 2)))
    check_finite("x", np.zeros((2, 0)))
    check_finite("y", None)
    check_finite("y", np.array([1, 2]))


def test_numbers_whose_squares_overflow_are_finite():
    check_finite("x", np.full((2, 2), 3e38, dtype="float32"))


@given(st.integers(0, 6), st.integers(0, 1), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_the_first_bad_row_is_named(row, column, value):
    x = np.ones((7, 2), dtype="float32")
    x[row:, column] = value
    with pytest.raises(ValueError, match=f"x must .*row {row} has {value} at index {column};"):
        check_finite("x", x)


def test_one_axis_needs_no_index():
    with pytest.raises(ValueError, match=r"y must hold finite numbers, but row 1 has nan; leave"):
        check_finite("y", np.array([0.0, np.nan]))


def test_members_are_named():
    with pytest.raises(ValueError, match=r"^x\['b'\] must"):
        check_finite("x", {"a": np.zeros(1), "b": np.array([np.nan])})


def test_infinity_names_the_limit_of_the_type():
    with pytest.raises(ValueError, match=r"beyond 3.4e\+38 every float32 is infinite"):
        check_finite("x", np.array([np.inf], dtype="float32"))


def test_rows_keep_their_number_in_later_blocks_and_in_parts_of_the_data():
    x = np.zeros(BLOCK + 5)
    x[BLOCK + 2] = np.nan
    with pytest.raises(ValueError, match=f"row {BLOCK + 2} "):
        check_finite("x", x)
    with pytest.raises(ValueError, match="row 31 "):
        check_finite("x", np.array([0, np.nan]), slice(30, 32))
    with pytest.raises(ValueError, match="row 7 "):
        check_finite("x", np.array([0, np.nan]), np.array([9, 7]))
