"""Images looked at in other places: single coordinates, four corners, random waves, a zoom."""

import itertools
import math
from typing import Any

import numpy as np

from minikeras import random
from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare
from minikeras.ops._convert import array, floating
from minikeras.ops.image_affine import affine_transform
from minikeras.ops.image_crop import layout_of
from minikeras.ops.image_filter import gaussian_blur
from minikeras.ops.image_resize import spatial_axes

__all__ = ["elastic_transform", "map_coordinates", "perspective_transform", "scale_and_translate"]

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _inside(places: Array, length: int, fill_mode: str) -> Any:
    """Move places outside the array to where ``fill_mode`` finds their values."""
    if fill_mode == "wrap":
        return places % length
    if fill_mode == "mirror":  # the edge is not repeated
        turn = max(length - 1, 1)
        return np.minimum(np.abs((places + turn) % (2 * turn) - turn), length - 1)
    if fill_mode == "reflect":  # the edge is repeated
        there = places % (2 * length)
        return np.where(there < length, there, 2 * length - 1 - there)
    return np.clip(places, 0, length - 1)


@symbolic
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """Values of an array at places between its elements.

    Parameters
    ----------
    inputs : array with n axes
    coordinates : array, shape (n, ...)
        One row of places per axis.
    order : {0, 1}
        Take the nearest element, or interpolate linearly.
    fill_mode : {"constant", "nearest", "wrap", "mirror", "reflect"}
        What lies outside: ``fill_value``, the edge, the array again, or its mirror image without
        or with a second copy of the edge.
    fill_value : float, default 0

    Returns
    -------
    array, shape ``coordinates.shape[1:]``

    Raises
    ------
    ValueError
        If there is not one row per axis, or a name is unknown.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.image.map_coordinates([0.0, 10.0, 20.0], [[0.5, 1.75, 3.0]], order=1)
    array([ 5. , 17.5,  0. ], dtype=float32)
    """
    x, places = array(inputs), floating(coordinates)
    check_choice("order", order, [0, 1])
    check_choice("fill_mode", fill_mode, FILL_MODES)
    if places.ndim < 2 or places.shape[0] != x.ndim:
        raise ValueError(
            f"ops.image.map_coordinates expected coordinates of shape ({x.ndim}, ...), one row per "
            f"axis of an array of shape {x.shape}, got {places.shape}"
        )
    corners: list[list[tuple[Array, Any]]] = []
    for row in places:
        plain = np.asarray(bare(row))
        if order == 0:
            corners.append([(np.floor(np.abs(plain) + 0.5) * np.sign(plain), 1.0)])
        else:
            low = np.floor(plain)
            share = row - low
            corners.append([(low, 1.0 - share), (low + 1.0, share)])
    total: Any = 0.0
    for corner in itertools.product(*corners):
        index, weight = [], 1.0
        known = np.ones(places.shape[1:], bool)
        for (spot, share), length in zip(corner, x.shape):
            whole = spot.astype(np.intp)
            known &= (whole >= 0) & (whole < length)
            index.append(_inside(whole, length, fill_mode))
            weight = weight * share
        value = x[tuple(index)]
        value = np.where(known, value, fill_value) if fill_mode == "constant" else value
        total = total + value * weight
    if x.dtype.kind in "iu":
        total = np.floor(np.abs(total) + 0.5) * np.sign(bare(total))
    return total if total.dtype == x.dtype else astype(total, x.dtype)


@symbolic
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Move four points of an image to four others, and all else in perspective with them.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    start_points, end_points : array, shape (4, 2) or (batch, 4, 2)
        Pairs (x, y).
    interpolation : {"bilinear", "nearest"}
    fill_value : float, default 0
        What lies outside the image.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the same shape

    Raises
    ------
    ValueError
        If the points have another shape.

    References
    ----------
    Hartley and Zisserman, *Multiple View Geometry in Computer Vision* (2004), section 4.1.
    """
    start, end = (np.asarray(bare(array(x)), np.float64) for x in (start_points, end_points))
    if start.shape != end.shape or start.shape[-2:] != (4, 2) or start.ndim not in (2, 3):
        raise ValueError(
            "ops.image.perspective_transform expected start_points and end_points of shape (4, 2) "
            f"or (batch, 4, 2), got {start.shape} and {end.shape}"
        )
    x, y = end[..., 0], end[..., 1]
    one, zero = np.ones_like(x), np.zeros_like(x)
    u, v = start[..., 0], start[..., 1]
    rows = [
        np.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=-1),
        np.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=-1),
    ]
    matrix = np.concatenate(rows, axis=-2)
    target = np.concatenate([u, v], axis=-1)[..., None]
    transform = np.linalg.solve(matrix, target)[..., 0]
    return affine_transform(
        array(images),
        transform,
        interpolation,
        "constant",
        float(fill_value),
        layout_of(data_format),
    )


@symbolic
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Any:
    """Distort images by smooth random waves.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    alpha : float, default 20.0
        Strength of the waves.
    sigma : float, default 5.0
        Their smoothness, in pixels.
    interpolation : {"bilinear", "nearest"}
    fill_mode : {"reflect", "constant", "nearest", "wrap", "mirror"}
    fill_value : float, default 0.0
    seed : int, SeedGenerator or None
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to
    visual document analysis" (2003).
    """
    x = array(images)
    layout = layout_of(data_format)
    spatial_axes(x, layout)
    check_choice("interpolation", interpolation, ["bilinear", "nearest"])
    batch = x if x.ndim == 4 else np.expand_dims(x, 0)
    batch = np.moveaxis(batch, 1, -1) if layout == "channels_first" else batch
    n, height, width, channels = batch.shape
    dtype = batch.dtype if batch.dtype.kind == "f" else np.dtype("float32")
    noise = random.generator(seed).standard_normal((n, height, width, 2)) * sigma
    size = int(6 * sigma) | 1
    waves = gaussian_blur(noise.astype(dtype), (size, size), (sigma, sigma), "channels_last")
    rows = np.arange(height, dtype=dtype)[:, None] + alpha * waves[..., 0]
    columns = np.arange(width, dtype=dtype) + alpha * waves[..., 1]
    shape = (n, height, width, channels)
    places = np.stack(
        [
            np.broadcast_to(np.arange(n, dtype=dtype)[:, None, None, None], shape),
            np.broadcast_to(rows[..., None], shape),
            np.broadcast_to(columns[..., None], shape),
            np.broadcast_to(np.arange(channels, dtype=dtype), shape),
        ]
    )
    order = 1 if interpolation == "bilinear" else 0
    y = map_coordinates(batch, places, order, fill_mode, fill_value)
    y = np.moveaxis(y, -1, 1) if layout == "channels_first" else y
    return y if x.ndim == 4 else y[0]


def _triangle(x: Any) -> Any:
    return np.maximum(0.0, 1.0 - x)


def _cubic(x: Any) -> Any:
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _lanczos(x: Any, radius: float) -> Any:
    return np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


KERNELS: dict[str, Any] = {
    **dict.fromkeys(["linear", "bilinear", "trilinear", "triangle"], _triangle),
    **dict.fromkeys(["cubic", "bicubic", "tricubic"], _cubic),
    "lanczos3": lambda x: _lanczos(x, 3.0),
    "lanczos5": lambda x: _lanczos(x, 5.0),
}


@symbolic
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """Zoom and shift an array along some of its axes; 0 outside of it.

    Parameters
    ----------
    images : array
    output_shape : tuple of int
        Of the result; as ``images`` on the other axes.
    scale, translation : array, shape (len(spatial_dims),)
        Element ``i`` of the old array covers ``scale`` elements of the new one, beginning at
        ``i * scale + translation``.
    spatial_dims : sequence of int
        Those axes.
    method : {"linear", "bilinear", "trilinear", "triangle", "cubic", "bicubic", "tricubic", \
"lanczos3", "lanczos5"}
    antialias : bool, default True
        Whether shrinking averages over all elements that fall together.

    Returns
    -------
    array of ``output_shape``

    References
    ----------
    Keys, "Cubic convolution interpolation for digital image processing" (1981).

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.image.scale_and_translate([0.0, 2.0], (4,), [2.0], [0.0], (0,), "linear")
    array([0. , 0.5, 1.5, 2. ], dtype=float32)
    """
    check_choice("method", method, KERNELS)
    y = floating(images)
    factors, shifts = (np.asarray(bare(array(v)), np.float64) for v in (scale, translation))
    for axis, factor, shift in zip(spatial_dims, factors.tolist(), shifts.tolist()):
        length, new = y.shape[axis], int(output_shape[axis])
        widen = max(1.0 / factor, 1.0) if antialias else 1.0
        places = (np.arange(new) + 0.5 - shift) / factor - 0.5
        distance = np.abs(places - np.arange(length)[:, None]) / widen
        weights = KERNELS[method](distance)
        total = weights.sum(axis=0)
        enough = np.abs(total) > 1000.0 * float(np.finfo(np.float32).eps)
        weights = np.where(enough, weights / np.where(enough, total, 1.0), 0.0)
        weights = np.where((places >= -0.5) & (places <= length - 0.5), weights, 0.0)
        moved = np.matmul(np.moveaxis(y, axis, -1), weights.astype(y.dtype))
        y = np.moveaxis(moved, -1, axis)
    if math.prod(y.shape) != math.prod(output_shape):
        raise ValueError(
            f"ops.image.scale_and_translate expected output_shape to differ from {y.shape} along "
            f"{tuple(spatial_dims)} alone, got {tuple(output_shape)}"
        )
    return y
