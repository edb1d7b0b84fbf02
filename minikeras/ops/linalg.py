"""Matrices: factors, inverses, solutions. The last two axes are the matrix, the others a batch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tape import GradientTape
from minikeras.autodiff.tensor import bare, records
from minikeras.ops._convert import alike, array, floating, number
from minikeras.ops._table import as_floats, from_row

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "solve",
    "solve_triangular",
    "svd",
]


def _row(name: str, signature: str) -> Any:
    return from_row(name, __name__, getattr(np.linalg, name), signature, as_floats)


det = _row("det", "x")
eig = _row("eig", "x")
eigh = _row("eigh", "x")
inv = _row("inv", "x")
norm = _row("norm", "x || ord=None, axis=None, keepdims=False")
solve = _row("solve", "a, b")
svd = _row("svd", "x || full_matrices=True, compute_uv=True")

TABLE = ["det", "eig", "eigh", "inv", "norm", "solve", "svd"]
"""The names that are NumPy's functions."""


def _t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _matrices(name: str, x: Any, *, square: bool = False) -> Any:
    x = floating(x)
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        kind = "square matrices" if square else "matrices"
        raise ValueError(f"ops.{name} expected {kind}, got an array of shape {x.shape}")
    return x


@symbolic
def cholesky(x: Any, upper: bool = False) -> Any:
    """Triangle whose product with its own transpose is ``x``.

    Parameters
    ----------
    x : array, shape (..., n, n)
        Symmetric and positive definite.
    upper : bool, default False
        Return the transpose, with the zeros below.

    Returns
    -------
    array, shape (..., n, n)

    Raises
    ------
    ValueError
        If ``x`` is not square or not positive definite.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.cholesky([[4.0, 2.0], [2.0, 2.0]])
    array([[2., 0.],
           [1., 1.]], dtype=float32)
    """
    x = _matrices("cholesky", x, square=True)
    try:
        lower = np.linalg.cholesky(x)
    except np.linalg.LinAlgError as error:
        raise ValueError(
            "ops.cholesky expected a positive definite matrix; check that it is symmetric, or add "
            "a small multiple of the identity"
        ) from error
    return _t(lower) if upper else lower


@symbolic
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """Inverse of the matrix whose Cholesky triangle is ``x``.

    Parameters
    ----------
    x : array, shape (..., n, n)
        What ``cholesky`` returned.
    upper : bool, default False
        Whether the zeros are below.

    Returns
    -------
    array, shape (..., n, n)
    """
    x = _matrices("cholesky_inverse", x, square=True)
    inverse = np.linalg.inv(np.triu(x) if upper else np.tril(x))
    return np.matmul(inverse, _t(inverse)) if upper else np.matmul(_t(inverse), inverse)


@symbolic
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """Least squares: the shortest ``x`` with ``a @ x`` as close to ``b`` as can be.

    Parameters
    ----------
    a : array, shape (m, n)
    b : array, shape (m,) or (m, k)
    rcond : float, optional
        Singular values below ``rcond`` times the largest count as 0; default the machine epsilon
        times ``max(m, n)``.

    Returns
    -------
    array, shape (n,) or (n, k)

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.lstsq([[1.0], [1.0]], [1.0, 3.0])
    array([2.], dtype=float32)
    """
    a, b = (floating(x) for x in alike([array(a), array(b)]))
    if not (records(a) or records(b)):
        return np.linalg.lstsq(bare(a), bare(b), rcond=rcond)[0]
    if rcond is None:
        rcond = float(np.finfo(a.dtype).eps) * max(a.shape[-2:])
    return np.matmul(np.linalg.pinv(a, rcond), b)


@symbolic
def lu_factor(x: Any) -> Any:
    """Lower and upper triangle of a matrix, with the rows swapped for the largest pivots.

    Parameters
    ----------
    x : array, shape (..., m, n)

    Returns
    -------
    (lu, pivots) : arrays, shape (..., m, n) and (..., min(m, n))
        The lower triangle has ones on its diagonal, which are not stored. Row ``i`` was swapped
        with row ``pivots[i]``, int32. Square matrices have a gradient.

    References
    ----------
    Golub and Van Loan, *Matrix Computations* (2013), section 3.4.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.lu_factor([[1.0, 2.0], [4.0, 4.0]])
    (array([[4.  , 4.  ],
           [0.25, 1.  ]], dtype=float32), array([1, 1], dtype=int32))
    """
    x = _matrices("lu_factor", x)
    pivots = _eliminate(np.array(bare(x)))[1]
    return _lu(x, pivots), pivots


def _eliminate(lu: Array) -> tuple[Array, Array]:
    """Gaussian elimination in place, one column at a time for the whole batch."""
    rows, columns = lu.shape[-2:]
    flat = lu.reshape(-1, rows, columns)
    steps, batch = min(rows, columns), np.arange(len(flat))
    pivots = np.zeros((len(flat), steps), np.int32)
    for i in range(steps):
        best = i + np.argmax(np.abs(flat[:, i:, i]), axis=1)
        pivots[:, i] = best
        swapped = flat[batch, best].copy()
        flat[batch, best] = flat[:, i]
        flat[:, i] = swapped
        pivot = flat[:, i, i, None]
        flat[:, i + 1 :, i] /= np.where(pivot == 0, 1.0, pivot)
        flat[:, i + 1 :, i + 1 :] -= flat[:, i + 1 :, i, None] * flat[:, None, i, i + 1 :]
    return flat.reshape(lu.shape), pivots.reshape(*lu.shape[:-2], steps)


def _order(pivots: Array, rows: int) -> Array:
    """Return which row of the matrix each row of the factors comes from."""
    flat = pivots.reshape(-1, pivots.shape[-1])
    order, batch = np.tile(np.arange(rows), (len(flat), 1)), np.arange(len(flat))
    for i in range(flat.shape[-1]):
        other = flat[:, i]
        order[batch, other], order[:, i] = order[:, i].copy(), order[batch, other].copy()
    return order.reshape(*pivots.shape[:-1], rows)


@primitive
def _lu(x: Array, pivots: Array) -> Op:
    y = _eliminate(np.array(x))[0]

    def dx(dy: Array) -> Any:
        if x.shape[-1] != x.shape[-2]:
            raise ValueError(f"ops.lu_factor of shape {x.shape} has no gradient: it is not square")
        lower, upper = np.tril(y, -1) + np.eye(x.shape[-1], dtype=x.dtype), np.triu(y)
        inner = np.tril(np.matmul(_t(lower), np.tril(dy, -1)), -1)
        inner = inner + np.triu(np.matmul(np.triu(dy), _t(upper)))
        permuted = np.linalg.solve(_t(lower), _t(np.linalg.solve(upper, _t(inner))))
        back = np.argsort(_order(pivots, x.shape[-2]), axis=-1)
        return np.take_along_axis(permuted, back[..., None], axis=-2)

    return y, (dx, None)


@symbolic
def matrix_rank(x: Any, tol: float | None = None) -> Any:
    """Return how many singular values are above ``tol`` times the largest; there is no gradient.

    Parameters
    ----------
    x : array, shape (..., m, n)
    tol : float, optional
        Relative to the largest singular value; default the machine epsilon times ``max(m, n)``.

    Returns
    -------
    int32 array, shape (...)
    """
    x = bare(_matrices("matrix_rank", x))
    values = np.linalg.svdvals(x)
    least = np.finfo(x.dtype).eps * max(x.shape[-2:]) if tol is None else number(tol)
    largest = np.max(values, axis=-1, keepdims=True, initial=0.0)
    return np.sum(values > largest * least, axis=-1, dtype=np.int32)


@symbolic
def pinv(x: Any, rcond: float | None = None) -> Any:
    """Pseudo-inverse.

    Parameters
    ----------
    x : array, shape (..., m, n)
    rcond : float, optional
        Singular values below ``rcond`` times the largest count as 0; default ten times the
        machine epsilon times ``max(m, n)``.

    Returns
    -------
    array, shape (..., n, m)
    """
    x = _matrices("pinv", x)
    if rcond is None:
        rcond = 10.0 * max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    return np.linalg.pinv(x, rcond)


@symbolic
def qr(x: Any, mode: str = "reduced") -> Any:
    """Orthogonal columns, and the triangle that makes ``x`` of them.

    Parameters
    ----------
    x : array, shape (..., m, n)
    mode : {"reduced", "complete"}
        ``"complete"`` adds columns until there are ``m``.

    Returns
    -------
    (q, r) : arrays, shape (..., m, k) and (..., k, n)
        ``k`` is ``min(m, n)``, or ``m`` in the complete mode.
    """
    check_choice("mode", mode, ["reduced", "complete"])
    return tuple(np.linalg.qr(_matrices("qr", x), mode=mode))  # type: ignore[call-overload]


@symbolic
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """Solve ``a @ x = b`` for a triangle ``a``.

    Parameters
    ----------
    a : array, shape (..., n, n)
        The other half is not looked at.
    b : array, shape (..., n) or (..., n, k)
    lower : bool, default False
        Whether the zeros are above the diagonal.

    Returns
    -------
    array of the shape of ``b``

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.solve_triangular([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0], lower=True)
    array([1., 2.], dtype=float32)
    """
    a, b = (floating(x) for x in alike([array(a), array(b)]))
    triangle = np.tril(a) if lower else np.triu(a)
    if b.ndim == a.ndim - 1 and b.ndim > 1:  # NumPy takes a batch of vectors for a matrix
        return np.linalg.solve(triangle, b[..., None])[..., 0]
    return np.linalg.solve(triangle, b)


def jvp(
    fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """Return a function's value and its derivative in one direction.

    Parameters
    ----------
    fun : callable
        Takes and returns arrays; written in NumPy or ops.
    primals : tuple of arrays
        Where to differentiate.
    tangents : tuple of arrays of the same shapes
        The direction.
    has_aux : bool, default False
        Whether ``fun`` returns ``(value, extra)``.

    Returns
    -------
    (value, derivative) or (value, derivative, extra)

    Notes
    -----
    The product with the transposed Jacobian is linear in its weights; differentiating it by them
    gives the product with the Jacobian itself. ``fun`` must be differentiable twice.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.jvp(np.square, (np.array([3.0]),), (np.array([1.0]),))
    (array([9.]), array([6.]))
    """
    points, directions = (tuple(floating(x) for x in xs) for xs in (primals, tangents))
    for x, direction in zip(points, directions, strict=True):
        if x.shape != direction.shape:
            raise ValueError(
                f"ops.jvp expected tangents of the shapes of primals, got {direction.shape} "
                f"beside {x.shape}"
            )
    plain = fun(*points)
    value, extra = plain if has_aux else (plain, None)
    with GradientTape() as outer:
        weights = outer.watch(np.ones(value.shape, value.dtype))
        with GradientTape() as inner:
            traced = [inner.watch(x) for x in points]
            result = fun(*traced)
            y = result[0] if has_aux else result
        slopes = inner.gradient(y, traced, weights, "zero")
        along = [np.sum(slope * direction) for slope, direction in zip(slopes, directions)]
        total = sum(along[1:], along[0])
    derivative = outer.gradient(total, weights, unconnected_gradients="zero")
    return (value, derivative, extra) if has_aux else (value, derivative)
