"""Gated recurrent unit."""

from collections.abc import Callable
from typing import Any, ClassVar, Unpack

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.layers.recurrent.cell import Cell, CellOptions, by_gate
from minikeras.layers.recurrent.rnn import FusedRNN, RNNOptions, split_options
from minikeras.ops.recurrent import gru
from minikeras.ops.recurrent._sequence import unstack
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["GRU", "GRUCell"]


@register("layer")
class GRUCell(Cell):
    """One step of a gated recurrent unit; for ``RNN(cell)`` and ``StackedRNNCells``.

    Parameters
    ----------
    units : int
        Length of the state, at least 1.
    activation : str, callable or None, default "tanh"
    recurrent_activation : str, callable or None, default "sigmoid"
        Of the gates.
    use_bias : bool, default True
    kernel_initializer, recurrent_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"``, ``"orthogonal"`` and ``"zeros"``.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or callable, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or callable, optional
    dropout, recurrent_dropout : float in [0, 1], default 0.0
        Share of the inputs and of the state that is dropped while training, the same at all steps.
    reset_after : bool, default True
        Whether the reset gate scales the product of state and recurrent kernel, or the state
        before it. The bias has shape (2, 3 * units) if so, otherwise (3 * units,).
    seed : int or SeedGenerator, optional
        Of the dropout.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``units`` is not an integer of at least 1, a dropout is not in [0, 1], or an activation,
        initializer, regularizer or constraint is unknown.

    Notes
    -----
    Called as ``cell(inputs, [h])``; gives the output and the next states. ``kernel`` has shape
    (features, 3 * units), with the columns of update gate, reset gate and candidate.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GRUCell
    >>> cell = GRUCell(2, kernel_initializer="ones", recurrent_initializer="zeros")
    >>> cell(np.ones((1, 3)), cell.get_initial_state(1))[0].round(4)
    array([[0.0472, 0.0472]], dtype=float32)
    """

    gates: ClassVar[int] = 3

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = "tanh",
        recurrent_activation: str | Callable[[Any], Any] | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[CellOptions],
    ):
        super().__init__(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        activations.get(recurrent_activation)
        self.recurrent_activation = recurrent_activation
        self.reset_after = reset_after

    def _bias_shape(self) -> tuple[int, ...]:
        shape = super()._bias_shape()
        return (2, *shape) if self.reset_after else shape

    def forward(self, inputs: Array, states: Any, training: bool = False) -> tuple[Array, Any]:
        state = states[0] if isinstance(states, list | tuple) else states
        x_mask, h_mask = self._dropout_masks(inputs, state, training)
        a = self._project(inputs, x_mask, self.kernel)
        gate = activations.get(self.recurrent_activation)
        activation = activations.get(self.activation)
        if self.reset_after:
            b = self._project(state, h_mask, self.recurrent_kernel)
            if self.bias is not None:
                biases = np.reshape(self.bias, (2, 3, 1, self.units))
                a, b = a + biases[0], b + biases[1]
            (az, ar, ag), (bz, br, bg) = unstack(a), unstack(b)
            z, r = gate(az + bz), gate(ar + br)
            g = activation(ag + r * bg)
        else:
            if self.bias is not None:
                a = a + np.reshape(self.bias, (3, 1, self.units))
            az, ar, ag = unstack(a)
            kz, kr, kg = unstack(by_gate(self.recurrent_kernel, 3))
            h = [state] * 3 if h_mask is None else [state * mask for mask in h_mask]
            z, r = gate(az + np.matmul(h[0], kz)), gate(ar + np.matmul(h[1], kr))
            g = activation(ag + np.matmul(r * h[2], kg))
        state = z * state + (1.0 - z) * g
        return state, [state] if isinstance(states, list | tuple) else state


@register("layer")
class GRU(FusedRNN):
    """Gated recurrent unit: a gate mixes the state with a candidate for the next one.

    Parameters
    ----------
    units : int
        Length of the state and of the output, at least 1.
    activation : str, callable or None, default "tanh"
    recurrent_activation : str, callable or None, default "sigmoid"
        Of the gates.
    use_bias : bool, default True
    kernel_initializer, recurrent_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"``, ``"orthogonal"`` and ``"zeros"``.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or callable, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or callable, optional
    dropout, recurrent_dropout : float in [0, 1], default 0.0
        Share of the inputs and of the state that is dropped while training, the same at all steps.
    reset_after : bool, default True
        Whether the reset gate scales the product of state and recurrent kernel, or the state
        before it. The bias has shape (2, 3 * units) if so, otherwise (3 * units,).
    seed : int or SeedGenerator, optional
        Of the dropout.
    return_sequences : bool, default False
        Give the output of each step, not only of the last.
    return_state : bool, default False
        Give the last state as well: a tuple ``(output, h)``.
    go_backwards : bool, default False
        Start at the last step; the outputs come in the order in which they are made.
    stateful : bool, default False
        Go on with the last state of the batch before; see ``reset_state``.
    unroll : bool
        Accepted for Keras code; without effect.
    use_cudnn : {"auto", True, False}
        Accepted for Keras code; without effect.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``, ``zero_output_for_mask`` as in ``RNN``.

    Raises
    ------
    TypeError, ValueError
        If ``units`` is not an integer of at least 1, a dropout is not in [0, 1], or an activation,
        initializer, regularizer or constraint is unknown.

    References
    ----------
    Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation" (2014), arXiv:1406.1078.

    Notes
    -----
    Input ``(batch, steps, features)``. The call takes ``initial_state``, an array or a list of it.
    With the default activations all steps are one fused op; with others they go one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GRU
    >>> layer = GRU(4, return_sequences=True, return_state=True)
    >>> y, h = layer(np.zeros((32, 10, 8)))
    >>> y.shape, h.shape
    ((32, 10, 4), (32, 4))
    """

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = "tanh",
        recurrent_activation: str | Callable[[Any], Any] | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | SeedGenerator | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        **kwargs: Unpack[RNNOptions],
    ):
        inner, options = split_options("gru_cell", kwargs)
        cell = GRUCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            reset_after=reset_after,
            seed=seed,
            **inner,
        )
        super().__init__(
            cell,
            return_sequences,
            return_state,
            go_backwards,
            stateful,
            unroll,
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.use_cudnn = check_choice("use_cudnn", use_cudnn, ["auto", True, False])

    def run_fused(self, x: Any, states: Any, mask: Any, settings: dict[str, bool]) -> Any:
        cell = self.cell
        return gru(
            x,
            cell.kernel,
            cell.recurrent_kernel,
            cell.bias,
            *(states or []),
            mask=mask,
            reset_after=cell.reset_after,
            **settings,
        )
