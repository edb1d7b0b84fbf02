"""Images, filters, feature maps; PNG files and colours."""

import base64
import io
import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minikeras import Input, Model, Sequential, config, plot
from minikeras._svg.colors import heat, signed
from minikeras._svg.png import encode
from minikeras.layers import LSTM, Conv1D, Conv2D, Dense, Flatten, ReLU

SVG = "{http://www.w3.org/2000/svg}"


def decode(content):
    """Return the pixels of a PNG file whose rows are not filtered."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", content[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(kind + data)
        chunks[kind] = data
        at += 12 + size
    width, height, depth, color, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert depth == 8 and rest == [0, 0, 0] and list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    channels = {0: 1, 2: 3, 6: 4}[color]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, channels)


def images_in(picture):
    """Return the pixels of all images, each square of equal pixels as one."""
    found = []
    for node in ET.fromstring(picture.svg).iter(f"{SVG}image"):
        kind, _, data = node.get("href").partition(",")
        assert kind == "data:image/png;base64"
        found.append(decode(base64.b64decode(data)))
    return found


def texts(picture):
    return [node.text for node in ET.fromstring(picture.svg).iter(f"{SVG}text")]


SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4]))


@given(arrays.arrays(np.uint8, SHAPES))
def test_png_holds_the_pixels(pixels):
    np.testing.assert_array_equal(decode(encode(pixels)), pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_is_read_by_pillow(rng, channels):
    image = pytest.importorskip("PIL.Image")
    pixels = rng.integers(0, 256, (5, 7, channels), dtype=np.uint8)
    with image.open(io.BytesIO(encode(pixels))) as opened:
        np.testing.assert_array_equal(np.asarray(opened).reshape(5, 7, channels), pixels)


def test_heat_gets_brighter_all_the_way():
    colors = heat(np.linspace(0, 1, 200))[:, :3].astype(float)
    assert (np.diff(colors @ [0.299, 0.587, 0.114]) > -1).all()
    assert heat(np.array([np.nan, 0.5]))[:, 3].tolist() == [0, 255]


def test_signed_colours_are_clear_at_zero_and_where_nothing_is_known():
    assert signed([[0.0, np.nan, -2.0, 1.0]])[0, :, 3].tolist() == [0, 0, 255, 128]
    assert signed(np.zeros(2))[:, 3].tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(2, 4, 4), (2, 4, 4, 1), (2, 4, 4, 3), (2, 4, 4, 4), (4, 4)])
def test_images_of_all_shapes_are_drawn(rng, shape):
    drawn = images_in(plot.images(rng.random(shape)))
    assert len(drawn) == (1 if len(shape) == 2 else 2)
    assert drawn[0].shape[2] == (shape[3] if len(shape) == 4 else 1)


def test_pixels_are_shown_as_they_are_and_others_stretched():
    x = np.array([[[0, 51], [102, 255]]])
    for given_x in (x.astype(np.uint8), x / 255, x.astype(int)):
        [image] = images_in(plot.images(given_x))
        side = image.shape[0] // 2
        assert image[::side, ::side, 0].tolist() == x[0].tolist()
    [image] = images_in(plot.images(x / 255 * 4 - 2))
    assert image.min() == 0 and image.max() == 255


def test_channels_come_first_if_the_settings_say_so(rng):
    config.set_image_data_format("channels_first")
    assert images_in(plot.images(rng.random((1, 3, 4, 6))))[0].shape[2] == 3


def test_right_and_wrong_predictions_differ_in_words_and_frames():
    picture = plot.images(np.zeros((2, 3, 3)), [0, 1], [[0.9, 0.1], [0.8, 0.2]])
    assert {"0", "1 ≠ 0"} <= set(texts(picture))
    rims = [node.get("stroke") for node in ET.fromstring(picture.svg).iter(f"{SVG}rect")]
    assert len(set(rims)) == 2
    assert (
        picture.desc
        == "2 images of 3 x 3. By label and prediction: 0, 1 taken for 0. 1 of 2 right."
    )


def test_labels_or_predictions_alone_are_captions():
    names = ["cat", "dog"]
    for name in ("labels", "predictions"):
        picture = plot.images(np.zeros((2, 3, 3)), **{name: [1, 0]}, class_names=names)
        assert set(names) <= set(texts(picture)) and f"By {name[:-1]}: dog, cat." in picture.desc


def test_of_many_images_the_first_are_drawn_and_the_picture_says_so():
    picture = plot.images(np.zeros((100, 2, 2)), limit=7)
    assert len(images_in(picture)) == 7 and "the first 7 of 100" in texts(picture)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 3, 3, 2)),), r"1, 3 or 4 channels, got \(2, 3, 3, 2\)"),
        ((np.zeros(5),), r"got \(5,\)"),
        ((np.zeros((0, 3, 3)),), r"got \(0, 3, 3\)"),
        ((np.zeros((2, 3, 3)), [1]), "labels must hold one per image, got 1 for 2"),
    ],
)
def test_wrong_images_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot.images(*arguments)


def test_filters_of_a_convolution_are_drawn_for_each_channel():
    model = Sequential([Input((8, 8, 3)), Conv2D(4, (3, 2), name="c")])
    kernel = model.layers[0].kernel.value
    picture = plot.filters(model.layers[0])
    drawn = images_in(picture)
    assert len(drawn) == 12 and picture.desc.startswith("12 filters of 3 x 2 of c")
    side = drawn[0].shape[0] // 3
    np.testing.assert_array_equal(
        drawn[1][::side, ::side], signed(kernel[:, :, 1, 0], np.abs(kernel).max())
    )


def test_filters_of_other_layers_are_drawn():
    model = Sequential([Input((9, 2)), Conv1D(5, 3), Flatten(), Dense(3, name="d")])
    assert len(images_in(plot.filters(model.layers[0]))) == 5
    dense = Sequential([Input((16,)), Dense(3)]).layers[0]
    assert plot.filters(dense).desc.startswith("3 filters of 4 x 4")
    assert plot.filters(dense, shape=(2, 8)).desc.startswith("3 filters of 2 x 8")
    assert "2 of 3 filters" in texts(plot.filters(dense, limit=2))[1]


def test_filters_name_what_is_wrong():
    dense = Sequential([Input((6,)), Dense(3, name="d")]).layers[0]
    with pytest.raises(ValueError, match="6 inputs of 'd' do not form an image of shape"):
        plot.filters(dense)
    for layer in (ReLU(), Dense(2), 3):
        with pytest.raises(ValueError, match="expected a built layer with a kernel"):
            plot.filters(layer)


def test_feature_maps_are_what_the_layer_gives(rng):
    x = Input((6, 6, 1))
    inner = Sequential([Input((6, 6, 1)), Conv2D(3, 3, activation="relu", name="edges")])
    model = Model(x, Dense(1)(Flatten()(inner(x))))
    sample = rng.random((6, 6, 1))
    picture = plot.feature_maps(model, sample, "edges")
    wanted = inner(sample[np.newaxis].astype("float32"))[0]
    drawn = images_in(picture)
    assert len(drawn) == 3 and picture.title == "edges: 3 channels of 4 x 4"
    side = drawn[0].shape[0] // 4
    shares = (wanted - wanted.min()) / (wanted.max() - wanted.min())
    np.testing.assert_allclose(
        drawn[2][::side, ::side].astype(int), heat(shares[..., 2])[..., :3].astype(int), atol=1
    )
    assert plot.feature_maps(model, sample[np.newaxis], inner.layers[0]).svg == picture.svg


def test_feature_maps_of_steps_are_one_image():
    model = Sequential([Input((5, 2)), LSTM(3, return_sequences=True)])
    assert plot.feature_maps(model, np.ones((5, 2)), 0).title == "lstm: 1 channel of 3 x 5"


def test_feature_maps_name_what_is_wrong():
    model = Sequential(
        [Input((6, 6, 1)), Conv2D(3, 3, name="edges"), Flatten(), Dense(2, name="d")]
    )
    sample = np.ones((6, 6, 1))
    with pytest.raises(ValueError, match="did you mean 'edges'"):
        plot.feature_maps(model, sample, "edgs")
    with pytest.raises(ValueError, match="height, width and channels, got 'd'"):
        plot.feature_maps(model, sample, "d")
    with pytest.raises(ValueError, match="did not run"):
        plot.feature_maps(model, sample, Conv2D(1, 1))
