"""What lies between a layer's input and its output, worked out step by step.

A layer's working is written once, in NumPy: on arrays it gives the numbers of the forward pass, on
Tensors the gradients for all that lies between.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import bare
from minikeras.inspect.numbers import View
from minikeras.inspect.report import Quantity

__all__ = ["Part", "Work", "Worked", "as_float", "plain"]


def plain(value: Any) -> Array:
    """Return a copy as an array, without tapes."""
    return np.array(bare(value))


def as_float(x: Any, dtype: Any) -> Any:
    """Return integers as the floating numbers that a layer computes with."""
    return x if x.dtype.kind == "f" else x.astype(dtype)


@dataclass(frozen=True, eq=False)
class Part:
    """One quantity on the way, and how gradients go back through it.

    Attributes
    ----------
    symbol, formula, what : str
        As in ``Quantity``.
    values : list of array or Tensor
        One; or, ``by_step``, one for each step of a sequence.
    backward : str
        How the gradient for it follows from the gradients for what comes after it.
    by_step : bool
    view : tuple or None
        As in ``Quantity``.
    """

    symbol: str
    values: list[Any]
    formula: str = ""
    what: str = ""
    backward: str = ""
    by_step: bool = False
    view: View | None = None

    def joined(self, values: list[Any]) -> Array:
        """Return values of this part, or gradients for them, as one array: steps on axis 1."""
        return np.stack(list(map(plain, values)), axis=1) if self.by_step else plain(values[0])

    def quantity(self) -> Quantity:
        """Return what a trace shows of it."""
        value = self.joined(self.values)
        return Quantity(self.symbol, value, self.formula, self.what, view=self.view)


@dataclass(eq=False)
class Worked:
    """The way from inputs to outputs.

    Attributes
    ----------
    parts : list of Part
    outputs : list
        What the parts lead to: the layer's outputs, or the first of them. Compared with them.
    formula : str
        Of the output, from the parts.
    rules : dict
        Symbol of a weight or an input -> formula of the gradient for it.
    details : list of Quantity
        Further numbers, such as one position of a window.
    notes : list of str
    view : tuple or None
        What is shown of the output.
    """

    parts: list[Part]
    outputs: list[Any]
    formula: str = ""
    rules: dict[str, str] = field(default_factory=dict)
    details: list[Quantity] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    view: View | None = None


Work = Callable[[Any, tuple[Any, ...], dict[str, Any]], Worked]
"""Takes a ``Ran`` and the arguments to work with: those of the call, or Tensors of them."""
