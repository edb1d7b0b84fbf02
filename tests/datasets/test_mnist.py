"""MNIST and Fashion-MNIST from caches, folders and files; downloads from local addresses."""

import dataclasses
import gzip
import hashlib

import numpy as np
import pytest

from minikeras.datasets import fashion_mnist, mnist

SETS = [(mnist, "_MNIST"), (fashion_mnist, "_FASHION_MNIST")]
IMAGES = np.arange(3 * 4 * 4, dtype="u1").reshape(3, 4, 4)
LABELS = np.array([2, 0, 1], "u1")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep the tests away from the real cache and from files in the current folder."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "keras" / "datasets"


def write_idx(file, values):
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    data = bytes([0, 0, 8, values.ndim]) + lengths + values.tobytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)


def write_folder(folder, parts=("train", "t10k"), ending="-ubyte.gz", joint="-"):
    for part in parts:
        write_idx(folder / f"{part}-images{joint}idx3{ending}", IMAGES)
        write_idx(folder / f"{part}-labels{joint}idx1{ending}", LABELS)


def write_npz(file, **changes):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[1:], "y_test": LABELS[1:]}
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, **{k: v for k, v in (arrays | changes).items() if v is not None})


def assert_is_the_sample(parts):
    (x_train, y_train), (x_test, _) = parts
    np.testing.assert_array_equal(x_train, IMAGES)
    np.testing.assert_array_equal(y_train, LABELS)
    assert x_test.dtype == np.uint8


def offer(monkeypatch, module, attribute, urls, sha256=None):
    """Let ``module`` download the given local files instead of the published ones."""
    source = getattr(module, attribute)
    downloads = tuple(
        dataclasses.replace(
            item,
            url=file.as_uri(),
            sha256=sha256 or hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        for item, file in zip(source.downloads, urls, strict=True)
    )
    monkeypatch.setattr(module, attribute, dataclasses.replace(source, downloads=downloads))


def test_keras_cache_of_mnist_is_read(cache):
    write_npz(cache / "mnist.npz")
    assert_is_the_sample(mnist.load_data())
    assert len(mnist.load_part("test")[0]) == 2


def test_keras_cache_of_fashion_mnist_is_read(cache):
    write_folder(cache / "fashion-mnist")
    assert_is_the_sample(fashion_mnist.load_data())


def test_without_keras_home_the_cache_is_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_npz(tmp_path / ".keras" / "datasets" / "mnist.npz")
    assert_is_the_sample(mnist.load_data())


@pytest.mark.parametrize(
    ("ending", "joint"), [("-ubyte.gz", "-"), ("-ubyte", "-"), ("-ubyte", ".")]
)
@pytest.mark.parametrize("module", [mnist, fashion_mnist])
def test_folder_of_idx_files_is_read_packed_or_not(tmp_path, module, ending, joint):
    write_folder(tmp_path / "raw", ending=ending, joint=joint)
    assert_is_the_sample(module.load_data(tmp_path / "raw"))
    assert_is_the_sample(module.load_data(str(tmp_path / "raw")))


@pytest.mark.parametrize("module", [mnist, fashion_mnist])
def test_npz_file_is_read_from_anywhere(tmp_path, module):
    write_npz(tmp_path / "mine.npz")
    assert_is_the_sample(module.load_data(tmp_path / "mine.npz"))


def test_folder_may_hold_the_npz(tmp_path):
    write_npz(tmp_path / "raw" / "mnist.npz")
    assert_is_the_sample(mnist.load_data(tmp_path / "raw"))


def test_relative_path_is_looked_for_in_the_current_folder_too(tmp_path):
    write_folder(tmp_path / "elsewhere" / "raw")
    assert_is_the_sample(mnist.load_data("raw"))


def test_missing_mnist_says_where_to_put_which_file(cache):
    with pytest.raises(FileNotFoundError) as error:
        mnist.load_data()
    message = str(error.value)
    assert f"tf-keras-datasets/mnist.npz at {cache / 'mnist.npz'}" in message
    assert "mnist.load_data(..., download=True)" in message


def test_missing_fashion_mnist_says_where_to_put_which_files(cache):
    with pytest.raises(FileNotFoundError) as error:
        fashion_mnist.load_data()
    lines = [line for line in str(error.value).splitlines() if "https://" in line]
    assert len(lines) == 4
    assert all(line.endswith(f"into {cache / 'fashion-mnist'}") for line in lines)


def test_test_part_alone_can_be_loaded_and_the_error_says_how(tmp_path):
    write_folder(tmp_path / "raw", parts=["t10k"])
    x, y = mnist.load_part("test", tmp_path / "raw")
    assert x.shape == (3, 4, 4) and y.tolist() == [2, 0, 1]
    with pytest.raises(FileNotFoundError) as error:
        mnist.load_data(tmp_path / "raw")
    assert f"mnist.load_part('test', {str(tmp_path / 'raw')!r})" in str(error.value)
    assert "put train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz into" in str(error.value)


def test_only_the_file_that_is_missing_is_asked_for(tmp_path):
    write_folder(tmp_path / "raw")
    (tmp_path / "raw" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"put train-labels-idx1-ubyte\.gz into"):
        mnist.load_data(tmp_path / "raw")


def test_the_published_test_part_is_read(shared_data):
    x, y = mnist.load_part("test", shared_data / "mnist")
    assert x.shape == (10000, 28, 28) and x.dtype == np.uint8
    # how often each digit occurs in the test part, from the MNIST page
    assert np.bincount(y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_labels_of_another_number_are_refused(tmp_path):
    write_folder(tmp_path / "raw")
    write_idx(tmp_path / "raw" / "train-labels-idx1-ubyte.gz", LABELS[:2])
    with pytest.raises(ValueError, match=r"train-labels.*got shapes \(3, 4, 4\) and \(2,\)"):
        mnist.load_data(tmp_path / "raw")


def test_truncated_idx_file_is_named(tmp_path):
    write_folder(tmp_path / "raw")
    file = tmp_path / "raw" / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is damaged or cut short"):
        mnist.load_data(tmp_path / "raw")


def test_npz_without_an_array_names_it(tmp_path):
    write_npz(tmp_path / "mnist.npz", y_test=None)
    with pytest.raises(ValueError, match=r"mnist\.npz: no array 'y_test' among"):
        mnist.load_data(tmp_path / "mnist.npz")


def test_npz_with_objects_is_refused_without_unpickling(tmp_path):
    write_npz(tmp_path / "mnist.npz", y_train=np.array([1, "a", None], dtype=object))
    with pytest.raises(ValueError, match=r"cannot read x_train and y_train from .*mnist\.npz"):
        mnist.load_data(tmp_path / "mnist.npz")


def test_damaged_npz_is_named(tmp_path):
    file = tmp_path / "mnist.npz"
    write_npz(file)
    data = bytearray(file.read_bytes())
    data[150] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"mnist\.npz"):
        mnist.load_data(file)
    file.write_bytes(data[:-40])
    with pytest.raises(ValueError, match=r"mnist\.npz is not an npz file, or it is cut short"):
        mnist.load_data(file)


def test_single_idx_file_as_path_is_told_to_pass_the_folder(tmp_path):
    write_folder(tmp_path / "raw")
    with pytest.raises(ValueError, match="or the path of a folder of IDX files"):
        mnist.load_data(tmp_path / "raw" / "train-images-idx3-ubyte.gz")


def test_download_of_mnist_lands_in_the_cache(tmp_path, cache, monkeypatch, capsys):
    write_npz(tmp_path / "web.npz")
    offer(monkeypatch, mnist, "_MNIST", [tmp_path / "web.npz"])
    assert_is_the_sample(mnist.load_data(download=True))
    assert [file.name for file in cache.iterdir()] == ["mnist.npz"]
    assert "web.npz" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["mine.npz", "folder"])
def test_download_of_mnist_goes_where_asked(tmp_path, monkeypatch, target):
    write_npz(tmp_path / "web.npz")
    offer(monkeypatch, mnist, "_MNIST", [tmp_path / "web.npz"])
    assert_is_the_sample(mnist.load_data(tmp_path / target, download=True))
    assert (tmp_path / target).exists()


def test_download_of_fashion_mnist_fetches_what_is_missing(tmp_path, cache, monkeypatch, capsys):
    write_folder(tmp_path / "web")
    write_idx(cache / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz", LABELS)
    files = [tmp_path / "web" / item.name for item in fashion_mnist._FASHION_MNIST.downloads]
    offer(monkeypatch, fashion_mnist, "_FASHION_MNIST", files)
    assert_is_the_sample(fashion_mnist.load_data(download=True))
    assert capsys.readouterr().err.count("Downloading") == 3


@pytest.mark.parametrize(("module", "attribute"), SETS)
def test_nothing_is_downloaded_when_the_files_are_there(tmp_path, monkeypatch, module, attribute):
    write_folder(tmp_path / "raw")
    source = getattr(module, attribute)
    monkeypatch.setattr(module, attribute, dataclasses.replace(source, downloads=()))
    assert_is_the_sample(module.load_data(tmp_path / "raw", download=True))


def test_wrong_checksum_leaves_nothing_behind(tmp_path, cache, monkeypatch):
    write_npz(tmp_path / "web.npz")
    offer(monkeypatch, mnist, "_MNIST", [tmp_path / "web.npz"], sha256="0" * 64)
    with pytest.raises(ValueError, match="expected sha256 000.*nothing was stored"):
        mnist.load_data(download=True)
    assert list(cache.iterdir()) == []


def test_a_download_that_does_not_end_leaves_nothing_behind(tmp_path, cache, monkeypatch):
    write_npz(tmp_path / "web.npz")
    offer(monkeypatch, mnist, "_MNIST", [tmp_path / "web.npz"])
    monkeypatch.setattr("minikeras.datasets._download._MOST", 100)
    with pytest.raises(ValueError, match="gave more than 100 bytes; nothing was stored"):
        mnist.load_data(download=True)
    assert list(cache.iterdir()) == []


def test_failing_download_says_where_to_put_the_file(tmp_path, cache, monkeypatch):
    write_npz(tmp_path / "web.npz")
    offer(monkeypatch, mnist, "_MNIST", [tmp_path / "web.npz"])
    (tmp_path / "web.npz").unlink()
    with pytest.raises(OSError, match=r"could not download .*web\.npz.*put it at .*mnist\.npz"):
        mnist.load_data(download=True)
    assert list(cache.iterdir()) == []


def test_npz_path_is_refused_for_a_download_of_several_files(tmp_path):
    with pytest.raises(ValueError, match="must name a folder to download fashion_mnist"):
        fashion_mnist.load_data(tmp_path / "f.npz", download=True)


def test_class_names_cover_all_labels():
    assert len(mnist.CLASS_NAMES) == len(fashion_mnist.CLASS_NAMES) == 10
