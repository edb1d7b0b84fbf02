"""Images: margins, patches, colours, warps."""

import numpy as np
import pytest

from minikeras import config, ops

image = ops.image


def test_cropping_and_padding_undo_each_other(rng):
    x = rng.standard_normal((2, 5, 6, 3))
    padded = image.pad_images(x, 1, 2, bottom_padding=3, target_width=10)
    assert padded.shape == (2, 9, 10, 3)
    np.testing.assert_array_equal(
        image.crop_images(padded, 1, 2, target_height=5, right_cropping=2), x
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: image.crop_images(x, 1, 1), "two of top_cropping, bottom_cropping and target_h"),
        (lambda x: image.crop_images(x, 4, 0, 4, 0), "do not fit a length of 6"),
        (lambda x: image.pad_images(x, 1, 1, target_height=3, target_width=9), "do not fit"),
        (lambda x: image.extract_patches(x, 7), "does not fit into a length of 6"),
        (lambda x: image.rgb_to_hsv(x[..., :2]), "3 channels"),
        (lambda x: image.sobel_edges(x[0]), "a batch of images"),
        (lambda x: image.ssim(x, x), "at least 11 pixels a side"),
        (
            lambda x: image.map_coordinates(x, np.ones((2, 3)), 1),
            r"coordinates of shape \(4, ...\)",
        ),
        (lambda x: image.map_coordinates(x, np.ones((4, 3)), 2), "unknown order 2"),
        (lambda x: image.perspective_transform(x, np.ones((3, 2)), np.ones((3, 2))), r"\(4, 2\)"),
        (lambda x: image.gaussian_blur(x, sigma=0.0), "sigma must be above 0"),
        (lambda x: image.resize(x, (2, 2), data_format="first"), "unknown data_format"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.zeros((2, 6, 6, 3)))


def test_colours_there_and_back(rng):
    x = rng.uniform(0.0, 1.0, (4, 4, 3))
    np.testing.assert_allclose(image.hsv_to_rgb(image.rgb_to_hsv(x)), x, atol=1e-12)


def test_default_layout_is_the_configured_one(rng):
    x = rng.uniform(0.0, 1.0, (2, 3, 5, 6))
    config.set_image_data_format("channels_first")
    assert image.resize(x, (4, 4)).shape == (2, 3, 4, 4)
    assert image.rgb_to_grayscale(x).shape == (2, 1, 5, 6)
    np.testing.assert_array_equal(
        image.gaussian_blur(x), image.gaussian_blur(x, data_format="channels_first")
    )


def test_equal_points_move_nothing(rng):
    x = rng.standard_normal((1, 4, 5, 2))
    corners = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0], [4.0, 3.0]])
    np.testing.assert_allclose(image.perspective_transform(x, corners, corners), x, atol=1e-9)


def test_elastic_waves_follow_the_seed_and_keep_the_shape(rng):
    x = rng.uniform(0.0, 1.0, (2, 8, 9, 3)).astype(np.float32)
    y = image.elastic_transform(x, seed=1)
    assert y.shape == x.shape and y.dtype == x.dtype
    np.testing.assert_array_equal(y, image.elastic_transform(x, seed=1))
    assert not np.array_equal(y, image.elastic_transform(x, seed=2))
    np.testing.assert_allclose(image.elastic_transform(x, alpha=0.0, seed=1), x, atol=1e-6)
    first = image.elastic_transform(x.transpose(0, 3, 1, 2), seed=1, data_format="channels_first")
    np.testing.assert_allclose(first, y.transpose(0, 3, 1, 2), atol=1e-6)
