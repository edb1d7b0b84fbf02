"""Arrays as tables of numbers, aligned at the decimal point; the middle of long ones left out."""

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Grid", "View", "grid"]

View = tuple[int | slice, ...]

GAP, GAP_BELOW, NOTHING = "…", "⋮", "·"


class Grid(NamedTuple):
    """A matrix as text."""

    cells: list[list[str]]
    note: str  # what of the array is not among the cells

    def lines(self) -> list[str]:
        """Return one line a row, columns aligned at the decimal point."""
        if not self.cells:
            return ["(no elements)"]
        columns = [_aligned(list(column)) for column in zip(*self.cells, strict=True)]
        return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def grid(array: Any, view: View | None = None, most: int = 8, missing: bool = False) -> Grid:
    """Return a part of an array as text.

    Parameters
    ----------
    array : array
    view : tuple of int and slice, optional
        Which part, of at most two axes; default: the last two axes, at place 0 of the others; of
        four axes the two in the middle, which are those of an image.
    most : int, default 8
        Of more rows or columns than this, half of them from each end are shown.

    missing : bool, default False
        Whether NaN stands for a number that was not computed.

    Examples
    --------
    >>> import numpy as np
    >>> grid(np.array([[1.0, -0.25], [10.0, 3.5]])).lines()
    [' 1.0  -0.25', '10.0   3.5']
    >>> grid(np.arange(100), most=4)
    Grid(cells=[['0', '1', '…', '98', '99']], note='4 of 100 columns shown')
    """
    array = np.asarray(array)
    notes = []
    if view is None and array.ndim == 4:
        view = (0, slice(None), slice(None), 0)
    elif view is None and array.ndim > 2:
        view = (0,) * (array.ndim - 2) + (slice(None), slice(None))
    if view is not None and array.size:
        hides = any(isinstance(at, int) and n > 1 for at, n in zip(view, array.shape))
        if hides:
            shown = ", ".join(":" if isinstance(at, slice) else str(at) for at in view)
            notes.append(f"[{shown}] shown")
        array = array[view]
    if array.size == 0:
        return Grid([], "")
    matrix = np.atleast_2d(array)
    rows, columns = _ends(matrix.shape[0], most), _ends(matrix.shape[1], most)
    for chosen, length, name in zip((rows, columns), matrix.shape, ("rows", "columns")):
        if None in chosen:
            notes.append(f"{len(chosen) - 1} of {length:,} {name} shown")
    cells = []
    for i in rows:
        if i is None:
            cells.append([GAP if j is None else GAP_BELOW for j in columns])
        else:
            cells.append([GAP if j is None else number(matrix[i, j]) for j in columns])
    if missing:
        cells = [[NOTHING if cell == "nan" else cell for cell in row] for row in cells]
    return Grid(cells, "; ".join(notes))


def _ends(length: int, most: int) -> list[int | None]:
    """Return the places that are shown, None where some are left out."""
    if length <= most:
        return list(range(length))
    half = most // 2
    return [*range(half), None, *range(length - half, length)]


def number(value: Any) -> str:
    """Return a number with at most eight decimals, as short as its dtype allows.

    Examples
    --------
    >>> import numpy as np
    >>> number(np.float32(0.1)), number(1 / 3), number(2.5e-12), number(np.int64(3))
    ('0.1', '0.33333333', '2.5e-12', '3')
    """
    value = np.asarray(value)[()]
    if value.dtype.kind != "f":
        return str(value)
    size = abs(float(value))
    if not np.isfinite(value):
        return str(value)
    if size and (size < 1e-6 or size >= 1e8):
        return np.format_float_scientific(value, precision=4, trim="-", exp_digits=2)
    return np.format_float_positional(value if size else 0.0, precision=8, trim="0")  # no -0.0


def _aligned(cells: list[str]) -> list[str]:
    """Return the cells of a column in one width, decimal points below each other."""
    parts = [cell.partition(".") for cell in cells]
    left = max(len(part[0]) for part in parts)
    right = max(len(part[1] + part[2]) for part in parts)
    return [part[0].rjust(left) + (part[1] + part[2]).ljust(right) for part in parts]
