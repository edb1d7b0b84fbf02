"""Pooling: maxima and means of windows, of fixed size, adaptive and global; upsampling."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minikeras
from minikeras.autodiff import check_gradients
from minikeras.ops.adaptive_pooling import (
    adaptive_average_pool,
    adaptive_max_pool,
    global_average_pool,
    global_max_pool,
)
from minikeras.ops.pooling import average_pool, max_pool, upsample


def windows(x, size, step, padding):
    """Yield every window of a channels-last array, and where its result belongs."""
    spans = []
    for n in x.shape[1:-1]:
        count = -(-n // step) if padding == "same" else (n - size) // step + 1
        left = max((count - 1) * step + size - n, 0) // 2 if padding == "same" else 0
        starts = [i * step - left for i in range(count)]
        spans.append([slice(max(a, 0), min(a + size, n)) for a in starts])
    for place in product(*(range(len(s)) for s in spans)):
        yield place, x[(slice(None), *(s[i] for s, i in zip(spans, place)))]


def by_hand(function, x, size, step, padding):
    found = {}
    for place, window in windows(x, size, step, padding):
        found[place] = function(window, axis=tuple(range(1, x.ndim - 1)))
    lengths = [max(p[i] for p in found) + 1 for i in range(x.ndim - 2)]
    y = np.empty((len(x), *lengths, x.shape[-1]))
    for place, value in found.items():
        y[(slice(None), *place)] = value
    return y


@st.composite
def pooling(draw):
    rank = draw(st.integers(1, 3))
    size, step = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    padding = draw(st.sampled_from(["valid", "same"]))
    shortest = size if padding == "valid" else 1
    lengths = [draw(st.integers(shortest, 6)) for _ in range(rank)]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.integers(-3, 4, (2, *lengths, 2)).astype(float), size, step, padding


@given(pooling())
def test_windows_are_those_of_a_loop(case):
    x, size, step, padding = case
    for ours, function in ((max_pool, np.max), (average_pool, np.mean)):
        expected = by_hand(function, x, size, step, padding)
        np.testing.assert_allclose(ours(x, size, step, padding), expected)


@given(pooling())
def test_channels_first_gives_the_same(case):
    x, size, step, padding = case
    first = np.moveaxis(x, -1, 1)
    for pool in (max_pool, average_pool):
        y = pool(first, size, step, padding, "channels_first")
        np.testing.assert_array_equal(y, np.moveaxis(pool(x, size, step, padding), -1, 1))


@given(pooling())
def test_the_first_maximum_row_by_row_has_the_gradient(case):
    x, size, step, padding = case
    dx = minikeras.grad(lambda x: np.sum(max_pool(x, size, step, padding)))(x)
    expected = np.zeros_like(x)
    where = np.arange(x[0, ..., 0].size).reshape(x.shape[1:-1])[np.newaxis, ..., np.newaxis]
    for (_, window), (_, index) in zip(
        windows(x, size, step, padding), windows(where, size, step, padding)
    ):
        first = window.reshape(len(x), -1, x.shape[-1]).argmax(axis=1)
        for sample, channel in np.ndindex(first.shape):
            place = index.ravel()[first[sample, channel]]
            expected.reshape(len(x), -1, x.shape[-1])[sample, place, channel] += 1.0
    np.testing.assert_array_equal(dx, expected)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "step"), [(2, 2), (3, 2), (2, 3), (3, 1)])
@pytest.mark.parametrize("pool", [max_pool, average_pool])
def test_gradients_agree_with_central_differences(rng, pool, size, step, padding):
    x = rng.permutation(np.arange(2.0 * 6 * 5 * 2)).reshape(2, 6, 5, 2)
    check_gradients(lambda x: pool(x, size, step, padding), x)


@pytest.mark.parametrize("pool", [max_pool, average_pool])
def test_pooling_differentiates_twice(rng, pool):
    x = rng.standard_normal((2, 5, 5, 2))

    def penalty(x):
        return np.sum(minikeras.grad(lambda x: np.sum(pool(x, 3, 2) ** 3))(x) ** 2)

    check_gradients(penalty, x)


def test_large_batches_go_through_in_parts(rng):
    x = rng.standard_normal((70, 24, 24, 16)).astype("float32")
    assert x.nbytes > 2_000_000
    for pool, function in ((max_pool, np.max), (average_pool, np.mean)):
        expected = function(x.reshape(70, 12, 2, 12, 2, 16), axis=(2, 4))
        np.testing.assert_allclose(pool(x), expected, rtol=1e-5, atol=1e-6)
        dx = minikeras.grad(lambda x, pool=pool: np.sum(pool(x)))(x)
        np.testing.assert_allclose(dx.sum(), expected.size, rtol=1e-5)


def test_no_window_over_the_edge_counts_zeros():
    x = np.full((1, 3, 3, 1), -2.0)
    np.testing.assert_array_equal(max_pool(x, 2, 2, "same"), np.full((1, 2, 2, 1), -2.0))
    np.testing.assert_array_equal(average_pool(x, 2, 2, "same"), np.full((1, 2, 2, 1), -2.0))


def test_dtypes_stay_and_integers_have_means():
    for dtype in ("float16", "float32", "float64"):
        x = np.ones((1, 4, 4, 1), dtype)
        assert max_pool(x).dtype == average_pool(x, 2, 2, "same").dtype == dtype
        assert adaptive_average_pool(x, 3).dtype == global_average_pool(x).dtype == dtype
    assert max_pool(np.arange(4, dtype="uint8").reshape(1, 4, 1)).dtype == "uint8"
    assert average_pool(np.array([[[1], [2]]], "uint8")).item() == 1.5


def test_an_empty_batch_gives_an_empty_batch():
    x = np.zeros((0, 6, 6, 3))
    assert max_pool(x).shape == average_pool(x).shape == (0, 3, 3, 3)
    assert adaptive_max_pool(x, 4).shape == adaptive_average_pool(x, 4).shape == (0, 4, 4, 3)
    assert global_average_pool(x).shape == global_max_pool(x).shape == (0, 3)


def test_mistakes_are_named():
    x = np.zeros((1, 3, 3, 1))
    with pytest.raises(ValueError, match="at least as long as a window of 4, got length 3"):
        max_pool(x, 4)
    with pytest.raises(ValueError, match="unknown padding 'sme'; did you mean 'same'?"):
        max_pool(x, 2, padding="sme")
    with pytest.raises(ValueError, match="unknown data_format 'last'"):
        max_pool(x, 2, data_format="last")
    with pytest.raises(ValueError, match="strides expected one number or 2"):
        max_pool(x, 2, (1, 1, 1))
    with pytest.raises(ValueError, match="each of pool_size must be an integer of at least 1"):
        average_pool(x, 0)
    with pytest.raises(ValueError, match="output_size expected one number or 2"):
        adaptive_max_pool(x, (1, 2, 3))


@given(st.integers(1, 9), st.integers(1, 9))
def test_adaptive_windows_are_those_of_the_definition(length, count):
    x = np.random.default_rng(0).standard_normal((2, length, 3))
    parts = [
        x[:, math.floor(i * length / count) : math.ceil((i + 1) * length / count)]
        for i in range(count)
    ]
    for pool, function in ((adaptive_average_pool, np.mean), (adaptive_max_pool, np.max)):
        expected = np.stack([function(part, axis=1) for part in parts], axis=1)
        np.testing.assert_allclose(pool(x, count), expected)
        first = pool(np.moveaxis(x, -1, 1), count, "channels_first")
        np.testing.assert_allclose(np.moveaxis(first, 1, -1), expected)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_gradients_of_adaptive_and_global_pooling(rng, data_format):
    x = rng.permutation(np.arange(2.0 * 4 * 5 * 3)).reshape(2, 4, 5, 3)
    for pool in (adaptive_average_pool, adaptive_max_pool):
        check_gradients(lambda x, pool=pool: pool(x, (3, 2), data_format), x)
    for pool in (global_average_pool, global_max_pool):
        check_gradients(lambda x, pool=pool: pool(x, data_format=data_format), x)


def test_global_pooling_of_long_sequences(rng):
    x = rng.standard_normal((3, 131, 16)).astype("float32")
    np.testing.assert_array_equal(global_max_pool(x), x.max(axis=1))
    np.testing.assert_allclose(global_average_pool(x), x.mean(axis=1), rtol=1e-4, atol=1e-6)


def test_equal_maxima_share_the_gradient_of_a_global_maximum():
    x = np.array([[[1.0], [3.0], [3.0]]])
    dx = minikeras.grad(lambda x: np.sum(global_max_pool(x)))(x)
    np.testing.assert_array_equal(dx.ravel(), [0.0, 0.5, 0.5])


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_masked_steps_do_not_count(rng, data_format):
    x = rng.standard_normal((2, 3, 2))
    mask = np.array([[True, False, True], [False, True, False]])
    expected = [x[0, [0, 2]].mean(axis=0), x[1, 1]]
    x[0, 1] = np.nan
    given = x if data_format == "channels_last" else np.moveaxis(x, -1, 1)
    np.testing.assert_allclose(global_average_pool(given, mask, data_format), expected)
    finite = np.nan_to_num(given)
    check_gradients(lambda x: global_average_pool(x, mask, data_format), finite)


def test_a_sample_in_which_nothing_counts_gives_nan():
    y = global_average_pool(np.ones((2, 3, 1)), np.array([[True] * 3, [False] * 3]))
    np.testing.assert_array_equal(y, [[1.0], [np.nan]])


@given(st.integers(1, 3), st.integers(1, 3))
def test_upsampling_repeats(rows, columns):
    x = np.random.default_rng(0).standard_normal((2, 3, 2, 2))
    expected = x.repeat(rows, axis=1).repeat(columns, axis=2)
    np.testing.assert_array_equal(upsample(x, (rows, columns)), expected)
    first = upsample(np.moveaxis(x, -1, 1), (rows, columns), "channels_first")
    np.testing.assert_array_equal(np.moveaxis(first, 1, -1), expected)
    check_gradients(lambda x: upsample(x, (rows, columns)), x)
