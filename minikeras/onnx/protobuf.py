"""ONNX files as bytes: the few messages of the format that a model needs.

A protobuf message is a row of fields; each starts with its number and how its value is written:
as a number of variable length (0), four bytes (5), or a length and so many bytes (2).
"""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from minikeras._typing import Array

__all__ = ["DTYPES", "LARGEST", "graph", "model", "node", "tensor", "value_info"]

LARGEST = 2**31 - 1
"""Bytes that a message may have."""

# NumPy's dtype -> TensorProto.DataType
DTYPES = {
    "float32": 1,
    "uint8": 2,
    "int8": 3,
    "uint16": 4,
    "int16": 5,
    "int32": 6,
    "int64": 7,
    "string": 8,
    "bool": 9,
    "float16": 10,
    "float64": 11,
    "uint32": 12,
    "uint64": 13,
}

_FLOAT, _INT, _STRING, _TENSOR, _GRAPH, _FLOATS, _INTS, _STRINGS = 1, 2, 3, 4, 5, 6, 7, 8


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are written in two's complement
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _single(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def tensor(name: str, array: Array) -> bytes:
    """Return a TensorProto.

    Parameters
    ----------
    name : str
    array : array
        Of a dtype in ``DTYPES``.
    """
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return b"".join(
        (
            *(_number(1, n) for n in array.shape),
            _number(2, DTYPES[array.dtype.name]),
            _text(8, name),
            _bytes(9, little.tobytes()),
        )
    )


def _attribute(name: str, value: Any) -> bytes:
    """Return an AttributeProto; its type follows from the value's."""
    head = _text(1, name)
    if isinstance(value, np.ndarray):
        return head + _bytes(5, tensor("", value)) + _number(20, _TENSOR)
    if isinstance(value, bytes):
        return head + _bytes(6, value) + _number(20, _GRAPH)
    if isinstance(value, float):
        return head + _single(2, value) + _number(20, _FLOAT)
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, _INT)
    if isinstance(value, str):
        return head + _text(4, value) + _number(20, _STRING)
    if all(isinstance(item, str) for item in value):
        return head + b"".join(_text(9, item) for item in value) + _number(20, _STRINGS)
    if all(isinstance(item, int) for item in value):
        return head + b"".join(_number(8, item) for item in value) + _number(20, _INTS)
    return head + b"".join(_single(7, item) for item in value) + _number(20, _FLOATS)


def node(
    kind: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    name: str,
    domain: str = "",
    **attributes: Any,
) -> bytes:
    """Return a NodeProto: one operation.

    Parameters
    ----------
    kind : str
        The operator, such as ``"MatMul"``.
    inputs, outputs : list of str
        Names of values; an empty name leaves an optional one out.
    name : str
    domain : str, default ""
        Set of operators that it is from; the default is ONNX's own.
    **attributes
        Integers, floats, texts, lists of them, arrays, or the bytes of a graph.
    """
    return b"".join(
        (
            *(_text(1, item) for item in inputs),
            *(_text(2, item) for item in outputs),
            _text(3, name),
            _text(4, kind),
            *([_text(7, domain)] if domain else []),
            *(_bytes(5, _attribute(key, value)) for key, value in attributes.items()),
        )
    )


def value_info(name: str, dtype: str, shape: Iterable[int | str | None]) -> bytes:
    """Return a ValueInfoProto: name, dtype and shape of an input or output.

    Parameters
    ----------
    name : str
    dtype : str
    shape : list of int, str or None
        A name, or None, stands for a length that is not known before there are data.
    """

    def length(n: int | str | None) -> bytes:
        return b"" if n is None else _text(2, n) if isinstance(n, str) else _number(1, n)

    dims = b"".join(_bytes(1, length(n)) for n in shape)
    array = _number(1, DTYPES[dtype]) + _bytes(2, dims)
    return _text(1, name) + _bytes(2, _bytes(1, array))


def graph(
    name: str,
    nodes: Iterable[bytes],
    tensors: Iterable[bytes],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
) -> bytes:
    """Return a GraphProto."""
    return b"".join(
        (
            *(_bytes(1, item) for item in nodes),
            _text(2, name),
            *(_bytes(5, item) for item in tensors),
            *(_bytes(11, item) for item in inputs),
            *(_bytes(12, item) for item in outputs),
        )
    )


def model(graph: bytes, domains: dict[str, int], doc: str = "") -> bytes:
    """Return a ModelProto: a whole file.

    Parameters
    ----------
    graph : bytes
    domains : dict
        Set of operators -> its version; ``""`` is ONNX's own.
    doc : str, default ""
        What the file is, in words.
    """
    return b"".join(
        (
            _number(1, 8),  # version of the format: that of ONNX 1.12, which brought opset 17
            _text(2, "minikeras"),
            _text(6, doc),
            _bytes(7, graph),
            *(_bytes(8, _text(1, name) + _number(2, n)) for name, n in domains.items()),
        )
    )
