"""What an optimizer remembers for each weight: one vector for each slot, and its saved form."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from minikeras._typing import Array, Shape
from minikeras.autodiff import Variable
from minikeras.autodiff.flat import FlatVector

__all__ = [
    "ACCUMULATOR",
    "AVERAGE",
    "Slot",
    "Slots",
    "carry_over",
    "make_slots",
    "read",
    "slot_variables",
    "write",
]

AVERAGE, ACCUMULATOR = "average", "gradient_accumulator"  # the slots that any optimizer may have


class Slot(NamedTuple):
    """One thing that is remembered, for all variables.

    Attributes
    ----------
    vector : array, 1-D
        All its numbers; those of ordinary slots stand where the weights stand in theirs.
    views : list of array or None
        Its part for each variable, shaped; None where a variable has none.
    """

    vector: Array
    views: list[Array | None]


Slots = dict[str, Slot]


def make_slots(
    flat: FlatVector,
    starts: dict[str, float | None],
    shape_of: Callable[[str, Variable], Shape | None],
) -> Slots:
    """Return the slots, filled with their first value.

    Parameters
    ----------
    flat : FlatVector
    starts : dict of str to float or None
        First value of each slot; None starts it at the weights.
    shape_of : callable ``(slot, variable) -> shape or None``
        None says that the slot leaves the variable out.
    """
    slots = {}
    for name, start in starts.items():
        shapes = [shape_of(name, variable) for variable in flat.variables]
        if shapes == [variable.value.shape for variable in flat.variables]:
            vector = np.full(flat.values.size, 0.0 if start is None else start, flat.values.dtype)
            slots[name] = Slot(vector, list(flat.split(vector)))
            if start is None:
                vector[...] = flat.values
        else:
            slots[name] = _ragged(shapes, start or 0.0, flat.values.dtype)
    return slots


def _ragged(shapes: list[Shape | None], start: float, dtype: np.dtype[np.generic]) -> Slot:
    sizes = [0 if shape is None else int(np.prod(shape)) for shape in shapes]
    ends = np.cumsum([0, *sizes]).tolist()
    vector = np.full(ends[-1], start, dtype)
    views = [
        None if shape is None else vector[first:last].reshape(shape)
        for shape, (first, last) in zip(shapes, pairwise(ends))
    ]
    return Slot(vector, views)


def carry_over(old: FlatVector, old_slots: Slots, new: FlatVector, new_slots: Slots) -> None:
    """Copy the slots of the variables that stay, when an optimizer gets other variables."""
    places = {id(variable): i for i, variable in enumerate(new.variables)}
    for i, variable in enumerate(old.variables):
        if id(variable) in places:
            for name in new_slots.keys() & old_slots.keys():
                before = old_slots[name].views[i]
                after = new_slots[name].views[places[id(variable)]]
                if before is not None and after is not None:
                    after[...] = before


def write(slots: Slots) -> dict[str, Array]:
    """Return copies of all slots, one array for each variable, under ``"<slot>/<number>"``."""
    return {
        f"{name}/{i}": view.copy()
        for name, slot in slots.items()
        for i, view in enumerate(slot.views)
        if view is not None
    }


def read(state: dict[str, Array], flat: FlatVector, slots: Slots) -> None:
    """Copy what ``write`` gave into ``slots``.

    Raises
    ------
    ValueError
        If names or shapes do not fit; nothing is changed then.
    """
    remedy = "make a new optimizer for other variables or arguments"
    views = {
        f"{name}/{i}": (view, f"{name} of variable {variable.path!r}")
        for name, slot in slots.items()
        for i, (view, variable) in enumerate(zip(slot.views, flat.variables))
        if view is not None
    }
    given = {name for name in state if "/" in name}
    if views.keys() != given:
        raise ValueError(
            f"the saved state of the optimizer lacks {sorted(views.keys() - given)} and has "
            f"{sorted(given - views.keys())} too much; {remedy}"
        )
    for name, (view, what) in views.items():
        if state[name].shape != view.shape:
            raise ValueError(
                f"the saved {what} has shape {state[name].shape}, expected {view.shape}; {remedy}"
            )
    for name, (view, _) in views.items():
        view[...] = state[name]


def slot_variables(flat: FlatVector, slots: Slots, groups: Iterable[list[str]]) -> list[Variable]:
    """Return the slots as Variables that are views; within a group, variable by variable."""
    found = []
    for group in groups:
        for i, variable in enumerate(flat.variables):
            for name in group:
                view = slots[name].views[i]
                if view is not None:
                    path = variable.path.replace("/", "_")
                    slot = Variable(0.0, trainable=False, name=f"{path}_{name}")
                    slot.value = view
                    found.append(slot)
    return found
