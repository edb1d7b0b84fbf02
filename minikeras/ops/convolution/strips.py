"""Convolution as matrix products, on a few images at a time so that all stays in the cache.

Three maps belong together: the convolution itself, its transpose (the gradient by the input), and
the gradient by the kernel. Each is linear in both of its arguments, and differentiates into the
other two. Arrays are channels last, kernels ``(*size, channels, filters)``.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minikeras.ops._memory import empty
from minikeras.ops.convolution.plan import Plan, places

__all__ = [
    "convolve",
    "kernel_gradient",
    "multiply",
    "patches_of",
    "steps",
    "transpose",
    "with_bias",
]

CACHE = 1 << 21
"""Bytes worked on at once: about half of them are in use at a time, and fit a level-2 cache."""

SMALL = 1_000_000
"""Multiplications up to which OpenBLAS takes a matrix as it lies, without packing it."""

FEW = 3
"""Up to so many channels, patches are laid out as one plane for each number of a patch: rows of an
image are copied then, instead of crumbs."""

Part = tuple[slice, slice]
Finish = Callable[[Any], Any] | None


def convolve(x: Any, kernel: Any, bias: Any, finish: Finish, plan: Plan) -> Any:
    """Slide ``kernel`` over ``x``; ``finish`` changes rows of the result while they are in cache.

    Parameters
    ----------
    x : array, shape (batch, *lengths, channels)
    kernel : array, shape (*size, channels, filters)
    bias : array, shape (filters,), or None
    finish : callable or None
    plan : Plan

    Returns
    -------
    array, shape (batch, *outputs, filters)
    """
    filters = kernel.shape[-1]
    matrix = with_bias(kernel, bias)
    y = empty((len(x), *plan.outputs, filters), np.result_type(x, matrix))
    if not len(x):  # asked for its shape alone: no room for a sample is needed
        return y
    for part, patches in patches_of(x, plan, filters, bias is not None):
        rows = y[part].reshape(-1, filters)
        multiply(patches, matrix, rows)
        if finish is not None:
            finish(rows)
    return y


def with_bias(kernel: Any, bias: Any) -> Any:
    """Return ``kernel`` as a matrix; a bias is its last row, which meets a 1 in every patch."""
    matrix = kernel.reshape(-1, kernel.shape[-1])
    return matrix if bias is None else np.concatenate((matrix, bias[np.newaxis]))


def kernel_gradient(x: Any, dy: Any, filters: int, plan: Plan, bias: bool) -> tuple[Any, Any]:
    """Return the gradients by kernel and bias.

    Parameters
    ----------
    x : array, shape (batch, *lengths, channels)
    dy : array, shape (batch, *outputs, filters)
        Or what gives a part of it when asked for ``dy[samples, rows of the first axis]``.
    filters : int
    plan : Plan
    bias : bool
        Whether the gradient by a bias is wanted.

    Returns
    -------
    array, shape (*size, channels, filters), and array, shape (filters,), or None
    """
    channels = x.shape[-1]
    length = math.prod(plan.size) * channels
    total = np.zeros((length + bias, filters), x.dtype)
    room = np.empty_like(total)
    width = filters if isinstance(dy, np.ndarray) else 2 * filters  # to compute a part takes room
    for part, patches in patches_of(x, plan, width, bias):
        total += _contract(patches, dy[part].reshape(-1, filters), room)
    dkernel = total[:length].reshape(*plan.size, channels, filters)
    return dkernel, total[length] if bias else None


def transpose(y: Any, kernel: Any, bias: Any, finish: Finish, plan: Plan) -> Any:
    """Spread every number of ``y`` over its window, weighted with ``kernel``.

    Parameters
    ----------
    y : array, shape (batch, *outputs, filters)
        Or what has its length and dtype, and gives a part when asked for ``y[samples, rows]``.
    kernel : array, shape (*size, channels, filters)
    bias : array, shape (channels,), or None
    finish : callable or None
    plan : Plan
        Of the convolution that this is the transpose of.

    Returns
    -------
    array, shape (batch, *lengths, channels)
    """
    channels = kernel.shape[-2]
    x = empty((len(y), *plan.lengths, channels), np.result_type(y.dtype, kernel))
    if not len(y):
        return x
    direct = plan.padded == plan.lengths and channels > FEW
    if bias is not None:  # repeated, so that NumPy's inner loop is a row and not one pixel
        bias = np.tile(bias, plan.lengths[-1]).reshape(plan.lengths[-1], channels)
    spread = _spread_planes if channels <= FEW else _spread_rows
    ready = spread(y, kernel, x if direct else None, plan)
    for samples, space in ready:
        part = x[samples]
        if not direct:
            part[...] = space[(slice(None), *plan.inner)]
        if bias is not None:
            np.add(part, bias, out=part)
        if finish is not None:
            finish(part)
    return x


def _spread_rows(y: Any, kernel: Any, x: Any, plan: Plan) -> Iterator[tuple[slice, Any]]:
    """Yield samples and their padded result: one matrix product for each place in the window."""
    channels, filters = kernel.shape[-2:]
    dtype = np.result_type(y.dtype, kernel)
    backward = np.ascontiguousarray(kernel.swapaxes(-1, -2))
    samples, rows = steps(plan, len(y), dtype.itemsize * (4 * channels + 2 * filters))
    count = samples * rows * math.prod(plan.outputs[1:])
    product = empty((count, channels), dtype)
    scratch = empty((samples, *plan.padded, channels), dtype) if x is None else None
    for first in range(0, len(y), samples):
        which = slice(first, min(first + samples, len(y)))
        space = x[which] if scratch is None else scratch[: which.stop - first]
        space.fill(0.0)
        for row in range(0, plan.outputs[0], rows):
            last = min(row + rows, plan.outputs[0])
            part = y[which, row:last]
            matrix = part.reshape(-1, filters)
            strip = product[: len(matrix)]
            image = strip.reshape(*part.shape[:-1], channels)
            for place, where in places(plan, row, last):
                multiply(matrix, backward[place], strip)
                target = space[(slice(None), *where)]
                np.add(target, image, out=target)
        yield which, space


def _spread_planes(y: Any, kernel: Any, _: Any, plan: Plan) -> Iterator[tuple[slice, Any]]:
    """Do what ``_spread_rows`` does for few channels: in one product, and a plane a channel."""
    channels, filters = kernel.shape[-2:]
    dtype = np.result_type(y.dtype, kernel)
    matrix = kernel.reshape(-1, filters)
    samples, rows = steps(plan, len(y), dtype.itemsize * (len(matrix) + filters + channels))
    count = samples * rows * math.prod(plan.outputs[1:])
    product = empty((len(matrix) * count,), dtype)
    scratch = empty((channels, samples, *plan.padded), dtype)
    for first in range(0, len(y), samples):
        which = slice(first, min(first + samples, len(y)))
        space = scratch[:, : which.stop - first]
        space.fill(0.0)
        for row in range(0, plan.outputs[0], rows):
            last = min(row + rows, plan.outputs[0])
            part = y[which, row:last]
            dy = part.reshape(-1, filters)
            strip = product[: len(matrix) * len(dy)].reshape(len(matrix), len(dy))
            np.matmul(matrix, dy.T, out=strip)
            images = strip.reshape(*plan.size, channels, *part.shape[:-1])
            for place, where in places(plan, row, last):
                target = space[(slice(None), slice(None), *where)]
                np.add(target, images[place], out=target)
        yield which, np.moveaxis(space, 0, -1)


def patches_of(x: Any, plan: Plan, width: int, one: bool) -> Iterator[tuple[Part, Any]]:
    """Yield parts of the result, and the matrix with a row of inputs for each output in the part.

    Beside the ``width`` numbers that are computed for it, a row is all that has to stay in the
    cache. With ``one``, a row ends with a 1 that a bias is multiplied with. Parts begin at even
    rows of an image.
    """
    channels = x.shape[-1]
    length = math.prod(plan.size) * channels
    samples, rows = steps(plan, len(x), x.itemsize * (length + width))
    rest = plan.outputs[1:]
    count = samples * rows * math.prod(rest)
    few = channels <= FEW
    rank = len(rest) + 1
    buffer = empty((length + one, count) if few else (count, length + one), x.dtype)
    if one:
        buffer[(-1,) if few else (slice(None), -1)] = 1.0
    last_first = (*range(rank + 1, 2 * rank + 2), *range(rank + 1))
    for which, windows in _windows(x, plan, samples):
        for row in range(0, plan.outputs[0], rows):
            last = min(row + rows, plan.outputs[0])
            strip = windows[:, row:last]
            used = math.prod(strip.shape[: rank + 1])
            if few:
                turned = strip.transpose(last_first)
                np.copyto(buffer[:length, :used].reshape(turned.shape), turned)
                patches = buffer[:, :used].T
            else:
                np.copyto(buffer[:used, :length].reshape(strip.shape), strip)
                patches = buffer[:used]
            yield (which, slice(row, last)), patches


def _windows(x: Any, plan: Plan, samples: int) -> Iterator[tuple[slice, Any]]:
    """Yield samples and a view of their windows, ``(batch, *outputs, *size, channels)``."""
    if plan.padded == plan.lengths:
        windows = _windows_of(x, plan)
        for first in range(0, len(x), samples):
            which = slice(first, min(first + samples, len(x)))
            yield which, windows[which]
        return
    space = np.zeros((samples, *plan.padded, x.shape[-1]), x.dtype)
    inner = space[(slice(None), *plan.inner)]
    windows = _windows_of(space, plan)
    for first in range(0, len(x), samples):
        which = slice(first, min(first + samples, len(x)))
        count = which.stop - first
        inner[:count] = x[which]
        yield which, windows[:count]


def _windows_of(x: Any, plan: Plan) -> Any:
    first, *along, last = x.strides
    return as_strided(
        x,
        (len(x), *plan.outputs, *plan.size, x.shape[-1]),
        (
            first,
            *(s * n for s, n in zip(along, plan.strides)),
            *(s * n for s, n in zip(along, plan.dilation)),
            last,
        ),
        writeable=False,
    )


def steps(plan: Plan, batch: int, size: int) -> tuple[int, int]:
    """Return how many samples, and rows of outputs of each, fit into the cache.

    ``size`` is the number of bytes that one output needs.
    """
    row = size * math.prod(plan.outputs[1:])
    sample = row * plan.outputs[0]
    if sample <= CACHE:
        most = 1 << (CACHE // max(sample, 1)).bit_length() - 1  # divides well, see ``multiply``
        return min(max(batch, 1), most), plan.outputs[0]
    return 1, min(max(CACHE // row // 2 * 2, 2), plan.outputs[0])  # even, for pooling


def multiply(a: Any, b: Any, out: Any) -> None:
    """Write ``a @ b`` into ``out``, in blocks of rows small enough for OpenBLAS's short way.

    Exported code makes the same products: see ``product`` in ``export/runtime/windows.py``.
    """
    block = _block(len(a), b.size)
    if block:
        np.matmul(a.reshape(-1, block, a.shape[1]), b, out=out.reshape(-1, block, b.shape[1]))
    else:
        np.matmul(a, b, out=out)


def _contract(a: Any, b: Any, room: Any) -> Any:
    """Return ``a.T @ b``, in ``room`` or an array of its own."""
    block = _block(len(a), room.size)
    if block < 512:  # a sum over many blocks costs more than packing
        return np.matmul(a.T, b, out=room)
    stacked = a.reshape(-1, block, a.shape[1]).swapaxes(1, 2)
    return np.matmul(stacked, b.reshape(-1, block, b.shape[1])).sum(axis=0)


@lru_cache(maxsize=1024)
def _block(rows: int, size: int) -> int:
    """Return the largest number of rows that divides ``rows`` and makes a small product, or 0."""
    most = SMALL // max(size, 1)
    if rows <= most:
        return 0
    return max((n for n in range(32, most + 1) if rows % n == 0), default=0)
