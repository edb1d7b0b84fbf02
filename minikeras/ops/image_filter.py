"""Filters over neighbouring pixels: blur, edges, structural similarity."""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_positive_int
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import alike, array, floating
from minikeras.ops.image_crop import layout_of
from minikeras.ops.image_resize import spatial_axes

__all__ = ["gaussian_blur", "sobel_edges", "ssim"]


def _filtered(x: Any, axis: int, weights: Array, padding: str) -> Any:
    """Weighted sum of neighbours along one axis: shifted copies, so nothing is unrolled."""
    size = len(weights)
    if padding == "same":
        before = (size - 1) // 2
        widths = [(0, 0)] * x.ndim
        widths[axis] = (before, size - 1 - before)
        x = np.pad(x, widths)
    lead = (slice(None),) * (axis % x.ndim)
    length = x.shape[axis] - size + 1
    total: Any = 0.0
    for i, weight in enumerate(weights.tolist()):
        if weight:
            total = total + weight * x[(*lead, slice(i, i + length))]
    return total


def _bell(size: int, sigma: float) -> Array:
    """Gaussian weights that sum to 1."""
    check_positive_int("the size of a filter", size)
    if sigma <= 0:
        raise ValueError(f"sigma must be above 0, got {sigma}")
    bell = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2.0) / sigma) ** 2)
    return np.asarray(bell / bell.sum())


@symbolic
def gaussian_blur(
    images: Any,
    kernel_size: Any = (3, 3),
    sigma: Any = (1.0, 1.0),
    data_format: str | None = None,
) -> Any:
    """Average each pixel with its neighbours, under a Gaussian bell.

    Parameters
    ----------
    images : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``. Zeros lie around them.
    kernel_size : (int, int), default (3, 3)
        Width and height of the bell in pixels.
    sigma : (float, float), default (1.0, 1.0)
        Its standard deviations.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> from minikeras import ops
    >>> row = ops.array([0.0, 0.0, 1.0, 0.0, 0.0]).reshape(1, 5, 1)
    >>> ops.image.gaussian_blur(row, (3, 1))[0, :, 0]
    array([0.        , 0.27406862, 0.45186275, 0.27406862, 0.        ],
          dtype=float32)
    """
    x = floating(images)
    rows, columns = spatial_axes(x, layout_of(data_format))
    width, height = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    across, down = (sigma, sigma) if np.ndim(sigma) == 0 else sigma
    y = _filtered(x, columns, _bell(width, float(across)), "same")
    return _filtered(y, rows, _bell(height, float(down)), "same")


@symbolic
def sobel_edges(images: Any, data_format: str | None = None) -> Any:
    """Slopes of brightness, down and across.

    Parameters
    ----------
    images : array, shape (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``. Zeros lie around them.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array, shape ``images.shape + (2,)``
        The slope downwards and the slope to the right.

    References
    ----------
    I. Sobel, "An isotropic 3x3 image gradient operator" (1968, published 2014).
    """
    x = floating(images)
    if x.ndim != 4:
        raise ValueError(f"ops.image.sobel_edges expected a batch of images, got shape {x.shape}")
    rows, columns = spatial_axes(x, layout_of(data_format))
    smooth, slope = np.array([1.0, 2.0, 1.0]), np.array([-1.0, 0.0, 1.0])
    down = _filtered(_filtered(x, rows, slope, "same"), columns, smooth, "same")
    across = _filtered(_filtered(x, rows, smooth, "same"), columns, slope, "same")
    return np.stack([down, across], axis=-1)


@symbolic
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Any:
    """Structural similarity of two images: 1 when they are equal.

    Parameters
    ----------
    image1, image2 : array, shape (height, width, channels) or (batch, height, width, channels)
        Channels before height with ``data_format="channels_first"``.
    max_val : float, default 1.0
        Largest value a pixel can have.
    filter_size, filter_sigma : int, float
        Of the window that local means and variances are taken in.
    k1, k2 : float
        Keep the quotients finite where the images are flat.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.

    Returns
    -------
    array, shape (batch,), or one number
        At most 1.

    Raises
    ------
    ValueError
        If the shapes differ, or the images are smaller than the window.

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
    structural similarity" (2004).

    Examples
    --------
    >>> from minikeras import ops
    >>> image = ops.linspace(0.0, 1.0, 144).reshape(12, 12, 1)
    >>> round(float(ops.image.ssim(image, image)), 5)
    1.0
    """
    a, b = (floating(x) for x in alike([array(image1), array(image2)]))
    layout = layout_of(data_format)
    rows, columns = spatial_axes(a, layout)
    if a.shape != b.shape:
        raise ValueError(f"ops.image.ssim expected images of one shape, got {a.shape}, {b.shape}")
    if min(a.shape[rows], a.shape[columns]) < filter_size:
        raise ValueError(
            f"ops.image.ssim expected images of at least {filter_size} pixels a side, got shape "
            f"{a.shape}; pass a smaller filter_size"
        )
    bell = _bell(filter_size, filter_sigma)

    def local(x: Any) -> Any:
        return _filtered(_filtered(x, rows, bell, "valid"), columns, bell, "valid")

    c1, c2 = math.pow(k1 * max_val, 2), math.pow(k2 * max_val, 2)
    mean_a, mean_b = local(a), local(b)
    both, squares = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
    spread = local(a * a) + local(b * b) - squares
    together = local(a * b) - both
    quality = (2.0 * both + c1) * (2.0 * together + c2) / ((squares + c1) * (spread + c2))
    return np.mean(quality, axis=(-3, -2, -1))
