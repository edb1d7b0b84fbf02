"""Functions of arrays that NumPy lacks, or that Keras gives other arguments."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array, DType
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare, records
from minikeras.ops._convert import alike, array, floating
from minikeras.ops._fast import under_two_tapes

Axis = int | tuple[int, ...] | None


@symbolic
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """Limit ``x`` to ``[x_min, x_max]``; the gradient is 0 outside.

    Parameters
    ----------
    x : array
    x_min, x_max : array or number or None
        None: no limit on that side.

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.clip([-2.0, 0.5, 3.0], 0.0, 1.0)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    limits = [limit for limit in (x_min, x_max) if limit is not None]
    x, *given = alike([array(x), *limits])
    low = given.pop(0) if x_min is not None else None
    return np.clip(x, low, given[0] if given else None)


@symbolic
def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Return the largest element along ``axis``, or ``initial`` if that is larger.

    Elements that tie share the gradient.
    """
    y = np.max(array(x), axis=axis, keepdims=keepdims) if _any(x, axis, initial) else None
    return _with_initial(np.maximum, y, x, axis, keepdims, initial)


@symbolic
def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Return the smallest element along ``axis``, or ``initial`` if that is smaller.

    Elements that tie share the gradient.
    """
    y = np.min(array(x), axis=axis, keepdims=keepdims) if _any(x, axis, initial) else None
    return _with_initial(np.minimum, y, x, axis, keepdims, initial)


def _any(x: Any, axis: Axis, initial: Any) -> bool:
    """Whether there is something to reduce; without ``initial`` NumPy says so itself."""
    shape = np.shape(x)
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis).tolist()
    return initial is None or math.prod([shape[i] for i in axes]) > 0


def _with_initial(better: Any, y: Any, x: Any, axis: Axis, keepdims: bool, initial: Any) -> Any:
    if initial is None:
        return y
    if y is None:
        y = np.sum(array(x), axis=axis, keepdims=keepdims) + initial  # a sum of nothing
    return better(y, array(initial, y.dtype))


def copy(x: Any) -> Any:
    """Return a copy of ``x``."""
    return np.copy(array(x))


@symbolic
def cross(
    x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Cross product of vectors of 2 or 3 elements.

    Parameters
    ----------
    x1, x2 : array
        The vectors lie along ``axisa`` and ``axisb``; one of 2 elements has 0 as its third.
    axisc : int, default -1
        Where the vectors of the result lie. Two vectors of 2 elements give a number, no vector.
    axis : int, optional
        All three of them.

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    array([0., 0., 1.], dtype=float32)
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = alike([array(x1), array(x2)])
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (
        np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, 1)]) if v.shape[-1] == 2 else v for v in (a, b)
    )
    return np.moveaxis(np.cross(a, b), -1, axisc)


@symbolic
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """Quotient, and 0 where the divisor is 0.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.divide_no_nan([1.0, 2.0], [0.0, 4.0])
    array([0. , 0.5], dtype=float32)
    """
    a, b = (floating(x) for x in alike([x1, x2]))
    zero = np.equal(b, 0)
    return np.where(zero, 0.0, a / np.where(zero, 1.0, b))


@symbolic
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Einstein sum, ``numpy.einsum``.

    Parameters
    ----------
    subscripts : str
        Such as ``"bij,jk->bik"``.
    *operands : array
    **kwargs
        ``optimize``, as in NumPy.

    Returns
    -------
    array

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.einsum("i,j->ij", [1.0, 2.0], [3.0, 4.0])
    array([[3., 4.],
           [6., 8.]], dtype=float32)
    """
    return np.einsum(subscripts, *alike(operands), **kwargs)


@symbolic
def get_item(x: Any, key: Any) -> Any:
    """Return ``x[key]``."""
    return array(x)[key]


def i0(x: Any) -> Any:
    """Modified Bessel function of the first kind, of order 0.

    Parameters
    ----------
    x : array

    Returns
    -------
    array, at least 1

    References
    ----------
    NIST Digital Library of Mathematical Functions, 10.32.3 (the integral that gives the slope).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.i0([0.0, 1.0])
    array([1.       , 1.2660658], dtype=float32)
    """
    return _i0(floating(x))


@primitive
def _i0(x: Array) -> Op:
    def dx(dy: Array) -> Any:
        # The order 1 is a mean over a full turn, which evenly spaced points give exactly but for
        # terms below exp(-points**2 / 2x).
        points = 32 + int(9.0 * math.sqrt(float(np.max(np.abs(bare(x)), initial=0.0))))
        turn = np.cos(np.arange(points) * (2.0 * math.pi / points)).astype(x.dtype)
        return dy * np.mean(np.exp(np.multiply.outer(x, turn)) * turn, axis=-1)

    y = _i0(x) if under_two_tapes(x) else np.i0(np.asarray(x, np.float64)).astype(x.dtype)
    return y, (dx,)


@symbolic
def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """Return grids of coordinates from vectors of them, ``numpy.meshgrid``.

    Parameters
    ----------
    *x : array, shape (n,)
    indexing : {"xy", "ij"}
        ``"xy"`` gives the first vector to the columns.

    Returns
    -------
    list of array, one per vector
    """
    return list(np.meshgrid(*[array(v) for v in x], indexing=indexing))  # type: ignore[call-overload]


@symbolic
def nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Replace NaN and infinities by numbers; by default 0 and the largest there are."""
    return np.nan_to_num(array(x), nan=nan, posinf=posinf, neginf=neginf)


@symbolic
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """Put elements around an array.

    Parameters
    ----------
    x : array
    pad_width : int, (before, after), or one such pair per axis
    mode : {"constant", "reflect", "symmetric", "edge", "wrap"}
    constant_values : number, optional
        For ``"constant"``; default 0.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If ``constant_values`` comes with another mode.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.pad([1.0, 2.0], 1)
    array([0., 1., 2., 0.], dtype=float32)
    """
    if mode == "constant":
        return np.pad(array(x), pad_width, constant_values=constant_values or 0)
    if constant_values is not None:
        raise ValueError(
            f"ops.pad expected constant_values with mode='constant' alone, got mode={mode!r}; "
            "leave them out"
        )
    return np.pad(array(x), pad_width, mode=mode)  # type: ignore[call-overload]


@symbolic
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each element, the first choice whose condition holds, or ``default``.

    Parameters
    ----------
    condlist : list of bool array
    choicelist : list of array
    default : array or number, default 0

    Returns
    -------
    array
    """
    *choices, last = alike([*map(array, choicelist), default])
    return np.select([array(condition) for condition in condlist], choices, last)


def size(x: Any) -> int:
    """Return the number of elements of ``x``."""
    return math.prod(np.shape(x))


def ndim(x: Any) -> int:
    """Return the number of axes of ``x``."""
    return x.ndim if hasattr(x, "ndim") else array(x).ndim  # type: ignore[no-any-return]


@symbolic
def argsort(x: Any, axis: int | None = -1) -> Any:
    """Return the places of the elements in rising order; equal ones keep theirs."""
    return np.argsort(array(x), axis=axis, kind="stable")


@symbolic
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Return the elements at ``indices``, matched along the other axes; None flattens ``x``."""
    return np.take_along_axis(array(x), array(indices), axis=axis)


def view(x: Any, dtype: DType | None = None) -> Any:
    """Return the same bytes read as another dtype; there is no gradient.

    Raises
    ------
    TypeError
        If a gradient would be lost.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.view(np.array([1.0], "float32"), "int32")
    array([1065353216], dtype=int32)
    """
    if records(x):
        raise TypeError(
            "ops.view has no gradient; call it on minikeras.stop_gradient(x), or use ops.cast to "
            "convert the numbers"
        )
    plain = bare(array(x))
    return plain if dtype is None else np.asarray(plain).view(dtype)


@symbolic
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Choose between ``x1`` and ``x2``; without them, the places where ``condition`` holds.

    Parameters
    ----------
    condition : bool array
    x1, x2 : array or number, optional
        Broadcast against ``condition`` and each other.

    Returns
    -------
    array, or a tuple of int arrays

    Raises
    ------
    ValueError
        If only one of ``x1`` and ``x2`` is given.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.where([True, False], 1.0, 2.0)
    array([1., 2.], dtype=float32)
    """
    if x1 is None and x2 is None:
        return np.nonzero(bare(array(condition)))
    if x1 is None or x2 is None:
        raise ValueError("ops.where expected both of x1 and x2, or neither; got one")
    return np.where(array(condition), *alike([x1, x2]))
