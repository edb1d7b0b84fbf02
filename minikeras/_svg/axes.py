"""Areas, scales and legends of charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from minikeras._svg.draw import element, escape, label, number, shorten, text_width

__all__ = [
    "FONT",
    "MARKERS",
    "ROW",
    "SMALL_FONT",
    "TITLE_FONT",
    "Area",
    "Entry",
    "Scale",
    "legend",
    "marker",
]

SMALL_FONT, FONT, TITLE_FONT = 12.0, 13.0, 15.0
ROW = 19.0  # height of a line of the legend
_SAMPLE = 24.0  # length of the line in front of a legend entry
MARKERS = ("circle", "square", "triangle", "diamond", "cross")


@dataclass(frozen=True)
class Area:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Scale:
    """Linear map from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


class Entry(NamedTuple):
    """A line of a legend: a sample of what it names, a stroke or one of ``MARKERS``."""

    name: str
    color: str
    dashes: str | None = None
    marker: str | None = None


def legend(
    entries: Sequence[Entry], left: float, right: float, top: float
) -> tuple[list[str], int]:
    """Return the legend's elements, set in rows from left to right, and the number of rows."""
    shown = [shorten(entry.name, FONT, right - left - _SAMPLE - 6) for entry in entries]
    samples = [_SAMPLE if entry.marker is None else 12.0 for entry in entries]
    widths = [s + 6 + text_width(name, FONT) for s, name in zip(samples, shown, strict=True)]
    if left + sum(widths) + 16 * len(widths) > right:  # more than one row: set them in columns
        widths = [max(widths)] * len(widths)
    out = []
    x, rows = left, 1 if entries else 0
    for entry, name, sample, width in zip(entries, shown, samples, widths, strict=True):
        if x > left and x + width > right:
            x, rows = left, rows + 1
        y = top + rows * ROW - 6
        if entry.marker is None:
            out.append(
                element(
                    "line",
                    x1=x,
                    y1=y - 4,
                    x2=x + sample,
                    y2=y - 4,
                    stroke=entry.color,
                    stroke_width=2.5,
                    stroke_dasharray=entry.dashes,
                )
            )
        else:
            out.append(marker(entry.marker, x + 6, y - 4, 4.5, fill=entry.color))
        out.append(label(name, x + sample + 6, y, FONT))
        x += width + 16
    return out, rows


def marker(kind: str, x: float, y: float, radius: float, tip: str = "", **look: object) -> str:
    """Return one of ``MARKERS`` around a point; all have about the same area."""
    content = element("title", escape(tip)) if tip else None
    if kind == "circle":
        return element("circle", content, cx=x, cy=y, r=float(radius), **look)
    if kind == "cross":
        a = 0.36 * radius
        corners = [(a, a), (a, 1.15 * radius), (-a, 1.15 * radius), (-a, a)]
        shape, turn = [], (1, 0)
        for _ in range(4):  # a quarter at a time
            shape += [(p * turn[0] - q * turn[1], p * turn[1] + q * turn[0]) for p, q in corners]
            turn = (-turn[1], turn[0])
    else:
        r, near, far = radius, 0.9 * radius, 1.3 * radius
        shape = {
            "square": [(-near, -near), (near, -near), (near, near), (-near, near)],
            "triangle": [(0.0, -far), (1.15 * r, 0.8 * r), (-1.15 * r, 0.8 * r)],
            "diamond": [(0.0, -far), (far, 0.0), (0.0, far), (-far, 0.0)],
        }[kind]
    points = " ".join(f"{number(x + p)},{number(y + q)}" for p, q in shape)
    return element("polygon", content, points=points, **look)
