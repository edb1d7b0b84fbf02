"""Layers on images: when they act, on what, and what they leave alone."""

import json

import numpy as np
import pytest

from minikeras import Model, Sequential
from minikeras.layers import Input
from minikeras.layers.preprocessing import (
    CenterCrop,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
    Resizing,
)

RANDOM = [
    RandomBrightness(0.3, seed=1),
    RandomContrast(0.3, seed=1),
    RandomCrop(5, 4, seed=1),
    RandomFlip(seed=1),
    RandomRotation(0.3, seed=1),
    RandomTranslation(0.3, 0.3, seed=1),
    RandomZoom(0.3, seed=1),
]


@pytest.fixture
def images(rng):
    return rng.uniform(50.0, 200.0, (8, 7, 6, 3)).astype("float32")


@pytest.mark.parametrize("layer", RANDOM)
def test_a_layer_acts_unless_told_that_this_is_no_training(images, layer):
    assert not np.array_equal(layer(images), layer(images))
    model = Sequential([layer])
    still = layer(images, training=False)
    np.testing.assert_array_equal(model(images, training=False), still)
    np.testing.assert_array_equal(model.predict(images, verbose=0), still)
    assert not np.array_equal(model(images), model(images))  # as in Keras
    assert not np.array_equal(model(images, training=True), model(images, training=True))


@pytest.mark.parametrize("layer", RANDOM)
def test_a_functional_model_is_still_at_inference(images, layer):
    x = Input((7, 6, 3))
    model = Model(x, layer(x))
    still = model(images, training=False)
    np.testing.assert_array_equal(still, layer(images, training=False))
    np.testing.assert_array_equal(still, model.predict(images, verbose=0))
    assert model.output_shape == (None, *layer(images).shape[1:])


@pytest.mark.parametrize("layer", RANDOM)
def test_configuration_makes_the_same_stream(images, layer):
    config = json.loads(json.dumps(layer.get_config()))
    a, b = type(layer).from_config(config), type(layer).from_config(config)
    assert repr(a) == repr(layer)
    np.testing.assert_array_equal(a(images), b(images))


@pytest.mark.parametrize("layer", [*RANDOM, CenterCrop(3, 3), Resizing(3, 3), Rescaling(0.5)])
def test_the_input_is_left_as_it_is(images, layer):
    before = images.copy()
    layer(images)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("layer", [*RANDOM, CenterCrop(3, 3), Resizing(3, 3)])
def test_one_image_is_taken_without_a_batch(images, layer):
    assert layer(images[0]).shape == layer(images).shape[1:]


@pytest.mark.parametrize("layer", [*RANDOM, CenterCrop(3, 3)])
@pytest.mark.parametrize("training", [False, True])
def test_bytes_become_floats(images, layer, training):
    assert layer(images.astype("uint8"), training=training).dtype == "float32"


def test_resizing_keeps_bytes(images):
    assert Resizing(3, 3)(images.astype("uint8")).dtype == "uint8"


def test_labels_pass_and_masks_follow_the_images(rng):
    images = rng.integers(0, 5, (4, 6, 6, 1)).astype("float32")
    data = {"images": images, "labels": np.arange(4), "segmentation_masks": images.copy()}
    for layer in (
        RandomFlip(),
        RandomRotation(0.5, interpolation="nearest"),
        RandomCrop(3, 4),
        RandomTranslation(0.5, 0.5, interpolation="nearest"),
    ):
        y = layer(data)
        np.testing.assert_array_equal(y["labels"], data["labels"])
        np.testing.assert_array_equal(y["segmentation_masks"], y["images"])


def test_masks_keep_their_values_and_colours_do_not_change_them(rng):
    masks = rng.integers(0, 3, (4, 6, 6, 1)).astype("float32")
    data = {"images": rng.uniform(0.0, 255.0, (4, 6, 6, 3)), "segmentation_masks": masks}
    for layer in (RandomRotation(0.5), RandomZoom(0.5), Resizing(9, 4), CenterCrop(9, 4)):
        assert set(np.unique(layer(data)["segmentation_masks"])) <= {0.0, 1.0, 2.0}
    for layer in (RandomBrightness(0.5), RandomContrast(0.5)):
        np.testing.assert_array_equal(layer(data)["segmentation_masks"], masks)
    one = {"images": data["images"][0], "segmentation_masks": masks[0]}
    assert Resizing(9, 4)(one)["segmentation_masks"].shape == (9, 4, 1)


def test_boxes_are_refused(images):
    with pytest.raises(ValueError, match="got bounding_boxes"):
        RandomFlip()({"images": images, "bounding_boxes": {}})


def test_a_matrix_is_no_image():
    with pytest.raises(ValueError, match=r"Resizing 'r': expected an image of 3 axes"):
        Resizing(3, 3, name="r")(np.ones((4, 4)))


def test_flips_mirror_about_half_of_the_images():
    image = np.array([[1.0, 2.0], [3.0, 4.0]])[..., np.newaxis]
    batch = np.tile(image, (400, 1, 1, 1))
    seen = {
        mode: {tuple(y.ravel()) for y in RandomFlip(mode, seed=1)(batch)}
        for mode in ("horizontal", "vertical", "horizontal_and_vertical")
    }
    straight, across, down, both = (1, 2, 3, 4), (2, 1, 4, 3), (3, 4, 1, 2), (4, 3, 2, 1)
    assert seen["horizontal"] == {straight, across}
    assert seen["vertical"] == {straight, down}
    assert seen["horizontal_and_vertical"] == {straight, across, down, both}
    share = (RandomFlip("vertical", seed=1)(batch)[:, 0, 0, 0] == 3.0).mean()
    assert 0.4 < share < 0.6


def test_a_crop_is_a_window_of_the_image_at_every_place():
    image = np.arange(20.0).reshape(4, 5, 1)
    layer = RandomCrop(2, 3, seed=1)
    corners = set()
    for _ in range(200):
        y = layer(image)[..., 0]
        corner = int(y[0, 0])
        top, left = divmod(corner, 5)
        np.testing.assert_array_equal(y, image[top : top + 2, left : left + 3, 0])
        corners.add((top, left))
    assert len(corners) == 9


def test_a_crop_at_inference_is_the_middle_of_the_same_ratio():
    image = np.arange(16.0).reshape(4, 4, 1)
    y = RandomCrop(2, 4)(image, training=False)
    np.testing.assert_array_equal(y, image[1:3])


def test_an_image_that_is_too_small_is_enlarged(rng):
    image = rng.uniform(size=(1, 4, 8, 1)).astype("float32")
    expected = Resizing(6, 6, crop_to_aspect_ratio=True)(image)
    np.testing.assert_array_equal(RandomCrop(6, 6)(image), expected)
    np.testing.assert_array_equal(CenterCrop(6, 6)(image), expected)


def test_every_image_has_numbers_of_its_own():
    images = np.tile(np.linspace(50.0, 200.0, 12).reshape(1, 3, 4, 1), (5, 1, 1, 1))
    for layer in (RandomBrightness(0.1), RandomContrast(0.2), RandomZoom(0.3)):
        y = layer(images).reshape(5, -1)
        assert len(np.unique(y, axis=0)) == 5


def test_contrast_keeps_the_mean_of_each_channel(images):
    y = RandomContrast(0.2, value_range=(-1000, 1000))(images)
    np.testing.assert_allclose(y.mean(axis=(1, 2)), images.mean(axis=(1, 2)), rtol=1e-4)
    ratio = y.std(axis=(1, 2)) / images.std(axis=(1, 2))
    assert (ratio > 0.79).all() and (ratio < 1.21).all()


def test_colours_stay_in_their_range(images):
    assert RandomBrightness((1.0, 1.0))(images).min() == 255.0
    assert RandomBrightness((-1.0, -1.0), (0.0, 300.0))(images).max() == 0.0
    assert RandomContrast((1.0, 1.0), (100.0, 150.0), seed=2)(images).max() == 150.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomRotation(1.5), r"factor must be a number in \[-1, 1\]"),
        (lambda: RandomRotation((0.1, 0.2, 0.3)), "a number or two of them"),
        (lambda: RandomRotation(0.1, fill_mode="mirror"), "unknown fill_mode 'mirror'"),
        (lambda: RandomZoom(-1.0), r"height_factor must be a number in \(-1, 1\]"),
        (lambda: RandomTranslation(0.1, 2.0), r"width_factor must be a number in \[-1, 1\]"),
        (lambda: RandomContrast(-0.1), r"factor must be a number in \[0, 1\]"),
        (lambda: RandomBrightness(0.1, 255), "value_range must be two numbers"),
        (lambda: RandomFlip("sideways"), "unknown mode 'sideways'"),
        (lambda: RandomCrop(0, 3), "height must be an integer of at least 1"),
        (lambda: Resizing(3, 3, "cubic"), "did you mean 'bicubic'"),
        (lambda: Resizing(3, 3, fill_mode="wrap"), "unknown fill_mode 'wrap'"),
        (
            lambda: Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            "crop_to_aspect_ratio or pad_to_aspect_ratio, got both",
        ),
        (lambda: Resizing(3, 3, data_format="first"), "unknown data_format 'first'"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
