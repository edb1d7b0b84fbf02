"""What all convolution layers share: their window, their activation, and what they refuse."""

from collections.abc import Callable
from typing import Any, ClassVar

from minikeras import activations, config, constraints, initializers, regularizers
from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_choice
from minikeras.autodiff import Variable
from minikeras.layers._spatial import axes_of, check_axes, data_format_of, lengths_of
from minikeras.layers.base import Layer
from minikeras.ops.convolution.plan import output_length, reach
from minikeras.ops.dense import FUSED

__all__ = ["WindowLayer"]

Activation = str | Callable[[Any], Any] | None

_FUSED = {activations.get(name): name for name in FUSED}


class WindowLayer(Layer):
    """Base of the convolution layers: a window of weights that slides along ``rank`` axes."""

    rank: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    kernel_size: Shape
    strides: Shape
    padding: str
    data_format: str
    dilation_rate: Shape
    activation: Activation
    use_bias: bool

    def _set_window(
        self,
        kernel_size: int | Shape,
        strides: int | Shape,
        padding: str,
        data_format: str | None,
        dilation_rate: int | Shape,
    ) -> None:
        self.kernel_size = lengths_of("kernel_size", kernel_size, self.rank)
        self.strides = lengths_of("strides", strides, self.rank)
        if isinstance(padding, str):
            padding = padding.lower()
        self.padding = check_choice("padding", padding, self.paddings)
        self.data_format = data_format_of(data_format)
        self.dilation_rate = lengths_of("dilation_rate", dilation_rate, self.rank)

    def _refuse_strides_with_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected strides or dilation_rate to be 1, "
                f"got strides {self.strides} and dilation_rate {self.dilation_rate}; leave one of "
                "them at 1"
            )

    def _set_output(self, activation: Activation, use_bias: bool) -> None:
        self._resolved = _resolve(activation)
        self.activation = activation
        self.use_bias = use_bias

    def _set_weight(self, name: str, initializer: Any, regularizer: Any, constraint: Any) -> None:
        """Store what a weight is made with; a misspelt name is refused here, not when building."""
        initializers.get(initializer)
        regularizers.get(regularizer)
        constraints.get(constraint)
        setattr(self, f"{name}_initializer", initializer)
        setattr(self, f"{name}_regularizer", regularizer)
        setattr(self, f"{name}_constraint", constraint)

    def _make_weight(self, name: str, shape: Shape, settings: str | None = None) -> Variable:
        settings = settings or name
        return self.add_weight(
            shape,
            getattr(self, f"{settings}_initializer"),
            regularizer=getattr(self, f"{settings}_regularizer"),
            constraint=getattr(self, f"{settings}_constraint"),
            name=name,
        )

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        if name == "data_format":
            return bool(value == config.image_data_format())
        if isinstance(value, tuple) and isinstance(default, int):
            return value == (default,) * self.rank
        return super()._is_default(name, value, default)

    # Shapes.

    def _channels(self, shape: PartialShape) -> int:
        """Return the number of channels in a shape of as many axes as this layer takes."""
        check_axes(self, shape, self.rank, self.data_format)
        axis = -1 if self.data_format == "channels_last" else 1
        channels = shape[axis]
        if not channels:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected a known number of channels in axis "
                f"{axis}, got shape {tuple(shape)}; declare that axis of the input"
            )
        return channels

    def _check_channels(self, shape: PartialShape, expected: int) -> None:
        channels = self._channels(shape)
        if channels != expected:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected {expected} channels, got {channels} "
                f"(input of shape {tuple(shape)}, {self.data_format}); give it what it was built "
                "for, or make a new layer"
            )

    def _lengths(self, shape: PartialShape) -> list[int | None]:
        return [shape[axis] for axis in axes_of(self.rank, self.data_format)]

    def _output_lengths(self, shape: PartialShape) -> list[int | None]:
        """Return the lengths of the output; refuse an input smaller than the window."""
        lengths = self._lengths(shape)
        window = zip(lengths, self.kernel_size, self.strides, self.dilation_rate)
        found = [output_length(n, k, s, self.padding, d) for n, k, s, d in window]
        if any(n is not None and n < 1 for n in found):
            spans = tuple(reach(k, d) for k, d in zip(self.kernel_size, self.dilation_rate))
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected an input of at least {spans}, the "
                f"reach of its kernel, got {tuple(lengths)} (input of shape {tuple(shape)}); make "
                "kernel_size smaller, or padding='same'"
            )
        return found

    def _arranged(self, shape: PartialShape, lengths: Any, filters: int) -> PartialShape:
        if self.data_format == "channels_last":
            return (shape[0], *lengths, filters)
        return (shape[0], filters, *lengths)

    # Computing.

    def _float(self, x: Array) -> Array:
        return x if x.dtype.kind == "f" else x.astype(self.dtype)

    def _fused(self) -> str | None:
        """Return the name of the activation if an op can apply it by itself."""
        if self.activation is not self._resolved[0]:
            self._resolved = _resolve(self.activation)
        return self._resolved[1]

    def _activated(self, y: Array) -> Any:
        """Return ``y`` through an activation that was not fused, if there is one."""
        return y if self._resolved[2] is None else self._resolved[2](y)


def _resolve(activation: Activation) -> tuple[Activation, str | None, Any]:
    """Return an activation as given, its name if an op fuses it, and else what to apply."""
    if activation is None:
        return activation, None, None
    function = activations.get(activation)
    fused = _FUSED.get(function) if getattr(function, "__hash__", None) else None
    return activation, fused, None if fused else function
