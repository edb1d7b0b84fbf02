"""Convolution and pooling: one position of the window, worked out."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import bare
from minikeras.inspect.products import activated
from minikeras.inspect.report import Quantity
from minikeras.inspect.worked import Part, Worked, as_float, plain
from minikeras.ops.convolution import conv, conv_transpose, depthwise_conv
from minikeras.ops.convolution.plan import Plan, plan_of

__all__ = [
    "convolution",
    "depthwise",
    "image_view",
    "pooling",
    "separable",
    "transposed",
]

BIAS = "sum of dL/dA over samples and positions"


def convolution(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out a convolution; one of its weighted sums is shown in detail."""
    layer, x = ran.layer, as_float(args[0], ran.layer.dtype)
    a = conv(x, layer.kernel, layer.bias, **_window_of(layer))
    rules = {
        "X": "dL/dA spread back by W",
        "W": "sum over positions of P * dL/dA",
        "B": BIAS,
    }
    found = _worked(layer, a, "X conv W{}", rules)
    patch, at, where = _patch(layer, bare(x))
    kernel, bias = layer.kernel.value, bare(layer.bias)
    patch = patch[..., : kernel.shape[-2]]  # those of the first group
    found.details = _one_sum(layer, patch, kernel[..., 0], bias, at, where, bare(a).dtype)
    found.notes.append(_note(bare(a), layer))
    return found


def depthwise(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out a convolution of each channel by itself."""
    layer, x = ran.layer, as_float(args[0], ran.layer.dtype)
    a = depthwise_conv(x, layer.kernel, layer.bias, **_window_of(layer))
    rules = {
        "X": "dL/dA spread back by W, channel by channel",
        "W": "sum over positions of P * dL/dA, channel by channel",
        "B": BIAS,
    }
    found = _worked(layer, a, "X conv W{}, channel by channel", rules)
    patch, at, where = _patch(layer, bare(x))
    kernel, bias = layer.kernel.value, bare(layer.bias)
    found.details = _one_sum(
        layer, patch[..., :1], kernel[..., :1, 0], bias, at, where, bare(a).dtype
    )
    found.notes.append(_note(bare(a), layer))
    return found


def separable(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out a convolution of each channel and a mix of the channels."""
    layer, x = ran.layer, as_float(args[0], ran.layer.dtype)
    depth = depthwise_conv(x, layer.depthwise_kernel, **_window_of(layer))
    a = conv(depth, layer.pointwise_kernel, layer.bias, data_format=layer.data_format)
    rules = {
        "X": "dL/dD spread back by W_D, channel by channel",
        "W_D": "sum over positions of P * dL/dD, channel by channel",
        "W_P": "D^T dL/dA",
        "B": BIAS,
    }
    found = _worked(layer, a, "D W_P{}", rules)
    what, view = "each channel by itself", image_view(layer.rank, layer.data_format)
    found.parts.insert(0, Part("D", [depth], "X conv W_D", what, "dL/dA W_P^T", view=view))
    return found


def transposed(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out a transposed convolution: each input spreads the kernel over the output."""
    layer, x = ran.layer, as_float(args[0], ran.layer.dtype)
    extra = layer.output_padding
    a = conv_transpose(x, layer.kernel, layer.bias, output_padding=extra, **_window_of(layer))
    rules = {
        "X": "sum over the window of dL/dA * W",
        "W": "sum over positions of dL/dA under the window * X",
        "B": BIAS,
    }
    return _worked(layer, a, "each X times W, added up where they overlap{}", rules)


def pooling(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out one window of a pooling layer, and what becomes of it."""
    layer, z, x = ran.layer, plain(ran.output), bare(args[0])
    last = layer.data_format == "channels_last"
    sample = x[0] if last else np.moveaxis(x[0], 0, -1)
    plan = plan_of(sample.shape[:-1], layer.pool_size, layer.strides, layer.padding, 1)
    place = tuple(n // 2 for n in plan.outputs)
    inside = _window(np.ones((*plan.lengths, 1), bool), plan, place, False)[..., 0]
    lengths = tuple(int(inside.sum(axis=axis).max()) for axis in range(layer.rank))
    patch = _window(sample[..., :1], plan, place, 0)[inside].reshape(lengths)
    largest = "Max" in type(layer).__name__
    name = "max" if largest else "mean"
    pooled = np.max(patch) if largest else np.mean(patch)
    at = ", ".join(map(str, (0, *place, 0) if last else (0, 0, *place)))
    where = ", ".join(map(str, place))
    rule = (
        "dL/dZ where X is the largest of its window"
        if largest
        else ("dL/dZ shared out over each window")
    )
    details = [
        Quantity("P", patch, what=f"window of X at ({where}), sample 0, channel 0"),
        Quantity(f"Z[{at}]", np.asarray(pooled, z.dtype), f"{name}(P)"),
    ]
    view = image_view(layer.rank, layer.data_format)
    return Worked([], [], f"{name} of each window", {"X": rule}, details, view=view)


def image_view(rank: int, data_format: str) -> Any:
    """Return the view of sample 0 and channel 0 of images."""
    if rank != 2:
        return None
    both = (slice(None), slice(None))
    return (0, *both, 0) if data_format == "channels_last" else (0, 0, *both)


def _window_of(layer: Any) -> dict[str, Any]:
    names = "strides", "padding", "data_format", "dilation_rate"
    return {name: getattr(layer, name) for name in names}


def _worked(layer: Any, a: Any, formula: str, rules: dict[str, str]) -> Worked:
    """Return the way through A; ``{}`` in its formula is where the bias comes."""
    plus = "" if layer.bias is None else ", + B" if formula.startswith("each") else " + B"
    view = image_view(layer.rank, layer.data_format)
    return activated(layer, a, formula.format(plus), rules, view=view)


def _patch(layer: Any, x: Array) -> tuple[Array, tuple[int, ...], tuple[int, ...]]:
    """Return what is under the window in the middle of sample 0, and its place in A and in X."""
    last = layer.data_format == "channels_last"
    sample = x[0] if last else np.moveaxis(x[0], 0, -1)
    size, padding = layer.kernel_size, layer.padding
    plan = plan_of(sample.shape[:-1], size, layer.strides, padding, layer.dilation_rate)
    place = tuple(n // 2 for n in plan.outputs)
    at = (0, *place, 0) if last else (0, 0, *place)
    return _window(sample, plan, place, 0.0), at, place


def _one_sum(
    layer: Any, patch: Array, kernel: Array, bias: Any, at: Any, where: Any, dtype: Any
) -> list[Quantity]:
    """Return a patch, its product with filter 0, and their sum."""
    product = patch * kernel
    total = np.asarray(np.sum(product) + (0.0 if bias is None else bias[0]), dtype)
    shown = (slice(None), slice(None), 0) if layer.rank == 2 else None  # the first channel
    place = ", ".join(map(str, where))
    return [
        Quantity("P", patch, what=f"patch of X under the window at ({place})", view=shown),
        Quantity("P * W", product, what="of filter 0", view=shown),
        Quantity(
            f"A[{', '.join(map(str, at))}]",
            total,
            "sum(P * W)" + ("" if bias is None else " + B[0]"),
            "filter 0 there",
        ),
    ]


def _note(a: Array, layer: Any) -> str:
    first = 1 if layer.data_format == "channels_last" else 2
    lengths = a.shape[first : first + layer.rank]
    count = lengths[0] if layer.rank == 1 else " x ".join(map(str, lengths))
    return f"The window is at {count} positions; P is the one in the middle, of sample 0."


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
