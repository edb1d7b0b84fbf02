"""Products, and parts of matrices."""

import string
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.export.value import Value
from minikeras.onnx.builder import FUNCTIONS, Builder, implements

__all__: list[str] = []


def _triangle(keep: Any) -> Any:
    def write(g: Builder, x: Value, k: int = 0) -> Value:
        rows, columns = x.shape[-2:]
        if rows is None or columns is None:
            g.refuse("a triangle needs a matrix of known size")
        ones = np.ones((rows, columns), bool)
        return g.where(g.constant(keep(ones, k)), x, 0)

    return write


FUNCTIONS[np.tril], FUNCTIONS[np.triu] = _triangle(np.tril), _triangle(np.triu)


@implements(np.diagonal)
def _diagonal(g: Builder, x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    rest = [i for i in range(x.rank) if i not in (axis1 % x.rank, axis2 % x.rank)]
    last = g.transpose(x, [*rest, axis1, axis2])
    rows, columns = last.shape[-2:]
    if rows is None or columns is None:
        g.refuse("a diagonal needs a matrix of known size")
    places = np.diagonal(np.arange(rows * columns).reshape(rows, columns), offset)
    flat = g.reshape(last, (*last.shape[:-2], rows * columns), kept=len(rest))
    return g.take(flat, places, len(rest))


@implements(np.trace)
def _trace(g: Builder, x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return g.function(np.sum, _diagonal(g, x, offset, axis1, axis2), axis=-1)


@implements(np.tensordot)
def _tensordot(g: Builder, a: Any, b: Any, axes: Any = 2) -> Any:
    ranks = [x.rank if isinstance(x, Value) else np.ndim(x) for x in (a, b)]
    if isinstance(axes, int):
        axes = range(ranks[0] - axes, ranks[0]), range(axes)
    left, right = ([one] if isinstance(one, int) else list(one) for one in axes)
    first = list(string.ascii_lowercase[: ranks[0]])
    second = list(string.ascii_uppercase[: ranks[1]])
    for i, j in zip(left, right):
        second[j % ranks[1]] = first[i % ranks[0]]
    shared = set(first) & set(second)
    kept = [letter for letter in (*first, *second) if letter not in shared]
    return g.function(np.einsum, f"{''.join(first)},{''.join(second)}->{''.join(kept)}", a, b)


@implements(np.inner)
def _inner(g: Builder, a: Any, b: Any) -> Any:
    return _tensordot(g, a, b, axes=(-1, -1))


@implements(np.outer)
def _outer(g: Builder, a: Any, b: Any) -> Any:
    column, row = (g.function(np.ravel, x) for x in (a, b))
    return g.multiply(g.expand_dims(column, 1), g.expand_dims(row, 0))


@implements(np.linalg.det)
def _det(g: Builder, x: Value) -> Value:
    return g.node("Det", x, shape=x.shape[:-2])


@implements(np.vdot)
def _vdot(g: Builder, a: Any, b: Any) -> Any:
    return g.function(np.sum, g.multiply(*(g.function(np.ravel, x) for x in (a, b))))


@implements(ops.cdist)
def _cdist(g: Builder, x: Value, y: Any) -> Value:
    other = y if isinstance(y, Value) else g.constant(y, x.dtype)
    gap = g.subtract(g.expand_dims(x, -2), g.expand_dims(other, -3))
    return g.reduce("ReduceL2", gap, -1)
