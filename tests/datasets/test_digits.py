"""The digits inside the package."""

import hashlib
from importlib import resources

import numpy as np
import pytest

import minikeras.datasets
from minikeras.datasets import digits


def as_bytes(images):
    """Return the images in an order of their own."""
    return sorted(image.tobytes() for image in images)


def test_digits_follow_the_keras_convention():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1438, 8, 8) and y_train.shape == (1438,)
    assert x_test.shape == (359, 8, 8) and y_test.shape == (359,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert (x_train.min(), x_train.max()) == (0, 16)
    assert set(y_train) == set(y_test) == set(range(10))


def test_every_digit_is_held_out_in_equal_share():
    (_, y_train), (_, y_test) = digits.load_data()
    share = np.bincount(y_test) / (np.bincount(y_train) + np.bincount(y_test))
    assert np.all((share > 0.195) & (share < 0.205))


def test_the_third_of_every_five_images_of_a_digit_is_held_out():
    sklearn = pytest.importorskip("sklearn.datasets")
    theirs = sklearn.load_digits()
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    for digit in range(10):
        images = theirs.images[theirs.target == digit]
        np.testing.assert_array_equal(x_test[y_test == digit], images[2::5])
        rest = np.delete(images, np.s_[2::5], axis=0)
        assert as_bytes(x_train[y_train == digit]) == as_bytes(rest.astype(np.uint8))


def test_every_tenth_of_the_training_images_holds_all_digits():
    (_, y_train), _ = digits.load_data()
    for part in np.array_split(y_train, 10):
        assert np.bincount(part, minlength=10).min() >= 5


def test_the_order_is_always_the_same():
    np.testing.assert_array_equal(digits.load_data()[0][0], digits.load_data()[0][0])
    assert digits.load_data()[0][1][:6].tolist() == [7, 9, 7, 8, 5, 9]


def test_train_and_test_share_no_image():
    (x_train, _), (x_test, _) = digits.load_data()
    assert not set(as_bytes(x_train)) & set(as_bytes(x_test))


def test_the_stored_arrays_are_the_published_ones():
    # sha256 of the bytes of scikit-learn 1.x's load_digits().images as uint8, in C order
    file = resources.files("minikeras.datasets").joinpath("digits.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    assert len(images) == len(labels) == 1797
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert digest == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def test_each_call_gives_arrays_of_its_own():
    digits.load_data()[0][0][:] = 255
    assert digits.load_data()[0][0].max() == 16


def test_misspelt_data_set_is_told_the_nearest():
    with pytest.raises(AttributeError, match="no data set 'digit'; did you mean 'digits'"):
        minikeras.datasets.digit  # noqa: B018


def test_every_public_name_of_the_package_is_there():
    for name in minikeras.datasets.__all__:
        assert getattr(minikeras.datasets, name) is not None
    assert set(minikeras.datasets.__all__) <= set(dir(minikeras.datasets))
