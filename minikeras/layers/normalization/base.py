"""What normalization layers with a learnt scale and shift have in common."""

from typing import Any, Unpack

from minikeras import constraints, initializers, regularizers
from minikeras._typing import PartialShape, Shape
from minikeras.layers.base import Layer, LayerOptions

__all__ = ["ScaledNormalization", "positive_axis"]


class ScaledNormalization(Layer):
    """Base of layers that multiply what they normalized with gamma and add beta."""

    supports_masking = True
    gamma: Any
    beta: Any

    def __init__(
        self,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        for initializer in (beta_initializer, gamma_initializer):
            initializers.get(initializer)
        for regularizer in (beta_regularizer, gamma_regularizer):
            regularizers.get(regularizer)
        for constraint in (beta_constraint, gamma_constraint):
            constraints.get(constraint)
        self.center = center
        self.scale = scale
        self.beta_initializer = beta_initializer
        self.gamma_initializer = gamma_initializer
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint

    def add_scale_and_shift(self, shape: Shape, scale: bool, center: bool) -> None:
        """Make gamma and beta, or None where they are not wanted."""
        self.gamma = self.beta = None
        if scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )


def positive_axis(layer: Layer, axis: int, shape: PartialShape) -> int:
    """Return ``axis`` counted from the front; refuse one that ``shape`` has not."""
    if not -len(shape) <= axis < len(shape):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected an input that has an axis {axis}, got "
            f"shape {tuple(shape)}; choose an axis from {-len(shape)} to {len(shape) - 1}"
        )
    return axis % len(shape)
