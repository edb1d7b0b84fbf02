"""An ONNX graph in the making: operators by their usual names, and the shapes of their results."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import PartialShape
from minikeras.export.value import Value, broadcast
from minikeras.export.walk import F
from minikeras.onnx import protobuf
from minikeras.onnx.nodes import LAYERS, Nodes, writes

__all__ = ["FUNCTIONS", "LAYERS", "Builder", "implements", "writes"]

FUNCTIONS: dict[Any, Any] = {}
"""NumPy function or op -> ``(builder, *args, **kwargs)``, which writes a call of it."""


def implements(*functions: Any) -> Callable[[F], F]:
    """Return a decorator for the function that writes calls of these functions."""

    def decorate(write: F) -> F:
        FUNCTIONS.update(dict.fromkeys(functions, write))
        return write

    return decorate


class Builder(Nodes):
    """A graph of ONNX operators, with a method for each that several layers need."""

    def value(self, item: Any, dtype: str) -> Value:
        """Return a Value for an operand: one that is there, or a constant of ``dtype``."""
        if isinstance(item, Value):
            return item if item.dtype == dtype else self.cast(item, dtype)
        return self.constant(item, dtype)

    def cast(self, x: Value, dtype: str) -> Value:
        """Change the dtype."""
        if x.dtype == dtype:
            return x
        to = protobuf.DTYPES[dtype]
        return self.node("Cast", x, shape=x.shape, dtype=dtype, to=to)

    def unary(self, kind: str, x: Value, **attributes: Any) -> Value:
        """Add an operator that keeps shape and dtype."""
        return self.node(kind, x, shape=x.shape, **attributes)

    def binary(self, kind: str, a: Any, b: Any, dtype: str | None = None) -> Value:
        """Add an operator of two operands of one dtype; numbers and weights become constants."""
        own = next(x.dtype for x in (a, b) if isinstance(x, Value))
        a, b = self.value(a, own), self.value(b, own)
        return self.node(kind, a, b, shape=broadcast(a.shape, b.shape), dtype=dtype)

    def add(self, a: Any, b: Any) -> Value:
        """Sum of two operands."""
        return self.binary("Add", a, b)

    def subtract(self, a: Any, b: Any) -> Value:
        """Difference of two operands."""
        return self.binary("Sub", a, b)

    def multiply(self, a: Any, b: Any) -> Value:
        """Product of two operands."""
        return self.binary("Mul", a, b)

    def divide(self, a: Any, b: Any) -> Value:
        """Quotient of two operands."""
        return self.binary("Div", a, b)

    def matmul(self, a: Any, b: Any) -> Value:
        """Matrix product, as ``np.matmul``."""
        own = next(x.dtype for x in (a, b) if isinstance(x, Value))
        a, b = self.value(a, own), self.value(b, own)
        ahead: PartialShape = broadcast(a.shape[:-2], b.shape[:-2])
        rows = a.shape[-2:-1] if a.rank > 1 else ()
        columns = b.shape[-1:] if b.rank > 1 else ()
        return self.node("MatMul", a, b, shape=(*ahead, *rows, *columns))

    def clip(self, x: Value, low: float | None, high: float | None) -> Value:
        """Limit numbers to an interval."""
        bounds = [None if n is None else self.constant(n, x.dtype) for n in (low, high)]
        return self.node("Clip", x, *bounds, shape=x.shape)

    def where(self, condition: Value, a: Any, b: Any) -> Value:
        """Choose between two operands."""
        own = next(x.dtype for x in (a, b) if isinstance(x, Value))
        a, b = self.value(a, own), self.value(b, own)
        shape = broadcast(condition.shape, a.shape, b.shape)
        return self.node("Where", condition, a, b, shape=shape, dtype=own)

    # Shapes.

    def reduce(self, kind: str, x: Value, axes: Any, keepdims: bool = False) -> Value:
        """Add a reduction, such as ``"ReduceMean"``, along axes; None for all."""
        every = range(x.rank) if axes is None else [axes] if isinstance(axes, int) else axes
        along = sorted(axis % x.rank for axis in every)
        shape = tuple(
            1 if i in along else n for i, n in enumerate(x.shape) if keepdims or i not in along
        )
        if kind == "ReduceSum":  # the others take their axes so from opset 18 on
            return self.node(
                kind, x, np.array(along, np.int64), shape=shape, keepdims=int(keepdims)
            )
        return self.node(kind, x, shape=shape, axes=along, keepdims=int(keepdims))

    def transpose(self, x: Value, order: Any) -> Value:
        """Change the order of the axes."""
        order = [int(axis) % x.rank for axis in order]
        if order == list(range(x.rank)):
            return x
        return self.node("Transpose", x, shape=tuple(x.shape[i] for i in order), perm=order)

    def move(self, x: Value, source: int, target: int) -> Value:
        """Move an axis, as ``np.moveaxis``."""
        order = list(range(x.rank))
        order.insert(target % x.rank, order.pop(source))
        return self.transpose(x, order)

    def reshape(self, x: Value, shape: Any, kept: int = 0) -> Value:
        """Change the shape.

        Parameters
        ----------
        x : Value
        shape : tuple of int or None
            None or -1 for one length that follows from the others.
        kept : int
            So many axes in front stay as they are; their lengths need not be known.
        """
        wanted: list[Any] = [None if n == -1 else n for n in shape]
        if tuple(wanted) == x.shape and wanted.count(None) <= max(kept, 1):
            return x
        target = [0 if i < kept else -1 if n is None else n for i, n in enumerate(wanted)]
        if target.count(-1) > 1:
            self.refuse(f"the shape {tuple(shape)} has more unknown lengths than ONNX can find")
        if -1 in target and None not in x.shape and not kept:
            rest = math.prod(n for n in wanted if n is not None)
            wanted[target.index(-1)] = math.prod(x.shape) // max(rest, 1)  # type: ignore[arg-type]
        wanted[:kept] = x.shape[:kept]
        return self.node("Reshape", x, np.array(target, np.int64), shape=tuple(wanted))

    def reshape_by(self, x: Value, *parts: int | tuple[Value, int]) -> Value:
        """Change the shape to one with lengths of other arrays.

        Parameters
        ----------
        x : Value
        *parts : int or (Value, int)
            A length, -1 for one that follows from the others, or an array and the axis of it that
            has the length.
        """
        shape = [n if isinstance(n, int) else n[0].shape[n[1]] for n in parts]
        shape = [None if n == -1 else n for n in shape]
        if shape.count(None) <= 1:
            return self.reshape(x, shape)
        lengths = [
            self.constant([n], "int64") if isinstance(n, int) else self.length(*n) for n in parts
        ]
        return self.node("Reshape", x, self.concatenate(lengths, 0), shape=tuple(shape))

    def length(self, x: Value, axis: int) -> Value:
        """Return the length of an axis, an integer array of shape (1,)."""
        axis %= x.rank
        if x.shape[axis] is not None:
            return self.constant([x.shape[axis]], "int64")
        lengths = self.node("Shape", x, shape=(x.rank,), dtype="int64")
        return self.slice(lengths, 0, axis, axis + 1)

    def places(self, x: Value, axis: int) -> Value:
        """Return 0, 1, 2, ... for the elements along an axis."""
        n = x.shape[axis]
        if n is not None:
            return self.constant(np.arange(n), "int64")
        stop = self.squeeze(self.length(x, axis), 0)
        zero, one = self.constant(0, "int64"), self.constant(1, "int64")
        return self.node("Range", zero, stop, one, shape=(None,))

    def expand_dims(self, x: Value, *axes: int) -> Value:
        """Insert axes of length 1 at these places of the result."""
        rank = x.rank + len(axes)
        places = sorted(axis % rank for axis in axes)
        if not places:
            return x
        left = iter(x.shape)
        shape = tuple(1 if i in places else next(left) for i in range(rank))
        return self.node("Unsqueeze", x, np.array(places, np.int64), shape=shape)

    def expand_behind(self, x: Value, rank: int) -> Value:
        """Insert axes of length 1 at the end, up to so many axes."""
        return self.expand_dims(x, *range(x.rank, rank)) if rank > x.rank else x

    def squeeze(self, x: Value, *axes: int) -> Value:
        """Remove axes of length 1."""
        places = sorted(axis % x.rank for axis in axes)
        shape = tuple(n for i, n in enumerate(x.shape) if i not in places)
        return self.node("Squeeze", x, np.array(places, np.int64), shape=shape)

    def slice(self, x: Value, axis: int, start: int, stop: int, step: int = 1) -> Value:
        """Take a part along an axis; bounds as Python's, with very large ones for the ends."""
        axis %= x.rank
        n = x.shape[axis]
        length = None if n is None else len(range(*slice(start, stop, step).indices(n)))
        shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
        parts = [np.array([k], np.int64) for k in (start, stop, axis, step)]
        return self.node("Slice", x, *parts, shape=shape)

    def flip(self, x: Value, axis: int) -> Value:
        """Turn the order along an axis round."""
        far = 2**62
        parts = [np.array([k], np.int64) for k in (far, -far, axis % x.rank, -1)]
        return self.node("Slice", x, *parts, shape=x.shape)

    def take(self, x: Value, index: Any, axis: int) -> Value:
        """Take elements along an axis by their places; a single place removes the axis."""
        places = index if isinstance(index, Value) else self.constant(index, "int64")
        shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
        return self.node("Gather", x, places, shape=shape, axis=axis)

    def concatenate(self, items: list[Value], axis: int) -> Value:
        """Join arrays along an axis."""
        axis %= items[0].rank
        lengths = [item.shape[axis] for item in items]
        total = None if None in lengths else sum(lengths)  # type: ignore[arg-type]
        shape = (*items[0].shape[:axis], total, *items[0].shape[axis + 1 :])
        return self.node("Concat", *items, shape=shape, axis=axis)

    def pad(self, x: Value, pads: Any, value: float = 0.0) -> Value:
        """Add elements around; a pair for each axis."""
        pairs = list(pads)
        if not any(map(sum, pairs)):
            return x
        shape = tuple(None if n is None else n + sum(p) for n, p in zip(x.shape, pairs))
        flat = [before for before, _ in pairs] + [after for _, after in pairs]
        return self.node(
            "Pad", x, np.array(flat, np.int64), self.constant(value, x.dtype), shape=shape
        )

    # Functions.

    def function(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a NumPy function or an op."""
        write = FUNCTIONS.get(function)
        if write is not None:
            return write(self, *args, **kwargs)
        found = self.function_apart(function, args, kwargs)
        if found is None:
            name = getattr(function, "__name__", repr(function))
            self.refuse(f"the function {name} has no counterpart there")
        return found

    def function_of(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Write a function as the NumPy functions that it calls."""
        return self._function_of_user(function, args, kwargs)
