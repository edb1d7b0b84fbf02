"""Checks of arguments: what passes, and what the messages say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import _validation as check


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(200)])
def test_positive_integers_pass_as_python_ints(value):
    checked = check.check_positive_int("n", value)
    assert checked == value and type(checked) is int


@pytest.mark.parametrize("value", [2.0, 2.5, "32", True, None, np.float32(1.0), [1]])
def test_what_is_no_integer_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"n must be an integer of at least 1, got .*write int"):
        check.check_positive_int("n", value)


@pytest.mark.parametrize("value", [0, -1, np.int8(-5)])
def test_an_integer_below_one_is_a_value_error(value):
    with pytest.raises(ValueError, match=f"n must be an integer of at least 1, got {value}"):
        check.check_positive_int("n", value)


def test_zero_is_not_negative():
    assert check.check_non_negative_int("n", 0) == 0
    with pytest.raises(ValueError, match="n must be an integer of at least 0, got -1"):
        check.check_non_negative_int("n", -1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_passes_unchanged(value):
    assert check.check_number("r", value) is value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="r must be a finite number, got"):
        check.check_number("r", value)


@pytest.mark.parametrize("value", ["1", True, None, [1.0], 1j])
def test_what_is_no_number_is_a_type_error(value):
    with pytest.raises(TypeError, match="r must be a number in"):
        check.check_number("r", value, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "bad", "message"),
    [
        ({"minimum": 0}, -0.1, "a finite number of at least 0, got -0.1"),
        ({"minimum": 0, "open_minimum": True}, 0, "a finite number above 0, got 0"),
        ({"minimum": 0, "maximum": 1}, 1.1, r"a number in \[0, 1\], got 1.1"),
        (
            {"minimum": 0, "maximum": 1, "open_minimum": True, "open_maximum": True},
            1,
            r"a number in \(0, 1\), got 1",
        ),
    ],
)
def test_bounds_are_named(arguments, bad, message):
    assert check.check_number("r", 0.5, **arguments) == 0.5
    with pytest.raises(ValueError, match=message):
        check.check_number("r", bad, **arguments)


@pytest.mark.parametrize("value", [-0.1, 1.0, 1.5, math.nan])
def test_a_fraction_lies_in_the_half_open_unit_interval(value):
    assert check.check_fraction("share", 0) == 0
    with pytest.raises(ValueError, match=r"share must be a number in \[0, 1\), got"):
        check.check_fraction("share", value)


def test_a_choice_is_one_of_the_options():
    assert check.check_choice("mode", "max", ["min", "max"]) == "max"
    with pytest.raises(ValueError, match="unknown mode 'mox'; did you mean 'max'"):
        check.check_choice("mode", "mox", ["min", "max"])


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("Sigmoid", ["sigmoid", "relu"], "; did you mean 'sigmoid'?"),
        ("RELU", ["sigmoid", "relu"], "; did you mean 'relu'?"),
        ("xyz", ["b", "a", "a"], "; expected one of 'a', 'b'"),
        (3, ["a"], "; expected one of 'a'"),
        ("x", [], ""),
    ],
)
def test_the_closest_name_is_suggested(name, options, expected):
    assert check.did_you_mean(name, options) == expected


def test_misspelt_arguments_get_a_suggestion():
    class Thing:
        @check.suggest_arguments
        def method(self, epochs=1, *, verbose=0):
            return epochs, verbose

    assert Thing().method(3, verbose=2) == (3, 2)
    with pytest.raises(TypeError, match=r"Thing.method got an unknown argument 'verbos'; did you"):
        Thing().method(verbos=2)
