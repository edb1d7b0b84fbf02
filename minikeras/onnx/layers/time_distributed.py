"""The same layer at every step: steps are samples of one large batch."""

from typing import Any

from minikeras.export.value import Mask, Value
from minikeras.layers import TimeDistributed
from minikeras.onnx.builder import Builder, writes
from minikeras.tree import map_leaves

__all__: list[str] = []


def _flat(g: Builder, x: Value) -> Value:
    """Join the axes of batch and steps."""
    return g.reshape_by(x, -1, *((x, axis) for axis in range(2, x.rank)))


@writes(TimeDistributed)
def _each_step(g: Builder, layer: TimeDistributed, x: Value, mask: Any = None) -> Any:
    more = {}
    if mask is not None and "mask" in layer.layer._takes:
        more["mask"] = _flat(g, mask.value() if isinstance(mask, Mask) else g.value(mask, "bool"))
    y = g.call(layer.layer, _flat(g, x), **more)

    def split(part: Value) -> Value:
        rest = ((part, axis) if n is None else n for axis, n in enumerate(part.shape))
        next(rest)  # batch and steps in one
        return g.reshape_by(part, (x, 0), (x, 1), *rest)

    return map_leaves(split, y)
