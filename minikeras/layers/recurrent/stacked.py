"""Cells on top of each other, run as one."""

from collections.abc import Sequence
from typing import Any, Unpack

from minikeras._typing import Array
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.recurrent.states import output_size, zeros_of
from minikeras.layers.wrapper import build_inside
from minikeras.registry import register
from minikeras.tree import map_leaves

__all__ = ["StackedRNNCells", "check_cell"]


@register("layer")
class StackedRNNCells(Layer):
    """Several cells as one: the output of each is the input of the next.

    Parameters
    ----------
    cells : list of cells
        The first one gets the inputs.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If a cell has no ``state_size`` or cannot be called.
    ValueError
        If there is no cell.

    Notes
    -----
    The state is a list with the states of each cell. Whole layers on top of each other,
    ``LSTM(32, return_sequences=True)`` and then ``LSTM(32)``, are faster.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RNN, GRUCell, LSTMCell
    >>> layer = RNN([LSTMCell(8), GRUCell(4)], return_state=True)
    >>> y, first, second = layer(np.zeros((2, 5, 3)))
    >>> y.shape, [state.shape for state in first], [state.shape for state in second]
    ((2, 4), [(2, 8), (2, 8)], [(2, 4)])
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        if not cells:
            raise ValueError(f"StackedRNNCells {self.name!r} expected at least one cell, got none")
        for cell in cells:
            check_cell(self, cell)
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The sizes of each cell's states."""
        return [
            list(size) if isinstance(size, list | tuple) else [size]
            for size in (cell.state_size for cell in self.cells)
        ]

    @property
    def output_size(self) -> Any:
        """That of the last cell."""
        return output_size(self.cells[-1])

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            build_inside(self, cell, input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Return the first states of each cell, a list of lists."""
        states = []
        for cell, sizes in zip(self.cells, self.state_size, strict=True):
            make = getattr(cell, "get_initial_state", None)
            if make is None:
                states.append(zeros_of(sizes, batch_size or 0, self.dtype))
                continue
            first = make(batch_size=batch_size)
            states.append(list(first) if isinstance(first, list | tuple) else [first])
        return states

    def _convert(self, value: Any) -> Any:
        return map_leaves(super()._convert, value)  # states are lists of lists

    def forward(self, inputs: Array, states: Any) -> tuple[Array, Any]:
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            run = cell if callable(cell) else cell.call
            inputs, new = run(inputs, state if isinstance(state, list | tuple) else [state])
            new_states.append(list(new) if isinstance(new, list | tuple) else [new])
        return inputs, new_states

    def reset_dropout_mask(self) -> None:
        """Draw new masks for the inputs of the next sequence."""
        self._reset("reset_dropout_mask")

    def reset_recurrent_dropout_mask(self) -> None:
        """Draw new masks for the states of the next sequence."""
        self._reset("reset_recurrent_dropout_mask")

    def _reset(self, name: str) -> None:
        for cell in self.cells:
            reset = getattr(cell, name, None)
            if reset is not None:
                reset()


def check_cell(owner: Layer, cell: Any) -> None:
    """Refuse what cannot be a cell."""
    runs = callable(cell) or hasattr(cell, "call")
    if not runs or isinstance(cell, type) or getattr(cell, "state_size", None) is None:
        raise TypeError(
            f"{type(owner).__name__} {owner.name!r} expected a cell: an object with an attribute "
            "state_size and a call(inputs, states) that gives an output and the new states, such "
            f"as LSTMCell(4); got {cell!r} ({type(cell).__name__})"
        )
