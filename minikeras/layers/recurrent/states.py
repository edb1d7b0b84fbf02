"""States of cells: arrays, or nested lists of them for stacked cells."""

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["choose", "expand", "leaves", "output_before", "output_size", "shapes_of", "zeros_of"]


def zeros_of(sizes: Any, batch: int, dtype: str) -> Any:
    """Return zeros for states of these sizes; lists of sizes give lists."""
    if isinstance(sizes, list | tuple):
        return [zeros_of(size, batch, dtype) for size in sizes]
    return np.zeros((batch, sizes), dtype)


def shapes_of(sizes: Any, batch: int | None) -> Any:
    """Return the shapes of states of these sizes; lists of sizes give lists."""
    if isinstance(sizes, list | tuple):
        return [shapes_of(size, batch) for size in sizes]
    return (batch, sizes)


def output_size(cell: Any) -> int:
    """Return the length of what a cell gives."""
    size = getattr(cell, "output_size", None)
    while size is None or isinstance(size, list | tuple):
        size = cell.state_size if size is None else size[0]
    return int(size)


def leaves(states: Any) -> Iterator[Any]:
    """Yield the arrays in nested lists."""
    if isinstance(states, list | tuple):
        for state in states:
            yield from leaves(state)
    else:
        yield states


def expand(mask: Any, like: Any) -> Any:
    """Return ``mask`` with axes of length 1 at its end, to be broadcast over ``like``."""
    return mask.reshape(mask.shape + (1,) * (like.ndim - mask.ndim))


def choose(keep: Any, new: Any, old: Any) -> Any:
    """Return the new states where ``keep`` is True, elsewhere the old ones."""
    if isinstance(old, list | tuple):
        if not isinstance(new, list | tuple):
            new = [new]
        return [choose(keep, one, other) for one, other in zip(new, old, strict=True)]
    if isinstance(new, list | tuple):
        (new,) = new
    return np.where(expand(keep, new), new, old)


def output_before(states: Any, output: Any) -> Any:
    """Return what stands for the output of the step before the first: the last cell's state."""
    state = states[-1][0] if isinstance(states[0], list | tuple) else states[0]
    fits = state.shape == output.shape
    return state if fits else np.zeros(output.shape, output.dtype)
