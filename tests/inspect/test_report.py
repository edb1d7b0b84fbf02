"""How traces are shown: aligned, elided, as HTML."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from minikeras import Input, Sequential
from minikeras.inspect import Quantity
from minikeras.inspect.numbers import grid, number
from minikeras.layers import Conv2D, Dense, Flatten


def test_columns_are_aligned_at_the_decimal_point():
    lines = grid(np.array([[1.5, -10.25], [100.0, 2.0]])).lines()
    assert lines == ["  1.5  -10.25", "100.0    2.0"]


def test_long_arrays_lose_their_middle_and_say_so():
    shown = grid(np.arange(200.0).reshape(20, 10))
    assert shown.note == "8 of 20 rows shown; 8 of 10 columns shown"
    assert len(shown.cells) == 9 and len(shown.cells[0]) == 9
    assert shown.cells[0][:5] == ["0.0", "1.0", "2.0", "3.0", "…"]
    assert shown.cells[-1][-1] == "199.0"


def test_true_shape_is_said_where_not_all_is_shown():
    text = str(Quantity("X", np.zeros((3, 28, 28, 2)), what="input"))
    head = text.splitlines()[0]
    assert head == (
        "X, input, (3, 28, 28, 2) ([0, :, :, 0] shown; 8 of 28 rows shown; 8 of 28 columns shown)"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(0.1), "0.1"),
        (1 / 3, "0.33333333"),
        (-0.0, "0.0"),
        (-1.5e-9, "-1.5e-09"),
        (1e12, "1e+12"),
        (np.nan, "nan"),
        (-np.inf, "-inf"),
        (np.int64(7), "7"),
        (np.True_, "True"),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_empty_array_is_said_to_be_empty():
    assert grid(np.zeros((0, 3))).lines() == ["(no elements)"]


def test_scalars_and_vectors_are_one_row():
    assert grid(np.array(2.0)).lines() == ["2.0"]
    assert grid(np.array([1.0, 2.0])).lines() == ["1.0  2.0"]


@pytest.fixture
def model():
    members = [Input((6, 6, 1)), Conv2D(2, 3, name="a<b>&c"), Flatten(), Dense(2, "softmax")]
    return Sequential(members)


def test_html_is_well_formed_and_has_no_colours_of_its_own(model):
    x = np.ones((2, 6, 6, 1))
    loss = "categorical_crossentropy"
    for seen in (model.trace(x), model.trace_gradients(x, np.eye(2), loss=loss)):
        page = seen._repr_html_()
        root = ElementTree.fromstring(page)
        assert len(root.findall("details")) == 3
        assert not re.search("color(?!:inherit)|background|#[0-9a-f]{3}", page)
        assert "a&lt;b&gt;&amp;c" in page


def test_html_has_the_numbers_of_the_text(model):
    seen = model.trace(np.ones((1, 6, 6, 1)))
    page = seen._repr_html_()
    last = seen.steps[-1].quantity("Z")
    for cell in last.grids()[0][1].cells[0]:
        assert f">{cell}</td>" in page


def test_short_form_says_what_it_is(model):
    x = np.ones((1, 6, 6, 1))
    assert repr(model.trace(x)) == "<Trace of 3 steps; print it, or look at .steps>"
    seen = model.trace_gradients(x, [[1.0, 0.0]], loss="mse")
    assert repr(seen) == "<GradientTrace of 3 steps; print it, or look at .steps>"
