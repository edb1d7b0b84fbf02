"""What an optimizer remembers for each weight: one vector for each slot, and its saved form."""

from collections.abc import Iterable

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.autodiff.flat import FlatVector

__all__ = ["ACCUMULATOR", "AVERAGE", "carry_over", "make_slots", "read", "slot_variables", "write"]

AVERAGE, ACCUMULATOR = "average", "gradient_accumulator"  # the slots that any optimizer may have

Slots = dict[str, Array]


def make_slots(flat: FlatVector, starts: dict[str, float]) -> Slots:
    """Return a vector for each slot, filled with its first value; averages start at the weights."""
    slots = {
        name: np.full(flat.values.size, value, flat.values.dtype) for name, value in starts.items()
    }
    if AVERAGE in slots:
        slots[AVERAGE][...] = flat.values
    return slots


def carry_over(old: FlatVector, old_slots: Slots, new: FlatVector, new_slots: Slots) -> None:
    """Copy the slots of the variables that stay, when an optimizer gets other variables."""
    parts = {id(variable): part for variable, part in zip(new.variables, new.slices)}
    for variable, part in zip(old.variables, old.slices):
        if id(variable) in parts:
            for name in new_slots.keys() & old_slots.keys():
                new_slots[name][parts[id(variable)]] = old_slots[name][part]


def write(flat: FlatVector, slots: Slots) -> dict[str, Array]:
    """Return copies of all slots, one array for each variable, under ``"<slot>/<number>"``."""
    return {
        f"{name}/{i}": view.copy()
        for name, vector in slots.items()
        for i, view in enumerate(flat.split(vector))
    }


def read(state: dict[str, Array], flat: FlatVector, slots: Slots) -> None:
    """Copy what ``write`` gave into ``slots``.

    Raises
    ------
    ValueError
        If names or shapes do not fit; nothing is changed then.
    """
    remedy = "make a new optimizer for other variables or arguments"
    wanted = {f"{name}/{i}" for name in slots for i in range(len(flat.variables))}
    given = {name for name in state if "/" in name}
    if wanted != given:
        raise ValueError(
            f"the saved state of the optimizer lacks {sorted(wanted - given)} and has "
            f"{sorted(given - wanted)} too much; {remedy}"
        )
    pairs = []
    for name, vector in slots.items():
        for i, (view, variable) in enumerate(zip(flat.split(vector), flat.variables)):
            saved = state[f"{name}/{i}"]
            if saved.shape != view.shape:
                raise ValueError(
                    f"the saved {name} of variable {variable.path!r} has shape {saved.shape}, "
                    f"expected {view.shape}; {remedy}"
                )
            pairs.append((view, saved))
    for view, saved in pairs:
        view[...] = saved


def slot_variables(flat: FlatVector, slots: Slots, groups: Iterable[list[str]]) -> list[Variable]:
    """Return the slots as Variables that are views; within a group, variable by variable."""
    found = []
    for group in groups:
        views = [flat.split(slots[name]) for name in group]
        for i, variable in enumerate(flat.variables):
            for name, parts in zip(group, views):
                path = variable.path.replace("/", "_")
                slot = Variable(0.0, trainable=False, name=f"{path}_{name}")
                slot.value = parts[i]
                found.append(slot)
    return found
