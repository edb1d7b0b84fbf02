"""``gather`` and its gradient: values, sums of repeated rows, and indices that do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, check_gradients
from minikeras.ops.embedding import gather, sum_rows


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 0), (2, 3, 2)])
def test_rows_are_chosen(rng, shape):
    table, indices = rng.standard_normal((5, 3)), rng.integers(5, size=shape)
    np.testing.assert_array_equal(gather(table, indices), table[indices])


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", ">i4", "float32", "float64", "bool"])
def test_indices_of_any_dtype_are_taken(dtype):
    table = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(gather(table, np.array([1, 0]).astype(dtype)), table[[1, 0]])


@given(
    rows=st.sampled_from([1, 3, 16, 17, 40, 70000]),
    count=st.integers(0, 60),
    width=st.integers(1, 3),
    repeats=st.sampled_from([1, 4, 1000]),
)
def test_repeated_rows_are_added(rows, count, width, repeats):
    rng = np.random.default_rng(0)
    places = rng.integers(max(1, rows // repeats), size=count)
    data = rng.standard_normal((count, width))
    wanted = np.zeros((rows, width))
    np.add.at(wanted, places, data)
    np.testing.assert_allclose(sum_rows(data, places, rows), wanted, rtol=1e-9, atol=1e-12)


def test_few_long_segments_among_many_short_ones_are_added(rng):
    places = np.concatenate([np.arange(100), np.full(50, 7), np.full(9, 30), np.full(4, 31)])
    places = rng.permutation(places)
    data = rng.standard_normal((len(places), 2))
    wanted = np.zeros((200, 2))
    np.add.at(wanted, places, data)
    np.testing.assert_allclose(sum_rows(data, places, 200), wanted, rtol=1e-12)


@pytest.mark.parametrize("rows", [4, 30])
def test_gradients_agree_with_central_differences(rng, rows):
    indices = rng.integers(4, size=(3, 5))
    check_gradients(lambda t: gather(t, indices), rng.standard_normal((rows, 2)), second=True)
    places = rng.integers(rows, size=6)
    data = rng.standard_normal((6, 2))
    check_gradients(lambda d: sum_rows(d, places, rows), data, second=True)


def test_the_gradient_is_written_where_it_belongs(rng):
    table = Variable(rng.standard_normal((30, 2)))
    view = np.full((30, 2), np.nan)
    with GradientTape() as tape:
        y = np.sum(gather(table, np.array([3, 3, 9])))
    tape.backward({id(y): np.array(1.0)}, {id(table): view})
    wanted = np.zeros((30, 2))
    wanted[3], wanted[9] = 2.0, 1.0
    np.testing.assert_array_equal(view, wanted)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([0, 3], r"shelf expected indices in \[0, 3\), got 3; give it at least 4 rows"),
        ([0, -1], r"\[0, 3\), got -1; indices count from 0"),
        ([0.0, 1.5], r"whole numbers as indices, got 1\.5"),
        ([0.0, np.nan], "whole numbers as indices, got nan"),
        ([0.0, 1e30], "whole numbers as indices|expected indices"),
    ],
)
def test_an_index_that_does_not_fit_is_named(indices, message):
    with pytest.raises(ValueError, match=message):
        gather(np.zeros((3, 2)), np.array(indices), owner="shelf")
