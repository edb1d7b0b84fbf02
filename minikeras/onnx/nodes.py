"""An ONNX graph in the making: nodes, constants, their names, and loops."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from minikeras._typing import Array, PartialShape
from minikeras.autodiff import Variable
from minikeras.export.value import Value
from minikeras.export.walk import Target, Write, writing
from minikeras.onnx import protobuf

__all__ = ["LAYERS", "Nodes", "writes"]

LAYERS: dict[type, Write] = {}
"""Class of layers -> ``(builder, layer, input, **other arguments)``, which writes a call of one."""

writes = writing(LAYERS)

_SINGLE = {"AveragePool", "Conv", "ConvTranspose", "Elu", "Erf", "HardSigmoid", "Selu", "Softsign"}
"""Operators that ONNX Runtime has in float32, not in float64."""

Step = Callable[[list[Value], list[Value]], tuple[list[Value], list[Value]]]
"""``(states, elements of the sequences) -> (next states, results)``."""


class Nodes(Target):
    """A graph of ONNX operators.

    Parameters
    ----------
    name : str
        That of the model.
    opset : int
        Version of ONNX's set of operators.
    """

    what = "an ONNX file"
    table: ClassVar[dict[type, Write]] = LAYERS

    def __init__(self, name: str, opset: int):
        super().__init__(name)
        self.opset = opset
        self.domains: dict[str, int] = {"": opset}
        """Sets of operators that are in use -> their versions."""
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []
        self.size = 0  # of the constants, in bytes
        self._constants: dict[Any, Value] = {}
        self._names: set[str] = set()

    # Names.

    def unique(self, name: str) -> str:
        """Return ``name``, with a number where it is taken."""
        found, number = name, 0
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found

    def _title(self, name: str) -> str:
        return self.unique("/".join([*(layer.name for layer in self.path), name]))

    def _model(self, model: Any, given: Any) -> Any:
        with self.block(model, given, None):  # its layers are named after it
            return super()._model(model, given)

    # Constants.

    def constant(self, value: Any, dtype: str | None = None, name: str = "constant") -> Value:
        """Return what stands for a weight, an array or a number; equal ones are stored once."""
        value = self.named.get(id(value), value)
        if isinstance(value, Variable):
            name = value.name
        array = np.asarray(value.value if isinstance(value, Variable) else value, dtype)
        if array.dtype.name not in protobuf.DTYPES:
            self.refuse(f"it holds an array of dtype {array.dtype}")
        digest = hashlib.sha256(np.ascontiguousarray(array).data).digest()
        key = array.dtype.name, array.shape, digest
        if key not in self._constants:
            self.size += array.nbytes
            self.check_size(self.size)
            title = self._title(name)
            self.tensors.append(protobuf.tensor(title, array))
            self._constants[key] = Value(title, array.shape, array.dtype.name)
        return self._constants[key]

    def check_size(self, size: int) -> None:
        """Refuse a model of more bytes than one file can have."""
        if size > protobuf.LARGEST:
            self.refuse(
                f"with it the file has {size:,} bytes, and one ONNX file may have "
                f"{protobuf.LARGEST:,} (2 GB); save the model as .keras, or export parts of it"
            )

    # Nodes.

    def node(
        self,
        kind: str,
        *inputs: Value | Array | None,
        shape: PartialShape = (),
        dtype: str | None = None,
        **attributes: Any,
    ) -> Value:
        """Add an operator; return its output.

        Parameters
        ----------
        kind : str
            Such as ``"MatMul"``.
        *inputs : Value, array or None
            Arrays become constants; None leaves an optional one out.
        shape : tuple
            Of the output.
        dtype : str, optional
            Default: that of the first input.
        **attributes
            See ``protobuf.node``; those that are None are left out.
        """
        given = [x if isinstance(x, Value | None) else self.constant(x) for x in inputs]
        if kind in _SINGLE and given[0] is not None and given[0].dtype == "float64":
            single = [None if x is None else self.cast(x, "float32") for x in given]
            (y,) = self._add(kind, single, [shape], "float32", attributes)
            return self.cast(y, "float64")
        return self._add(kind, given, [shape], dtype, attributes)[0]

    def nodes_of(
        self,
        kind: str,
        *inputs: Value | Array | None,
        shapes: list[PartialShape],
        dtype: str | None = None,
        **attributes: Any,
    ) -> list[Value]:
        """Add an operator that has several outputs; return them."""
        given = [x if isinstance(x, Value | None) else self.constant(x) for x in inputs]
        return self._add(kind, given, shapes, dtype, attributes)

    def _add(
        self,
        kind: str,
        inputs: list[Value | None],
        shapes: list[PartialShape],
        dtype: str | None,
        attributes: dict[str, Any],
    ) -> list[Value]:
        name = self._title(kind)
        names = [self.unique(f"{name}:{i}") if i else name for i in range(len(shapes))]
        known = {key: item for key, item in attributes.items() if item is not None}
        sources = ["" if x is None else x.name for x in inputs]
        while sources and not sources[-1]:
            sources.pop()
        self.nodes.append(protobuf.node(kind, sources, names, name, **known))
        chosen = dtype or next(x.dtype for x in inputs if x is not None)
        return [Value(n, tuple(shape), chosen) for n, shape in zip(names, shapes)]

    # Loops.

    @contextmanager
    def body(self) -> Iterator[list[bytes]]:
        """Give the list in which the nodes come that are added within this block."""
        outer, self.nodes = self.nodes, []
        try:
            yield self.nodes
        finally:
            self.nodes = outer

    def scan(
        self, step: Step, states: list[Value], sequences: list[Value], axis: int
    ) -> tuple[list[Value], list[Value]]:
        """Add a loop over the elements along an axis.

        Parameters
        ----------
        step : callable
            Writes one step: ``(states, elements) -> (next states, results)``. What it writes may
            use all values and constants from outside.
        states : list of Value
            Those before the first step.
        sequences : list of Value
            Taken apart along ``axis``.
        axis : int

        Returns
        -------
        tuple of two lists of Value
            The last states; the results, put together along ``axis``.
        """
        steps = sequences[0].shape[axis]
        title = self._title("Scan")

        def inner(kind: str, x: Value, shape: PartialShape) -> Value:
            return Value(self.unique(f"{title}/{kind}"), shape, x.dtype)

        before = [inner("state", x, x.shape) for x in states]
        parts = [inner("element", x, _without(x.shape, axis)) for x in sequences]
        with self.body() as nodes:
            after, results = step(list(before), list(parts))
            made = [  # a result may be an input of the body, and one value two results
                self.node("Identity", x, shape=x.shape) for x in (*after, *results)
            ]
            graph = protobuf.graph(
                title,
                nodes,
                [],
                [protobuf.value_info(x.name, x.dtype, x.shape) for x in (*before, *parts)],
                [protobuf.value_info(x.name, x.dtype, x.shape) for x in made],
            )
        outer = [x.shape for x in states]
        outer += [(*x.shape[:axis], steps, *x.shape[axis:]) for x in results]
        names = [self.unique(f"{title}:{i}") if i else title for i in range(len(outer))]
        self.nodes.append(
            protobuf.node(
                "Scan",
                [x.name for x in (*states, *sequences)],
                names,
                title,
                body=graph,
                num_scan_inputs=len(sequences),
                scan_input_axes=[axis] * len(sequences),
                scan_output_axes=[axis] * len(results),
            )
        )
        found = [Value(n, shape, x.dtype) for n, shape, x in zip(names, outer, made)]
        return found[: len(states)], found[len(states) :]


def _without(shape: PartialShape, axis: int) -> PartialShape:
    return (*shape[:axis], *shape[axis + 1 :])
