"""A plane with axes to draw into, and a field of a table: what several chapters share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minikeras._svg.colors import NEGATIVE, POSITIVE, rgb
from minikeras._svg.draw import INK, element, label, number
from minikeras._svg.ticks import tick_labels

SMALL, NORMAL, LARGE = 12.0, 13.0, 15.0
DARK = "#111827"  # 7:1 and more with every colour of a field


def field_of_table(
    text: str, strength: float, box: tuple[float, float, float, float], size: float = SMALL
) -> list[str]:
    """Return a coloured field and what is written in it, to be read on light and dark pages.

    Parameters
    ----------
    text : str
    strength : float
        From -1, clear orange, to 1, clear blue; what rounds to 0 has no colour.
    box : tuple of float
        Left, top, width, height.
    size : float, default 12
        Of the font.
    """
    left, top, width, height = box
    plain = abs(strength) < 0.05
    share = 0.7 * min(abs(strength), 1.0)
    mixed = [255 - share * (255 - part) for part in rgb(POSITIVE if strength > 0 else NEGATIVE)]
    look: dict[str, object] = {"fill": "#" + "".join(f"{part:02x}" for part in map(round, mixed))}
    if plain:
        look = {"fill": INK, "fill_opacity": 0.1}
    rect = element("rect", x=left, y=top, width=width, height=height, rx=3.0, **look)
    middle = left + width / 2, top + height / 2 + 0.35 * size
    return [rect, label(text, *middle, size, "middle", fill=INK if plain else DARK)]


@dataclass
class Panel:
    """A rectangle of the picture that shows a rectangle of the plane.

    Parameters
    ----------
    left, top, width, height : float
        Where it lies in the picture, in pixels.
    x, y : tuple of two floats
        The range of values from left to right and from bottom to top.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point of the plane."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def axes(
        self,
        x_ticks: Sequence[float],
        y_ticks: Sequence[float],
        x_label: str = "",
        y_label: str = "",
        title: str = "",
    ) -> "Panel":
        """Draw grid lines at the ticks, their numbers, and the names of both axes."""
        bottom, right = self.top + self.height, self.left + self.width
        for value, text in zip(x_ticks, tick_labels(list(x_ticks)), strict=True):
            at = self.at(value, self.y[0])[0]
            self._line(at, self.top, at, bottom, stroke=INK, stroke_opacity=0.25)
            self.parts.append(label(text, at, bottom + 17, SMALL, "middle"))
        for value, text in zip(y_ticks, tick_labels(list(y_ticks)), strict=True):
            at = self.at(self.x[0], value)[1]
            self._line(self.left, at, right, at, stroke=INK, stroke_opacity=0.25)
            self.parts.append(label(text, self.left - 7, at + 4, SMALL, "end"))
        if title:
            middle = self.left + self.width / 2
            self.parts.append(label(title, middle, self.top - 12, LARGE, "middle", font_weight=600))
        if x_label:
            middle = self.left + self.width / 2
            self.parts.append(label(x_label, middle, bottom + 36, NORMAL, "middle"))
        if y_label:
            self.parts.append(label(y_label, self.left - 7, self.top - 8, NORMAL, "end"))
        return self

    def path(self, xs: Iterable[float], ys: Iterable[float], color: str, **more: object) -> None:
        """Draw a line through points."""
        points = [self.at(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        d = "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points)
        style = {"stroke_width": 2.25, "stroke_linejoin": "round", **more}
        self.parts.append(element("path", d=d, fill="none", stroke=color, **style))

    def region(self, corners: Iterable[tuple[float, float]], color: str) -> None:
        """Shade a polygon."""
        points = " ".join(f"{number(x)},{number(y)}" for x, y in (self.at(*c) for c in corners))
        self.parts.append(element("polygon", points=points, fill=color, fill_opacity=0.16))

    def dot(self, x: float, y: float, color: str, *, filled: bool = True, r: float = 6.0) -> None:
        """Draw a point; an unfilled one is a ring."""
        cx, cy = self.at(x, y)
        style = {"fill": color} if filled else {"fill": "none", "stroke": color, "stroke_width": 2}
        self.parts.append(element("circle", cx=cx, cy=cy, r=r, **style))

    def text(self, x: float, y: float, text: str, color: str = INK, anchor: str = "start") -> None:
        """Write at a point of the plane."""
        self.parts.append(label(text, *self.at(x, y), NORMAL, anchor, fill=color))

    def _line(self, x1: float, y1: float, x2: float, y2: float, **style: object) -> None:
        self.parts.append(element("line", x1=x1, y1=y1, x2=x2, y2=y2, **style))
