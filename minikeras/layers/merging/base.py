"""What layers that merge several inputs into one have in common."""

from typing import Any, ClassVar, Unpack

import numpy as np

from minikeras._typing import PartialShape
from minikeras.layers.base import Layer, LayerOptions

__all__ = ["Merge", "same_batch"]


class Merge(Layer):
    """Base of layers that are called on a list of arrays."""

    supports_masking = True
    exactly: ClassVar[int | None] = None  # how many inputs; None for any number

    def __init__(self, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)

    def check_input(self, x: Any) -> None:
        if not isinstance(x, list | tuple):
            self._refuse_single(x.shape)
        self.compute_output_shape([tuple(item.shape) for item in x])

    def _refuse_single(self, shape: Any) -> None:
        wanted = "arrays" if self.exactly is None else f"{self.exactly} arrays"
        raise ValueError(
            f"{type(self).__name__} {self.name!r} expected a list of {wanted}, got one array of "
            f"shape {shape}; write layer([a, b])"
        )

    def check_shapes(self, shapes: Any) -> list[PartialShape]:
        """Return the inputs' shapes, if there are as many as there should be."""
        if not isinstance(shapes, list | tuple) or (
            shapes and not isinstance(shapes[0], list | tuple)
        ):
            self._refuse_single(shapes)
        if len(shapes) < 1 or (self.exactly is not None and len(shapes) != self.exactly):
            wanted = "at least 1 input" if self.exactly is None else f"{self.exactly} inputs"
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected {wanted}, got {len(shapes)} "
                f"(shapes {list(shapes)}); write layer([a, b])"
            )
        same_batch(self, shapes)
        return [tuple(shape) for shape in shapes]

    @staticmethod
    def _known_batch(shapes: list[PartialShape]) -> int | None:
        return next((shape[0] for shape in shapes if shape and shape[0] is not None), None)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        mask = previous_mask[0]
        for other in previous_mask[1:]:
            mask = np.logical_or(mask, other)
        return mask


def same_batch(layer: Layer, shapes: Any) -> None:
    """Refuse inputs with different numbers of samples."""
    if len({shape[0] for shape in shapes if len(shape)} - {None}) > 1:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected inputs with equal numbers of samples, "
            f"got shapes {list(shapes)}"
        )
