"""One step of long short-term memory over images."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array, DType, PartialShape, Shape
from minikeras._validation import check_choice
from minikeras.layers._spatial import check_axes, data_format_of, lengths_of
from minikeras.layers.recurrent.lstm import LSTMCell
from minikeras.ops.convolution import conv
from minikeras.ops.convolution.plan import output_length
from minikeras.ops.recurrent._sequence import unstack
from minikeras.random import SeedGenerator

__all__ = ["ConvLSTMCell"]


class ConvLSTMCell(LSTMCell):
    """One step of long short-term memory with convolutions; arguments as for ``ConvLSTM``.

    Called as ``cell(inputs, [h, c])``. ``project`` is the part that does not depend on the state,
    ``step`` the rest.
    """

    mask_count = 4

    def __init__(
        self,
        rank: int,
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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | SeedGenerator | None = None,
        name: str | None = None,
        dtype: DType | None = None,
        trainable: bool = True,
    ):
        super().__init__(
            filters,
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
            name=name,
            dtype=dtype,
            trainable=trainable,
        )
        self.rank = rank
        self.filters = self.units
        self.kernel_size = lengths_of("kernel_size", kernel_size, rank)
        self.strides = lengths_of("strides", strides, rank)
        self.padding = check_choice("padding", str(padding).lower(), ["valid", "same"])
        self.data_format = data_format_of(data_format)
        self.dilation_rate = lengths_of("dilation_rate", dilation_rate, rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected strides or dilation_rate to be 1, "
                f"got strides {self.strides} and dilation_rate {self.dilation_rate}; leave one of "
                "them out"
            )
        self.state_size = [-1, -1]  # as large as what the convolution makes of the input

    @property
    def channel_axis(self) -> int:
        """The axis of the channels in one step."""
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape: Any) -> None:
        check_axes(self, input_shape, self.rank, self.data_format)
        channels = input_shape[self.channel_axis]
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, 4 * self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (*self.kernel_size, self.filters, 4 * self.filters),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (4 * self.filters,),
                self._make_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def check_input(self, x: Any) -> None:
        check_axes(self, x.shape, self.rank, self.data_format)

    def project(self, inputs: Any, masks: Any = None) -> Any:
        """Return the convolution of the inputs, all gates' channels side by side."""
        return self._convolve(
            inputs,
            self.kernel,
            self.bias,
            masks,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
        )

    def step(self, projected: Any, states: Any, training: bool) -> tuple[Any, list[Any]]:
        """Return output and states for inputs that ``project`` has seen."""
        h, c = states
        masks = self.get_recurrent_dropout_mask(h) if training else None
        z = projected + self._convolve(h, self.recurrent_kernel, None, masks, padding="same")
        activation = activations.get(self.activation)
        gate = activations.get(self.recurrent_activation)
        axis = self.channel_axis % z.ndim
        split = np.reshape(z, (*z.shape[:axis], 4, self.filters, *z.shape[axis + 1 :]))
        i, f, g, o = unstack(split, axis)
        c = gate(f) * c + gate(i) * activation(g)
        h = gate(o) * activation(c)
        return h, [h, c]

    def forward(self, inputs: Array, states: Any, training: bool = False) -> tuple[Array, Any]:
        masks = self.get_dropout_mask(inputs) if training else None
        return self.step(self.project(inputs, masks), states, training)

    def _convolve(self, x: Any, kernel: Any, bias: Any, masks: Any, **settings: Any) -> Any:
        if masks is None:
            return conv(x, kernel, bias, data_format=self.data_format, **settings)
        kernels = np.split(kernel, 4, axis=-1)
        biases = [None] * 4 if bias is None else np.split(bias, 4)
        return np.concatenate(
            [
                conv(x * mask, part, one, data_format=self.data_format, **settings)
                for mask, part, one in zip(masks, kernels, biases, strict=True)
            ],
            axis=self.channel_axis,
        )

    def get_initial_state(self, batch_size: int | None = None) -> list[Array]:
        """Return nothing: how large the states are is known from the inputs."""
        raise ValueError(
            f"{type(self).__name__} {self.name!r} expected states; make two arrays of zeros of the "
            "shape of its output"
        )

    def compute_output_shape(self, input_shape: Any, states_shape: Any = None) -> Any:
        first = 1 if self.data_format == "channels_last" else 2
        lengths = [
            output_length(n, k, s, self.padding, d)
            for n, k, s, d in zip(
                input_shape[first : first + self.rank],
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                strict=True,
            )
        ]
        shape: PartialShape = (input_shape[0], *lengths, self.filters)
        if first == 2:
            shape = (input_shape[0], self.filters, *lengths)
        return shape, [shape, shape]
