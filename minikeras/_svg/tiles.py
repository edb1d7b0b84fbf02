"""Images side by side, each with a caption."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from minikeras._svg.draw import INK, element, label, picture, shorten
from minikeras._svg.png import embedded

__all__ = ["Tile", "draw_tiles"]

_FONT, _TITLE_FONT = 12.0, 15.0
_GAP = 8.0


@dataclass(frozen=True)
class Tile:
    """An image; ``color`` is that of its frame and its caption."""

    pixels: npt.NDArray[np.uint8]  # (height, width, channels)
    caption: str = ""
    color: str = INK
    tip: str = ""


def draw_tiles(
    tiles: Sequence[Tile],
    title: str,
    desc: str,
    *,
    columns: int,
    side: float = 72.0,
    note: str = "",
) -> str:
    """Draw images in rows.

    Parameters
    ----------
    tiles : sequence of Tile
        Of one size.
    title, desc : str
        The title stands above the images.
    columns : int
    side : float, default 72
        The longer side of each image, in pixels.
    note : str, default ""
        A line below.

    Returns
    -------
    str
        An SVG document.
    """
    high, wide = tiles[0].pixels.shape[:2]
    scale = side / max(high, wide)
    enlarged = max(1, math.ceil(2 * scale))
    width, height = max(wide * scale, 6.0), max(high * scale, 6.0)
    room = max(width, 44.0 if any(tile.caption for tile in tiles) else 0.0)
    line = height + _GAP + (18.0 if any(tile.caption for tile in tiles) else 0.0)
    top = 32.0
    rows = -(-len(tiles) // columns)
    total = max(columns * (room + _GAP) + _GAP, 220.0)
    out = [label(shorten(title, 1.1 * _TITLE_FONT, total), 4, 20, _TITLE_FONT, font_weight=600)]
    for k, tile in enumerate(tiles):
        x = 4 + (k % columns) * (room + _GAP) + (room - width) / 2
        y = top + (k // columns) * line
        # Many renderers blur what they enlarge; pixels that are squares already stay sharp.
        pixels = tile.pixels.repeat(enlarged, axis=0).repeat(enlarged, axis=1)
        out.append(embedded(pixels, x, y, width, height, tip=tile.tip or None))
        rim = 2 if tile.color != INK else 1
        frame = {"x": x, "y": y, "width": width, "height": height, "stroke": tile.color}
        out.append(element("rect", None, **frame, stroke_width=rim, fill="none"))
        if tile.caption:
            text = shorten(tile.caption, _FONT, room + _GAP - 2)
            middle = x + width / 2
            out.append(label(text, middle, y + height + 15, _FONT, "middle"))
    bottom = top + rows * line
    if note:
        out.append(label(shorten(note, _FONT, total - 8), 4, bottom + 12, _FONT))
        bottom += 20
    return picture(total, bottom + 2, title, desc, out)
