"""A sequence read in both directions."""

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.remake import remake
from minikeras.layers.wrapper import build_inside
from minikeras.registry import register

__all__ = ["Bidirectional"]

_MERGE: dict[str, Callable[[Any, Any], Any]] = {
    "concat": lambda a, b: np.concatenate([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "ave": lambda a, b: (a + b) / 2.0,
    "mul": lambda a, b: a * b,
}


@register("layer")
class Bidirectional(Layer):
    """Run a recurrent layer forwards and a second one backwards, and merge what they give.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, SimpleRNN or another layer with their attributes
        Says how both are made; new layers are made from its configuration, ``forward_layer`` and
        ``backward_layer``. Their weights are their own.
    merge_mode : {"concat", "sum", "mul", "ave", None}, default "concat"
        None gives a tuple of both outputs.
    weights : list of arrays, optional
        First weights: those of the forward layer, then those of the backward layer.
    backward_layer : Layer, optional
        Used for the backward direction instead; its ``go_backwards`` differs from the layer's.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If ``layer`` or ``backward_layer`` is no recurrent layer.
    ValueError
        If the merge mode is unknown, or the two layers do not go together.

    Notes
    -----
    The outputs of all steps come in the order of the input. ``initial_state`` is a list with the
    states of the forward layer and then those of the backward layer; with ``return_state`` the
    output is followed by the last states in this order. Masked steps give zeros.

    References
    ----------
    Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", IEEE Transactions on Signal
    Processing 45 (1997).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import LSTM, Bidirectional
    >>> Bidirectional(LSTM(4, return_sequences=True))(np.zeros((32, 10, 8))).shape
    (32, 10, 8)
    """

    supports_masking = True

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: list[Array] | None = None,
        backward_layer: Layer | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        for argument, given in (("layer", layer), ("backward_layer", backward_layer)):
            recurrent = isinstance(given, Layer) and hasattr(given, "go_backwards")
            if not recurrent and (given is not None or argument == "layer"):
                raise TypeError(
                    f"Bidirectional {self.name!r} expected {argument} to be a recurrent layer such "
                    f"as LSTM(4), got {given!r} ({type(given).__name__})"
                )
        self.merge_mode = check_choice("merge_mode", merge_mode, [*_MERGE, None])
        self.forward_layer: Any = _renamed(layer, "forward")
        self.backward_layer: Any = backward_layer
        if backward_layer is None:
            self.backward_layer = _renamed(layer, "backward", go_backwards=True)
        self._check_pair()
        pair: list[Any] = [self.forward_layer, self.backward_layer]
        for one in pair:
            if hasattr(one, "zero_output_for_mask"):  # the two disagree about what came before
                one.zero_output_for_mask = one.return_sequences
        self.return_sequences = pair[0].return_sequences
        self.return_state = pair[0].return_state
        self.stateful = pair[0].stateful
        self._first_weights = weights

    @property
    def layer(self) -> Layer:
        """The layer for the forward direction."""
        return self.forward_layer  # type: ignore[no-any-return]

    def _check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                f"Bidirectional {self.name!r} expected one layer with go_backwards=True and one "
                f"without, got go_backwards={forward.go_backwards} for both"
            )
        for attribute in ("stateful", "return_sequences", "return_state"):
            values = getattr(forward, attribute), getattr(backward, attribute)
            if values[0] != values[1]:
                raise ValueError(
                    f"Bidirectional {self.name!r} expected layers with the same {attribute}, got "
                    f"{values[0]} for layer and {values[1]} for backward_layer"
                )

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            build_inside(self, layer, sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)
            self._first_weights = None

    def forward(self, sequences: Array, initial_state: Any = None, mask: Any = None) -> Any:
        states: list[dict[str, Any]] = [{}, {}]
        if initial_state is not None:
            half = len(initial_state) // 2
            parts = initial_state[:half], initial_state[half:]
            states = [{"initial_state": list(part)} for part in parts]
        if mask is not None:
            states = [{"mask": mask, **kwargs} for kwargs in states]
        y = self.forward_layer(sequences, **states[0])
        z = self.backward_layer(sequences, **states[1])
        last: tuple[Any, ...] = ()
        if self.return_state:
            (y, *ahead), (z, *behind) = y, z
            last = (*ahead, *behind)
        if self.return_sequences:
            z = z[:, ::-1]
        outputs = (y, z) if self.merge_mode is None else (_MERGE[self.merge_mode](y, z),)
        return outputs + last if last or self.merge_mode is None else outputs[0]

    @property
    def states(self) -> list[Any] | None:
        """What ``stateful`` layers keep: the states of both directions."""
        forward, backward = self.forward_layer.states, self.backward_layer.states
        return [*forward, *backward] if forward and backward else None

    def reset_state(self) -> None:
        """Forget the states that ``stateful`` keeps, in both directions."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        ahead = self.forward_layer.compute_output_shape(sequences_shape)
        behind = self.backward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*ahead[1:], *behind[1:])
            ahead, behind = ahead[0], behind[0]
        if self.merge_mode is None:
            return (ahead, behind, *states)
        if self.merge_mode == "concat":
            ahead = (*ahead[:-1], ahead[-1] + behind[-1])
        return (ahead, *states) if states else ahead

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if isinstance(previous_mask, list | tuple):
            previous_mask = previous_mask[0]
        mask = previous_mask if self.return_sequences else None
        if not self.return_state:
            return (mask, mask) if self.merge_mode is None else mask
        outputs = [mask] * (2 if self.merge_mode is None else 1)
        return [*outputs, *[None] * (2 * len(self.forward_layer.state_size))]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["weights"]  # this is the name of an attribute of all layers
        return config

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        return name == "weights" or super()._is_default(name, value, default)


def _renamed(layer: Layer, direction: str, **changes: Any) -> Layer:
    """Return a new layer like ``layer``, named after its direction."""
    name = f"{direction}_{layer.name.removeprefix(direction + '_')}"
    return remake(layer, name=name, **changes)  # type: ignore[no-any-return]
