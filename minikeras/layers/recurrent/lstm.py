"""Long short-term memory."""

from collections.abc import Callable
from typing import Any, ClassVar, Unpack

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.layers.recurrent.cell import Cell, CellOptions
from minikeras.layers.recurrent.rnn import FusedRNN, RNNOptions, split_options
from minikeras.ops.recurrent import lstm
from minikeras.ops.recurrent._sequence import unstack
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["LSTM", "LSTMCell"]


@register("layer")
class LSTMCell(Cell):
    """One step of long short-term memory; for ``RNN(cell)`` and ``StackedRNNCells``.

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
    unit_forget_bias : bool, default True
        Start with a bias of 1 for the forget gate.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or callable, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or callable, optional
    dropout, recurrent_dropout : float in [0, 1], default 0.0
        Share of the inputs and of the state that is dropped while training, the same at all steps.
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
    Called as ``cell(inputs, [h, c])``; gives the output and the next states. ``kernel`` has shape
    (features, 4 * units), with the columns of input gate, forget gate, candidate and output gate.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import LSTMCell
    >>> cell = LSTMCell(2, kernel_initializer="ones", recurrent_initializer="zeros")
    >>> y, states = cell(np.ones((1, 3)), cell.get_initial_state(1))
    >>> y.round(4), len(states)
    (array([[0.7038, 0.7038]], dtype=float32), 2)
    """

    gates: ClassVar[int] = 4

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = "tanh",
        recurrent_activation: str | Callable[[Any], Any] | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
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
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [self.units, self.units]

    def _make_bias(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        if not self.unit_forget_bias:
            return super()._make_bias(shape, dtype)
        n = self.units
        make = super()._make_bias
        return np.concatenate([make((n,), dtype), np.ones(n, dtype), make((2 * n,), dtype)])

    def forward(self, inputs: Array, states: Any, training: bool = False) -> tuple[Array, Any]:
        h, c = states
        x_mask, h_mask = self._dropout_masks(inputs, h, training)
        z = self._project(inputs, x_mask, self.kernel)
        z = z + self._project(h, h_mask, self.recurrent_kernel)
        if self.bias is not None:
            z = z + np.reshape(self.bias, (4, 1, self.units))
        activation = activations.get(self.activation)
        gate = activations.get(self.recurrent_activation)
        i, f, g, o = unstack(z)
        c = gate(f) * c + gate(i) * activation(g)
        h = gate(o) * activation(c)
        return h, [h, c]


@register("layer")
class LSTM(FusedRNN):
    """Long short-term memory: a state ``c`` that gates let in, keep and let out.

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
    unit_forget_bias : bool, default True
        Start with a bias of 1 for the forget gate.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or callable, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or callable, optional
    dropout, recurrent_dropout : float in [0, 1], default 0.0
        Share of the inputs and of the state that is dropped while training, the same at all steps.
    seed : int or SeedGenerator, optional
        Of the dropout.
    return_sequences : bool, default False
        Give the output of each step, not only of the last.
    return_state : bool, default False
        Give the last state as well: a tuple ``(output, h, c)``.
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
    Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9 (1997).
    Jozefowicz, Zaremba and Sutskever, "An Empirical Exploration of Recurrent Network Architectures"
    (ICML 2015): the forget gate's first bias.

    Notes
    -----
    Input ``(batch, steps, features)``. The call takes ``initial_state``, a list ``[h, c]``. With
    the default activations all steps are one fused op; with others they go one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import LSTM
    >>> layer = LSTM(4, return_sequences=True, return_state=True)
    >>> y, h, c = layer(np.zeros((32, 10, 8)))
    >>> y.shape, h.shape, c.shape
    ((32, 10, 4), (32, 4), (32, 4))
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
        unit_forget_bias: bool = True,
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
        use_cudnn: bool | str = "auto",
        **kwargs: Unpack[RNNOptions],
    ):
        inner, options = split_options("lstm_cell", kwargs)
        cell = LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
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
        return lstm(
            x, cell.kernel, cell.recurrent_kernel, cell.bias, *(states or []), mask=mask, **settings
        )
