"""Linear algebra: products, traces and triangles, einsum, and matrix functions with their batches.

Formulas of the matrix functions: M. Giles, *Collected matrix derivative results for forward and
reverse mode algorithmic differentiation* (2008); J. Townsend, *Differentiating the singular value
decomposition* (2016); I. Murray, *Differentiation of the Cholesky decomposition* (2016); G. Golub
and V. Pereyra, *The differentiation of pseudo-inverses* (1973).

``eigh`` and ``cholesky`` read one triangle and take the matrix as symmetric: their gradient is
symmetric too. Vectors that belong to equal eigenvalues or singular values are not unique; the terms
in which their difference would divide count as 0.
"""

import math
import string
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, composite, primitive, rule, unbroadcast
from minikeras.autodiff.rules.selection import scatter


def _t(x: Array) -> Any:
    """Transpose the last two axes."""
    return np.swapaxes(x, -1, -2)


def _symmetric(x: Array) -> Any:
    return 0.5 * (x + _t(x))


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
        return np.matmul(a, b)
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
        over_a, over_b = ([i] if isinstance(i, int) else list(i) for i in axes)
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
    left = np.transpose(a, rest_a + over_a).reshape(-1, length) if length else None
    if left is None:
        return np.zeros(shape, np.result_type(a, b))
    right = np.transpose(b, over_b + rest_b).reshape(length, -1)
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


# Matrix functions.


@rule(np.linalg.inv)
def _inv(x: Array) -> Op:
    y = np.linalg.inv(x)
    return y, (lambda dy: -np.matmul(np.matmul(_t(y), dy), _t(y)),)


@rule(np.linalg.solve)
def _solve(a: Array, b: Array) -> Op:
    a, b = _array(a), _array(b)
    x = np.linalg.solve(a, b)

    def vjp(dx: Array) -> tuple[Array, Array]:
        if b.ndim == 1:
            column = np.linalg.solve(_t(a), dx[..., None])
            return unbroadcast(-column * x[..., None, :], a), unbroadcast(column[..., 0], b)
        db = np.linalg.solve(_t(a), dx)
        return unbroadcast(-np.matmul(db, _t(x)), a), unbroadcast(db, b)

    return x, vjp


@rule(np.linalg.det)
def _det(x: Array) -> Op:
    y = np.linalg.det(x)

    def dx(dy: Array) -> Any:
        scale = dy[..., None, None]
        if np.all(y):
            return scale * y[..., None, None] * _t(np.linalg.inv(x))
        # Cofactors without an inverse: of the factors of the singular value decomposition.
        u, s, v = np.linalg.svd(x)
        others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :])
        turn = np.sign(np.linalg.det(u) * np.linalg.det(v))[..., None, None]
        return scale * turn * np.matmul(u * np.prod(others, axis=-1)[..., None, :], v)

    return y, (dx,)


@rule(np.linalg.slogdet)
def _slogdet(x: Array) -> Op:
    value = np.linalg.slogdet(x)  # the sign is constant
    return value, (lambda dvalue: dvalue[1][..., None, None] * _t(np.linalg.inv(x)),)


@composite(np.linalg.cholesky)
def _cholesky(x: Array, *, upper: bool = False) -> Any:
    return _t(_lower_cholesky(x)) if upper else _lower_cholesky(x)


@primitive
def _lower_cholesky(x: Array) -> Op:
    y = np.linalg.cholesky(x)

    def dx(dy: Array) -> Any:
        inverse = np.linalg.inv(y)
        inner = np.matmul(_t(y), dy)
        half = np.tril(inner) - 0.5 * np.tril(np.triu(inner))
        return _symmetric(np.matmul(np.matmul(_t(inverse), half), inverse))

    return y, (dx,)


def _one_over_differences(x: Array) -> Any:
    """Matrix of ``1 / (x[j] - x[i])``; 0 where they are equal."""
    difference = x[..., None, :] - x[..., :, None]
    equal = np.equal(difference, 0)
    return np.where(equal, 0.0, 1.0 / np.where(equal, 1.0, difference))


@rule(np.linalg.eigh)
def _eigh(x: Array, UPLO: Any = "L") -> Op:
    w, v = value = np.linalg.eigh(x, UPLO)

    def dx(dvalue: tuple[Array, Array]) -> Any:
        dw, dv = dvalue
        inner = _one_over_differences(w) * np.matmul(_t(v), dv)
        spread = np.matmul(v * dw[..., None, :] + np.matmul(v, inner), _t(v))
        return _symmetric(spread)

    return value, (dx, None)


@rule(np.linalg.eigvalsh)
def _eigvalsh(x: Array, UPLO: Any = "L") -> Op:
    w, v = np.linalg.eigh(x, UPLO)
    return w, (lambda dw: np.matmul(v * dw[..., None, :], _t(v)), None)


@composite(np.linalg.svd)
def _svd(
    x: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if not compute_uv:
        return np.linalg.svdvals(x)
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise TypeError(
            f"np.linalg.svd of matrices of shape {x.shape[-2:]} has no gradient with "
            "full_matrices=True, whose additional vectors are arbitrary; "
            "pass full_matrices=False"
        )
    return _thin_svd(x)


@primitive
def _thin_svd(x: Array) -> Op:
    u, s, v = value = np.linalg.svd(x, full_matrices=False)  # v has the vectors in its rows

    def dx(dvalue: tuple[Array, Array, Array]) -> Any:
        du, ds, dv = dvalue
        apart = _one_over_differences(s * s)
        column, row = s[..., None, :], s[..., :, None]
        inverse = np.where(np.equal(s, 0), 0.0, 1.0 / np.where(np.equal(s, 0), 1.0, s))
        uu, vv = np.matmul(_t(u), du), np.matmul(v, _t(dv))
        core = apart * (uu - _t(uu)) * column + row * (apart * (vv - _t(vv)))
        outside_u = (du - np.matmul(u, uu)) * inverse[..., None, :]  # what leaves their spans,
        outside_v = (dv - np.matmul(_t(vv), v)) * inverse[..., :, None]  # for oblong matrices
        inside = np.matmul(np.matmul(u, core) + u * ds[..., None, :] + outside_u, v)
        return inside + np.matmul(u, outside_v)

    return value, (dx,)


@rule(np.linalg.svdvals)
def _svdvals(x: Array) -> Op:
    u, s, v = np.linalg.svd(x, full_matrices=False)
    return s, (lambda ds: np.matmul(u * ds[..., None, :], v),)


@rule(np.linalg.pinv)
def _pinv(x: Array, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Op:
    p = np.linalg.pinv(x, **{"rcond": rcond} if rtol is None else {"rtol": rtol})

    def dx(dy: Array) -> Any:
        pt, dt = _t(p), _t(dy)
        row, column = np.matmul(dt, p), np.matmul(p, dt)
        left = np.matmul(row - np.matmul(x, np.matmul(p, row)), pt)
        right = np.matmul(pt, column - np.matmul(np.matmul(column, p), x))
        return left + right - np.matmul(np.matmul(pt, dy), pt)

    return p, (dx, None, None)
