"""Convolution and pooling: one position of the window, worked out."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import bare
from minikeras.inspect.report import Quantity, name_of
from minikeras.ops.convolution import conv
from minikeras.ops.convolution.plan import Plan, plan_of

__all__ = ["convolution", "pooling"]


def convolution(layer: Any, x: Any, z: Any) -> tuple[list[Quantity], list[str]]:
    """Return the weighted sums of a convolution, one of them in detail, and the output."""
    kernel, bias = layer.kernel.value, bare(layer.bias)
    last = layer.data_format == "channels_last"
    a = np.array(
        conv(
            x.astype(z.dtype),
            kernel,
            bias,
            strides=layer.strides,
            padding=layer.padding,
            data_format=layer.data_format,
            dilation_rate=layer.dilation_rate,
        )
    )
    sample = x[0] if last else np.moveaxis(x[0], 0, -1)
    plan = plan_of(
        sample.shape[:-1], layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate
    )
    place = tuple(n // 2 for n in plan.outputs)
    patch = _window(sample, plan, place, 0.0)[..., : kernel.shape[-2]]  # those of the first group
    product = patch * kernel[..., 0]
    at = (0, *place, 0) if last else (0, 0, *place)
    where = ", ".join(map(str, place))
    total = np.asarray(np.sum(product) + (0.0 if bias is None else bias[0]), a.dtype)
    plus = "" if bias is None else " + B"
    view = _image(layer.rank, last)
    shown = (slice(None), slice(None), 0) if layer.rank == 2 else None  # the first channel
    found = [
        Quantity("P", patch, what=f"patch of X under the window at ({where})", view=shown),
        Quantity("P * W", product, what="of filter 0", view=shown),
        Quantity(
            f"A[{', '.join(map(str, at))}]",
            total,
            "sum(P * W)" + (plus and f"{plus}[0]"),
            "filter 0 there",
        ),
        Quantity("A", a, f"X conv W{plus}", view=view),
        Quantity("Z", z, f"{name_of(layer.activation)}(A)", "output", view=view),
    ]
    return found, [
        f"The window is at {plan.outputs} positions; P is the one in the middle, of sample 0."
    ]


def pooling(layer: Any, x: Any, z: Any) -> list[Quantity]:
    """Return one window of a pooling layer, what becomes of it, and the output."""
    last = layer.data_format == "channels_last"
    sample = x[0] if last else np.moveaxis(x[0], 0, -1)
    plan = plan_of(sample.shape[:-1], layer.pool_size, layer.strides, layer.padding, 1)
    place = tuple(n // 2 for n in plan.outputs)
    inside = _window(np.ones((*plan.lengths, 1), bool), plan, place, False)[..., 0]
    lengths = tuple(int(inside.sum(axis=axis).max()) for axis in range(layer.rank))
    patch = _window(sample[..., :1], plan, place, 0)[inside].reshape(lengths)
    name = "max" if "Max" in type(layer).__name__ else "mean"
    pooled = np.max(patch) if name == "max" else np.mean(patch)
    at = ", ".join(map(str, (0, *place, 0) if last else (0, 0, *place)))
    view = _image(layer.rank, last)
    where = ", ".join(map(str, place))
    return [
        Quantity("P", patch, what=f"window of X at ({where}), sample 0, channel 0"),
        Quantity(f"Z[{at}]", np.asarray(pooled, z.dtype), f"{name}(P)"),
        Quantity("Z", z, f"{name} of each window", "output", view=view),
    ]


def _image(rank: int, last: bool) -> Any:
    """Return the view of sample 0 and channel 0 of images."""
    if rank != 2:
        return None
    both = (slice(None), slice(None))
    return (0, *both, 0) if last else (0, 0, *both)


def _window(sample: Array, plan: Plan, place: tuple[int, ...], outside: Any) -> Any:
    """Return what is under the window at ``place``; ``outside`` for what lies beyond the edge."""
    padded = np.full((*plan.padded, sample.shape[-1]), outside, sample.dtype)
    padded[plan.inner] = sample[tuple(slice(0, n) for n in _room(plan))]
    index = tuple(
        slice(at * s, at * s + (k - 1) * d + 1, d)
        for at, s, k, d in zip(place, plan.strides, plan.size, plan.dilation)
    )
    return padded[index]


def _room(plan: Plan) -> list[int]:
    """Return how much of each axis of the input fits into the padded one."""
    return [
        max(min(n, total - first), 0)
        for n, total, first in zip(plan.lengths, plan.padded, plan.before)
    ]
