"""What the cells of recurrent layers share: their weights, first state, and dropout masks."""

from typing import Any, ClassVar

import numpy as np

from minikeras import activations, constraints, initializers, regularizers
from minikeras._typing import Array, PartialShape
from minikeras._validation import check_number, check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.seeds import stream
from minikeras.ops.dropout import dropout_mask
from minikeras.random import SeedGenerator

__all__ = ["Cell", "CellOptions", "DroppingCell", "by_gate"]


class CellOptions(LayerOptions, total=False):
    """The keyword arguments that every cell takes."""

    implementation: int


class DroppingCell(Layer):
    """Base of cells with dropout: one mask for all steps of a sequence.

    Parameters
    ----------
    dropout, recurrent_dropout : float in [0, 1]
        Share of the inputs and of the state that is dropped while training.
    seed : int, SeedGenerator or None
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    References
    ----------
    Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks" (2016), arXiv:1512.05287.
    """

    mask_count: int | None = None
    """Masks for each gate, or None for one that all gates share."""

    def __init__(
        self,
        dropout: float,
        recurrent_dropout: float,
        seed: int | SeedGenerator | None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.dropout = check_number("dropout", dropout, 0, 1)
        self.recurrent_dropout = check_number("recurrent_dropout", recurrent_dropout, 0, 1)
        self.seed, self.seed_generator = stream(seed)
        self._masks: dict[str, Any] = {}

    def get_dropout_mask(self, step_input: Any) -> Any:
        """Return what the inputs are multiplied with, the same until ``reset_dropout_mask``.

        Returns
        -------
        array of the shape of ``step_input`` or, with one for each gate, (gates, *shape); or None
        """
        return self._mask("inputs", step_input, self.dropout)

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """Return what the state is multiplied with, as ``get_dropout_mask`` does."""
        return self._mask("state", step_input, self.recurrent_dropout)

    def reset_dropout_mask(self) -> None:
        """Draw a new mask for the inputs of the next sequence."""
        self._masks.pop("inputs", None)

    def reset_recurrent_dropout_mask(self) -> None:
        """Draw a new mask for the states of the next sequence."""
        self._masks.pop("state", None)

    def _mask(self, key: str, x: Any, rate: float) -> Any:
        if rate == 0:
            return None
        shape, masks = self._masks.get(key, (None, None))
        if shape != x.shape:  # a batch of another size is another sequence
            whole = (self.mask_count, *x.shape) if self.mask_count else x.shape
            masks = dropout_mask(whole, rate, self.seed_generator.numpy, x.dtype)
            self._masks[key] = x.shape, masks
        return masks


class Cell(DroppingCell):
    """Base of the cells with a kernel, a recurrent kernel and a bias.

    A subclass says how many ``gates`` its matrices have columns for, and computes one step. Its
    own ``__init__`` lists the arguments and their defaults.
    """

    gates: ClassVar[int] = 1
    recurrent_activation: Any = "linear"  # of those that have one
    state_size: Any
    kernel: Any
    recurrent_kernel: Any
    bias: Any

    def __init__(
        self,
        units: int,
        *,
        activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        recurrent_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        recurrent_constraint: Any,
        bias_constraint: Any,
        dropout: float,
        recurrent_dropout: float,
        seed: int | SeedGenerator | None,
        implementation: int = 2,
        **kwargs: Any,
    ):
        super().__init__(dropout, recurrent_dropout, seed, **kwargs)
        self.units = check_positive_int("units", units)
        activations.get(activation)  # a misspelt name is refused here, not at the first call
        for initializer in (kernel_initializer, recurrent_initializer, bias_initializer):
            initializers.get(initializer)
        for regularizer in (kernel_regularizer, recurrent_regularizer, bias_regularizer):
            regularizers.get(regularizer)
        for constraint in (kernel_constraint, recurrent_constraint, bias_constraint):
            constraints.get(constraint)
        self.activation = activation
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.recurrent_initializer = recurrent_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.recurrent_regularizer = recurrent_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.recurrent_constraint = recurrent_constraint
        self.bias_constraint = bias_constraint
        if self.gates > 1 and (implementation == 1 or self.recurrent_dropout):
            self.mask_count = self.gates
        self.state_size = self.units
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(
            (input_shape[-1], self.units * self.gates),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, self.units * self.gates),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self._bias_shape(),
                self._make_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.units * self.gates,)

    def _make_bias(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        make: Any = initializers.get(self.bias_initializer)
        return make(shape, dtype=dtype)

    def check_input(self, x: Any) -> None:
        if x.ndim != 2 or x.shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected one step of shape (batch, "
                f"{self.kernel.shape[0]}), got shape {x.shape}; whole sequences are for the layer, "
                "RNN(cell)"
            )

    def get_initial_state(self, batch_size: int | None = None) -> list[Array]:
        """Return zeros for the first step, a list of arrays of shape (batch_size, units)."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [np.zeros((batch_size or 0, size), self.dtype) for size in sizes]

    def compute_output_shape(self, input_shape: Any, states_shape: Any = None) -> Any:
        shape: PartialShape = (input_shape[0], self.units)
        count = len(self.state_size) if isinstance(self.state_size, list) else 1
        return shape, [shape] * count

    def _dropout_masks(self, inputs: Any, state: Any, training: bool) -> tuple[Any, Any]:
        """Return what inputs and state are multiplied with, None for nothing."""
        if not training:
            return None, None
        return self.get_dropout_mask(inputs), self.get_recurrent_dropout_mask(state)

    def _project(self, value: Any, mask: Any, kernel: Any) -> Any:
        """Return ``value @ kernel`` by gate, shape (gates, batch, units), after dropout."""
        gates, units = self.gates, self.units
        if mask is not None:
            value = value * mask
        if value.ndim == 2:
            product = np.matmul(value, kernel)
            return np.transpose(np.reshape(product, (len(value), gates, units)), (1, 0, 2))
        return np.matmul(value, by_gate(kernel, gates))


def by_gate(kernel: Any, gates: int) -> Any:
    """Return the columns of each gate, shape (gates, n, units)."""
    n, columns = kernel.shape
    return np.transpose(np.reshape(kernel, (n, gates, columns // gates)), (1, 0, 2))
