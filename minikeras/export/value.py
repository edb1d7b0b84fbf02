"""What stands for an array while a model is written into a file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minikeras._typing import PartialShape

__all__ = ["Mask", "Value", "broadcast", "mask_of", "values_in"]


@dataclass(eq=False)
class Value:
    """An array of the exported model.

    Parameters
    ----------
    name : str
        In the file.
    shape : tuple of int or None
        None for a length that is not known before there are data, such as the batch.
    dtype : str
    mask : Mask or None
        Which of its steps count.
    """

    name: str
    shape: PartialShape
    dtype: str
    mask: Any = None

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)


class Mask:
    """A mask that is written only when a layer asks for it.

    Parameters
    ----------
    make : callable
        Writes what computes it; returns a ``Value``.
    """

    def __init__(self, make: Callable[[], Value]):
        self._make = make
        self._value: Value | None = None

    def value(self) -> Value:
        """Return the mask, a ``Value`` of dtype bool."""
        if self._value is None:
            self._value = self._make()
        return self._value


def values_in(structure: Any) -> list[Value]:
    """Return all Values inside lists, tuples and dicts, in order."""
    if isinstance(structure, dict):
        return [leaf for item in structure.values() for leaf in values_in(item)]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in values_in(item)]
    return [structure] if isinstance(structure, Value) else []


def mask_of(structure: Any) -> Any:
    """Return the mask of a Value, or a list with those of several; None where there is none."""
    if isinstance(structure, list | tuple):
        masks = [mask_of(item) for item in structure]
        return None if all(mask is None for mask in masks) else masks
    return structure.mask if isinstance(structure, Value) else None


def broadcast(*shapes: PartialShape) -> PartialShape:
    """Return the shape that arrays of these shapes have together.

    Examples
    --------
    >>> broadcast((None, 1, 3), (4, 1))
    (None, 4, 3)
    """
    rank = max(map(len, shapes))
    columns = zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes))
    merged: list[int | None] = []
    for lengths in columns:
        known = {n for n in lengths if n not in (1, None)}
        unknown = None in lengths
        merged.append(known.pop() if known else None if unknown else 1)
    return tuple(merged)
