"""Linear algebra: products of vectors and matrices, diagonals and triangles, Einstein sums."""

import math
import string
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import RULES, Op, composite, primitive, rule, unbroadcast
from minikeras.autodiff.rules.selection import scatter


def _t(x: Array) -> Any:
    """Transpose the last two axes."""
    return np.swapaxes(x, -1, -2)


# Products.


@rule(np.matmul)
def _matmul(a: Array, b: Array) -> Op:
    y = np.matmul(a, b)
    a, b = _array(a), _array(b)
    if a.ndim == b.ndim == 2:  # may write into the gradient of a weight
        return y, (
            lambda dy, out: unbroadcast(np.matmul(dy, b.T, out=out), a),
            lambda dy, out: unbroadcast(np.matmul(a.T, dy, out=out), b),
        )

    def da(dy: Array) -> Any:
        if b.ndim == 1:
            return unbroadcast(dy[..., None] * b, a) if a.ndim > 1 else unbroadcast(dy * b, a)
        if a.ndim == 1:
            return unbroadcast(np.matmul(b, dy[..., None])[..., 0], a)
        return unbroadcast(np.matmul(dy, _t(b)), a)

    def db(dy: Array) -> Any:
        if a.ndim == 1:
            return unbroadcast(a[:, None] * dy[..., None, :] if b.ndim > 1 else dy * a, b)
        if b.ndim == 1:
            return unbroadcast(np.matmul(_t(a), dy[..., None])[..., 0], b)
        if b.ndim == 2:  # one product over all batches
            rows = a.reshape(-1, a.shape[-1])
            return unbroadcast(np.matmul(rows.T, dy.reshape(-1, dy.shape[-1])), b)
        return unbroadcast(np.matmul(_t(a), dy), b)

    return y, (da, db)


def _array(x: Any) -> Any:
    """Return lists and numbers as arrays, the rest as it is."""
    return x if hasattr(x, "ndim") else np.asarray(x)


@composite(np.dot)
def _dot(a: Array, b: Array) -> Any:
    a, b = _array(a), _array(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if b.ndim == 1 or (a.ndim <= 2 and b.ndim == 2):
        return RULES[np.matmul](a, b)
    return np.tensordot(a, b, (a.ndim - 1, b.ndim - 2))


@composite(np.inner)
def _inner(a: Array, b: Array) -> Any:
    a, b = _array(a), _array(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, (a.ndim - 1, b.ndim - 1))


@composite(np.outer, np.linalg.outer)
def _outer(a: Array, b: Array) -> Any:
    return np.ravel(a)[:, None] * np.ravel(b)


@composite(np.vdot)
def _vdot(a: Array, b: Array) -> Any:
    return np.matmul(np.ravel(a), np.ravel(b))


@composite(np.vecdot, np.linalg.vecdot)
def _vecdot(a: Array, b: Array, *, axis: int = -1) -> Any:
    return np.sum(np.multiply(a, b), axis=axis)


@composite(*([np.matvec] if hasattr(np, "matvec") else []))  # since NumPy 2.2
def _matvec(a: Array, b: Array) -> Any:
    return np.matmul(a, np.expand_dims(b, -1))[..., 0]


@composite(*([np.vecmat] if hasattr(np, "vecmat") else []))  # since NumPy 2.2
def _vecmat(a: Array, b: Array) -> Any:
    return np.matmul(np.expand_dims(a, -2), b)[..., 0, :]


@composite(np.tensordot, np.linalg.tensordot)
def _tensordot(a: Array, b: Array, axes: Any = 2) -> Any:
    a, b = _array(a), _array(b)
    if isinstance(axes, int):
        over_a, over_b = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        over_a, over_b = ([i] if np.ndim(i) == 0 else list(i) for i in axes)
    over_a, over_b = [i % a.ndim for i in over_a], [i % b.ndim for i in over_b]
    rest_a = [i for i in range(a.ndim) if i not in over_a]
    rest_b = [i for i in range(b.ndim) if i not in over_b]
    shape = tuple(a.shape[i] for i in rest_a) + tuple(b.shape[i] for i in rest_b)
    length = math.prod(a.shape[i] for i in over_a)
    if [a.shape[i] for i in over_a] != [b.shape[i] for i in over_b]:
        raise ValueError(
            f"np.tensordot expected axes of equal lengths, got shapes {a.shape} and {b.shape} "
            f"over axes {over_a} and {over_b}"
        )
    rows, columns = math.prod(shape[: len(rest_a)]), math.prod(shape[len(rest_a) :])
    left = np.transpose(a, rest_a + over_a).reshape(rows, length)
    right = np.transpose(b, over_b + rest_b).reshape(length, columns)
    return np.matmul(left, right).reshape(shape)


@composite(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    return reduce(np.dot, arrays)


@composite(np.linalg.matrix_power)
def _matrix_power(a: Array, n: int) -> Any:
    if n == 0:
        return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    factor = a if n > 0 else np.linalg.inv(a)
    power = factor
    for _ in range(abs(n) - 1):
        power = np.matmul(power, factor)
    return power


@composite(np.kron)
def _kron(a: Array, b: Array) -> Any:
    a, b = _array(a), _array(b)
    ndim = max(a.ndim, b.ndim)
    m, n = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    blocks = np.reshape(a, [i for length in m for i in (length, 1)])
    inside = np.reshape(b, [i for length in n for i in (1, length)])
    return np.reshape(blocks * inside, [i * j for i, j in zip(m, n)])


@composite(np.cross, np.linalg.cross)
def _cross(a: Array, b: Array, *, axis: int = -1) -> Any:
    if np.shape(a)[axis] != 3 or np.shape(b)[axis] != 3:
        raise ValueError(
            f"np.cross expected vectors of 3 elements along axis {axis}, "
            f"got shapes {np.shape(a)} and {np.shape(b)}"
        )
    (a1, a2), (b1, b2) = ((np.roll(x, -1, axis), np.roll(x, -2, axis)) for x in (a, b))
    return a1 * b2 - a2 * b1


# Diagonals and triangles.


@composite(np.diagonal)
def _diagonal(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    last = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[axis1], x.shape[axis2]
    count = max(min(rows - max(-offset, 0), columns - max(offset, 0)), 0)
    place = np.arange(count)
    return last[..., place + max(-offset, 0), place + max(offset, 0)]


@composite(np.trace)
def _trace(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(x, offset, axis1, axis2), axis=-1)


@composite(np.linalg.diagonal)
def _matrix_diagonal(x: Array, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@composite(np.linalg.trace)
def _matrix_trace(x: Array, *, offset: int = 0) -> Any:
    return np.trace(x, offset, -2, -1)


@composite(np.diag)
def _diag(x: Array, k: int = 0) -> Any:
    if x.ndim == 2:
        return np.diagonal(x, k)
    size = x.size + abs(k)
    place = np.arange(x.size)
    return scatter(x, (place + max(-k, 0), place + max(k, 0)), (size, size))


@composite(np.diagflat)
def _diagflat(x: Array, k: int = 0) -> Any:
    return np.diag(np.ravel(x), k)


@rule(np.tril)
def _tril(x: Array, k: int = 0) -> Op:
    return np.tril(x, k), (lambda dy: unbroadcast(np.tril(dy, k), x), None)


@rule(np.triu)
def _triu(x: Array, k: int = 0) -> Op:
    return np.triu(x, k), (lambda dy: unbroadcast(np.triu(dy, k), x), None)


# Einstein sums.


@composite(np.einsum)
def _einsum(subscripts: Any, *operands: Array, optimize: Any = False) -> Any:
    if not isinstance(subscripts, str):
        raise TypeError(
            "np.einsum of traced values expected its subscripts as text, such as 'ij,jk->ik', got "
            f"{type(subscripts).__name__}"
        )
    operands = tuple(map(_array, operands))
    terms, result = _explicit(subscripts.replace(" ", ""), [x.ndim for x in operands])
    inputs = []
    for i, x in enumerate(operands):
        for letter in sorted({c for c in terms[i] if terms[i].count(c) > 1}):
            while terms[i].count(letter) > 1:  # "ii": the diagonal, which NumPy puts last
                first = terms[i].index(letter)
                second = terms[i].index(letter, first + 1)
                x = np.diagonal(x, 0, first, second)
                terms[i] = terms[i].replace(letter, "", 2) + letter
        inputs.append(x)
    return _contract(terms, result, *inputs, optimize=optimize)


def _explicit(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """Spell out an ellipsis and a missing output: ``"...ij,j"`` of ranks 3, 1 is ``aij,j->ai``."""
    inputs, arrow, result = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ValueError(
            f"np.einsum expected {len(terms)} operands for {subscripts!r}, got {len(ranks)}"
        )
    free = [c for c in string.ascii_letters if c not in subscripts]
    hidden = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks)]
    widest = max(n if "..." in term else 0 for term, n in zip(terms, hidden))
    dots = "".join(free[:widest])
    terms = [term.replace("...", dots[widest - n :]) for term, n in zip(terms, hidden)]
    for term, rank in zip(terms, ranks):
        if len(term) != rank:
            raise ValueError(f"np.einsum {subscripts!r} does not fit operands of ranks {ranks}")
    if not arrow:
        letters = "".join(terms)
        once = sorted(c for c in set(letters) if letters.count(c) == 1 and c not in dots)
        return terms, dots + "".join(once)
    return terms, result.replace("...", dots)


@primitive
def _contract(terms: list[str], result: str, *operands: Array, optimize: Any) -> Op:
    lengths: dict[str, int] = {}
    for term, x in zip(terms, operands):
        for letter, length in zip(term, x.shape):
            lengths[letter] = max(length, lengths.get(letter, 0))

    def vjp(i: int) -> Callable[[Array], Array]:
        rest = [terms[j] for j in range(len(terms)) if j != i]
        factors = [operands[j] for j in range(len(terms)) if j != i]
        kept = "".join([c for c in terms[i] if c in result or any(c in term for term in rest)])
        formula = ",".join([result, *rest]) + "->" + kept
        full = tuple([lengths[c] for c in terms[i]])

        def dx(dy: Array) -> Any:
            found = np.einsum(formula, dy, *factors, optimize=optimize)
            if found.shape != full:  # summed over letters of this operand alone, or broadcast
                sizes = iter(found.shape)
                found = found.reshape([next(sizes) if c in kept else 1 for c in terms[i]])
                found = np.broadcast_to(found, full)
            return unbroadcast(found, operands[i])

        return dx

    y = np.einsum(",".join(terms) + "->" + result, *operands, optimize=optimize)
    return y, (None, None, *map(vjp, range(len(operands))))
