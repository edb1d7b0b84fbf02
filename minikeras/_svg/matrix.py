"""Confusion matrices: which classes a classifier takes for which others."""

import math
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from minikeras._svg.draw import INK, element, label, number, picture, text_width

_FONT, _TITLE_FONT = 12.5, 15.0
_LINE = 79  # characters of a terminal line

# Filled cells bring their own background, so their numbers read on any page.
_RIGHT = ((219, 234, 254), (29, 78, 216))  # share of the true class 0..1, light to dark blue
_WRONG = ((255, 237, 213), (194, 65, 12))  # likewise orange


def confusion_matrix(
    matrix: npt.ArrayLike, class_names: Sequence[str], *, title: str = "Confusion matrix"
) -> str:
    """Draw a confusion matrix, right answers in blue and mistakes in orange.

    Parameters
    ----------
    matrix : array-like of int, shape (classes, classes)
        Number of samples of true class (row) taken for the predicted class (column).
    class_names : sequence of str, length classes
        Names of the classes.
    title : str, default "Confusion matrix"
        Text above the picture.

    Returns
    -------
    str
        An SVG document; each row ends with its recall, the share of the class that was found.

    Raises
    ------
    TypeError, ValueError
        If ``matrix`` is not a square matrix of counts with a name for each class.

    Examples
    --------
    >>> from minikeras._svg import confusion_matrix
    >>> svg = confusion_matrix([[9, 1], [0, 10]], ["cat", "dog"])
    >>> "cat" in svg, "90.0 %" in svg
    (True, True)
    """
    counts, names = _checked(matrix, class_names)
    cell = max(30.0, text_width(str(counts.max(initial=0)), _FONT) + 14)
    name_width = max(text_width(name, _FONT) for name in names)
    slanted = name_width > cell - 6
    rise = name_width * math.sin(math.pi / 4) + 14 if slanted else 20.0
    left, top = 30 + name_width + 10, 64 + rise
    bottom = top + cell * len(names)
    right = left + cell * len(names)
    beyond = name_width * math.cos(math.pi / 4) + 10 - cell / 2 if slanted else 0.0
    width = max(right + max(74.0, beyond), left + text_width(title, 1.1 * _TITLE_FONT))

    out = [
        label(title, left, 20, _TITLE_FONT, font_weight=600),
        label("predicted", left, 48, _FONT, font_style="italic"),
        # Slanted names reach over the place above the recall.
        label(
            "recall", right + 12, bottom + 16 if slanted else top - 8, _FONT, font_style="italic"
        ),
        label(
            "true",
            0,
            0,
            _FONT,
            "middle",
            font_style="italic",
            transform=f"translate(18 {number((top + bottom) / 2)}) rotate(-90)",
        ),
    ]
    for k, name in enumerate(names):
        middle = (k + 0.5) * cell
        out.append(label(name, left - 10, top + middle + 4, _FONT, "end"))
        out.append(label(_recall(counts, k), right + 12, top + middle + 4, _FONT))
        if slanted:
            turned = f"translate({number(left + middle)} {number(top - 8)}) rotate(-45)"
            out.append(label(name, 0, 0, _FONT, transform=turned))
        else:
            out.append(label(name, left + middle, top - 8, _FONT, "middle"))
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            out.extend(_cell(count, row.sum(), i == j, left + j * cell, top + i * cell, cell))
    return picture(width, bottom + (28 if slanted else 12), title, _describe(counts, names), out)


def _cell(count: int, total: int, right: bool, x: float, y: float, size: float) -> list[str]:
    if count == 0:
        return [_square(x, y, size, INK, fill_opacity=0.1)]
    light, dark = _RIGHT if right else _WRONG
    share = (count / total) ** (1.0 if right else 0.5)  # the root keeps single mistakes visible
    mixed = [round(a + (b - a) * share) for a, b in zip(light, dark, strict=True)]
    # Perceived brightness after ITU-R BT.601, 0 to 255: dark text on light cells.
    bright = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2] > 135
    ink = "#1f2937" if bright else "#ffffff"
    return [
        _square(x, y, size, "#" + "".join(f"{part:02x}" for part in mixed)),
        label(str(count), x + size / 2, y + size / 2 + 4.5, _FONT, "middle", fill=ink),
    ]


def _square(x: float, y: float, size: float, fill: str, fill_opacity: float | None = None) -> str:
    return element(
        "rect",
        x=x + 1,
        y=y + 1,
        width=size - 2,
        height=size - 2,
        rx=4,
        fill=fill,
        fill_opacity=fill_opacity,
    )


def text_confusion_matrix(matrix: npt.ArrayLike, class_names: Sequence[str]) -> str:
    """Return a confusion matrix as plain text for a terminal.

    Parameters
    ----------
    matrix : array-like of int, shape (classes, classes)
        Number of samples of true class (row) taken for the predicted class (column).
    class_names : sequence of str, length classes
        Names of the classes. Above the columns they are cut if the lines would get longer than
        79 characters.

    Returns
    -------
    str
        One line per true class, with its recall (the share of the class that was found); dots
        stand for zeros. No newline at the end, no terminal codes.

    Raises
    ------
    TypeError, ValueError
        If ``matrix`` is not a square matrix of counts with a name for each class.

    Examples
    --------
    >>> from minikeras._svg import text_confusion_matrix
    >>> print(text_confusion_matrix([[9, 1], [0, 10]], ["cat", "dog"]))
    true   predicted
           cat  dog   recall
    cat      9    1   90.0 %
    dog      .   10  100.0 %
    """
    counts, names = _checked(matrix, class_names)
    names = ["".join(c if c.isprintable() else "\ufffd" for c in name) for name in names]
    first = max(4, *(_columns(name) for name in names))
    digits = len(str(counts.max(initial=0)))
    room = (_LINE - first - 1 - len("   recall")) // len(names) - 2
    heads = [_cut(name, max(3, room)) for name in names]
    column = max(digits, *(_columns(head) for head in heads))

    lines = [_pad("true", first) + "   predicted"]
    cells = "".join("  " + _pad(head, column, right=True) for head in heads)
    lines.append(" " * (first + 1) + cells + "   recall")
    for k, (name, row) in enumerate(zip(names, counts, strict=True)):
        cells = "".join(f"  {count if count else '.':>{column}}" for count in row)
        lines.append(f"{_pad(name, first)} {cells}  {_recall(counts, k):>7}")
    return "\n".join(lines)


def _checked(
    matrix: npt.ArrayLike, class_names: Sequence[str]
) -> tuple[npt.NDArray[np.integer], list[str]]:
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(
            f"matrix must have shape (classes, classes), got {counts.shape}; row i, column j "
            "counts the samples of class i taken for class j"
        )
    if counts.dtype.kind not in "iu":
        raise TypeError(f"matrix must hold integer counts, got dtype {counts.dtype}")
    if counts.min() < 0:
        raise ValueError(f"matrix must hold counts of at least 0, got {counts.min()}")
    names = [str(name) for name in class_names]
    if len(names) != len(counts):
        raise ValueError(f"class_names must hold {len(counts)} names, got {len(names)}")
    return counts, names


def _recall(counts: npt.NDArray[np.integer], k: int) -> str:
    total = counts[k].sum()
    return f"{100 * counts[k, k] / total:.1f} %" if total else "-"


def _describe(counts: npt.NDArray[np.integer], names: list[str]) -> str:
    total, right = counts.sum(), np.trace(counts)
    found = ", ".join(f"{name} {_recall(counts, k)}" for k, name in enumerate(names))
    return f"{right} of {total} samples right. Recall by class: {found}."


def _columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _cut(text: str, columns: int) -> str:
    while _columns(text) > columns:
        text = text[:-1]
    return text


def _pad(text: str, columns: int, right: bool = False) -> str:
    space = " " * (columns - _columns(text))
    return space + text if right else text + space
