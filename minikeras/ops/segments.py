"""Sums, products and extremes over the rows that belong together."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.rules.selection import scatter
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare
from minikeras.ops._convert import array, number

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def _segments(data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Array, int]:
    data, ids = array(data), np.asarray(bare(array(segment_ids)))
    if ids.ndim != 1 or ids.dtype.kind not in "iu" or data.shape[:1] != ids.shape:
        raise ValueError(
            f"expected segment_ids to be integers, one per row of data of shape {data.shape}, got "
            f"{ids.dtype} of shape {ids.shape}"
        )
    count = int(ids.max(initial=-1)) + 1 if num_segments is None else int(number(num_segments))
    return data, ids, count


def _ordered(ids: Array, count: int) -> tuple[Array, Array, Array]:
    """Return the rows in the order of their segments, where each begins, and which ones exist.

    Rows whose segment lies outside ``[0, count)`` are left out.
    """
    rows = np.flatnonzero((ids >= 0) & (ids < count))
    rows = rows[np.argsort(ids[rows], kind="stable")]
    present, first = np.unique(ids[rows], return_index=True)
    return rows, first, present


@symbolic
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """Sum the rows of ``data`` that have the same segment.

    Parameters
    ----------
    data : array, shape (rows, ...)
    segment_ids : int array, shape (rows,)
        Rows outside ``[0, num_segments)`` are left out.
    num_segments : int, optional
        Default: the largest one plus 1.
    sorted : bool
        Accepted for Keras's sake; both are as fast.

    Returns
    -------
    array, shape (num_segments, ...)
        0 for a segment without rows.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.segment_sum([1.0, 2.0, 4.0], [0, 2, 0], 3)
    array([5., 0., 2.], dtype=float32)
    """
    x, ids, count = _segments(data, segment_ids, num_segments)
    rows, _, _ = _ordered(ids, count)
    shape = (count, *x.shape[1:])
    if not rows.size:
        return np.zeros(shape, x.dtype) + np.sum(x) * 0
    return scatter(
        x[rows] if rows.size < len(ids) else x, (ids[rows] if rows.size < len(ids) else ids,), shape
    )


@primitive
def _segment_extreme(x: Array, ids: Array, count: int, largest: bool) -> Op:
    rows, first, present = _ordered(ids, count)
    if x.dtype.kind == "f":
        nothing: Any = -math.inf if largest else math.inf
    else:
        nothing = np.iinfo(x.dtype).min if largest else np.iinfo(x.dtype).max
    plain = bare(x)
    y = np.full((count, *x.shape[1:]), nothing, x.dtype)
    if rows.size:
        reduce = np.maximum if largest else np.minimum
        y[present] = reduce.reduceat(plain[rows], first, axis=0)

    def dx(dy: Array) -> Any:  # rows that tie share the gradient
        valid = (ids >= 0) & (ids < count)
        safe = np.where(valid, ids, 0)
        hits = np.equal(plain, y[safe]) & valid.reshape((-1,) + (1,) * (plain.ndim - 1))
        ties = scatter(hits.astype(x.dtype), (safe,), y.shape)
        return dy[safe] * (hits / np.maximum(ties, 1)[safe]).astype(x.dtype)

    return y, (dx, None, None, None)


@symbolic
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """Return the largest of the rows that have the same segment; see ``segment_sum``.

    A segment without rows gets the smallest number there is, ``-inf`` for floats.
    """
    return _segment_extreme(*_segments(data, segment_ids, num_segments), True)


@symbolic
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """Return the smallest of the rows that have the same segment; see ``segment_sum``.

    A segment without rows gets the largest number there is, ``inf`` for floats.
    """
    return _segment_extreme(*_segments(data, segment_ids, num_segments), False)


@symbolic
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """Multiply the rows that have the same segment; 1 where there is none; see ``segment_sum``."""
    x, ids, count = _segments(data, segment_ids, num_segments)
    rows, first, present = _ordered(ids, count)
    ends = [*first[1:].tolist(), rows.size]
    products = [np.prod(x[rows[i:j]], axis=0, dtype=x.dtype) for i, j in zip(first.tolist(), ends)]
    missing = np.ones(x.shape[1:], x.dtype)
    by_segment = dict(zip(present.tolist(), products))
    parts = [by_segment.get(i, missing) for i in range(count)]
    return np.stack(parts) if parts else np.ones((0, *x.shape[1:]), x.dtype)
