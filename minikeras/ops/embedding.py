"""Rows of a table, and back: what an embedding looks up, and the sum that is its gradient."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.tensor import bare
from minikeras.ops._fast import under_two_tapes

__all__ = ["gather", "sum_rows"]

FEW_ROWS = 16
"""Up to so many rows of a table, a product with a one-hot matrix sums fastest."""

SHORT = 4
"""Segments of up to so many rows are summed member by member, all segments at once."""


@primitive
def gather(table: Array, indices: Array, *, owner: str = "gather") -> Op:
    """Rows of ``table``, chosen by ``indices``: what an embedding computes.

    Parameters
    ----------
    table : array, shape (rows, ...)
    indices : int array of any shape
        In ``[0, rows)``; whole numbers of a float type are taken too.
    owner : str
        Who an error speaks of.

    Returns
    -------
    array, shape (*indices.shape, ...)

    Raises
    ------
    ValueError
        If an index is negative, too large or no whole number.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.embedding import gather
    >>> gather(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 1, 0]))
    array([[3., 4.],
           [3., 4.],
           [1., 2.]])
    """
    rows = table.shape[0]
    places = _places(indices, rows, owner)
    # All indices were checked; "clip" spares NumPy's own check.
    y = gather(table, places) if under_two_tapes(table) else table.take(places, 0, mode="clip")

    def dtable(dy: Array, out: Array | None) -> Any:
        if under_two_tapes(dy):
            return sum_rows(dy.reshape(-1, *table.shape[1:]), places.reshape(-1), rows)
        if out is None or out.dtype != dy.dtype or not out.flags.c_contiguous:
            out = np.empty(table.shape, dy.dtype)
        _add_up(dy, places.reshape(-1), out)
        return out

    return y, (dtable, None)


@primitive
def sum_rows(data: Array, places: Array, rows: int) -> Op:
    """Sum of the rows of ``data`` that have the same number, for each number.

    Parameters
    ----------
    data : array, shape (count, ...)
    places : int array, shape (count,)
        In ``[0, rows)``, in any order.
    rows : int

    Returns
    -------
    array, shape (rows, ...)
        Zero for a number that does not occur.

    Raises
    ------
    ValueError
        If a number is negative or too large.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.embedding import sum_rows
    >>> sum_rows(np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), 3)
    array([2., 0., 5.])
    """
    places = _places(places, rows, "sum_rows")
    if under_two_tapes(data):
        y = sum_rows(data, places, rows)
    else:
        y = np.empty((rows, *data.shape[1:]), data.dtype)
        _add_up(data, places, y)
    return y, (lambda dy: gather(dy, places), None, None)


def _places(indices: Any, rows: int, owner: str) -> Any:
    """Return ``indices`` as integers that were checked to lie in ``[0, rows)``."""
    given = np.asarray(bare(indices))
    if given.dtype == np.intp and given.flags.c_contiguous:
        places = given
    else:
        with np.errstate(invalid="ignore"):  # NaN and infinity become a number out of range
            places = given.astype(np.intp, order="C")
        if given.dtype.kind == "f" and not np.array_equal(places, given):
            wrong = given[~(places == given)][0]
            raise ValueError(f"{owner} expected whole numbers as indices, got {wrong}")
    # Seen as unsigned, negative numbers are huge: one look finds both mistakes.
    if places.size and places.view(np.uintp).max() >= rows:
        wrong = places[(places < 0) | (places >= rows)][0]
        remedy = (
            f"give it at least {wrong + 1} rows, or renumber what goes in"
            if wrong > 0
            else "indices count from 0; renumber what goes in"
        )
        raise ValueError(f"{owner} expected indices in [0, {rows}), got {wrong}; {remedy}")
    return places


def _add_up(rows: Array, places: Array, out: Array) -> None:
    """Write into ``out`` the sums of those ``rows`` that go to the same place."""
    count, length = len(places), len(out)
    rows = rows.reshape(count, out.size // length if length else 0)
    table = out.reshape(length, rows.shape[1])  # a view: out is contiguous
    if length <= FEW_ROWS:
        same = np.equal(np.arange(length)[:, np.newaxis], places).astype(out.dtype)
        np.matmul(same, rows, out=table)
        return
    table.fill(0)
    if count <= length and (places[1:] > places[:-1]).all():  # such as np.arange: positions
        table[places] = rows
        return
    # 16-bit integers are sorted by radix, the others many times slower.
    keys = places.astype(np.uint16) if length <= 2**16 else places
    order = keys.argsort(kind="stable")
    keys = keys.take(order)
    bounds = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [count]))
    starts, sizes = bounds[:-1], np.diff(bounds)
    if count > SHORT * len(starts):
        table[keys[starts]] = np.add.reduceat(rows.take(order, 0), starts, 0)
        return
    # reduceat takes as long for a segment as for the rows of a long one: few are left to it.
    inside = np.arange(count) - np.repeat(starts, sizes)
    for i in range(SHORT):
        heads = starts + i
        if i == 0:
            table[keys[heads]] = rows.take(order[heads], 0)
        else:
            table[keys[heads]] += rows.take(order[heads], 0)
        starts, sizes = starts[sizes > i + 1], sizes[sizes > i + 1]
    if len(starts):
        sizes = sizes - SHORT
        rest = rows.take(order[inside >= SHORT], 0)
        table[keys[starts]] += np.add.reduceat(rest, np.cumsum(sizes) - sizes, 0)
