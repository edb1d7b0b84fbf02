"""What a trace is made of, and how it is shown: as text, as HTML, as plain data."""

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import did_you_mean
from minikeras.inspect.numbers import Grid, View, grid, number

__all__ = ["Quantity", "Report", "Step", "name_of"]


@dataclass(frozen=True, eq=False)
class Quantity:
    """One array with its symbol and where it comes from.

    Attributes
    ----------
    symbol : str
        Such as ``"A"`` or ``"dL/dW"``.
    value : array or None
        None for a gradient where the loss does not depend on the quantity.
    formula : str
        What it is computed by: ``"X W + B"``; "" for what is given.
    what : str
        What it is in words: ``"input"``.
    numerical : array or None
        Of a gradient: the same by central differences; NaN where that was not computed.
    view : tuple or None
        Which part is shown of an array with more than two axes.
    kinks : int
        How many elements were left out of the comparison because there is a kink, such as that of
        relu at 0: the slope to the left is not that to the right.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.inspect import Quantity
    >>> print(Quantity("A", np.array([[0.3, 0.7, 1.1]]), "X W + B"))
    A = X W + B, (1, 3)
       0.3  0.7  1.1
    """

    symbol: str
    value: Array | None
    formula: str = ""
    what: str = ""
    numerical: Array | None = None
    view: View | None = None
    kinks: int = 0

    @property
    def difference(self) -> float | None:
        """The largest difference between ``value`` and ``numerical``; None without the latter."""
        if self.numerical is None or self.value is None:
            return None
        known = ~np.isnan(self.numerical)
        if not known.any():
            return None
        return float(np.max(np.abs(self.value[known] - self.numerical[known])))

    @property
    def title(self) -> str:
        """Symbol, formula, what it is, and its shape."""
        formula = f" = {self.formula}" if self.formula else ""
        shape = "not reached by the loss" if self.value is None else str(self.value.shape)
        return ", ".join(filter(None, [self.symbol + formula, self.what, shape]))

    @property
    def check(self) -> str:
        """What the comparison with central differences found, in words; "" without one."""
        difference = self.difference
        if difference is None or self.numerical is None:
            return ""
        size, checked = self.numerical.size, int(np.sum(~np.isnan(self.numerical)))
        left_out = []
        if checked + self.kinks < size:
            left_out.append(f"{checked + self.kinks} of {size:,} checked")
        if self.kinks:
            left_out.append(f"{self.kinks} at a kink left out")
        more = f" ({', '.join(left_out)})" if left_out else ""
        return f"largest difference {number(float(f'{difference:.1e}'))}{more}"

    def grids(self) -> list[tuple[str, Grid]]:
        """Return the tables to show, each with its heading."""
        if self.value is None:
            return []
        shown = [("", grid(self.value, self.view))]
        if self.numerical is not None:
            shown = [
                ("gradient", shown[0][1]),
                ("by differences", grid(self.numerical, self.view, missing=True)),
            ]
        return shown

    def lines(self) -> list[str]:
        """Return the text, line by line."""
        grids = self.grids()
        note = grids[0][1].note if grids else ""
        head = self.title + (f" ({note})" if note else "")
        blocks = [([name] if name else []) + table.lines() for name, table in grids]
        lines = [head, *("   " + line for line in _beside(blocks))]
        return [*lines, f"   {self.check}"] if self.check else lines

    def html(self) -> str:
        """Return a figure with a table, or two."""
        grids = self.grids()
        note = grids[0][1].note if grids else ""
        caption = f"<b>{escape(self.symbol)}</b>{escape(self.title[len(self.symbol) :])}"
        small = "; ".join(filter(None, [note, self.check]))
        foot = f"<br/><small>{escape(small)}</small>" if small else ""
        tables = "".join(
            f'<table style="{_TABLE}">'
            + (f"<caption>{escape(name)}</caption>" if name else "")
            + "".join(
                "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
                for row in ([escape(cell) for cell in cells] for cells in table.cells)
            )
            + "</table>"
            for name, table in grids
        )
        return (
            f'<div style="{_FIGURE}"><div>{caption}{foot}</div>'
            f'<div style="display:flex;flex-wrap:wrap;gap:0 1.5em">{tables}</div></div>'
        )

    def to_dict(self) -> dict[str, Any]:
        """Return symbol, formula, shape and numbers as lists."""
        value = self.value
        found: dict[str, Any] = {
            "symbol": self.symbol,
            "formula": self.formula,
            "what": self.what,
            "shape": None if value is None else list(value.shape),
            "value": None if value is None else value.tolist(),
        }
        if self.numerical is not None:
            computed = [None if np.isnan(one) else float(one) for one in self.numerical.flat]
            table = np.array(computed, object).reshape(self.numerical.shape)
            found["numerical"] = table.tolist()
            found["difference"] = self.difference
        return found

    def __str__(self) -> str:
        return "\n".join(self.lines())


@dataclass(frozen=True, eq=False)
class Step:
    """What one layer did; printed as text.

    Attributes
    ----------
    name, kind : str
        Of the layer: ``"dense"``, ``"Dense"``.
    path : str
        The name after those of the layers around it: ``"encoder/dense"``.
    quantities : list of Quantity
        In the order in which they are computed; ``step["A"]`` finds one.
    notes : list of str
        What else is to be known, in words.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.layers import Dense
    >>> model = minikeras.Sequential([Dense(2, kernel_initializer="ones")])
    >>> step = model.trace([[1.0, 2.0]]).steps[0]
    >>> step.name, [quantity.symbol for quantity in step.quantities]
    ('dense', ['X', 'W', 'B', 'A', 'Z'])
    >>> step["A"]
    array([[3., 3.]], dtype=float32)
    """

    name: str
    kind: str
    path: str
    quantities: list[Quantity]
    notes: list[str] = field(default_factory=list)

    def __getitem__(self, symbol: str) -> Any:
        """Return the array of a symbol."""
        return self.quantity(symbol).value

    def quantity(self, symbol: str) -> Quantity:
        """Return the quantity of a symbol.

        Raises
        ------
        KeyError
            If there is none; the closest known one is suggested.
        """
        for quantity in self.quantities:
            if quantity.symbol == symbol:
                return quantity
        known = [quantity.symbol for quantity in self.quantities]
        raise KeyError(
            f"{self.path} has no {symbol!r}{did_you_mean(symbol, known)}; it has {', '.join(known)}"
        )

    def lines(self) -> list[str]:
        """Return the text, line by line."""
        lines = [f"{self.path} ({self.kind})"]
        for quantity in self.quantities:
            lines += ["", *("   " + line for line in quantity.lines())]
        if self.notes:
            lines += ["", *(f"   {note}" for note in self.notes)]
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, strings and numbers."""
        return {
            "name": self.name,
            "kind": self.kind,
            "path": self.path,
            "quantities": [quantity.to_dict() for quantity in self.quantities],
            "notes": list(self.notes),
        }


class Report:
    """Base of traces: steps that can be printed, shown by notebooks, and taken as data."""

    title: str
    steps: list[Step]
    _numbers: list[int]  # of the steps, in the order of the forward pass

    def __getitem__(self, name: str) -> Step:
        """Return the first step of a layer, by its name or path."""
        for step in self.steps:
            if name in (step.name, step.path):
                return step
        known = [step.path for step in self.steps]
        raise KeyError(
            f"the trace has no layer {name!r}{did_you_mean(name, known)}; it has {known}"
        )

    def __str__(self) -> str:
        lines = [self.title]
        for i, step in zip(self._numbers, self.steps, strict=True):
            first, *rest = step.lines()
            lines += ["", f"{i}. {first}", *rest]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        steps = "".join(
            f'<details open="" style="{_STEP}"><summary>{i}. <b>{escape(step.path)}</b> '
            f"({escape(step.kind)})</summary>"
            f'<div style="display:flex;flex-wrap:wrap;margin-top:.6em">'
            + "".join(quantity.html() for quantity in step.quantities)
            + "</div>"
            + "".join(f"<p>{escape(note)}</p>" for note in step.notes)
            + "</details>"
            for i, step in zip(self._numbers, self.steps, strict=True)
        )
        title = escape(self.title).replace("\n", "<br/>")
        return f"<div><p><b>{title}</b></p>{steps}</div>"


# No colours but the page's own: readable on light and on dark.
_STEP = "border-left:2px solid;padding-left:1em;margin:.6em 0"
_FIGURE = "margin:0 1.5em .8em 0;max-width:100%;overflow-x:auto"
_TABLE = (
    "border-left:1px solid;border-right:1px solid;border-collapse:collapse;margin:.3em 0;"
    "color:inherit;font:inherit;white-space:nowrap"  # whatever the page has for tables
)
_CELL = "text-align:right;padding:.1em .5em;border:0;font-variant-numeric:tabular-nums"


def _beside(blocks: list[list[str]]) -> list[str]:
    """Return blocks of lines next to each other; below each other where they are too wide."""
    widths = [max(map(len, block)) for block in blocks]
    if sum(widths) + 4 * len(blocks) > 96:
        return [line for block in blocks for line in block]
    height = max(map(len, blocks), default=0)
    padded = [block + [""] * (height - len(block)) for block in blocks]
    return [
        "    ".join(part.ljust(width) for part, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*padded, strict=True)
    ]


def name_of(activation: Any) -> str:
    """Return how an activation is called in formulas."""
    if activation is None or activation == "linear":
        return "identity"
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "h")
