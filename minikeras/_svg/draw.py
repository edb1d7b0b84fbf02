"""Pieces every picture is made of: elements, text and its width, colours."""

import html
import re
import unicodedata
from collections.abc import Iterable

# Each has a contrast of at least 3:1 with white and with #0d1117, so one picture fits both pages.
INK = "#757b85"  # text, axes and grid: 4.3:1 and 4.4:1
COLORS = (
    "#2f7de1",  # blue
    "#dd640d",  # orange
    "#1a9850",  # green
    "#9b5de5",  # purple
    "#db2777",  # pink
    "#0d9488",  # teal
    "#b7791f",  # gold
    "#e5484d",  # red
)
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Helvetica, Arial, sans-serif"

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NARROW = frozenset("iljtfrI.,:;'|!()[]{} ")
_BROAD = frozenset("mwMW@%")


def escape(text: object) -> str:
    """Return ``text`` as it may stand in XML; characters XML forbids become U+FFFD.

    Examples
    --------
    >>> escape("a<b & c")
    'a&lt;b &amp; c'
    """
    return html.escape(_NOT_XML.sub("\ufffd", str(text)))


def text_width(text: str, size: float) -> float:
    """Return about how wide ``text`` is in a sans-serif font, in pixels; rather too much."""
    width = 0.0
    for char in text:
        if char in _NARROW:
            width += 0.38
        elif unicodedata.east_asian_width(char) in "WF":
            width += 1.05
        elif char in _BROAD:
            width += 0.95
        else:
            width += 0.72 if char.isupper() else 0.6
    return width * size


def shorten(text: str, size: float, room: float) -> str:
    """Return ``text``, cut with an ellipsis to at most ``room`` pixels."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def number(value: float) -> str:
    """Return a coordinate with at most two decimals.

    Examples
    --------
    >>> number(2.0), number(1 / 3)
    ('2', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def element(tag: str, content: str | None = None, **attributes: object) -> str:
    """Return one XML element; ``stroke_width`` becomes ``stroke-width``, None is left out.

    Examples
    --------
    >>> element("line", x1=0.5, stroke_width=2)
    '<line x1="0.5" stroke-width="2"/>'
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is not None:
            shown = number(value) if isinstance(value, float) else escape(value)
            parts.append(f'{name.rstrip("_").replace("_", "-")}="{shown}"')
    start = " ".join(parts)
    return f"<{start}/>" if content is None else f"<{start}>{content}</{tag}>"


def label(text: str, x: float, y: float, size: float, anchor: str = "start", **more: object) -> str:
    """Return a line of text; ``anchor`` is the point of it that lies at ``x``."""
    return element(
        "text", escape(text), x=float(x), y=float(y), font_size=size, text_anchor=anchor, **more
    )


def picture(width: float, height: float, title: str, desc: str, content: Iterable[str]) -> str:
    """Return a complete SVG document with a text alternative for those who cannot see it."""
    body = "\n".join(content)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{number(width)}" '
        f'height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}" '
        f'font-family="{FONT}" fill="{INK}">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(desc)}</desc>\n{body}\n</svg>\n"
    )
