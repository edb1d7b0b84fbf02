"""The same layer at every step of a sequence."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.call import active_call
from minikeras.layers.structures import map_shapes
from minikeras.layers.wrapper import Wrapper, build_inside
from minikeras.registry import register
from minikeras.tree import map_leaves

__all__ = ["TimeDistributed"]


@register("layer")
class TimeDistributed(Wrapper):
    """Apply a layer to every step of a sequence, always with the same weights.

    Parameters
    ----------
    layer : Layer
        Gets single steps, ``(batch, ...)``.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If ``layer`` is not a layer.
    ValueError
        If the input has no axis of steps.

    Notes
    -----
    Input ``(batch, steps, ...)``, output ``(batch, steps, ...)``. Steps are computed together, as
    samples of one large batch; one by one only while a layer with statistics of the batch
    (BatchNormalization) is trained, whose averages then move at every step.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Dense
    >>> from minikeras.layers import TimeDistributed
    >>> TimeDistributed(Dense(8))(np.zeros((32, 10, 16))).shape
    (32, 10, 8)
    """

    supports_masking = True

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]):
        super().__init__(layer, **kwargs)

    def build(self, input_shape: Any) -> None:
        build_inside(self, self.layer, self._step_shape(input_shape))

    def check_input(self, x: Any) -> None:
        self._step_shape(x.shape)

    def _step_shape(self, shape: Any) -> Any:
        if len(shape) < 3:
            raise ValueError(
                f"TimeDistributed {self.name!r} expected at least three axes, (batch, steps, "
                f"features), got shape {tuple(shape)}; use the layer {self.layer.name!r} itself, "
                "or give the input an axis of steps"
            )
        return (shape[0], *shape[2:])

    def forward(self, x: Array, training: bool = False, mask: Any = None) -> Any:
        batch, steps = x.shape[:2]
        kwargs = {}
        if mask is not None:
            if mask.shape[:2] != (batch, steps):
                raise ValueError(
                    f"TimeDistributed {self.name!r} expected a mask that starts with the axes "
                    f"{(batch, steps)} of its input, got shape {mask.shape}"
                )
            if "mask" in self.layer._takes:
                kwargs["mask"] = mask
        if training and self._has_statistics():
            outputs = [
                self.layer(x[:, t], **{key: value[:, t] for key, value in kwargs.items()})
                for t in range(steps)
            ]
            return np.stack(outputs, axis=1)
        y = self.layer(
            x.reshape((batch * steps, *x.shape[2:])),
            **{key: value.reshape(-1, *value.shape[2:]) for key, value in kwargs.items()},
        )
        return map_leaves(lambda part: part.reshape((batch, steps, *part.shape[1:])), y)

    def _has_statistics(self) -> bool:
        """Whether something inside learns from whole batches, not by gradients."""
        call = active_call.get()
        return (
            call is not None
            and call.root is not None
            and any(
                not variable.trainable
                for layer in self.layer._flatten_layers()
                for variable in layer._own_variables()
            )
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        inner = self.layer.compute_output_shape(self._step_shape(input_shape))
        return map_shapes(inner, lambda shape: (shape[0], input_shape[1], *shape[1:]))
