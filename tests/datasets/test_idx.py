"""Reading IDX files, whole and damaged."""

import gzip

import numpy as np
import pytest

from minikeras.datasets import read_idx


def idx_bytes(values, code):
    """Write an IDX file by hand: 0, 0, type code, number of axes, lengths, big-endian values."""
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    order = values.astype(values.dtype.newbyteorder(">"))
    return bytes([0, 0, code, values.ndim]) + lengths + order.tobytes()


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_type_is_read_in_native_byte_order(tmp_path, code, dtype, pack):
    values = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    file = tmp_path / "values.idx"
    file.write_bytes(pack(idx_bytes(values, code)))
    read = read_idx(file)
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.dtype(dtype) and read.flags.writeable


def test_empty_array_is_read(tmp_path):
    file = tmp_path / "none"
    file.write_bytes(idx_bytes(np.empty((0, 28, 28), "u1"), 8))
    assert read_idx(file).shape == (0, 28, 28)


def test_the_published_mnist_labels_are_read(shared_data):
    labels = read_idx(shared_data / "mnist" / "t10k-labels-idx1-ubyte.gz")
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]  # the first test digits of MNIST


@pytest.mark.parametrize("cut", [0, 3, 5, 9, 20, -1])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_file_cut_short_is_named(tmp_path, cut, pack):
    file = tmp_path / "labels-idx1-ubyte"
    file.write_bytes(pack(idx_bytes(np.arange(30, dtype="u1"), 8))[:cut])
    with pytest.raises(ValueError, match="labels-idx1-ubyte"):
        read_idx(file)


def test_trailing_bytes_are_named_with_both_sizes(tmp_path):
    file = tmp_path / "labels"
    file.write_bytes(idx_bytes(np.arange(3, dtype="u1"), 8) + b"x")
    with pytest.raises(ValueError, match=r"announces shape \(3,\), which takes 3 bytes, got 4"):
        read_idx(file)


@pytest.mark.parametrize("position", [12, -6])  # within the data, within the checksum
def test_flipped_bit_in_a_compressed_file_is_noticed(tmp_path, position):
    data = bytearray(gzip.compress(idx_bytes(np.arange(100, dtype="u1"), 8)))
    data[position] ^= 0x10
    file = tmp_path / "labels.gz"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"labels\.gz"):
        read_idx(file)


@pytest.mark.parametrize("data", [b"<html>not found</html>", b"\x00\x00\x07\x01\x00\x00\x00\x00"])
def test_other_formats_are_refused(tmp_path, data):
    file = tmp_path / "page"
    file.write_bytes(data)
    with pytest.raises(ValueError, match="page is not an IDX file: expected it to begin with"):
        read_idx(file)


def test_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing-here"):
        read_idx(tmp_path / "nothing-here")
