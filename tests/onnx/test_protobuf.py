"""ONNX's messages byte for byte; the files as a whole are checked in ``tests/parity``."""

import struct

import numpy as np
import pytest

from minikeras.onnx import protobuf


def fields(data):
    """Return number and value of each field of a message."""
    found = []
    while data:
        key, data = varint(data)
        if key & 7 == 0:
            value, data = varint(data)
        elif key & 7 == 5:
            value, data = struct.unpack("<f", data[:4])[0], data[4:]
        else:
            assert key & 7 == 2
            length, data = varint(data)
            value, data = data[:length], data[length:]
        found.append((key >> 3, value))
    return found


def varint(data):
    value = shift = 0
    for i, byte in enumerate(data):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, data[i + 1 :]
    raise AssertionError("the number has no end")


def test_tensor_has_shape_dtype_name_and_little_endian_numbers():
    array = np.array([[1.0, 2.0]], ">f4")
    assert fields(protobuf.tensor("w", array)) == [
        (1, 1), (1, 2), (2, 1), (8, b"w"), (9, struct.pack("<2f", 1.0, 2.0)),
    ]  # fmt: skip


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**62, -1, -(2**62)])
def test_integer_attribute_of_any_size(number):
    ((_, attribute),) = [f for f in fields(protobuf.node("A", [], [], "n", k=number)) if f[0] == 5]
    stored = dict(fields(attribute))
    assert stored == {1: b"k", 3: number % 2**64, 20: 2}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, [(2, 0.5), (20, 1)]),
        ("text", [(4, b"text"), (20, 3)]),
        ([1, -1], [(8, 1), (8, 2**64 - 1), (20, 7)]),
        ([0.5, 2.0], [(7, 0.5), (7, 2.0), (20, 6)]),
        (["a", "b"], [(9, b"a"), (9, b"b"), (20, 8)]),
    ],
)
def test_attribute_of_each_type(value, expected):
    ((_, attribute),) = [f for f in fields(protobuf.node("A", [], [], "n", k=value)) if f[0] == 5]
    assert fields(attribute) == [(1, b"k"), *expected]


def test_unknown_length_has_a_name():
    info = dict(fields(protobuf.value_info("x", "int64", ["batch", 3])))
    tensor = dict(fields(dict(fields(info[2]))[1]))
    assert (info[1], tensor[1]) == (b"x", 7)
    assert [fields(dim) for _, dim in fields(tensor[2])] == [[(2, b"batch")], [(1, 3)]]


def test_model_names_its_writer_and_opset():
    stored = dict(fields(protobuf.model(b"", {"": 17}, "words")))
    assert (stored[1], stored[2], stored[6], stored[7]) == (8, b"minikeras", b"words", b"")
    assert fields(stored[8]) == [(1, b""), (2, 17)]
