"""Data sets out of folders, and images between files and arrays."""

import builtins
import wave

import numpy as np
import pytest

from minikeras import config
from minikeras.layers import Dense, Flatten
from minikeras.models import Sequential
from minikeras.utils import (
    array_to_img,
    audio_dataset_from_directory,
    image_dataset_from_directory,
    img_to_array,
    load_img,
    save_img,
    text_dataset_from_directory,
)


@pytest.fixture
def texts(tmp_path):
    for name, count in [("b", 3), ("a", 2), (".hidden", 1)]:
        folder = tmp_path / "texts" / name
        folder.mkdir(parents=True)
        for i in range(count):
            (folder / f"{i}.txt").write_text(f"{name}{i} ü", encoding="utf-8")
        (folder / "notes.md").write_text("no text", encoding="utf-8")
    return tmp_path / "texts"


@pytest.fixture
def pictures(tmp_path):
    pytest.importorskip("PIL", reason="image files need pillow")
    for name, value in [("dark", 20), ("light", 220)]:
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for i in range(4):
            save_img(folder / f"{i}.png", np.full((6, 8, 3), value + i), scale=False)
    return tmp_path / "pictures"


def test_texts_come_with_the_number_of_their_folder(texts, capsys):
    found = text_dataset_from_directory(texts, shuffle=False, batch_size=3)
    assert found.class_names == ["a", "b"] and len(found) == 2
    x, y = found[0]
    assert x.tolist() == ["a0 ü", "a1 ü", "b0 ü"] and y.tolist() == [0, 0, 1]
    assert capsys.readouterr().out == "Found 5 files belonging to 2 classes.\n"
    assert (
        text_dataset_from_directory(texts, max_length=2, verbose=False, shuffle=False)[0][0][4]
        == "b2"
    )


def test_labels_come_in_the_form_that_was_asked_for(texts):
    def labels(**settings):
        found = text_dataset_from_directory(texts, shuffle=False, verbose=False, **settings)
        return found[0][1].tolist()

    assert labels(label_mode="binary") == [[0], [0], [1], [1], [1]]
    assert labels(label_mode="categorical")[0] == [1, 0]
    assert labels(class_names=["b", "a"]) == [0, 0, 0, 1, 1]
    plain = text_dataset_from_directory(texts, label_mode=None, shuffle=False, verbose=False)
    assert plain[0].shape == (5,)
    given = text_dataset_from_directory(texts / "b", labels=[2, 0, 2], shuffle=False, verbose=False)
    assert given[0][1].tolist() == [2, 0, 2] and given.class_names == ["0", "2"]


def test_subsets_share_no_file_and_leave_none_out(texts):
    settings = {"validation_split": 0.4, "seed": 3, "verbose": False}
    one = text_dataset_from_directory(texts, subset="training", **settings)
    other = text_dataset_from_directory(texts, subset="validation", **settings)
    both = text_dataset_from_directory(texts, subset="both", **settings)
    assert len(other.file_paths) == 2
    assert len({*one.file_paths, *other.file_paths}) == 5
    assert [part.file_paths for part in both] == [one.file_paths, other.file_paths]


def test_order_changes_after_every_epoch(texts):
    found = text_dataset_from_directory(texts, seed=1, verbose=False)
    orders = []
    for _ in range(4):
        orders.append(tuple(found[0][0]))
        found.on_epoch_end()
    assert len(set(orders)) > 1 and len({tuple(sorted(order)) for order in orders}) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": [1]}, "one label for each of 5 files"),
        ({"labels": "guessed"}, "labels must be 'inferred'"),
        ({"labels": None, "class_names": ["a"]}, "class_names go with labels='inferred'"),
        ({"class_names": ["c"]}, r"no folders \['c'\]"),
        ({"label_mode": "one_hot"}, "unknown label_mode 'one_hot'"),
        ({"validation_split": 0.5}, "validation_split and subset go together"),
        ({"validation_split": 0.5, "subset": "both"}, "pass the same seed= to both"),
        ({"validation_split": 0.1, "subset": "both", "seed": 1}, "leaves a subset empty"),
        ({"label_mode": "binary", "class_names": ["a"]}, "expected 2 classes, got 1"),
    ],
)
def test_contradictions_are_refused(texts, settings, message):
    with pytest.raises(ValueError, match=message):
        text_dataset_from_directory(texts, verbose=False, **settings)


def test_an_empty_or_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="no files in .* end in .txt"):
        text_dataset_from_directory(tmp_path)
    with pytest.raises(ValueError, match="expected a folder"):
        text_dataset_from_directory(tmp_path / "nowhere")


def test_links_to_folders_are_not_followed_unless_told(texts, tmp_path):
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "linked").symlink_to(texts / "b", target_is_directory=True)
    settings = {"labels": None, "verbose": False}
    with pytest.raises(ValueError, match="no files"):
        text_dataset_from_directory(tmp_path / "all", **settings)
    found = text_dataset_from_directory(tmp_path / "all", follow_links=True, **settings)
    assert len(found.file_paths) == 3


def test_images_have_one_size_and_their_numbers(pictures):
    found = image_dataset_from_directory(
        pictures, image_size=(4, 5), batch_size=8, shuffle=False, verbose=False
    )
    x, y = found[0]
    assert x.shape == (8, 4, 5, 3) and x.dtype == "float32" and y.tolist() == [0] * 4 + [1] * 4
    np.testing.assert_allclose(x[:, 0, 0, 0], [20, 21, 22, 23, 220, 221, 222, 223], atol=1e-4)
    for settings, shape in [
        ({"color_mode": "grayscale"}, (4, 5, 1)),
        ({"color_mode": "rgba"}, (4, 5, 4)),
        ({"data_format": "channels_first"}, (3, 4, 5)),
        ({"crop_to_aspect_ratio": True}, (4, 5, 3)),
        ({"pad_to_aspect_ratio": True}, (4, 5, 3)),
    ]:
        single = image_dataset_from_directory(
            pictures, image_size=(4, 5), batch_size=None, verbose=False, **settings
        )
        assert single[0][0].shape == shape


def test_a_model_learns_from_a_folder_of_images(pictures):
    found = image_dataset_from_directory(
        pictures, image_size=(2, 2), label_mode="binary", seed=1, verbose=False
    )
    model = Sequential([Flatten(), Dense(1)])
    model.compile("adam", "mse")
    assert len(model.fit(found, epochs=2, verbose=0).history["loss"]) == 2


def test_sounds_are_read_at_every_width(tmp_path):
    folder = tmp_path / "sounds" / "beep"
    folder.mkdir(parents=True)
    values = np.array([[0.5, -0.5], [-1.0, 0.25], [0.0, 0.75]])
    for width in [1, 2, 3, 4]:
        scaled = np.round(values * 2.0 ** (8 * width - 1)).astype(np.int64)
        raw = scaled + 128 if width == 1 else scaled
        content = b"".join(int(v).to_bytes(width, "little", signed=width > 1) for v in raw.ravel())
        with wave.open(str(folder / f"{width}.wav"), "wb") as file:
            file.setparams((2, width, 8000, 3, "NONE", "not compressed"))
            file.writeframes(content)
    root = tmp_path / "sounds"
    x, _ = audio_dataset_from_directory(root, shuffle=False, verbose=False)[0]
    np.testing.assert_allclose(x, [values] * 4, atol=1e-2)
    np.testing.assert_allclose(x[1:], [values] * 3, atol=1e-4)
    longer = audio_dataset_from_directory(root, output_sequence_length=5, verbose=False)[0][0]
    assert longer.shape == (4, 5, 2) and not longer[:, 3:].any()
    with pytest.raises(ValueError, match="8000 samples per second, not sampling_rate=16000"):
        audio_dataset_from_directory(root, sampling_rate=16000, verbose=False)[0]
    (folder / "x.wav").write_bytes(b"noise")
    with pytest.raises(ValueError, match="cannot be read as uncompressed WAV"):
        audio_dataset_from_directory(root, verbose=False)[0]
    with pytest.raises(ValueError, match="ragged=False"):
        audio_dataset_from_directory(root, ragged=True)


# Images between files, Pillow and arrays.


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_an_array_becomes_an_image_and_back(rng, tmp_path, channels, mode):
    pytest.importorskip("PIL")
    x = rng.integers(0, 256, (5, 4, channels)).astype(np.float32)
    image = array_to_img(x, scale=False)
    assert image.mode == mode and image.size == (4, 5)
    np.testing.assert_array_equal(img_to_array(image), x)
    first = img_to_array(image, data_format="channels_first")
    np.testing.assert_array_equal(first, x.transpose(2, 0, 1))
    save_img(tmp_path / "x.png", x, scale=False)
    color = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    np.testing.assert_array_equal(img_to_array(load_img(tmp_path / "x.png", color)), x)


def test_scaling_uses_the_whole_range():
    pytest.importorskip("PIL")
    pixels = img_to_array(array_to_img(np.array([[[1.0], [2.0], [3.0]]])))
    assert pixels.ravel().tolist() == [0.0, 127.0, 255.0]


def test_images_are_resized_and_cropped_on_the_way(tmp_path):
    pytest.importorskip("PIL")
    x = np.zeros((4, 8, 3))
    x[:, 2:6] = 255.0
    save_img(tmp_path / "x.png", x, scale=False)
    assert load_img(tmp_path / "x.png", target_size=(2, 3)).size == (3, 2)
    cropped = load_img(tmp_path / "x.png", target_size=(4, 4), keep_aspect_ratio=True)
    assert (img_to_array(cropped) == 255.0).all()


def test_jpeg_loses_its_transparency_with_a_warning(tmp_path):
    pytest.importorskip("PIL")
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        save_img(tmp_path / "x.jpg", np.zeros((2, 2, 4)))
    assert load_img(tmp_path / "x.jpg").mode == "RGB"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: array_to_img(np.zeros((2, 2))), "one image of 3 axes"),
        (lambda: array_to_img(np.zeros((2, 2, 2))), "1, 3 or 4 channels, got 2"),
        (lambda: load_img("x", color_mode="cmyk"), "unknown color_mode 'cmyk'"),
        (lambda: load_img("x", interpolation="best"), "unknown interpolation 'best'"),
        (lambda: img_to_array(np.zeros((1, 2, 2, 3))), "expected an image"),
    ],
)
def test_what_is_no_image_is_refused(call, message):
    pytest.importorskip("PIL")
    with pytest.raises(ValueError, match=message):
        call()


def test_without_pillow_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'minikeras-numpy\[image\]'"):
        load_img("x.png")


def test_default_layout_of_images_is_the_configured_one(rng):
    pytest.importorskip("PIL")
    config.set_image_data_format("channels_first")
    image = array_to_img(rng.uniform(size=(3, 4, 5)))
    assert image.size == (5, 4) and img_to_array(image).shape == (3, 4, 5)
