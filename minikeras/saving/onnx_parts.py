"""What is in an ONNX file: its operations and constants, out of the bytes.

A protobuf message is a row of fields, each with a number and one of four ways to write a value.

References
----------
ONNX, *onnx.proto* (messages ModelProto, GraphProto, NodeProto, TensorProto, ValueInfoProto);
Google, *Protocol Buffers: encoding*.
"""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

from minikeras.saving.errors import ModelFileError
from minikeras.saving.report import Layer, Report, Weight

__all__ = ["describe"]

# TensorProto.DataType -> name, bytes of an element (None: of another length each)
_TYPES: dict[int, tuple[str, int | None]] = {
    1: ("float32", 4),
    2: ("uint8", 1),
    3: ("int8", 1),
    4: ("uint16", 2),
    5: ("int16", 2),
    6: ("int32", 4),
    7: ("int64", 8),
    8: ("text", None),
    9: ("bool", 1),
    10: ("float16", 2),
    11: ("float64", 8),
    12: ("uint32", 4),
    13: ("uint64", 8),
    14: ("complex64", 8),
    15: ("complex128", 16),
    16: ("bfloat16", 2),
}
_MOST = 300_000  # fields of a message: nodes or constants of a graph
_AXES = 32
_EXTERNAL = 14  # field of TensorProto: where the numbers stand in another file


def describe(file: str, data: bytes) -> Report:
    """Return what is in an ONNX file; numbers in other files are named, not looked for.

    Raises
    ------
    ModelFileError
        If it is damaged.
    """
    model = _Message(memoryview(data), file)
    report = Report(file, "ONNX")
    versions = {opset.text(1) or "ai.onnx": opset.number(2) for opset in model.messages(8)}
    report.metadata = {
        "producer": f"{model.text(2)} {model.text(3)}".strip(),
        "ir_version": str(model.number(1)),
        "opset": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    graphs = list(model.messages(7))
    if len(graphs) != 1 or not model.number(1):
        model.fail("it is of another format: expected a model with one graph")
    graph = graphs[0]
    report.model = f"Graph {graph.text(2)!r}"
    for tensor in graph.messages(5):
        report.weights.append(_weight(tensor))
    constants = {weight.name for weight in report.weights}
    producer: dict[str, str] = {}
    for value in graph.messages(11):
        name = value.text(1)
        if name not in constants:
            producer[name] = name
            report.layers.append(Layer(name, "input", input_shape=_shape(value)))
    for i, node in enumerate(graph.messages(1)):
        name = node.text(3) or f"node {i}"
        sources = [producer.get(source, source) for source in node.texts(1)]
        sources = [source for source in sources if source and source not in constants]
        producer.update(dict.fromkeys(node.texts(2), name))
        report.layers.append(Layer(name, node.text(4), sources=list(dict.fromkeys(sources))))
    for value in graph.messages(12):
        name = value.text(1)
        source = [producer[name]] if name in producer else []
        report.layers.append(Layer(name, "output", input_shape=_shape(value), sources=source))
    return report


def _weight(tensor: "_Message") -> Weight:
    shape = tuple(tensor.numbers(1))
    if len(shape) > _AXES or any(n < 0 for n in shape):
        tensor.fail(f"a constant has a shape that cannot be: {shape!s:.80}")
    name, size = _TYPES.get(tensor.number(2), ("unknown type", None))
    here = sum(len(data) for field, data in tensor.fields if isinstance(data, memoryview))
    if any(field == _EXTERNAL for field, _ in tensor.fields):
        return Weight(tensor.text(8), shape, f"{name}, in another file", 0)
    size = here if size is None else math.prod(shape) * size
    return Weight(tensor.text(8), shape, name, size)


def _shape(value: "_Message") -> str:
    """Return the shape in a ValueInfoProto: of a tensor, with names for what is left open."""
    for kind in value.messages(2):
        for tensor in kind.messages(1):
            for shape in tensor.messages(2):
                axes = [axis.text(2) or str(axis.number(1)) for axis in shape.messages(1)]
                return f"({', '.join(axes)}{',' * (len(axes) == 1)})"
    return ""


class _Message:
    """A message: its fields, as numbers or bytes."""

    def __init__(self, data: memoryview, file: str):
        self.file = file
        self.fields = list(islice(self._read(data), _MOST + 1))
        if len(self.fields) > _MOST:
            self.fail(f"a part of it has more than {_MOST} parts")

    def fail(self, problem: str) -> NoReturn:
        raise ModelFileError(self.file, problem)

    def messages(self, field: int) -> Iterator["_Message"]:
        for data in self._all(field, memoryview):
            yield _Message(data, self.file)

    def number(self, field: int) -> int:
        """Return the last value of a field; 0 if there is none."""
        return int(next(reversed(self._all(field, int)), 0))

    def numbers(self, field: int) -> list[int]:
        """Return all values of a field, packed into one or not."""
        found = []
        for number, value in self.fields:
            if number == field and isinstance(value, int):
                found.append(value)
            elif number == field and isinstance(value, memoryview):
                place = 0
                while place < len(value):
                    one, place = self._varint(value, place)
                    found.append(one)
                    if len(found) > _MOST:
                        self.fail(f"a part of it has more than {_MOST} numbers")
        return found

    def text(self, field: int) -> str:
        return next(reversed(self.texts(field)), "")

    def texts(self, field: int) -> list[str]:
        return [bytes(data).decode(errors="replace") for data in self._all(field, memoryview)]

    def _all(self, field: int, kind: type) -> list[Any]:
        return [value for number, value in self.fields if number == field and type(value) is kind]

    def _read(self, data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
        place = 0
        while place < len(data):
            key, place = self._varint(data, place)
            field, way = key >> 3, key & 7
            if way == 0:
                value, place = self._varint(data, place)
                yield field, value
                continue
            if way == 2:
                size, place = self._varint(data, place)
            elif way in (1, 5):
                size = 8 if way == 1 else 4
            else:
                self.fail("it is damaged, or of another format")
            if size > len(data) - place:
                self.fail(
                    f"a part of it should have {size} bytes, {len(data) - place} are left; it is "
                    "cut off or damaged"
                )
            yield field, data[place : place + size]
            place += size

    def _varint(self, data: memoryview, place: int) -> tuple[int, int]:
        """Return a number of variable length, and where the next begins."""
        value = 0
        for i in range(10):
            if place + i >= len(data):
                self.fail("it ends within a number; it is cut off or damaged")
            value |= (data[place + i] & 0x7F) << 7 * i
            if data[place + i] < 0x80:
                value &= (1 << 64) - 1
                return value - (1 << 64) * (value >> 63), place + i + 1  # two's complement
        self.fail("a number is too long; it is damaged, or of another format")
