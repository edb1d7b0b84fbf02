"""Pooling layers: shapes, layouts, masks, and what they refuse."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import config, registry
from minikeras.layers import pooling
from minikeras.layers.pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveMaxPooling2D,
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)

WINDOWED = {1: MaxPooling1D, 2: MaxPooling2D, 3: AveragePooling3D}


def test_maxima_of_an_image_by_hand():
    image = np.array([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 1.0]]).reshape(1, 2, 4, 1)
    np.testing.assert_array_equal(MaxPooling2D()(image).ravel(), [5.0, 8.0])
    np.testing.assert_array_equal(AveragePooling2D(2)(image).ravel(), [3.25, 2.75])
    np.testing.assert_array_equal(GlobalMaxPooling2D()(image), [[8.0]])
    np.testing.assert_array_equal(GlobalAveragePooling2D()(image), [[3.0]])


@given(
    st.sampled_from([1, 2, 3]),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(1, 4)),
    st.sampled_from(["valid", "same"]),
    st.sampled_from(["channels_last", "channels_first"]),
    st.integers(4, 6),
)
def test_the_shape_is_known_beforehand(rank, size, strides, padding, data_format, length):
    layer = WINDOWED[rank](size, strides, padding, data_format)
    lengths = (length, 5, 4)[:rank]
    sample = (*lengths, 2) if data_format == "channels_last" else (2, *lengths)
    y = layer(np.zeros((3, *sample)))
    assert layer.compute_output_shape((None, *sample)) == (None, *y.shape[1:])


def test_unknown_lengths_stay_unknown():
    assert MaxPooling2D().compute_output_shape((None, None, 9, 3)) == (None, None, 4, 3)
    assert GlobalMaxPooling3D(keepdims=True).compute_output_shape((None, None, None, None, 2)) == (
        None,
        1,
        1,
        1,
        2,
    )
    assert AdaptiveMaxPooling2D(3).compute_output_shape((None, None, None, 2)) == (None, 3, 3, 2)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_global_pooling_may_keep_its_axes(data_format):
    x = np.ones((2, 3, 4, 5))
    shape = (2, 1, 1, 5) if data_format == "channels_last" else (2, 3, 1, 1)
    for layer in (GlobalMaxPooling2D, GlobalAveragePooling2D):
        assert layer(data_format, keepdims=True)(x).shape == shape


def test_the_configured_layout_is_the_default():
    config.set_image_data_format("channels_first")
    layer = MaxPooling2D()
    assert layer.data_format == layer.get_config()["data_format"] == "channels_first"
    assert layer(np.zeros((1, 3, 4, 6))).shape == (1, 3, 2, 3)


def test_a_mask_leaves_steps_out_and_ends_here():
    layer = GlobalAveragePooling1D()
    x = np.array([[[2.0], [4.0], [90.0]]])
    mask = np.array([[True, True, False]])
    np.testing.assert_array_equal(layer(x, mask=mask), [[3.0]])
    assert layer.compute_mask(x, mask) is None


def test_the_configuration_holds_one_number_for_each_axis():
    layer = MaxPooling3D(2, (1, 2, 3))
    assert layer.get_config()["pool_size"] == (2, 2, 2)
    assert layer.get_config()["strides"] == (1, 2, 3)
    assert AveragePooling1D(3).get_config()["strides"] == (3,)
    assert AdaptiveAveragePooling1D(3).get_config()["output_size"] == (3,)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("MaxPool", "MaxPooling"),
        ("AvgPool", "AveragePooling"),
        ("GlobalMaxPool", "GlobalMaxPooling"),
        ("GlobalAvgPool", "GlobalAveragePooling"),
    ],
)
def test_short_names_are_the_same_classes(short, long, rank):
    layer = getattr(pooling, f"{long}{rank}D")
    assert getattr(pooling, f"{short}{rank}D") is layer
    arguments = {} if "Global" in short or "Max" in short else {"pool_size": 2}
    entry = {"class_name": f"{short}{rank}D", "config": arguments}
    assert type(registry.deserialize(entry, "layer")) is layer


def test_a_window_larger_than_the_input_is_named():
    layer = MaxPooling2D(4, name="pool")
    with pytest.raises(
        ValueError, match=r"MaxPooling2D 'pool' expected an input of at least \(4, 4\).* got \(3, 5"
    ):
        layer(np.zeros((1, 3, 5, 1)))
    with pytest.raises(ValueError, match="padding='same'"):
        layer.compute_output_shape((None, 3, 5, 1))
    assert MaxPooling2D(4, padding="same")(np.zeros((1, 3, 5, 1))).shape == (1, 1, 2, 1)


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        (MaxPooling1D(name="p"), "(batch, steps, channels)"),
        (AveragePooling3D(2, name="p"), "(batch, depth, height, width, channels)"),
        (GlobalMaxPooling2D("channels_first", name="p"), "(batch, channels, height, width)"),
        (AdaptiveMaxPooling2D(2, name="p"), "(batch, height, width, channels)"),
    ],
)
def test_a_wrong_number_of_axes_is_named(layer, wanted):
    message = f"'p' expected an input of shape {wanted}, got shape (2, 6)"
    with pytest.raises(ValueError, match=re.escape(message)):
        layer(np.zeros((2, 6)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MaxPooling2D(0), ValueError, "pool_size must be an integer of at least 1, got 0"),
        (lambda: MaxPooling2D((2, 2.5)), TypeError, "each of pool_size must be an integer"),
        (lambda: MaxPooling2D((2, 2, 2)), ValueError, "pool_size must be an integer or 2 of them"),
        (lambda: MaxPooling1D(2, 0), ValueError, "strides must be an integer of at least 1"),
        (lambda: MaxPooling1D(2, padding="sane"), ValueError, "did you mean 'same'"),
        (lambda: MaxPooling1D(data_format="nhwc"), ValueError, "unknown data_format 'nhwc'"),
        (lambda: AdaptiveMaxPooling2D("3"), TypeError, "output_size must be an integer"),
        (lambda: GlobalMaxPooling2D(keepdim=True), TypeError, "did you mean 'keepdims'"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("layer", [GlobalMaxPooling2D(), AdaptiveMaxPooling2D(2)])
def test_nothing_to_pool_is_refused(layer):
    with pytest.raises(ValueError, match="expected at least one element to pool"):
        layer(np.zeros((1, 0, 3, 2)))
