"""``ops.rearrange``: axes split, put in another order, joined."""

import math
import re
from typing import Any

from minikeras import ops
from minikeras.export.value import Value
from minikeras.onnx.builder import Builder, implements

__all__: list[str] = []


def _groups(pattern: str) -> list[list[str]]:
    """Return the names inside each axis: ``"b (h w)"`` is ``[["b"], ["h", "w"]]``."""
    return [part.strip("()").split() for part in re.findall(r"\([^)]*\)|\w+", pattern)]


def _length(g: Builder, names: list[str], known: dict[str, Any]) -> int:
    lengths = [known[name] for name in names]
    if None in lengths:
        g.refuse(f"it joins the axes {' '.join(names)}, whose lengths are not known")
    return math.prod(lengths)


@implements(ops.rearrange)
def _rearrange(g: Builder, tensor: Value, pattern: str, **axes_lengths: int) -> Value:
    before, after = map(_groups, pattern.split("->"))
    known: dict[str, Any] = dict(axes_lengths)
    place: dict[str, int] = {}  # of axes that are not split
    for axis, (names, n) in enumerate(zip(before, tensor.shape, strict=True)):
        missing = [name for name in names if name not in known]
        if missing:
            rest = math.prod(known[name] for name in names if name in known)
            known[missing[0]] = None if n is None else n // rest
        if len(names) == 1:
            place[names[0]] = axis

    def part(names: list[str]) -> Any:
        """Return the length of an axis as ``Builder.reshape_by`` takes it."""
        if len(names) == 1 and known[names[0]] is None and names[0] in place:
            return tensor, place[names[0]]
        return _length(g, names, known)

    inside = [name for names in before for name in names]
    y = g.reshape_by(tensor, *(part([name]) for name in inside))
    y = g.transpose(y, [inside.index(name) for names in after for name in names])
    unknown = [names for names in after if len(names) > 1 and None in [known[n] for n in names]]
    if len(unknown) == 1:  # such as the batch joined with another axis
        return g.reshape_by(y, *(-1 if names is unknown[0] else part(names) for names in after))
    return g.reshape_by(y, *map(part, after))
