"""``Report``: what is in a file, as text with aligned columns or as plain data."""

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from minikeras._typing import Shape

__all__ = ["Layer", "Report", "Weight", "clean"]

_WIDEST = 72  # characters of a column
_NARROWEST = 12  # where a terminal has no room


@dataclass
class Layer:
    """A layer, as a file describes it.

    Attributes
    ----------
    name, kind : str
        ``kind`` is the name of its class.
    input_shape : str
        ``""`` where the file does not tell.
    settings : dict
        Arguments that differ from their defaults.
    sources : list of str
        Names of the layers whose results it takes.
    depth : int
        Number of models around it, beside the outermost.
    """

    name: str
    kind: str
    input_shape: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    depth: int = 0


@dataclass
class Weight:
    """An array in a file.

    Attributes
    ----------
    name : str
        Its path within the file.
    shape : tuple of int
    dtype : str
    bytes : int
    layer : str
        Name of the layer that it belongs to; ``""`` where the file does not tell.
    """

    name: str
    shape: Shape
    dtype: str
    bytes: int
    layer: str = ""


@dataclass
class Report:
    """What is in a file.

    Attributes
    ----------
    file, format : str
    bytes : int
        Size of the file.
    metadata : dict of str to str
    model : str
        Class and name of the model; ``""`` if the file holds no architecture.
    layers : list of Layer
    training : dict of str to str
        Optimizer, loss and metrics, if the model was compiled.
    weights : list of Weight
    optimizer : list of Weight
        What the optimizer remembers.
    """

    file: str
    format: str
    bytes: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    model: str = ""
    layers: list[Layer] = field(default_factory=list)
    training: dict[str, str] = field(default_factory=dict)
    weights: list[Weight] = field(default_factory=list)
    optimizer: list[Weight] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = None) -> str:
        """Return everything as tables, of at most ``width`` characters where that is possible."""
        lines = [f"{clean(self.file)}: {self.format}, {_memory(self.bytes)}"]
        lines += [f"{clean(name)}: {clean(value)}" for name, value in self.metadata.items()]
        if self.model:
            lines += ["", clean(self.model), *_layer_lines(self.layers, width)]
        if self.training:
            lines.append("")
            lines += [f"{name}: {clean(value)}" for name, value in self.training.items()]
        for title, found in (("Weights", self.weights), ("Optimizer state", self.optimizer)):
            if found:
                numbers = sum(math.prod(weight.shape) for weight in found)
                size = _memory(sum(weight.bytes for weight in found))
                lines += [
                    "",
                    f"{title}: {_count(len(found), 'array')}, {numbers:,} numbers, {size}",
                ]
                lines += _weight_lines(found, width)
        if not (self.weights or self.layers):
            lines += ["", "no layers and no weights"]
        return "\n".join(line.rstrip() for line in lines)


def clean(text: object) -> str:
    r"""Return text that a terminal shows as it is: no control characters.

    Examples
    --------
    >>> clean("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    text = str(text)
    return text if text.isprintable() else repr(text)[1:-1]


def _layer_lines(layers: list[Layer], width: int | None) -> list[str]:
    rows = [("Layer", "Class", "Input shape", "Settings", "Connected to")]
    in_a_row = all(
        layer.sources in ([], [before.name]) or layer.depth != before.depth
        for before, layer in pairwise(layers)
    )
    for layer in layers:
        settings = clean(", ".join(f"{name}={value}" for name, value in layer.settings.items()))
        if len(settings) > _WIDEST:
            settings = f"{settings[: _WIDEST - 3]}..."
        sources = "" if in_a_row else ", ".join(layer.sources)
        name = "  " * layer.depth + layer.name
        rows.append((name, layer.kind, layer.input_shape, settings, sources))
    return _table(rows, width)


def _weight_lines(weights: list[Weight], width: int | None) -> list[str]:
    rows = [("Name", "Layer", "Shape", "Type", "Numbers", "Size")]
    for weight in sorted(weights, key=lambda weight: _natural(weight.name)):
        shape, numbers = str(weight.shape), f"{math.prod(weight.shape):,}"
        rows.append(
            (weight.name, weight.layer, shape, weight.dtype, numbers, _memory(weight.bytes))
        )
    return _table(rows, width, right=(4, 5))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key: 2 comes before 10."""
    parts = re.split(r"(?a:(\d{1,99}))", name)  # Python makes no numbers of thousands of digits
    return [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts)]


def _table(
    rows: Sequence[tuple[str, ...]], width: int | None, right: tuple[int, ...] = ()
) -> list[str]:
    """Return lines with aligned columns; those that are empty throughout are left out."""
    cells = [[_short(clean(cell)) for cell in row] for row in rows]
    used = [i for i in range(len(cells[0])) if any(row[i] for row in cells[1:])]
    widths = {i: max(len(row[i]) for row in cells) for i in used}
    if width is not None:
        _narrow(widths, width - 2 * len(used), [i for i in used if i not in right])
        cells = [[_short(cell, widths.get(i, 0)) for i, cell in enumerate(row)] for row in cells]
    cells.insert(1, ["-" * widths.get(i, 0) for i in range(len(cells[0]))])
    lines = []
    for row in cells:
        aligned = (row[i].rjust(widths[i]) if i in right else row[i].ljust(widths[i]) for i in used)
        lines.append("  " + "  ".join(aligned))
    return lines


def _narrow(widths: dict[int, int], room: int, columns: list[int]) -> None:
    """Take from the widest columns until all fit in the room, or none can give more."""
    while sum(widths.values()) > room:
        widest = max(columns, key=lambda i: widths[i])
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1


def _short(text: str, most: int = _WIDEST) -> str:
    """Return beginning and end of a long text."""
    half = most // 2
    return text if len(text) <= most else f"{text[: most - half - 3]}...{text[-half:]}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _memory(size: int) -> str:
    power = 0
    while size >= 1024 ** (power + 1) and power < 4:
        power += 1
    unit = ["B", "KB", "MB", "GB", "TB"][power]
    return f"{size / 1024**power:.2f} {unit}" if power else f"{size} B"
