"""What must hold for all arrays together: one length, and finite numbers."""

import math
from collections.abc import Mapping

import numpy as np

from minikeras._typing import Array
from minikeras.data.convert import Arrays, leaves

__all__ = ["check_finite", "count_samples"]

BLOCK = 1 << 20
"""Elements that are looked at in one go: a memory-mapped file is never read as a whole."""


def count_samples(parts: Mapping[str, Arrays | None]) -> int:
    """Return the number of samples, the same in every array of every part.

    Parameters
    ----------
    parts : dict of str to arrays or None
        Names, as error messages should have them, and arrays.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If arrays differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> count_samples({"x": np.zeros((3, 2)), "y": np.zeros(3), "sample_weight": None})
    3
    """
    arrays = [leaf for name, value in parts.items() for leaf in leaves(name, value)]
    counts = {len(array) for _, array in arrays}
    if len(counts) == 1:
        return counts.pop()
    shapes = ", ".join(f"{name} has shape {array.shape}" for name, array in arrays[:6])
    present = " and ".join(name for name, value in parts.items() if value is not None)
    raise ValueError(
        f"{present} must have the same number of samples along the first axis, but "
        f"{shapes}{', ...' if len(arrays) > 6 else ''}; {_remedy(parts)}"
    )


def _remedy(parts: Mapping[str, Arrays | None]) -> str:
    """Guess which of the usual mistakes made arrays of different lengths."""
    for name, value in parts.items():
        others = {
            len(array)
            for other, arrays in parts.items()
            if other != name
            for _, array in leaves(other, arrays)
        }
        if isinstance(value, list) and {len(value)} == others:
            return (
                f"{name} is a list of {len(value)} arrays, which stands for {len(value)} inputs or "
                f"outputs; if each of them is one sample, write np.stack({name})"
            )
        if isinstance(value, np.ndarray) and value.ndim == 2 and {value.shape[1]} == others:
            return f"if the columns of {name} are the samples, write {name}.T"
    return "check how they were cut, filtered or loaded"


def check_finite(name: str, value: Arrays | None, rows: slice | Array | None = None) -> None:
    """Raise an error if an array holds NaN or infinity.

    Costs one pass at memory speed; the row is searched only when there is one.

    Parameters
    ----------
    name : str
        What the error message calls the array.
    value : array, list or dict of arrays, or None
        Each of shape (samples, ...). Integers pass without a look.
    rows : slice, int array or None
        Where these rows lie in the whole data, for the message.

    Raises
    ------
    ValueError
        Names the array and the first row.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.data import check_finite
    >>> check_finite("x", np.array([[1.0, 2.0]]))
    >>> check_finite("x", np.array([[1.0, 2.0], [3.0, np.nan]]))
    Traceback (most recent call last):
    ValueError: x must hold finite numbers, but row 1 has nan at index 1; leave out such rows, or \
replace the value, for example by np.nan_to_num(x)
    """
    for leaf_name, array in leaves(name, value):
        if array.dtype.kind != "f" or array.size == 0:
            continue
        size = max(1, BLOCK * len(array) // array.size)
        for start in range(0, len(array), size):
            block = array[start : start + size]
            flat = block.reshape(-1)
            with np.errstate(all="ignore"):
                square_sum = flat.dot(flat)  # one element that is not finite spoils it
            if not math.isfinite(square_sum):
                _check_rows(leaf_name, block, start, rows)


def _check_rows(name: str, block: Array, start: int, rows: slice | Array | None) -> None:
    """Name the first row that is not finite; there is none if only the square overflowed."""
    bad = ~np.isfinite(block).reshape(len(block), -1)
    if not bad.any():
        return
    first = int(bad.any(axis=1).argmax())
    index = np.unravel_index(int(bad[first].argmax()), block.shape[1:])
    value = block[first][index]
    row = start + first
    if isinstance(rows, slice):
        row += rows.start
    elif rows is not None:
        row = int(rows[row])
    place = f" at index {', '.join(map(str, index))}" if index else ""
    remedy = "leave out such rows, or replace the value, for example by "
    remedy += f"np.nan_to_num({name})"
    if np.isinf(value):
        remedy += f" (beyond {np.finfo(block.dtype).max:.1e} every {block.dtype} is infinite)"
    raise ValueError(f"{name} must hold finite numbers, but row {row} has {value}{place}; {remedy}")
