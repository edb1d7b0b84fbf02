"""What the pooling layers of one, two and three axes have in common."""

from collections.abc import Callable
from typing import Any, ClassVar, Unpack

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_choice
from minikeras.layers._spatial import axes_of, check_axes, data_format_of, lengths_of
from minikeras.layers.base import Layer, LayerOptions

__all__ = ["AdaptivePooling", "GlobalPooling", "Pooling"]


class Pooling(Layer):
    """Base of layers that make one number of each window."""

    rank: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        pool_size: int | Shape,
        strides: int | Shape | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.pool_size = lengths_of("pool_size", pool_size, self.rank)
        self.strides = (
            self.pool_size if strides is None else lengths_of("strides", strides, self.rank)
        )
        self.padding = check_choice("padding", padding, ["valid", "same"])
        self.data_format = data_format_of(data_format)

    def check_input(self, x: Any) -> None:
        self._check_shape(x.shape)

    def _check_shape(self, shape: PartialShape) -> None:
        check_axes(self, shape, self.rank, self.data_format)
        lengths = [shape[axis] for axis in axes_of(self.rank, self.data_format)]
        if self.padding == "valid" and any(
            n is not None and n < size for n, size in zip(lengths, self.pool_size)
        ):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected an input of at least "
                f"{self.pool_size}, one window, got {tuple(lengths)} (shape {tuple(shape)}); make "
                "pool_size smaller, or padding='same'"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        self._check_shape(input_shape)
        shape = list(input_shape)
        for axis, size, step in zip(
            axes_of(self.rank, self.data_format), self.pool_size, self.strides
        ):
            n = shape[axis]
            if n is not None:
                shape[axis] = -(-n // step) if self.padding == "same" else (n - size) // step + 1
        return tuple(shape)

    def forward(self, x: Array) -> Array:
        pool = type(self).pool
        y: Array = pool(x, self.pool_size, self.strides, self.padding, self.data_format)
        return y


class GlobalPooling(Layer):
    """Base of layers that make one number of each channel."""

    rank: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.keepdims = bool(keepdims)

    def check_input(self, x: Any) -> None:
        check_axes(self, x.shape, self.rank, self.data_format)
        lengths = [x.shape[axis] for axis in axes_of(self.rank, self.data_format)]
        if 0 in lengths:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected at least one element to pool, got "
                f"an input of shape {x.shape}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, input_shape, self.rank, self.data_format)
        ones = (1,) * self.rank if self.keepdims else ()
        if self.data_format == "channels_last":
            return (input_shape[0], *ones, input_shape[-1])
        return (*input_shape[:2], *ones)

    def forward(self, x: Array) -> Array:
        y: Array = self._shaped(type(self).pool(x, data_format=self.data_format))
        return y

    def _shaped(self, y: Any) -> Any:
        """Give back the pooled axes with length 1, where that is wanted."""
        if not self.keepdims:
            return y
        ones = (1,) * self.rank
        if self.data_format == "channels_last":
            return y.reshape((y.shape[0], *ones, y.shape[1]))
        return y.reshape((*y.shape, *ones))


class AdaptivePooling(Layer):
    """Base of layers that pool into a wanted number of windows."""

    rank: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        output_size: int | Shape,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.output_size = lengths_of("output_size", output_size, self.rank)
        self.data_format = data_format_of(data_format)

    def check_input(self, x: Any) -> None:
        check_axes(self, x.shape, self.rank, self.data_format)
        if 0 in x.shape[1:]:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected at least one element to pool, got "
                f"an input of shape {x.shape}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, input_shape, self.rank, self.data_format)
        if self.data_format == "channels_last":
            return (input_shape[0], *self.output_size, input_shape[-1])
        return (*input_shape[:2], *self.output_size)

    def forward(self, x: Array) -> Array:
        y: Array = type(self).pool(x, self.output_size, self.data_format)
        return y
