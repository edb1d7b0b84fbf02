"""Numbers as colours."""

from typing import Any

import numpy as np
import numpy.typing as npt

from minikeras._svg.draw import COLORS

__all__ = ["NEGATIVE", "POSITIVE", "heat", "rgb", "signed"]

POSITIVE, NEGATIVE = COLORS[0], COLORS[1]  # blue and orange: told apart by colour-blind eyes too

# From low to high, getting brighter all the way, so that it reads in grey as well.
_HEAT = np.array(
    [[24, 20, 68], [42, 66, 140], [24, 118, 158], [36, 164, 132], [140, 204, 84], [250, 232, 80]],
    dtype=float,
)


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255.

    Examples
    --------
    >>> rgb("#ff8000")
    (255, 128, 0)
    """
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def signed(values: Any, peak: float | None = None) -> npt.NDArray[np.uint8]:
    """Return blue for positive and orange for negative numbers, the clearer the nearer to 0.

    Parameters
    ----------
    values : array
        NaN is clear.
    peak : float, optional
        The magnitude that is opaque; default: the largest.

    Returns
    -------
    array of uint8, shape (..., 4)
        On white pages 0 is white, on black ones it is black.

    Examples
    --------
    >>> signed([1.0, 0.0, -1.0]).tolist()
    [[47, 125, 225, 255], [47, 125, 225, 0], [221, 100, 13, 255]]
    """
    values = np.nan_to_num(np.asarray(values, dtype=float), nan=0.0)
    if peak is None:
        peak = float(np.abs(values).max(initial=0.0))
    out = np.empty((*values.shape, 4), np.uint8)
    out[..., :3] = np.where(values[..., None] < 0, rgb(NEGATIVE), rgb(POSITIVE))
    out[..., 3] = np.rint(255 * np.clip(np.abs(values) / (peak or 1.0), 0.0, 1.0))
    return out


def heat(shares: Any) -> npt.NDArray[np.uint8]:
    """Return dark blue for 0 over green to bright yellow for 1; NaN is clear.

    Examples
    --------
    >>> heat([0.0, 1.0])[:, :3].tolist()
    [[24, 20, 68], [250, 232, 80]]
    """
    shares = np.asarray(shares, dtype=float)
    known = np.isfinite(shares)
    at = np.clip(np.where(known, shares, 0.0), 0.0, 1.0) * (len(_HEAT) - 1)
    low = np.minimum(at.astype(int), len(_HEAT) - 2)
    mixed = _HEAT[low] + (at - low)[..., None] * (_HEAT[low + 1] - _HEAT[low])
    return np.concatenate([np.rint(mixed), 255.0 * known[..., None]], axis=-1).astype(np.uint8)
