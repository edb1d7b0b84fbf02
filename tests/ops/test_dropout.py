"""The random mask of dropout: exact shares, the same bits for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.ops.dropout import dropout, dropout_mask
from minikeras.random import SeedGenerator


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.7, 0.999])
def test_share_of_zeros_is_the_rate(rate):
    mask = dropout_mask((1000, 1000), rate, np.random.default_rng(0), "float32")
    spread = np.sqrt(rate * (1.0 - rate)) / 1000.0
    assert abs((mask == 0.0).mean() - rate) < 4.0 * spread


def test_a_rate_between_two_bytes_is_exact():
    rate = 0.3 / 256.0  # no byte decides alone; 1 in 853 elements is dropped
    mask = dropout_mask((4_000_000,), rate, np.random.default_rng(0), "float32")
    assert abs((mask == 0.0).sum() - 4_000_000 * rate) < 4.0 * np.sqrt(4_000_000 * rate)


def test_neighbours_are_independent():
    mask = dropout_mask((200_000,), 0.5, np.random.default_rng(0), "float64") - 1.0
    for lag in range(1, 17):
        assert abs((mask[lag:] * mask[:-lag]).mean()) < 4.0 / np.sqrt(200_000)


@pytest.mark.parametrize("size", [100, 10_000])
def test_every_dtype_has_the_same_zeros(size):
    masks = [
        dropout_mask((size,), 0.3, np.random.default_rng(5), dtype) == 0.0
        for dtype in ("float16", "float32", "float64")
    ]
    np.testing.assert_array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(masks[0], masks[2])


@pytest.mark.parametrize(("rate", "value"), [(0.0, 1.0), (1.0, 0.0)])
@pytest.mark.parametrize("size", [10, 5000])
def test_nothing_or_everything_is_dropped(rate, value, size):
    mask = dropout_mask((size,), rate, np.random.default_rng(0), "float32")
    np.testing.assert_array_equal(mask, np.full(size, value, "float32"))


@given(
    st.lists(st.integers(0, 20), max_size=4),
    st.floats(0.0, 1.0),
    st.sampled_from(["float16", "float32", "float64"]),
)
def test_shape_and_dtype_are_as_asked(shape, rate, dtype):
    mask = dropout_mask(tuple(shape), rate, np.random.default_rng(0), dtype)
    assert mask.shape == tuple(shape) and mask.dtype == dtype
    assert (mask[mask != 0.0] > 0.0).all()


def test_dropout_scales_what_it_keeps():
    x = np.full((100, 100), 3.0)
    y = dropout(x, 0.25, seed=1)
    np.testing.assert_allclose(y[y != 0.0], 4.0)


def test_dropout_shares_the_mask_along_noise_shape():
    y = dropout(np.ones((3, 4, 5)), 0.5, noise_shape=(None, 1, None), seed=1)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))


def test_a_seed_generator_goes_on():
    stream = SeedGenerator(1)
    x = np.ones((10, 10))
    assert (dropout(x, 0.5, seed=stream) != dropout(x, 0.5, seed=stream)).any()
