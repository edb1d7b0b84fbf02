"""Turned and shifted images: hand values, scipy, gradients."""

import numpy as np
import pytest

from minikeras import check_gradients
from minikeras.ops.image_affine import affine_transform

SAME = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
TURN = np.array([0.91, 0.33, -1.72, -0.43, 1.12, 2.37, 0.0, 0.0])


@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("constant", [9, 9, 9, 1, 2, 3, 9, 9, 9]),
        ("nearest", [1, 1, 1, 1, 2, 3, 3, 3, 3]),
        ("wrap", [1, 2, 3, 1, 2, 3, 1, 2, 3]),
        ("reflect", [3, 2, 1, 1, 2, 3, 3, 2, 1]),
        ("mirror", [2, 3, 2, 1, 2, 3, 2, 1, 2]),
    ],
)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_what_lies_outside(fill_mode, expected, interpolation):
    image = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    seen = []
    for shift in (-3.0, 0.0, 3.0):
        transform = SAME + np.array([0, 0, shift, 0, 0, 0, 0, 0])
        y = affine_transform(image, transform, interpolation, fill_mode, fill_value=9.0)
        seen += y.ravel().tolist()
    assert seen == expected


@pytest.mark.parametrize(
    ("ours", "theirs"), [("nearest", "nearest"), ("reflect", "reflect"), ("mirror", "mirror")]
)
def test_scipy_gives_the_same(rng, ours, theirs):
    ndimage = pytest.importorskip("scipy.ndimage")
    x = rng.standard_normal((6, 9))
    matrix = np.array([[TURN[4], TURN[3]], [TURN[1], TURN[0]]])
    expected = ndimage.affine_transform(x, matrix, (TURN[5], TURN[2]), order=1, mode=theirs)
    y = affine_transform(x[..., np.newaxis], TURN, fill_mode=ours)[..., 0]
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_a_projection_divides():
    image = np.arange(1.0, 5.0).reshape(1, 4, 1)
    transform = np.array([2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0])  # column 2 x / (x + 1)
    y = affine_transform(image, transform)[0, :, 0]
    np.testing.assert_allclose(y, 1.0 + np.array([0.0, 1.0, 4.0 / 3.0, 1.5]))


@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_gradient_agrees_with_central_differences(rng, fill_mode, interpolation, data_format):
    x = rng.standard_normal((2, 4, 5, 3))
    transforms = np.stack([TURN, SAME])
    check_gradients(
        lambda x: affine_transform(x, transforms, interpolation, fill_mode, 0.5, data_format), x
    )


def test_many_images_are_worked_on_in_blocks(rng):
    x = rng.standard_normal((40, 60, 60, 1)).astype("float32")
    transforms = np.tile(TURN, (40, 1)) + rng.normal(0.0, 0.1, (40, 8)) * (TURN != 0.0)
    whole = affine_transform(x, transforms)
    for i in (0, 17, 18, 19, 39):
        np.testing.assert_array_equal(whole[i], affine_transform(x[i], transforms[i]))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float32", "float64"])
def test_dtype_is_kept_and_integers_are_rounded(dtype):
    x = np.array([1, 2, 4]).reshape(1, 3, 1).astype(dtype)
    y = affine_transform(x, SAME + np.array([0, 0, 0.75, 0, 0, 0, 0, 0]), fill_mode="nearest")
    assert y.dtype == dtype
    exact = [1.75, 3.5, 4.0]
    np.testing.assert_array_equal(y.ravel(), np.rint(exact) if y.dtype.kind in "iu" else exact)


@pytest.mark.parametrize("shape", [(0, 3, 4, 2), (2, 0, 4, 2), (2, 3, 4, 0)])
def test_nothing_passes(shape):
    assert affine_transform(np.ones(shape), SAME).shape == shape


@pytest.mark.parametrize(
    ("transform", "message"),
    [(np.ones(6), r"shape \(8,\) or \(batch, 8\), got \(6,\)"), (np.ones((3, 8)), "got 3")],
)
def test_wrong_transforms_are_named(transform, message):
    with pytest.raises(ValueError, match=message):
        affine_transform(np.ones((2, 4, 4, 1)), transform)
