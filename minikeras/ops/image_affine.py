"""Images that are turned, shifted, stretched or sheared."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.autodiff.record import Op, primitive
from minikeras.ops.image_resize import spatial_axes

__all__ = ["affine_transform"]

FILL_MODES = ("constant", "mirror", "nearest", "reflect", "wrap")
INTERPOLATIONS = ("bilinear", "nearest")

_BLOCK = 65536
"""Pixels worked on at once, so that what is computed for them stays in the cache."""


def affine_transform(
    images: Array,
    transform: Array,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str = "channels_last",
) -> Any:
    """Images of the same size whose pixel at (x, y) shows the old image at a transformed place.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    transform : array, shape (8,) or (batch, 8)
        ``a0, a1, a2, b0, b1, b2, c0, c1``: the new pixel at column x and row y shows the old image
        at column ``(a0 * x + a1 * y + a2) / k`` and row ``(b0 * x + b1 * y + b2) / k`` with
        ``k = c0 * x + c1 * y + 1``. One transform serves all images.
    interpolation : {"bilinear", "nearest"}
    fill_mode : {"constant", "nearest", "wrap", "mirror", "reflect"}
        What lies outside the image: ``fill_value``, its edge, the image again, or its mirror image
        with (``reflect``) or without (``mirror``) a second copy of the edge.
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}

    Returns
    -------
    array of the shape and dtype of ``images``

    Raises
    ------
    ValueError
        If a name is unknown, or the shapes are others.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.image_affine import affine_transform
    >>> image = np.array([[1.0, 2.0, 3.0]])[..., np.newaxis]
    >>> left = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    >>> affine_transform(image, left)[0, :, 0]
    array([2., 3., 0.])
    >>> affine_transform(image, left, fill_mode="wrap")[0, :, 0]
    array([2., 3., 1.])
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    check_choice("fill_mode", fill_mode, FILL_MODES)
    spatial_axes(images, data_format)
    matrices = np.asarray(transform, np.float64)
    batch = images if len(images.shape) == 4 else images[np.newaxis]
    if matrices.ndim not in (1, 2) or matrices.shape[-1] != 8:
        raise ValueError(
            f"transform must have shape (8,) or (batch, 8), got {matrices.shape}: the numbers "
            "a0, a1, a2, b0, b1, b2, c0, c1 of each image"
        )
    if matrices.ndim == 2 and len(matrices) not in (1, batch.shape[0]):
        raise ValueError(
            f"expected one transform or one for each of {batch.shape[0]} images, "
            f"got {len(matrices)}"
        )
    matrices = np.broadcast_to(matrices, (batch.shape[0], 8))
    first = data_format == "channels_first"
    if first:
        batch = np.transpose(batch, (0, 2, 3, 1))
    y = _affine(batch, matrices, interpolation, fill_mode, fill_value)
    if first:
        y = np.transpose(y, (0, 3, 1, 2))
    return y if len(images.shape) == 4 else y[0]


@primitive
def _affine(
    images: Array, matrices: Array, interpolation: str, fill_mode: str, fill_value: float
) -> Op:
    images = np.ascontiguousarray(images)
    count, height, width, channels = images.shape
    area = height * width
    work = np.promote_types(images.dtype, np.float32)
    if not images.size:
        return images, (lambda dy: dy, None, None, None, None)
    pixels = images.reshape(-1, channels)
    y = np.empty_like(pixels)
    step = max(1, _BLOCK // area)
    grid = _grid(height, width)

    def blocks() -> Any:
        for start in range(0, count, step):
            part = matrices[start : start + step]
            places = slice(start * area, (start + len(part)) * area)
            shares = _shares(part, grid, (height, width), interpolation, fill_mode, work)
            yield start, places, shares

    for _, places, shares in blocks():
        own = pixels[places].astype(work, copy=False)
        total: Any = 0.0
        outside: Any = fill_value if fill_mode == "constant" else 0.0
        for index, weight in shares:
            total = total + own.take(index, axis=0, mode="clip") * weight[:, np.newaxis]
            if fill_mode == "constant":
                outside = outside - weight * fill_value
        if fill_mode == "constant" and fill_value:
            total += outside[:, np.newaxis]
        y[places] = np.rint(total) if images.dtype.kind in "iu" else total

    def dimages(dy: Array) -> Any:
        dx = np.zeros_like(pixels)
        rows = dy.reshape(-1, channels)
        for _, places, shares in blocks():
            length = places.stop - places.start
            for index, weight in shares:
                for channel in range(channels):
                    values = rows[places, channel] * weight
                    dx[places, channel] += np.bincount(index, values, length).astype(dx.dtype)
        return dx.reshape(images.shape)

    return y.reshape(images.shape), (dimages, None, None, None, None)


def _grid(height: int, width: int) -> tuple[Array, Array]:
    rows, columns = np.divmod(np.arange(height * width, dtype=np.float64), width)
    return rows, columns


def _shares(
    matrices: Array,
    grid: tuple[Array, Array],
    size: tuple[int, int],
    interpolation: str,
    fill_mode: str,
    dtype: Any,
) -> list[tuple[Array, Array]]:
    """Return which old pixels make up the new ones: pairs of places in the block and weights."""
    y, x = grid
    a0, a1, a2, b0, b1, b2, c0, c1 = matrices.T[:, :, np.newaxis]
    columns = a0 * x + a1 * y + a2
    rows = b0 * x + b1 * y + b2
    if c0.any() or c1.any():
        scale = c0 * x + c1 * y + 1.0
        columns, rows = columns / scale, rows / scale
    height, width = size
    first = (np.arange(len(matrices)) * (height * width))[:, np.newaxis]
    shares = []
    for row, vertical in _neighbours(rows, height, interpolation, fill_mode):
        for column, horizontal in _neighbours(columns, width, interpolation, fill_mode):
            index = first + row * width + column
            shares.append((index.ravel(), (vertical * horizontal).ravel().astype(dtype)))
    return shares


def _neighbours(
    places: Array, length: int, interpolation: str, fill_mode: str
) -> list[tuple[Array, Array]]:
    """Return the old lines around ``places`` and their weights; 0 outside a constant margin."""
    if interpolation == "nearest":
        lines = np.trunc(places + np.copysign(0.5, places))
        pairs = [(lines, np.ones_like(places))]
    else:
        below = np.floor(places)
        share = places - below
        pairs = [(below, 1.0 - share), (below + 1.0, share)]
    if fill_mode == "constant":
        pairs = [(line, w * ((line >= 0.0) & (line < length))) for line, w in pairs]
    return [(_inside(line, length, fill_mode), w) for line, w in pairs]


def _inside(lines: Array, length: int, fill_mode: str) -> Array:
    """Return the lines of the image that stand for ``lines``, which may lie outside."""
    if fill_mode == "wrap":
        lines = lines % length
    elif fill_mode == "mirror":
        period = max(length - 1, 1)
        lines = np.abs((lines + period) % (2 * period) - period)
    elif fill_mode == "reflect":
        lines = lines % (2 * length)
        lines = np.minimum(lines, 2 * length - 1 - lines)
    return np.clip(lines, 0, length - 1).astype(np.intp)
