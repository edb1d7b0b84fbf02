"""The plain recurrent layer."""

from collections.abc import Callable
from typing import Any, ClassVar, Unpack

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.layers.recurrent.cell import Cell, CellOptions
from minikeras.layers.recurrent.rnn import FusedRNN, RNNOptions, split_options
from minikeras.ops.recurrent import simple_rnn
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["SimpleRNN", "SimpleRNNCell"]


@register("layer")
class SimpleRNNCell(Cell):
    """One step of a plain recurrent layer; for ``RNN(cell)`` and ``StackedRNNCells``.

    Parameters
    ----------
    units : int
        Length of the state, at least 1.
    activation : str, callable or None, default "tanh"
    use_bias : bool, default True
    kernel_initializer, recurrent_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"``, ``"orthogonal"`` and ``"zeros"``.
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
    Called as ``cell(inputs, [h])``; gives the output and the next states.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import SimpleRNNCell
    >>> cell = SimpleRNNCell(2, kernel_initializer="ones")
    >>> cell(np.full((1, 2), 0.25), cell.get_initial_state(1))[0].round(4)
    array([[0.4621, 0.4621]], dtype=float32)
    """

    gates: ClassVar[int] = 1

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = "tanh",
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

    def forward(self, inputs: Array, states: Any, training: bool = False) -> tuple[Array, Any]:
        state = states[0] if isinstance(states, list | tuple) else states
        x_mask, h_mask = self._dropout_masks(inputs, state, training)
        x = inputs if x_mask is None else inputs * x_mask
        h = state if h_mask is None else state * h_mask
        z = np.matmul(x, self.kernel)
        if self.bias is not None:
            z = z + self.bias
        state = activations.get(self.activation)(z + np.matmul(h, self.recurrent_kernel))
        return state, [state] if isinstance(states, list | tuple) else state


@register("layer")
class SimpleRNN(FusedRNN):
    """Plain recurrent layer: the output of each step is an input of the next.

    Parameters
    ----------
    units : int
        Length of the state and of the output, at least 1.
    activation : str, callable or None, default "tanh"
    use_bias : bool, default True
    kernel_initializer, recurrent_initializer, bias_initializer : str or callable
        Default ``"glorot_uniform"``, ``"orthogonal"`` and ``"zeros"``.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or callable, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or callable, optional
    dropout, recurrent_dropout : float in [0, 1], default 0.0
        Share of the inputs and of the state that is dropped while training, the same at all steps.
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
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``, ``zero_output_for_mask`` as in ``RNN``.

    Raises
    ------
    TypeError, ValueError
        If ``units`` is not an integer of at least 1, a dropout is not in [0, 1], or an activation,
        initializer, regularizer or constraint is unknown.

    References
    ----------
    Elman, "Finding Structure in Time", Cognitive Science 14 (1990).

    Notes
    -----
    Input ``(batch, steps, features)``. The call takes ``initial_state``, an array or a list of it.
    With the default activation all steps are one fused op; with another they go one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import SimpleRNN
    >>> SimpleRNN(4, return_sequences=True)(np.zeros((32, 10, 8))).shape
    (32, 10, 4)
    """

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = "tanh",
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
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[RNNOptions],
    ):
        inner, options = split_options("simple_rnn_cell", kwargs)
        cell = SimpleRNNCell(
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

    def run_fused(self, x: Any, states: Any, mask: Any, settings: dict[str, bool]) -> Any:
        cell = self.cell
        return simple_rnn(
            x, cell.kernel, cell.recurrent_kernel, cell.bias, *(states or []), mask=mask, **settings
        )
