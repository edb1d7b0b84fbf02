"""Functions of square and oblong matrices, one or a batch of them: inverses, decompositions.

Formulas: M. Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008); J. Townsend, *Differentiating the singular value decomposition* (2016);
I. Murray, *Differentiation of the Cholesky decomposition* (2016); G. Golub and V. Pereyra, *The
differentiation of pseudo-inverses and nonlinear least squares problems* (1973).

``eigh`` and ``cholesky`` read one triangle and take the matrix as symmetric: their gradient is
symmetric too. The QR formula is that of S. Walter and L. Lehmann, *Algorithmic differentiation of
linear algebra functions with application in optimum experimental design* (2010). Vectors that
belong to equal eigenvalues or singular values are not unique; the terms in which their difference
would divide count as 0.
"""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, composite, primitive, rule, unbroadcast


def _t(x: Array) -> Any:
    """Transpose the last two axes."""
    return np.swapaxes(x, -1, -2)


def _symmetric(x: Array) -> Any:
    return 0.5 * (x + _t(x))


@rule(np.linalg.inv)
def _inv(x: Array) -> Op:
    y = np.linalg.inv(x)
    return y, (lambda dy: -np.matmul(np.matmul(_t(y), dy), _t(y)),)


@rule(np.linalg.solve)
def _solve(a: Array, b: Array) -> Op:
    a, b = (x if hasattr(x, "ndim") else np.asarray(x) for x in (a, b))
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


@composite(np.linalg.qr)
def _qr(x: Array, mode: Any = "reduced") -> Any:
    if mode == "complete" and x.shape[-2] > x.shape[-1]:
        raise TypeError(
            f"np.linalg.qr of matrices of shape {x.shape[-2:]} has no gradient with "
            "mode='complete', whose additional columns are arbitrary; pass mode='reduced'"
        )
    return _thin_qr(x)[1] if mode == "r" else _thin_qr(x)


@primitive
def _thin_qr(x: Array) -> Op:
    q, r = value = np.linalg.qr(x)
    square = q.shape[-1]  # r is a triangle, and to its right what follows from q

    def dx(dvalue: tuple[Array, Array]) -> Any:
        dq, dr = dvalue
        rest, drest = x[..., :, square:], dr[..., :, square:]
        dq = dq + np.matmul(rest, _t(drest))
        triangle = r[..., :, :square]
        m = np.matmul(triangle, _t(dr[..., :, :square])) - np.matmul(_t(dq), q)
        below = np.tril(m, -1)
        right = dq + np.matmul(q, np.tril(m) + _t(below))
        left = _t(np.linalg.solve(triangle, _t(right)))
        return np.concatenate([left, np.matmul(q, drest)], axis=-1)

    return value, (dx,)


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
