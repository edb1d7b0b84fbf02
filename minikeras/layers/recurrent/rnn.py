"""``RNN``: a cell, which computes one step, is run over a sequence."""

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from minikeras import activations
from minikeras._typing import Array, PartialShape
from minikeras.autodiff.tensor import active_tape, bare
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.call import active_call
from minikeras.layers.recurrent.stacked import StackedRNNCells, check_cell
from minikeras.layers.recurrent.states import (
    choose,
    expand,
    leaves,
    output_before,
    output_size,
    shapes_of,
    zeros_of,
)
from minikeras.layers.structures import convert
from minikeras.layers.wrapper import build_inside
from minikeras.ops.recurrent._sequence import unstack
from minikeras.registry import parameters_of, register
from minikeras.tree import map_leaves

__all__ = ["RNN", "FusedRNN", "OwnCellRNN", "RNNOptions", "split_options"]


class RNNOptions(LayerOptions, total=False):
    """The keyword arguments that every recurrent layer takes."""

    zero_output_for_mask: bool
    implementation: int


def split_options(name: str, options: RNNOptions) -> tuple[Any, Any]:
    """Return which keyword arguments of a layer go to its cell, and which to ``RNN``."""
    given: dict[str, Any] = dict(options)
    cell = {key: given[key] for key in ("dtype", "trainable") if key in given}
    return {"name": name, "implementation": given.pop("implementation", 2), **cell}, given


@register("layer")
class RNN(Layer):
    """Run a cell over the steps of a sequence.

    Parameters
    ----------
    cell : Layer, object, or list of them
        What computes one step: ``output, new_states = cell(inputs, states)``, with an attribute
        ``state_size`` (an int, or a list of them) and, if it differs from the first of these,
        ``output_size``. It may define ``get_initial_state(batch_size)``; by default states start
        with zeros. A list becomes ``StackedRNNCells``.
    return_sequences : bool, default False
        Give the output of each step, not only of the last.
    return_state : bool, default False
        Give the last states as well: a tuple ``(output, *states)``.
    go_backwards : bool, default False
        Start at the last step; the outputs come in the order in which they are made.
    stateful : bool, default False
        Go on with the last state of the batch before; see ``reset_state``.
    unroll : bool
        Accepted for Keras code; without effect.
    zero_output_for_mask : bool, default False
        Give zeros for masked steps, instead of the output before.
    activity_regularizer : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If the cell has no ``state_size`` or cannot be called.

    Notes
    -----
    Input ``(batch, steps, ...)``. The call takes ``initial_state``, the states before the first
    step, and ``mask``, a boolean array (batch, steps): where it is False the states stay as they
    were.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Layer
    >>> from minikeras.layers import RNN
    >>> class Sum(Layer):
    ...     state_size = 2
    ...
    ...     def forward(self, inputs, states):
    ...         total = states[0] + inputs
    ...         return total, [total]
    >>> RNN(Sum(), return_sequences=True)(np.ones((1, 3, 2)))
    array([[[1., 1.],
            [2., 2.],
            [3., 3.]]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        activity_regularizer: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if isinstance(cell, list | tuple):
            cell = StackedRNNCells(cell)
        check_cell(self, cell)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.states: list[Any] | None = None

    @property
    def state_size(self) -> list[Any]:
        """Lengths of the states, a list also where there is one."""
        size = self.cell.state_size
        return list(size) if isinstance(size, list | tuple) else [size]

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        self._check_shape(sequences_shape)
        build_inside(self, self.cell, (sequences_shape[0], *sequences_shape[2:]))

    def check_input(self, x: Any) -> None:
        self._check_shape(x.shape)
        if x.shape[1] == 0:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected at least one step, got shape "
                f"{x.shape}"
            )

    def _check_shape(self, shape: Any) -> None:
        if len(shape) < 3:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected sequences of shape (batch, steps, "
                f"features), got shape {tuple(shape)}; a single feature is x[..., np.newaxis]"
            )

    # States.

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return what the first step starts with where nothing else was given.

        Parameters
        ----------
        batch_size : int

        Returns
        -------
        list of arrays, shape (batch_size, size), nested for stacked cells
        """
        make = getattr(self.cell, "get_initial_state", None)
        if make is None:
            return [zeros_of(size, batch_size, self.dtype) for size in self.state_size]
        states = make(batch_size=batch_size)
        return list(states) if isinstance(states, list | tuple) else [states]

    def reset_state(self) -> None:
        """Forget the states that ``stateful`` keeps: the next batch starts with the first ones.

        The next batch may be of another size.
        """
        self.states = None

    reset_states = reset_state

    def _given_states(self, sequences: Any, initial_state: Any) -> list[Any] | None:
        """Return the states to start with; None for those of ``get_initial_state``."""
        batch = len(sequences)
        if initial_state is None:
            if not self.stateful or self.states is None:
                return None
            kept = next(iter(leaves(self.states)))
            if len(kept) != batch and not _only_shapes():
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} is stateful and expected batches of "
                    f"{len(kept)} samples like the one before, got {batch}; call reset_state() "
                    "first, or give all batches the same size"
                )
            return self.states if len(kept) == batch else None
        if not isinstance(initial_state, list | tuple):
            initial_state = [initial_state]
        sizes = self.state_size
        if len(initial_state) != len(sizes):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected initial_state to be a list of "
                f"{len(sizes)} arrays, got {len(initial_state)}"
            )
        states: list[Any] = map_leaves(lambda s: convert(s, self._dtype), list(initial_state))
        for state, size in zip(states, sizes, strict=True):
            wanted = (batch, size)
            if isinstance(size, int) and size >= 0 and state.shape != wanted:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} expected a state of shape {wanted} in "
                    f"initial_state, got {state.shape}"
                )
        return states

    # Calling.

    def forward(
        self, sequences: Array, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        if sequences.dtype.kind != "f":
            sequences = sequences.astype(self.dtype)
        mask = self._steps_mask(sequences, mask)
        states = self._given_states(sequences, initial_state)
        steps = sequences.shape[1]
        if not len(sequences) and steps > 1 and _only_shapes():  # one step shows all shapes
            sequences, mask = sequences[:, :1], None
        try:
            output, states = self.inner_loop(sequences, states, mask, training)
        finally:
            for name in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
                reset = getattr(self.cell, name, None)
                if reset is not None:
                    reset()
        if self.return_sequences and sequences.shape[1] < steps:
            output = np.zeros((0, steps, *output.shape[2:]), output.dtype)
        if mask is not None and self.zero_output_for_mask:
            counts = mask[:, ::-1] if self.go_backwards else mask
            if not self.return_sequences:
                counts = counts[:, -1]
            output = output * expand(counts, output).astype(output.dtype)
        if self.stateful and not _only_shapes():
            self.states = map_leaves(lambda state: np.array(bare(state)), states)
        return (output, *states) if self.return_state else output

    def _steps_mask(self, sequences: Any, mask: Any) -> Any:
        """Return the mask as a boolean array (batch, steps), or None."""
        if isinstance(mask, list | tuple):  # of sequences and of initial states
            mask = mask[0]
        if mask is None:
            return None
        mask = np.asarray(bare(mask)).astype(bool, copy=False)
        if mask.ndim > 2:  # a step counts if anything in it does
            mask = mask.any(axis=tuple(range(2, mask.ndim)))
        if mask.shape != sequences.shape[:2]:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected a mask of shape "
                f"{sequences.shape[:2]} (batch, steps), got {mask.shape}"
            )
        return mask

    def inner_loop(self, sequences: Any, states: Any, mask: Any, training: bool) -> Any:
        """Run the cell step by step; return the output and the last states."""
        if states is None:
            states = self.get_initial_state(len(sequences))
        run = self.cell if callable(self.cell) else self.cell.call
        return self.loop(run, sequences, states, mask)

    def loop(self, run: Callable[[Any, Any], Any], sequences: Any, states: Any, mask: Any) -> Any:
        """Call ``run(inputs, states)`` for each step."""
        steps = list(enumerate(unstack(sequences, 1)))
        outputs: list[Any] = []
        for t, inputs in reversed(steps) if self.go_backwards else steps:
            output, new = run(inputs, states)
            new = list(new) if isinstance(new, list | tuple) else [new]
            if mask is not None and not mask[:, t].all():
                before = outputs[-1] if outputs else output_before(states, output)
                output = np.where(expand(mask[:, t], output), output, before)
                new = choose(mask[:, t], new, states)
            states = new
            outputs.append(output)
        return np.stack(outputs, axis=1) if self.return_sequences else outputs[-1], states

    # Shapes, masks and configuration.

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps = sequences_shape[:2]
        size = output_size(self.cell)
        shape: PartialShape = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return shape
        return (shape, *shapes_of(self.state_size, batch))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if isinstance(previous_mask, list | tuple):
            previous_mask = previous_mask[0]
        mask = previous_mask if self.return_sequences else None
        return [mask, *[None] * len(self.state_size)] if self.return_state else mask


class OwnCellRNN(RNN):
    """Base of the layers that make their cell themselves.

    What the cell was made with is the layer's too: ``layer.units``, ``layer.activation``...
    """

    def __getattr__(self, name: str) -> Any:
        cell = vars(self).get("cell")
        if cell is not None and name in parameters_of(type(cell)):
            return getattr(cell, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["cell"]  # its arguments are the layer's own
        return config

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        return name == "cell" or super()._is_default(name, value, default)


class FusedRNN(OwnCellRNN):
    """Base of the layers whose usual form is one op over all steps: LSTM, GRU, SimpleRNN."""

    def check_input(self, x: Any) -> None:
        super().check_input(x)
        features = self.cell.kernel.shape[0]
        if x.ndim != 3 or x.shape[2] != features:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected sequences of shape (batch, steps, "
                f"{features}), got shape {x.shape}; give it what it was built for, or make a new "
                "layer"
            )

    def run_fused(self, x: Any, states: Any, mask: Any, settings: dict[str, bool]) -> Any:
        """Call the op; ``settings`` are ``return_sequences``, ``return_state``, ``go_backwards``.

        Parameters
        ----------
        x : array, shape (batch, steps, features)
        states : list of arrays, or None
        mask : bool array, shape (batch, steps), or None
        settings : dict
        """
        raise NotImplementedError

    def inner_loop(self, sequences: Any, states: Any, mask: Any, training: bool) -> Any:
        if not self._can_fuse(training):
            return super().inner_loop(sequences, states, mask, training)
        if training and self.cell.dropout:
            sequences = sequences * self.cell.get_dropout_mask(sequences[:, 0])[:, np.newaxis]
        wants_state = self.return_state or self.stateful
        settings = {
            "return_sequences": self.return_sequences,
            "return_state": wants_state,
            "go_backwards": self.go_backwards,
        }
        found = self.run_fused(sequences, states, mask, settings)
        return (found[0], list(found[1:])) if wants_state else (found, [])

    def _can_fuse(self, training: bool) -> bool:
        cell = self.cell
        if training and cell.mask_count and (cell.dropout or cell.recurrent_dropout):
            return False
        if training and cell.recurrent_dropout:
            return False
        tape = active_tape.get()
        if tape is not None and tape.parent is not None:  # the op has no second derivative
            return False
        if activations.get(cell.activation) is not activations.get("tanh"):
            return False
        gate = "linear" if cell.gates == 1 else "sigmoid"
        return activations.get(cell.recurrent_activation) is activations.get(gate)


def _only_shapes() -> bool:
    """Whether layers run only to find out what shape comes out."""
    call = active_call.get()
    return call is not None and call.root is None
