"""Resized images: hand values, gradients, empty batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import check_gradients
from minikeras.ops.image_resize import INTERPOLATIONS, crop_box, resize


def row(*values):
    return np.array(values).reshape(1, -1, 1)


@pytest.mark.parametrize(
    ("image", "width", "options", "expected"),
    [
        (row(0.0, 4.0), 4, {}, [0.0, 1.0, 3.0, 4.0]),
        (row(0.0, 4.0), 4, {"interpolation": "nearest"}, [0.0, 0.0, 4.0, 4.0]),
        (row(1.0, 2.0, 3.0, 4.0, 5.0), 1, {}, [3.0]),
        (row(1.0, 2.0, 3.0, 4.0), 2, {}, [1.5, 3.5]),
        # Kernel of width 2 at distances 0.5, 0.5 and 1.5: weights 3/4, 3/4, 1/4 of 7/4.
        (row(0.0, 0.0, 7.0, 7.0), 2, {"antialias": True}, [1.0, 6.0]),
    ],
)
def test_by_hand(image, width, options, expected):
    np.testing.assert_allclose(resize(image, (1, width), **options)[0, :, 0], expected)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_a_plain_area_stays_plain_and_the_same_size_is_the_same_image(rng, interpolation):
    plain = np.full((2, 5, 6, 3), 0.3)
    np.testing.assert_allclose(resize(plain, (9, 4), interpolation), np.full((2, 9, 4, 3), 0.3))
    x = rng.standard_normal((2, 5, 6, 3))
    np.testing.assert_array_equal(resize(x, (5, 6), interpolation), x)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("shape", [(2, 4, 5, 3), (4, 5, 3)])
def test_gradient_agrees_with_central_differences(rng, interpolation, data_format, shape):
    x = rng.standard_normal(shape)

    def larger(x):
        return resize(x, (6, 3), interpolation, antialias=True, data_format=data_format)

    check_gradients(larger, x)


@given(
    st.integers(0, 3),
    st.integers(1, 7),
    st.integers(1, 7),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from(INTERPOLATIONS),
    st.sampled_from(["float16", "float32", "float64", "uint8"]),
)
def test_shape_and_dtype(batch, height, width, new_height, new_width, interpolation, dtype):
    x = np.ones((batch, height, width, 2), dtype)
    y = resize(x, (new_height, new_width), interpolation)
    assert y.shape == (batch, new_height, new_width, 2) and y.dtype == dtype
    np.testing.assert_allclose(y, np.ones(y.shape), rtol=1e-3)


def test_bytes_do_not_overflow_where_a_kernel_overshoots():
    y = resize(np.array([0, 255, 255, 0], "uint8").reshape(1, 4, 1), (1, 9), "bicubic")
    assert y.max() == 255 and y.min() == 0


def test_margins_and_cuts_keep_the_ratio():
    x = np.ones((1, 2, 4, 1))
    padded = resize(x, (4, 4), "nearest", pad_to_aspect_ratio=True, fill_value=7.0)
    np.testing.assert_array_equal(padded[0, :, 0, 0], [7.0, 1.0, 1.0, 7.0])
    assert crop_box(2, 4, (3, 3)) == (slice(0, 2), slice(1, 3))


@pytest.mark.parametrize(
    ("shape", "size", "message"),
    [
        ((4, 4), (2, 2), "expected an image of 3 axes"),
        ((4, 4, 1), (2,), r"size must be \(height, width\)"),
        ((4, 4, 1), (0, 2), "each length in size must be an integer of at least 1"),
        ((0, 4, 1), (2, 2), "expected images with pixels"),
    ],
)
def test_wrong_shapes_are_named(shape, size, message):
    with pytest.raises(ValueError, match=message):
        resize(np.ones(shape), size)
