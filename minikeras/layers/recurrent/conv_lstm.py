"""Long short-term memory over images: its products are convolutions."""

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Shape
from minikeras.layers._spatial import check_axes
from minikeras.layers.recurrent.conv_lstm_cell import ConvLSTMCell
from minikeras.layers.recurrent.rnn import OwnCellRNN, RNNOptions, split_options
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]


class ConvLSTM(OwnCellRNN):
    """Base of the layers; ``rank`` is the number of axes that are convolved."""

    rank = 0

    def __init__(
        self,
        filters: int,
        kernel_size: int | Shape,
        strides: int | Shape = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Shape = 1,
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
        **kwargs: Unpack[RNNOptions],
    ):
        inner, options = split_options("conv_lstm_cell", kwargs)
        del inner["implementation"]
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **inner,
        )
        super().__init__(
            cell,
            return_sequences,
            return_state,
            go_backwards,
            stateful,
            activity_regularizer=activity_regularizer,
            **options,
        )

    def _check_shape(self, shape: Any) -> None:
        check_axes(self, (*shape[:1], *shape[2:]), self.rank, self.cell.data_format)

    def inner_loop(self, sequences: Any, states: Any, mask: Any, training: bool) -> Any:
        cell = self.cell
        batch, steps, *size = sequences.shape
        masks = cell.get_dropout_mask(np.empty((batch, *size), self.dtype)) if training else None
        if masks is not None:
            masks = [np.repeat(one, steps, axis=0) for one in masks]
        # One convolution for the images of all steps.
        projected = cell.project(sequences.reshape((batch * steps, *size)), masks)
        shape = projected.shape[1:]
        if states is None:
            whole, _ = cell.compute_output_shape((batch, *size))
            states = [np.zeros(whole, self.dtype) for _ in range(2)]
        return self.loop(
            lambda x, now: cell.step(x, now, training),
            projected.reshape((batch, steps, *shape)),
            states,
            mask,
        )

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps, *size = sequences_shape
        (_, *state), _ = self.cell.compute_output_shape((batch, *size))
        shape = (batch, steps, *state) if self.return_sequences else (batch, *state)
        return (shape, (batch, *state), (batch, *state)) if self.return_state else shape


@register("layer")
class ConvLSTM1D(ConvLSTM):
    """Long short-term memory with convolutions, for sequences of rows.

    Parameters
    ----------
    filters : int
        Channels of the state and of the output, at least 1.
    kernel_size, strides, dilation_rate : int or 1 of them
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
    activation, ..., stateful, **kwargs
        As in ``LSTM``.

    Raises
    ------
    TypeError, ValueError
        If a length is not an integer of at least 1, strides and dilation are both above 1, or a
        name is unknown.

    Notes
    -----
    Input ``(batch, steps, length, channels)``, or with the channels after the steps.
    ``kernel`` has shape (*kernel_size, channels, 4 * filters), ``recurrent_kernel``
    (*kernel_size, filters, 4 * filters). The convolution of the state is padded and keeps its size.

    References
    ----------
    Shi et al., "Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting" (2015), arXiv:1506.04214, without its connections from the state c to the gates.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ConvLSTM1D
    >>> ConvLSTM1D(4, 3)(np.zeros((2, 5, 8, 3))).shape
    (2, 6, 4)
    """

    rank = 1


@register("layer")
class ConvLSTM2D(ConvLSTM):
    """Long short-term memory with convolutions, for sequences of images.

    Parameters
    ----------
    filters : int
        Channels of the state and of the output, at least 1.
    kernel_size, strides, dilation_rate : int or 2 of them
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
    activation, ..., stateful, **kwargs
        As in ``LSTM``.

    Raises
    ------
    TypeError, ValueError
        If a length is not an integer of at least 1, strides and dilation are both above 1, or a
        name is unknown.

    Notes
    -----
    Input ``(batch, steps, height, width, channels)``, or with the channels after the steps.
    ``kernel`` has shape (*kernel_size, channels, 4 * filters), ``recurrent_kernel``
    (*kernel_size, filters, 4 * filters). The convolution of the state is padded and keeps its size.

    References
    ----------
    Shi et al., "Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting" (2015), arXiv:1506.04214, without its connections from the state c to the gates.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ConvLSTM2D
    >>> ConvLSTM2D(4, 3, padding="same", return_sequences=True)(np.zeros((2, 5, 8, 8, 3))).shape
    (2, 5, 8, 8, 4)
    """

    rank = 2


@register("layer")
class ConvLSTM3D(ConvLSTM):
    """Long short-term memory with convolutions, for sequences of volumes.

    Parameters
    ----------
    filters : int
        Channels of the state and of the output, at least 1.
    kernel_size, strides, dilation_rate : int or 3 of them
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
    activation, ..., stateful, **kwargs
        As in ``LSTM``.

    Raises
    ------
    TypeError, ValueError
        If a length is not an integer of at least 1, strides and dilation are both above 1, or a
        name is unknown.

    Notes
    -----
    Input ``(batch, steps, depth, height, width, channels)``, or with the channels after the steps.
    ``kernel`` has shape (*kernel_size, channels, 4 * filters), ``recurrent_kernel``
    (*kernel_size, filters, 4 * filters). The convolution of the state is padded and keeps its size.

    References
    ----------
    Shi et al., "Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting" (2015), arXiv:1506.04214, without its connections from the state c to the gates.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ConvLSTM3D
    >>> ConvLSTM3D(4, 2)(np.zeros((2, 5, 4, 4, 4, 3))).shape
    (2, 3, 3, 3, 4)
    """

    rank = 3
