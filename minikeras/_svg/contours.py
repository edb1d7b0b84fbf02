"""Lines of equal height."""

import numpy as np
import numpy.typing as npt

__all__ = ["contour"]

# Which two sides of a cell a line joins, by the corners that lie above the level: bit 0 is the
# corner at (row, column), bit 1 (row, column + 1), bit 2 (row + 1, column + 1), bit 3 (row + 1,
# column). Sides: 0 between the first two corners, then around.
_SIDES = {
    1: [(3, 0)], 2: [(0, 1)], 3: [(3, 1)], 4: [(1, 2)], 5: [(3, 0), (1, 2)], 6: [(0, 2)],
    7: [(3, 2)], 8: [(2, 3)], 9: [(2, 0)], 10: [(0, 1), (2, 3)], 11: [(2, 1)], 12: [(1, 3)],
    13: [(1, 0)], 14: [(0, 3)],
}  # fmt: skip


def contour(
    x: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    z: npt.NDArray[np.floating],
    level: float,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where ``z`` crosses ``level``, as short straight lines with NaN after each.

    Parameters
    ----------
    x, y : array, shape (columns,) and (rows,)
    z : array, shape (rows, columns)
        Cells with a corner that is not finite have no line.
    level : float

    References
    ----------
    C. Maple, "Geometric design and space planning using the marching squares and marching cube
    algorithms", GMAG (2003).

    Examples
    --------
    >>> import numpy as np
    >>> along, up = contour(np.arange(2.0), np.arange(2.0), np.array([[0.0, 1], [0, 1]]), 0.25)
    >>> along, up
    (array([0.25, 0.25,  nan]), array([ 0.,  1., nan]))
    """
    above = z > level
    case = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    finite = np.isfinite(z)
    case = case * (finite[:-1, :-1] & finite[:-1, 1:] & finite[1:, 1:] & finite[1:, :-1])
    pieces = []
    for number, lines in _SIDES.items():
        rows, columns = np.nonzero(case == number)
        for first, second in lines if len(rows) else ():
            ends = [_cross(x, y, z, level, rows, columns, side) for side in (first, second)]
            pieces.append(np.stack([*ends, np.full_like(ends[0], np.nan)], axis=1))
    if not pieces:
        return np.empty(0), np.empty(0)
    points = np.concatenate(pieces).reshape(-1, 2)
    return points[:, 0], points[:, 1]


def _cross(
    x: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    z: npt.NDArray[np.floating],
    level: float,
    rows: npt.NDArray[np.intp],
    columns: npt.NDArray[np.intp],
    side: int,
) -> npt.NDArray[np.float64]:
    """Return the points, shape (cells, 2), where a side of the cells has the level."""
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]
    (r1, c1), (r2, c2) = corners[side], corners[(side + 1) % 4]
    low, high = z[rows + r1, columns + c1], z[rows + r2, columns + c2]
    share = (level - low) / (high - low)
    along = x[columns + c1] + share * (x[columns + c2] - x[columns + c1])
    up = y[rows + r1] + share * (y[rows + r2] - y[rows + r1])
    return np.stack([along, up], axis=1)
