"""Normalization layers."""

from typing import Any

from minikeras.export.python.writer import Code, Writer, writes
from minikeras.export.value import Value
from minikeras.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)

__all__: list[str] = []


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    return tuple(sorted(i % rank for i in (axis if isinstance(axis, list | tuple) else [axis])))


def _names(layer: Any) -> tuple[str, str]:
    return tuple(  # type: ignore[return-value]
        Code("None") if getattr(layer, name) is None else Code(name) for name in ("gamma", "beta")
    )


@writes(BatchNormalization)
def _batch(w: Writer, layer: BatchNormalization, x: Value, mask: Any = None) -> Value:
    x = w.floats(x, layer)
    mean = w.weight(layer.moving_mean)
    variance = w.weight(layer.moving_variance)
    w.load(gamma=layer.gamma, beta=layer.beta)
    w.line(f"scale = 1.0 / np.sqrt({variance} + {layer.epsilon!r})")
    if layer.gamma is not None:
        w.line("scale = scale * gamma")
    w.line(f"A = -{mean} * scale" + ("" if layer.beta is None else " + beta"))
    axis = layer.axis % x.rank
    if axis == x.rank - 1:
        return w.result(f"{x.name} * scale + A")
    shape = ", ".join("-1" if i == axis else "1" for i in range(x.rank))
    return w.result(f"{x.name} * scale.reshape({shape}) + A.reshape({shape})")


@writes(LayerNormalization)
def _layer(w: Writer, layer: LayerNormalization, x: Value) -> Value:
    x = w.floats(x, layer)
    axes = _axes(layer.axis, x.rank)
    w.load(gamma=layer.gamma, beta=layer.beta)
    if layer.rms_scaling:
        deviation = f"np.sqrt(np.var({x.name}, axis={axes!r}, keepdims=True) + {layer.epsilon!r})"
        gamma = w.call_of("along", Code("gamma"), x, axes)
        return w.result(f"{x.name} * (1.0 / {deviation}) * {gamma}")
    return w.result(w.call_of("layer_norm", x, *_names(layer), axes, layer.epsilon))


@writes(RMSNormalization)
def _rms(w: Writer, layer: RMSNormalization, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(scale=layer.scale)
    axes = _axes(layer.axis, x.rank)
    return w.result(w.call_of("rms_norm", x, Code("scale"), axes, layer.epsilon))


@writes(GroupNormalization)
def _group(w: Writer, layer: GroupNormalization, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(gamma=layer.gamma, beta=layer.beta)
    groups = layer.channels if layer.groups == -1 else layer.groups
    return w.result(w.call_of("group_norm", x, *_names(layer), groups, layer.axis, layer.epsilon))


@writes(UnitNormalization)
def _unit(w: Writer, layer: UnitNormalization, x: Value) -> Value:
    x = w.floats(x, layer)
    return w.result(w.call_of("unit_norm", x, _axes(layer.axis, x.rank)))
