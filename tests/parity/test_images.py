"""Resized and transformed images beside real Keras's."""

import numpy as np
import pytest

from minikeras.ops.image_affine import affine_transform
from minikeras.ops.image_resize import resize

SIZES = [(3, 5), (12, 10), (20, 4)]
METHODS = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]


def image(shape, dtype="float32"):
    x = np.random.default_rng(0).uniform(0.0, 255.0, shape)
    return x.astype(dtype)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("interpolation", METHODS)
@pytest.mark.parametrize("antialias", [False, True])
def test_resize(keras, size, interpolation, antialias):
    x = image((2, 6, 8, 3)) / 255.0
    ours = resize(x, size, interpolation, antialias)
    theirs = keras.ops.image.resize(x, size, interpolation, antialias)
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 8, 3), (2, 3, 9, 4)])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ratio", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_resize_that_keeps_the_ratio(keras, shape, size, ratio, data_format):
    x = image(shape) / 255.0
    options = {ratio: True, "data_format": data_format, "fill_value": 0.5}
    theirs = keras.ops.image.resize(x, size, **options)
    np.testing.assert_allclose(resize(x, size, **options), np.asarray(theirs), atol=1e-5)


@pytest.mark.parametrize("interpolation", METHODS)
def test_resize_of_bytes(keras, interpolation):
    x = image((5, 6, 3), "uint8")
    ours = resize(x, (4, 9), interpolation)
    theirs = np.asarray(keras.ops.image.resize(x, (4, 9), interpolation))
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-3)


TURN = np.array(
    [
        [0.91, 0.33, -1.72, -0.43, 1.12, 2.37, 0.0, 0.0],
        [1.73, -0.37, 5.23, 0.61, -1.31, 9.42, 0.0, 0.0],
    ],
    "float32",
)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_affine_transform(keras, interpolation, fill_mode, data_format):
    x = image((2, 5, 7, 3)) / 255.0
    options = dict(
        interpolation=interpolation, fill_mode=fill_mode, fill_value=0.3, data_format=data_format
    )
    theirs = keras.ops.image.affine_transform(x, TURN, **options)
    np.testing.assert_allclose(affine_transform(x, TURN, **options), np.asarray(theirs), atol=1e-5)
    one = keras.ops.image.affine_transform(x[0], TURN[0], **options)
    np.testing.assert_allclose(
        affine_transform(x[0], TURN[0], **options), np.asarray(one), atol=1e-5
    )
