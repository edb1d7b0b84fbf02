"""Charts with two numeric axes: lines, points, areas of colour and bars.

A panel says what is to be seen; ``draw_panels`` makes SVG of it, ``minikeras.plot.onto_axes`` draws
it with matplotlib.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minikeras._svg.axes import (
    FONT,
    ROW,
    SMALL_FONT,
    TITLE_FONT,
    Area,
    Entry,
    Scale,
    legend,
    marker,
)
from minikeras._svg.draw import INK, element, escape, label, number, picture, shorten, text_width
from minikeras._svg.png import embedded
from minikeras._svg.ticks import tick_labels, ticks

__all__ = ["Bars", "Dots", "Field", "Line", "Mark", "Panel", "draw_panels"]

Numbers: TypeAlias = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Line:
    """A curve; where a value is not finite it has a gap."""

    x: Numbers
    y: Numbers
    name: str = ""  # in the legend; "" leaves it out
    color: str = INK
    dashes: str | None = None
    width: float = 2.25
    opacity: float | None = None


@dataclass(frozen=True)
class Dots:
    """Points; ``tips`` are shown when the mouse rests on one."""

    x: Numbers
    y: Numbers
    name: str = ""
    color: str = INK
    marker: str = "circle"
    radius: float = 4.0
    outline: str | None = "#ffffff"
    tips: Sequence[str] = ()


@dataclass(frozen=True)
class Field:
    """Colours over a rectangle; the first row of pixels lies at the bottom."""

    pixels: npt.NDArray[np.uint8]  # (height, width, 4)
    extent: tuple[float, float, float, float]  # left, right, bottom, top


@dataclass(frozen=True)
class Bars:
    """A histogram."""

    edges: Numbers
    heights: Numbers
    color: str = INK


Mark: TypeAlias = Line | Dots | Field | Bars


@dataclass(frozen=True)
class Panel:
    """What one chart shows."""

    marks: tuple[Mark, ...]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()  # lines of text below
    numbered: bool = field(default=True)  # whether the upright axis has numbers


def draw_panels(
    panels: Sequence[Panel],
    title: str,
    desc: str,
    *,
    width: float = 480.0,
    height: float = 320.0,
    columns: int = 3,
) -> str:
    """Draw charts side by side.

    Parameters
    ----------
    panels : sequence of Panel
    title, desc : str
        The picture's text alternative.
    width, height : float, default 480 and 320
        Of each chart, in pixels; a chart whose legend is long gets higher.
    columns : int, default 3
        At most so many side by side.

    Returns
    -------
    str
        An SVG document.
    """
    columns = min(columns, len(panels))
    gap = 20.0
    content: list[str] = []
    top = 0.0
    for start in range(0, len(panels), columns):
        grown = 0.0
        for k, panel in enumerate(panels[start : start + columns]):
            left = k * (width + gap)
            drawn, growth = _draw(panel, Area(left, top, left + width, top + height))
            content += drawn
            grown = max(grown, growth)
        top += height + grown + gap
    return picture(columns * (width + gap) - gap, top - gap, title, desc, content)


def _draw(panel: Panel, area: Area) -> tuple[list[str], float]:
    """Return the elements of a chart and by how much it reaches out of ``area`` at its bottom."""
    (x_low, x_high), (y_low, y_high) = _ranges(panel)
    x_ticks = _inside(x_low, x_high, 6 if area.right - area.left > 300 else 4)
    y_ticks = _inside(y_low, y_high, 5) if panel.numbered else []
    y_texts = tick_labels(y_ticks) if y_ticks else []
    left = area.left + 14 + max((text_width(text, SMALL_FONT) for text in y_texts), default=0.0)
    left += 20 if panel.y_label else 0
    entries = [
        Entry(mark.name, mark.color, mark.dashes)
        if isinstance(mark, Line)
        else Entry(mark.name, mark.color, None, mark.marker)
        for mark in panel.marks
        if isinstance(mark, Line | Dots) and mark.name
    ]
    named, rows = legend(entries, left, area.right - 8, area.top + (28 if panel.title else 6))
    growth = max(0, rows - 1) * ROW
    top = area.top + (32 if panel.title else 12) + rows * ROW
    bottom = area.bottom + growth - (46 if panel.x_label else 26) - 16 * len(panel.notes)
    plot = Area(left, top, area.right - 16, bottom)
    x = Scale(x_low, x_high, plot.left, plot.right)
    y = Scale(y_low, y_high, plot.bottom, plot.top)

    out = []
    if panel.title:
        shown = shorten(panel.title, 1.1 * TITLE_FONT, area.right - plot.left)  # bold is broader
        out.append(label(shown, plot.left, area.top + 20, TITLE_FONT, font_weight=600))
    out += named
    fields = [mark for mark in panel.marks if isinstance(mark, Field)]
    out += [_field(mark, x, y) for mark in fields]
    out += _grid(plot, x, y, x_ticks, y_ticks, y_texts, faint=bool(fields))
    middle = (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2
    if panel.x_label:
        out.append(label(panel.x_label, middle[0], plot.bottom + 38, FONT, "middle"))
    if panel.y_label:
        turned = f"translate({number(area.left + 14)} {number(middle[1])}) rotate(-90)"
        out.append(label(panel.y_label, 0, 0, FONT, "middle", transform=turned))
    for k, note in enumerate(panel.notes):
        at = plot.bottom + (54 if panel.x_label else 36) + 16 * k
        text = shorten(note, SMALL_FONT, area.right - plot.left)
        out.append(label(text, plot.left, at, SMALL_FONT))
    for mark in panel.marks:
        if isinstance(mark, Line):
            out += _line(mark, x, y)
        elif isinstance(mark, Dots):
            out += _dots(mark, x, y)
        elif isinstance(mark, Bars):
            out += _bars(mark, x, y)
    return out, growth


def _ranges(panel: Panel) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what the axes reach over: as given, else all that the marks show."""
    xs: list[Numbers] = [np.empty(0)]
    ys: list[Numbers] = [np.empty(0)]
    for mark in panel.marks:
        if isinstance(mark, Field):
            xs.append(np.array(mark.extent[:2]))
            ys.append(np.array(mark.extent[2:]))
        elif isinstance(mark, Bars):
            xs.append(mark.edges)
            ys.append(np.append(mark.heights, 0.0))
        else:
            xs.append(mark.x)
            ys.append(mark.y)
    return (
        panel.x_range or _span(np.concatenate(xs), False),
        panel.y_range
        or _span(np.concatenate(ys), not any(isinstance(m, Field) for m in panel.marks)),
    )


def _span(values: Numbers, rounded: bool) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if rounded or low == high:
        marks = ticks(low, high)
        return marks[0], marks[-1]
    return low, high


def _inside(low: float, high: float, count: int) -> list[float]:
    slack = 1e-9 * (high - low)
    return [v for v in ticks(low, high, count) if low - slack <= v <= high + slack]


def _grid(
    plot: Area,
    x: Scale,
    y: Scale,
    x_ticks: list[float],
    y_ticks: list[float],
    y_texts: list[str],
    faint: bool,
) -> Iterable[str]:
    look: dict[str, Any] = {"stroke": INK, "stroke_opacity": 0.12 if faint else 0.25}
    for value, text in zip(y_ticks, y_texts, strict=True):
        at = y(value)
        yield element("line", x1=plot.left, y1=at, x2=plot.right, y2=at, **look)
        yield label(text, plot.left - 7, at + 4, SMALL_FONT, "end")
    texts = tick_labels(x_ticks)
    room = (plot.right - plot.left) / max(len(x_ticks), 1)
    every = 1 + int(max(text_width(text, SMALL_FONT) for text in texts) // max(room - 4, 1.0))
    for k, (value, text) in enumerate(zip(x_ticks, texts, strict=True)):
        at = x(value)
        yield element("line", x1=at, y1=plot.top, x2=at, y2=plot.bottom, **look)
        if k % every == 0:
            yield label(text, at, plot.bottom + 18, SMALL_FONT, "middle")
    yield element("line", x1=plot.left, y1=plot.bottom, x2=plot.right, y2=plot.bottom, stroke=INK)
    if y_ticks:
        yield element("line", x1=plot.left, y1=plot.top, x2=plot.left, y2=plot.bottom, stroke=INK)


def _field(mark: Field, x: Scale, y: Scale) -> str:
    left, right, bottom, top = mark.extent
    return embedded(
        mark.pixels[::-1], x(left), y(top), x(right) - x(left), y(bottom) - y(top), smooth=True
    )


def _line(mark: Line, x: Scale, y: Scale) -> Iterable[str]:
    stretches: list[list[str]] = [[]]
    for a, b in zip(mark.x.tolist(), mark.y.tolist(), strict=True):
        if np.isfinite(a) and np.isfinite(b):
            stretches[-1].append(f"{number(x(a))} {number(y(b))}")
        elif stretches[-1]:
            stretches.append([])
    path = " ".join("M" + " L".join(points) for points in stretches if len(points) > 1)
    if path:
        yield element(
            "path",
            element("title", escape(mark.name)) if mark.name else None,
            d=path,
            fill="none",
            stroke=mark.color,
            stroke_width=mark.width,
            stroke_dasharray=mark.dashes,
            stroke_opacity=mark.opacity,
            stroke_linejoin="round",
        )


def _dots(mark: Dots, x: Scale, y: Scale) -> Iterable[str]:
    tips = mark.tips or [""] * len(mark.x)
    for a, b, tip in zip(mark.x.tolist(), mark.y.tolist(), tips, strict=True):
        if np.isfinite(a) and np.isfinite(b):
            look = {"fill": mark.color, "stroke": mark.outline, "stroke_width": 1}
            yield marker(mark.marker, x(a), y(b), mark.radius, tip, **look)


def _bars(mark: Bars, x: Scale, y: Scale) -> Iterable[str]:
    for left, right, high in zip(
        mark.edges[:-1].tolist(), mark.edges[1:].tolist(), mark.heights.tolist(), strict=True
    ):
        if high > 0:
            at, width = x(left), x(right) - x(left)
            yield element(
                "rect",
                x=at,
                y=y(high),
                width=max(width - 0.6, 0.4),
                height=y(0.0) - y(high),
                fill=mark.color,
            )
