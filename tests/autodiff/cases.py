"""Calls of every NumPy function with a gradient rule: what is called, and with which arguments.

Arguments are made by seeded generators that keep away from kinks, poles and ties.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minikeras.autodiff.array_methods import astype

RNG = np.random.default_rng(1)


class Case(NamedTuple):
    function: Any
    call: Callable[..., Any]
    args: tuple[Any, ...]
    second: bool = True  # whether second derivatives are compared too

    @property
    def name(self) -> str:
        shapes = "-".join("x".join(map(str, np.shape(arg))) or "scalar" for arg in self.args)
        return f"{self.function.__name__}-{shapes}"


def normal(*shape: int) -> Any:
    return np.asarray(RNG.standard_normal(shape))


def between(low: float, high: float, *shape: int) -> Any:
    return np.asarray(RNG.uniform(low, high, shape))


def spread(*shape: int) -> Any:
    """Numbers at least 0.3 apart, and from 0, in random order."""
    size = int(np.prod(shape))
    numbers = 0.4 * (np.arange(size) - size // 2) + 0.2 + RNG.uniform(-0.05, 0.05, size)
    return RNG.permutation(numbers).reshape(shape)


def regular(*shape: int) -> Any:
    """Matrices far from singular."""
    return normal(*shape) + 4.0 * np.eye(shape[-1])


def positive_definite(*shape: int) -> Any:
    x = normal(*shape)
    return x @ np.swapaxes(x, -1, -2) + 2.0 * np.eye(shape[-1])


CASES: list[Case] = []


def case(function: Any, *args: Any, call: Any = None, second: bool = True) -> None:
    CASES.append(Case(function, call or function, args, second))


# Element by element: domain of the argument, for shapes (3, 2) and ().
for function, low, high in [
    (np.negative, -2, 2),
    (np.positive, -2, 2),
    (np.copy, -2, 2),
    (np.conjugate, -2, 2),
    (np.real, -2, 2),
    (np.absolute, 0.2, 2),
    (np.absolute, -2, -0.2),
    (np.fabs, -2, -0.2),
    (np.square, -2, 2),
    (np.sqrt, 0.3, 2),
    (np.cbrt, 0.3, 2),
    (np.cbrt, -2, -0.3),
    (np.reciprocal, 0.5, 2),
    (np.nan_to_num, -2, 2),
    (np.exp, -2, 2),
    (np.exp2, -2, 2),
    (np.expm1, -2, 2),
    (np.log, 0.4, 3),
    (np.log2, 0.4, 3),
    (np.log10, 0.4, 3),
    (np.log1p, -0.5, 3),
    (np.sin, -3, 3),
    (np.cos, -3, 3),
    (np.tan, -1.1, 1.1),
    (np.arcsin, -0.8, 0.8),
    (np.arccos, -0.8, 0.8),
    (np.arctan, -3, 3),
    (np.sinh, -2, 2),
    (np.cosh, -2, 2),
    (np.tanh, -2, 2),
    (np.arcsinh, -3, 3),
    (np.arccosh, 1.3, 3),
    (np.arctanh, -0.8, 0.8),
    (np.deg2rad, -90, 90),
    (np.radians, -90, 90),
    (np.rad2deg, -2, 2),
    (np.degrees, -2, 2),
    (np.sinc, -2, 2),
    (np.sinc, -0.01, 0.01),
]:
    case(function, between(low, high, 3, 2))
    case(function, between(low, high))

# Two arguments, broadcast against each other.
for function in [np.add, np.subtract, np.multiply, np.arctan2, np.hypot, np.logaddexp]:
    case(function, normal(2, 3), normal(3))
    case(function, normal(2, 1), normal())
case(np.logaddexp2, normal(2, 3), normal(3))
for function in [np.maximum, np.minimum, np.fmax, np.fmin]:
    case(function, spread(2, 3), spread(3) + 0.01)
case(np.divide, normal(2, 3), between(0.5, 2, 3))
case(np.divide, normal(2, 1), between(0.5, 2))
case(np.power, between(0.5, 2, 2, 3), normal(3))
for exponent in [2, 3, 0, 1, -1, 0.5, -1.5, np.array([0, 1, 2])]:
    case(np.power, between(0.5, 2, 2, 3), call=lambda x, p=exponent: x**p)
case(np.power, normal(2, 3), call=lambda x: 2.0**x)
case(np.float_power, between(0.5, 2, 2, 3), normal(3))
case(np.remainder, np.array([1.3, 4.6, -1.2]), between(1.0, 1.1, 3))
case(np.fmod, np.array([1.3, 4.6, -1.2]), between(1.0, 1.1, 3))
case(np.copysign, between(0.5, 2, 3), call=lambda x: np.copysign(x, [1.0, -1.0, 1.0]))

# Reductions: one, several, negative, all axes; kept or not.
for function in [np.sum, np.mean, np.prod, np.var, np.std, np.max, np.amax, np.min, np.amin]:
    for settings in [{}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": (0, -1)}]:
        case(function, spread(2, 3, 2), call=lambda x, f=function, s=settings: f(x, **s))
case(np.sum, normal(2, 3), call=lambda x: np.sum(x, dtype=x.dtype))
case(np.var, normal(5), call=lambda x: np.var(x, ddof=1))
case(np.std, normal(2, 5), call=lambda x: np.std(x, axis=1, ddof=1))
case(np.prod, np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0]]), call=lambda x: np.prod(x, axis=1))
case(np.prod, np.array([[0.0, 2.0, 3.0], [4.0, 5.0, 2.0]]), call=lambda x: np.prod(x))
for function in [np.cumsum, np.cumprod]:
    for axis in [None, 0, -1]:
        case(function, spread(2, 3), call=lambda x, f=function, a=axis: f(x, axis=a))
case(np.cumprod, np.array([3.0, 0.0, 2.0, 0.0, 1.5]))
for function in [np.ptp, np.average, np.nansum, np.nanprod, np.nanmean, np.median]:
    case(function, spread(3, 4))
    case(function, spread(3, 4), call=lambda x, f=function: f(x, axis=1, keepdims=True))
case(np.average, normal(3, 4), between(0.5, 1, 4), call=lambda x, w: np.average(x, 1, w))
case(np.average, normal(3, 4), between(0.5, 1, 3, 4), call=lambda x, w: np.average(x, None, w))
for order in [None, 1, 2, 3, np.inf, -np.inf]:
    case(np.linalg.norm, spread(5), call=lambda x, o=order: np.linalg.norm(x, o))
    case(np.linalg.norm, spread(2, 3), call=lambda x, o=order: np.linalg.norm(x, o, axis=0))
    case(
        np.linalg.vector_norm,
        spread(2, 3),
        call=lambda x, o=order or 2: np.linalg.vector_norm(x, ord=o),
    )
for order in ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]:
    case(np.linalg.norm, spread(3, 2), call=lambda x, o=order: np.linalg.norm(x, o))
    case(
        np.linalg.matrix_norm,
        spread(2, 3, 2),
        call=lambda x, o=order: np.linalg.matrix_norm(x, ord=o),
    )
case(np.linalg.norm, normal(2, 3))
case(np.linalg.norm, normal(2, 3, 2), call=lambda x: np.linalg.norm(x, axis=(0, 2), keepdims=True))

# Products.
for first, second in [
    ((3,), (3,)),
    ((2, 3), (3, 4)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((4, 2, 3), (3, 2)),
    ((4, 2, 3), (3,)),
    ((3,), (4, 3, 2)),
    ((4, 2, 3), (4, 3, 2)),
    ((4, 1, 2, 3), (5, 3, 2)),
    ((2, 3), (4, 3, 2)),
]:
    case(np.matmul, normal(*first), normal(*second))
for first, second in [
    ((), (3,)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((2, 3), (3, 2)),
    ((2, 2, 3), (4, 3, 2)),
    ((3,), (2, 3, 2)),
]:
    case(np.dot, normal(*first), normal(*second))
case(np.inner, normal(2, 3), normal(4, 3))
case(np.inner, normal(3), normal(3))
case(np.inner, normal(), normal(3))
case(np.outer, normal(2), normal(3))
case(np.outer, normal(2, 2), normal(3))
case(np.linalg.outer, normal(2), normal(3))
case(np.vdot, normal(2, 3), normal(6))
case(np.vecdot, normal(2, 3), normal(3))
case(np.linalg.vecdot, normal(2, 3), normal(3))
if hasattr(np, "matvec"):
    case(np.matvec, normal(4, 2, 3), normal(3))
    case(np.vecmat, normal(3), normal(4, 3, 2))
case(np.tensordot, normal(2, 3, 4), normal(3, 4, 2))
case(np.tensordot, normal(2, 3), normal(2, 2), call=lambda a, b: np.tensordot(a, b, axes=0))
case(
    np.tensordot,
    normal(2, 3, 4),
    normal(4, 3),
    call=lambda a, b: np.tensordot(a, b, ([1, -1], [1, 0])),
)
case(
    np.linalg.tensordot,
    normal(2, 3),
    normal(3, 2),
    call=lambda a, b: np.linalg.tensordot(a, b, axes=1),
)
case(
    np.linalg.multi_dot,
    normal(2, 3),
    normal(3, 4),
    normal(4),
    call=lambda *x: np.linalg.multi_dot(x),
)
for power in [-2, 0, 1, 3]:
    case(
        np.linalg.matrix_power, regular(2, 2), call=lambda x, n=power: np.linalg.matrix_power(x, n)
    )
case(np.kron, normal(2, 3), normal(2, 2))
case(np.kron, normal(2), normal(2, 2))
case(np.cross, normal(2, 3), normal(3))
case(np.linalg.cross, normal(2, 3), normal(2, 3))

# Diagonals and triangles.
for offset in [-1, 0, 2]:
    case(np.diagonal, normal(3, 4), call=lambda x, k=offset: np.diagonal(x, k))
    case(np.trace, normal(3, 4), call=lambda x, k=offset: np.trace(x, k))
    case(np.diag, normal(3), call=lambda x, k=offset: np.diag(x, k))
    case(np.diag, normal(3, 4), call=lambda x, k=offset: np.diag(x, k))
    case(np.tril, normal(3, 4), call=lambda x, k=offset: np.tril(x, k))
    case(np.triu, normal(2, 3, 4), call=lambda x, k=offset: np.triu(x, k))
case(np.diagonal, normal(2, 3, 4), call=lambda x: np.diagonal(x, 1, 2, 0))
case(np.trace, normal(2, 3, 4), call=lambda x: np.trace(x, 0, -1, 0))
case(np.diagflat, normal(2, 2))
case(np.linalg.diagonal, normal(2, 3, 3))
case(np.linalg.trace, normal(2, 3, 3))
case(np.triu, normal(3))

# Einstein sums.
for formula, *shapes in [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ba,cb", (2, 3), (4, 2)),
    ("bij,bjk->bik", (2, 3, 2), (2, 2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,i->", (3,), (3,)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ij->ji", (2, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->ij", (3, 3, 2)),
    ("ij,ik->i", (2, 3), (2, 4)),
    ("...i,...i->...", (2, 3), (3,)),
    ("...ij,jk", (4, 2, 3), (3, 2)),
    ("i...,i...", (3, 2), (3,)),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)),
    ("...ij,...jk->...ik", (1, 2, 3), (4, 3, 2)),
    (" i j , j -> i ", (2, 3), (3,)),
]:
    case(
        np.einsum,
        *[normal(*shape) for shape in shapes],
        call=lambda *x, f=formula: np.einsum(f, *x),
    )
case(
    np.einsum,
    normal(2, 3),
    normal(3, 4),
    normal(4, 2),
    call=lambda *x: np.einsum("ij,jk,kl", *x, optimize=True),
)

# Matrix functions.
for batch in [(), (2,)]:
    case(np.linalg.inv, regular(*batch, 3, 3))
    case(np.linalg.det, regular(*batch, 3, 3))
    case(np.linalg.slogdet, regular(*batch, 3, 3))
    case(np.linalg.solve, regular(*batch, 3, 3), normal(3, 2))
    case(np.linalg.solve, regular(*batch, 3, 3), normal(3))
    case(
        np.linalg.cholesky,
        normal(*batch, 3, 3),
        call=lambda x: np.linalg.cholesky(x @ x.mT + 2.0 * np.eye(3, dtype=x.dtype)),
    )
    case(np.linalg.eigvalsh, normal(*batch, 3, 3), call=lambda x: np.linalg.eigvalsh(x + x.mT))
    case(
        np.linalg.eigh,
        normal(*batch, 3, 3),
        call=lambda x: [y**2 for y in np.linalg.eigh(x + x.mT)],
    )
    case(np.linalg.svdvals, normal(*batch, 3, 2))
    case(
        np.linalg.svd,
        normal(*batch, 3, 2),
        call=lambda x: [y**2 for y in np.linalg.svd(x, full_matrices=False)],
    )
    case(
        np.linalg.svd,
        normal(*batch, 2, 3),
        call=lambda x: [y**2 for y in np.linalg.svd(x, full_matrices=False)],
    )
    case(np.linalg.svd, normal(*batch, 2, 2), call=lambda x: [y**2 for y in np.linalg.svd(x)])
    case(np.linalg.pinv, normal(*batch, 3, 2))
    case(np.linalg.pinv, normal(*batch, 2, 3))
case(np.linalg.svd, normal(3, 2), call=lambda x: np.linalg.svd(x, compute_uv=False))
case(np.linalg.solve, regular(3, 3), normal(2, 3, 2))
case(
    np.linalg.cholesky,
    normal(3, 3),
    call=lambda x: np.linalg.cholesky(x @ x.mT + np.eye(3, dtype=x.dtype), upper=True),
)

# Shape.
case(np.reshape, normal(2, 6), call=lambda x: np.reshape(x, (3, -1)))
case(np.reshape, normal(2, 6), call=lambda x: np.reshape(x, (3, 4), order="F"))
case(np.ravel, normal(2, 3))
case(np.ravel, normal(2, 3), call=lambda x: np.ravel(x, order="F"))
case(np.transpose, normal(2, 3, 4))
case(np.transpose, normal(2, 3, 4), call=lambda x: np.transpose(x, (1, -1, 0)))
case(np.permute_dims, normal(2, 3, 4), call=lambda x: np.permute_dims(x, (1, 2, 0)))
case(np.swapaxes, normal(2, 3, 4), call=lambda x: np.swapaxes(x, 0, -1))
case(np.matrix_transpose, normal(2, 3, 4))
case(np.linalg.matrix_transpose, normal(2, 3, 4))
case(np.moveaxis, normal(2, 3, 4), call=lambda x: np.moveaxis(x, 0, -1))
case(np.moveaxis, normal(2, 3, 4), call=lambda x: np.moveaxis(x, (0, 1), (-1, 0)))
case(np.squeeze, normal(1, 3, 1))
case(np.squeeze, normal(1, 3, 1), call=lambda x: np.squeeze(x, axis=-1))
case(np.expand_dims, normal(2, 3), call=lambda x: np.expand_dims(x, (0, -1)))
case(np.broadcast_to, normal(3, 1), call=lambda x: np.broadcast_to(x, (2, 3, 4)))
case(np.broadcast_arrays, normal(3, 1), normal(2), call=np.broadcast_arrays)
case(np.full_like, normal(3), call=lambda x: np.full_like(x, np.sum(x), shape=(2, 3)))
case(astype, normal(3), call=lambda x: astype(x, x.dtype))
case(np.astype, normal(3), call=lambda x: np.astype(x, x.dtype))
for axis in [0, -1, None]:
    case(
        np.concatenate,
        normal(2, 2),
        normal(2, 2),
        call=lambda *x, a=axis: np.concatenate(x, axis=a),
    )
case(np.concatenate, normal(2, 2), call=lambda x: np.concatenate([x, [[1.0, 2.0]], x], dtype=None))
for axis in [0, -1]:
    case(np.stack, normal(2, 3), normal(2, 3), call=lambda *x, a=axis: np.stack(x, a))
for function in [np.hstack, np.vstack, np.dstack]:
    case(function, normal(3), normal(3), call=lambda *x, f=function: f(x))
    case(function, normal(2, 3), normal(2, 3), call=lambda *x, f=function: f(x))
case(np.column_stack, normal(3), normal(3, 2), call=lambda *x: np.column_stack(x))
case(np.append, normal(2, 2), normal(3))
case(np.block, normal(2, 2), normal(2, 1), normal(3), call=lambda a, b, c: np.block([[a, b], [c]]))
for function in [np.split, np.array_split, np.hsplit]:
    case(function, normal(2, 4), call=lambda x, f=function: f(x, 2))
case(np.split, normal(4, 2), call=lambda x: np.split(x, [1, 3]))
case(np.split, normal(2, 4), call=lambda x: np.split(x, 2, axis=1)[1])
case(np.array_split, normal(5), call=lambda x: np.array_split(x, 3))
case(np.vsplit, normal(4, 2), call=lambda x: np.vsplit(x, 2))
case(np.dsplit, normal(2, 1, 4), call=lambda x: np.dsplit(x, 2))
if hasattr(np, "unstack"):
    case(np.unstack, normal(3, 2), call=lambda x: np.unstack(x, axis=1))
for reps in [2, (2, 3), (2, 1, 3), ()]:
    case(np.tile, normal(2, 3), call=lambda x, r=reps: np.tile(x, r))
case(np.repeat, normal(2, 3), call=lambda x: np.repeat(x, 2))
case(np.repeat, normal(2, 3), call=lambda x: np.repeat(x, 3, axis=1))
case(np.repeat, normal(2, 3), call=lambda x: np.repeat(x, [2, 0, 3], axis=-1))
case(np.roll, normal(2, 3), call=lambda x: np.roll(x, 2))
case(np.roll, normal(2, 3), call=lambda x: np.roll(x, (1, -2), axis=(0, 1)))
case(np.flip, normal(2, 3))
case(np.flip, normal(2, 3), call=lambda x: np.flip(x, 1))
case(np.fliplr, normal(2, 3))
case(np.flipud, normal(2, 3))
for turns in [1, 2, 3]:
    case(np.rot90, normal(2, 3), call=lambda x, k=turns: np.rot90(x, k))
case(np.pad, normal(2, 3), call=lambda x: np.pad(x, 1))
case(np.pad, normal(2, 3), call=lambda x: np.pad(x, ((0, 1), (2, 0)), constant_values=3.0))
for mode in ["edge", "reflect", "symmetric", "wrap"]:
    case(np.pad, normal(3, 4), call=lambda x, m=mode: np.pad(x, ((1, 2), (0, 2)), mode=m))
for function in [np.atleast_1d, np.atleast_2d, np.atleast_3d]:
    case(function, normal())
    case(function, normal(3), normal(2, 3))

# Selection.
for index in [
    1,
    -1,
    slice(None, None, -2),
    (slice(1, None), 2),
    (..., 0),
    (None, slice(0, 2), None),
    [0, 2, 0],
    np.array([[0, 1], [1, 1]]),
    (np.array([0, 0, 2]), np.array([1, 1, 3])),
    (slice(None), [1, 1, -1]),
    (np.array([0, 2]), slice(None, None, 2)),
    (np.array([[0], [2]]), np.array([1, 1])),
    (0, [1, 1]),
    np.array([True, False, True]),
    (np.array([True, False, True]), slice(1, 3)),
    (..., np.array([3, 3, 0])),
    (),
]:
    case(operator.getitem, normal(3, 4), call=lambda x, i=index: x[i])
case(operator.getitem, spread(3, 4), call=lambda x: x[x > 0.0])
case(operator.getitem, normal(3, 2, 4), call=lambda x: x[:, [1, 1, 0]])
case(operator.getitem, normal(3, 2, 4), call=lambda x: x[[0, 1], :, [1, 1]])
case(operator.getitem, normal(5), call=lambda x: x[[0, 0, 3]])
case(np.where, normal(2, 3), normal(3), call=lambda x, y: np.where([[True], [False]], x, y))
case(np.where, normal(2, 3), call=lambda x: np.where(x > 0, x, 0.0))
case(np.select, normal(4), call=lambda x: np.select([x > 1, x > 0], [x * 2.0, x**2], 0.5))
case(np.clip, spread(3, 4), call=lambda x: np.clip(x, -1.0, 1.0))
case(np.clip, spread(3, 4), call=lambda x: np.clip(x, None, 0.7))
case(np.clip, spread(3, 4), call=lambda x: np.clip(x, a_min=-0.3, a_max=None))
if hasattr(np, "unstack"):  # NumPy 2.1, like this way of naming the bounds
    case(np.clip, spread(3, 4), call=lambda x: np.clip(x, min=-0.3))
case(np.clip, spread(3, 4), spread(4) + 0.01, spread(3, 1) + 2.02)
for settings in [
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": 1, "mode": "clip"},
    {"axis": 1, "mode": "wrap"},
]:
    indices = [[0, 2], [2, 5]] if "mode" in settings else [[0, 2], [2, 1]]
    case(np.take, normal(3, 4), call=lambda x, i=indices, s=settings: np.take(x, i, **s))
case(np.take, normal(3, 4), call=lambda x: np.take(x, 1, axis=1))
case(
    np.take_along_axis,
    normal(3, 4),
    call=lambda x: np.take_along_axis(x, np.array([[0, 0], [1, 2], [3, 3]]), axis=1),
)
case(
    np.take_along_axis,
    normal(3, 4),
    call=lambda x: np.take_along_axis(x, np.array([5, 5, 0]), axis=None),
)
case(
    np.take_along_axis, normal(4), call=lambda x: np.take_along_axis(x, np.array([1, 1, 0]), axis=0)
)
for axis in [0, -1, None]:
    case(np.sort, spread(3, 4), call=lambda x, a=axis: np.sort(x, axis=a))
case(
    np.extract,
    normal(2, 3),
    call=lambda x: np.extract([[True, False, True], [False, True, True]], x),
)
case(np.compress, normal(2, 3), call=lambda x: np.compress([True, False, True], x, axis=1))
case(np.delete, normal(2, 4), call=lambda x: np.delete(x, [1, 2], axis=1))
for settings in [{"window_shape": (2, 3)}, {"window_shape": 2, "axis": -1}]:
    case(
        sliding_window_view,
        normal(3, 4),
        call=lambda x, s=settings: sliding_window_view(x, **s).copy(),
    )
case(np.diff, normal(2, 4))
case(np.diff, normal(4, 3), call=lambda x: np.diff(x, n=2, axis=0))

# Quantiles, statistics without NaN, correlations.
HOLES = np.where(np.arange(12).reshape(3, 4) % 5 == 2, np.nan, spread(3, 4))


def with_holes(function: Any, **settings: Any) -> Callable[..., Any]:
    """Call ``function`` with some elements replaced by NaN."""
    return lambda x: function(np.where(np.isnan(HOLES), np.nan, x), **settings)


for function in [np.quantile, np.nanquantile]:
    for method in ["linear", "lower", "higher", "midpoint", "nearest"]:
        case(
            function,
            spread(3, 4),
            call=lambda x, f=function, m=method: f(x, 0.3, axis=0, method=m),
        )
    case(function, spread(3, 4), call=lambda x, f=function: f(x, [0.0, 0.8, 1.0]))
    case(
        function,
        spread(3, 4, 2),
        call=lambda x, f=function: f(x, [0.1, 0.2], axis=(0, -1), keepdims=True),
    )
case(np.quantile, spread(3, 4), call=lambda x: np.quantile(x, [[0.1], [0.2]], axis=0))
for function in [np.percentile, np.nanpercentile]:
    case(function, spread(3, 4), call=lambda x, f=function: f(x, [30, 75], axis=1, keepdims=True))
case(np.nanquantile, spread(3, 4), call=with_holes(np.nanquantile, q=0.3, axis=1))
for function in [np.nanmax, np.nanmin, np.nanvar, np.nanstd, np.nanmedian]:
    for settings in [{}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}]:
        case(function, spread(3, 4), call=with_holes(function, **settings))
for function in [np.nancumsum, np.nancumprod]:
    case(function, spread(3, 4), call=with_holes(function, axis=1))
case(np.cumprod, spread(2, 3), call=lambda x: np.cumprod(x, axis=1, dtype=x.dtype))
case(np.median, spread(3, 4, 2), call=lambda x: np.median(x, axis=(0, 2)))
case(np.corrcoef, normal(3, 5))
case(np.corrcoef, normal(5, 2), call=lambda x: np.corrcoef(x, rowvar=False))
for mode in ["valid", "same", "full"]:
    for first, second in [(7, 3), (7, 4), (3, 6)]:
        case(
            np.correlate,
            normal(first),
            normal(second),
            call=lambda a, v, m=mode: np.correlate(a, v, m),
        )

# Spaces and grids.
case(np.linspace, normal(), normal(), call=lambda a, b: np.linspace(a, b, 5))
case(np.linspace, normal(2), normal(), call=lambda a, b: np.linspace(a, b, 3, False, axis=-1))
case(np.linspace, normal(), normal(), call=lambda a, b: np.linspace(a, b, 3, retstep=True))
case(np.logspace, normal(), normal(), call=lambda a, b: np.logspace(a, b, 3, base=2.0))
case(np.geomspace, between(1, 2), between(3, 4), call=lambda a, b: np.geomspace(a, b, 4))
case(np.meshgrid, normal(2), normal(3))
case(np.meshgrid, normal(2), normal(3), call=lambda a, b: np.meshgrid(a, b, indexing="ij"))
case(np.meshgrid, normal(2), normal(3), call=lambda a, b: np.meshgrid(a, b, sparse=True))
case(np.vander, between(0.5, 2, 3))
case(np.vander, between(0.5, 2, 3), call=lambda x: np.vander(x, 2, increasing=True))
case(np.trapezoid, normal(2, 4))
case(np.trapezoid, normal(4, 2), normal(4), call=lambda y, x: np.trapezoid(y, x, axis=0))
case(np.ldexp, normal(3), call=lambda x: np.ldexp(x, [1, -2, 0]))

# Orthogonal and triangular factors.
for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 3)]:
    case(np.linalg.qr, normal(*shape), call=lambda x: [y**2 for y in np.linalg.qr(x)])
case(np.linalg.qr, normal(3, 2), call=lambda x: np.linalg.qr(x, mode="r"))
case(np.linalg.qr, normal(2, 3), call=lambda x: np.linalg.qr(x, mode="complete")[1])
