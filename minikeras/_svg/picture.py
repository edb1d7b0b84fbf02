"""``Picture``: what every function of ``minikeras.plot`` gives."""

import html
import os
import re
from pathlib import Path
from typing import Any

__all__ = ["Picture"]


class Picture:
    """A drawing that notebooks show and that can be saved; made without any dependency.

    Parameters
    ----------
    svg : str
        An SVG document with a ``<title>`` and a ``<desc>``.

    Attributes
    ----------
    svg : str
    title : str
        What it is a picture of.
    desc : str
        What it shows, for those who cannot see it.
    text : str
        Both of them: what may stand in the picture's place.

    Examples
    --------
    >>> from minikeras import plot
    >>> picture = plot.activation("relu")
    >>> picture
    <Picture 'relu', 480 x 320; shown by notebooks, or use .save('picture.svg')>
    >>> picture.text
    'relu. relu goes from 0 at -5 to 5 at 5; its derivative lies between 0 and 1.'
    >>> picture.save("relu.svg")
    """

    def __init__(self, svg: str):
        self.svg = svg

    @property
    def title(self) -> str:
        """What it is a picture of."""
        return self._text("title")

    @property
    def desc(self) -> str:
        """What it shows, for those who cannot see it."""
        return self._text("desc")

    @property
    def text(self) -> str:
        """What may stand in the picture's place: title and description."""
        return f"{self.title}. {self.desc}"

    def _text(self, tag: str) -> str:
        found = re.search(f"<{tag}>(.*?)</{tag}>", self.svg, flags=re.DOTALL)
        return html.unescape(found[1]) if found else ""

    def save(self, path: str | os.PathLike[str], dpi: float = 96) -> None:
        """Write the picture to a file, replacing what is there.

        Parameters
        ----------
        path : str or path
            Ends in ``.svg``; or in ``.png`` or ``.pdf``, which need the extra ``png``.
        dpi : float, default 96
            Pixels per inch of a PNG; 192 doubles both sides.

        Raises
        ------
        ValueError
            If the file has another ending.
        ImportError
            If the extra is missing.
        """
        kind = Path(path).suffix.lower()
        if kind == ".svg":
            Path(path).write_text(self.svg, encoding="utf-8")
        elif kind in (".png", ".pdf"):
            convert = getattr(_converter(kind), f"svg2{kind[1:]}")
            # Without the argument a PNG's background is clear, like that of the SVG.
            content = convert(bytestring=self.svg.encode(), scale=dpi / 96 if kind == ".png" else 1)
            Path(path).write_bytes(content)
        else:
            raise ValueError(
                f"a picture is saved as .svg, .png or .pdf, got {os.fspath(path)!r}; give the file "
                "one of these endings"
            )

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        size = re.search(r'width="([\d.]+)" height="([\d.]+)"', self.svg)
        shape = f", {float(size[1]):.0f} x {float(size[2]):.0f}" if size else ""
        return f"<Picture {self.title!r}{shape}; shown by notebooks, or use .save('picture.svg')>"


def _converter(kind: str) -> Any:
    """Return CairoSVG, or say how to install it."""
    try:
        import cairosvg
    except (ImportError, OSError) as error:  # OSError: the C library cairo is not there
        raise ImportError(
            f"{kind} files need CairoSVG: pip install 'minikeras-numpy[png]'; or save the picture "
            "as .svg, which needs nothing"
        ) from error
    return cairosvg
