"""NumPy functions along axes and products of matrices, as ONNX operators."""

import math
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.export.value import Value
from minikeras.onnx.builder import FUNCTIONS, Builder, implements
from minikeras.onnx.functions.elementwise import operands

__all__: list[str] = []


def _axis(x: Value, axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


@implements(np.sum)
def _sum(g: Builder, x: Value, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Value:
    wide = np.sum(np.zeros(1, x.dtype), dtype=dtype).dtype.name
    return g.reduce("ReduceSum", g.cast(x, wide), _axis(x, axis), bool(keepdims))


@implements(np.prod)
def _prod(g: Builder, x: Value, axis: Any = None, keepdims: Any = False) -> Value:
    wide = np.prod(np.zeros(1, x.dtype)).dtype.name
    return g.reduce("ReduceProd", g.cast(x, wide), _axis(x, axis), bool(keepdims))


@implements(np.mean)
def _mean(
    g: Builder, x: Value, axis: Any = None, dtype: Any = None, keepdims: Any = False
) -> Value:
    wide = np.mean(np.zeros(1, x.dtype), dtype=dtype).dtype.name
    return g.reduce("ReduceMean", g.cast(x, wide), _axis(x, axis), bool(keepdims))


@implements(np.max)
def _max(g: Builder, x: Value, axis: Any = None, keepdims: Any = False) -> Value:
    return g.reduce("ReduceMax", x, _axis(x, axis), bool(keepdims))


@implements(np.min)
def _min(g: Builder, x: Value, axis: Any = None, keepdims: Any = False) -> Value:
    return g.reduce("ReduceMin", x, _axis(x, axis), bool(keepdims))


@implements(np.any)
def _any(g: Builder, x: Value, axis: Any = None, keepdims: Any = False) -> Value:
    hits = g.cast(g.cast(x, "bool"), "int32")
    return g.cast(g.reduce("ReduceMax", hits, _axis(x, axis), bool(keepdims)), "bool")


@implements(np.all)
def _all(g: Builder, x: Value, axis: Any = None, keepdims: Any = False) -> Value:
    hits = g.cast(g.cast(x, "bool"), "int32")
    return g.cast(g.reduce("ReduceMin", hits, _axis(x, axis), bool(keepdims)), "bool")


@implements(np.var)
def _var(g: Builder, x: Value, axis: Any = None, ddof: float = 0, keepdims: Any = False) -> Value:
    axes = _axis(x, axis)
    centred = g.subtract(x, g.reduce("ReduceMean", x, axes, keepdims=True))
    y = g.reduce("ReduceMean", g.multiply(centred, centred), axes, bool(keepdims))
    if not ddof:
        return y
    along = range(x.rank) if axes is None else [axes] if isinstance(axes, int) else axes
    lengths = [x.shape[i] for i in along]
    if None in lengths:
        g.refuse("a variance with ddof needs axes of known length")
    count = float(math.prod(n for n in lengths if n is not None))
    return g.multiply(y, count / (count - ddof))


@implements(np.std)
def _std(g: Builder, x: Value, axis: Any = None, ddof: float = 0, keepdims: Any = False) -> Value:
    return g.unary("Sqrt", _var(g, x, axis, ddof, keepdims))


@implements(np.linalg.norm)
def _norm(g: Builder, x: Value, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Value:
    if ord not in (None, 2) or not isinstance(axis, int):
        g.refuse("np.linalg.norm needs ord=None and one axis")
    return g.reduce("ReduceL2", x, axis, bool(keepdims))


def _best(kind: str) -> Any:
    def write(g: Builder, x: Value, axis: Any = None, keepdims: Any = False) -> Value:
        if axis is None:
            x, axis = g.reshape(x, (None,)), 0
        axis %= x.rank
        shape = tuple(1 if i == axis else n for i, n in enumerate(x.shape) if keepdims or i != axis)
        return g.node(kind, x, shape=shape, dtype="int64", axis=axis, keepdims=int(keepdims))

    return write


FUNCTIONS[np.argmax], FUNCTIONS[np.argmin] = _best("ArgMax"), _best("ArgMin")


@implements(np.cumsum)
def _cumsum(g: Builder, x: Value, axis: Any = None) -> Value:
    if axis is None:
        x, axis = g.reshape(x, (None,)), 0
    return g.node("CumSum", x, g.constant(axis % x.rank, "int64"), shape=x.shape)


# Products.


@implements(np.matmul)
def _matmul(g: Builder, a: Any, b: Any) -> Value:
    (a, b), _ = operands(g, np.multiply, (a, b))
    return g.matmul(a, b)


@implements(np.dot)
def _dot(g: Builder, a: Any, b: Any) -> Value:
    (a, b), _ = operands(g, np.multiply, (a, b))
    if a.rank == 0 or b.rank == 0:
        return g.multiply(a, b)
    if b.rank > 2:
        g.refuse(f"np.dot of shapes {a.shape} and {b.shape} has no counterpart there; use matmul")
    return g.matmul(a, b)


@implements(np.einsum)
def _einsum(g: Builder, equation: str, *operands: Any, **settings: Any) -> Value:
    own = next(x.dtype for x in operands if isinstance(x, Value))
    values = [g.value(x, own) for x in operands]
    left, arrow, right = equation.replace(" ", "").partition("->")
    if not arrow or "." in equation:
        g.refuse("np.einsum needs an equation such as 'ij,jk->ik', with its result, without dots")
    lengths: dict[str, Any] = {}
    for term, value in zip(left.split(","), values):
        lengths.update(zip(term, value.shape))
    shape = tuple(lengths[letter] for letter in right)
    return g.node("Einsum", *values, shape=shape, equation=f"{left}->{right}")


@implements(ops.dense)
def _dense(g: Builder, x: Value, kernel: Any, bias: Any = None, activation: Any = None) -> Value:
    z = g.matmul(x, kernel)
    z = z if bias is None else g.add(z, bias)
    found: Value = z if activation is None else g.function(getattr(ops, activation), z)
    return found
