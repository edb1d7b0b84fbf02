"""Layer and RMS normalization: within each sample, along given axes."""

import warnings
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_number
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.normalization.base import ScaledNormalization, positive_axis
from minikeras.ops.normalization import layer_normalization, rms_normalization
from minikeras.registry import register

__all__ = ["LayerNormalization", "RMSNormalization"]


@register("layer")
class LayerNormalization(ScaledNormalization):
    """Give each sample mean 0 and variance 1 along ``axis``, then scale and shift.

    ``gamma * (x - mean) / sqrt(variance + epsilon) + beta``.

    Parameters
    ----------
    axis : int or list of int, default -1
        Axes to normalize over; the batch axis is not among them.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to add beta, and to multiply with gamma.
    beta_initializer, gamma_initializer : str or callable
        Default ``"zeros"`` and ``"ones"``.
    beta_regularizer, gamma_regularizer : str or callable, optional
    beta_constraint, gamma_constraint : str or callable, optional
    rms_scaling : bool, default False
        Outdated: divide by the standard deviation without subtracting the mean, without beta.
        What is called RMS normalization is ``RMSNormalization``.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` is not an integer or a list of them, or the input has no such axis.

    Notes
    -----
    gamma and beta have the lengths of the input along ``axis``.

    References
    ----------
    Ba, Kiros and Hinton, "Layer Normalization" (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import LayerNormalization
    >>> LayerNormalization(epsilon=0.0)(np.array([[1.0, 3.0], [10.0, 30.0]]))
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int | list[int] | Shape = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        if rms_scaling:
            warnings.warn(
                "rms_scaling=True divides by the standard deviation, not by the root mean square; "
                "use RMSNormalization",
                UserWarning,
                stacklevel=2,
            )
        self.axis = axis_of(axis)
        self.epsilon = check_number("epsilon", epsilon, 0)
        self.rms_scaling = rms_scaling

    def build(self, input_shape: Any) -> None:
        shape = lengths_along(self, self.axis, input_shape)
        self.add_scale_and_shift(
            shape, self.scale or self.rms_scaling, self.center and not self.rms_scaling
        )

    def check_input(self, x: Any) -> None:
        known = self.gamma if self.gamma is not None else self.beta
        if known is not None:
            check_lengths(self, self.axis, x.shape, known.shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        lengths_along(self, self.axis, input_shape)
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        y: Array
        if self.rms_scaling:
            axes = tuple(i % x.ndim for i in np.atleast_1d(self.axis).tolist())
            factor = 1.0 / np.sqrt(np.var(x, axis=axes, keepdims=True) + self.epsilon)
            gamma: Any = self.gamma
            shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
            y = x * factor * gamma.reshape(shape)
            return y
        y = layer_normalization(x, self.gamma, self.beta, self.axis, self.epsilon)
        return y


@register("layer")
class RMSNormalization(Layer):
    """Divide by the root mean square along ``axis``, then scale.

    ``scale * x / sqrt(mean(x**2) + epsilon)``.

    Parameters
    ----------
    axis : int or list of int, default -1
        Axes to normalize over; the batch axis is not among them.
    epsilon : float, default 1e-6
        Added to the mean square.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` is not an integer or a list of them, or the input has no such axis.

    References
    ----------
    Zhang and Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import RMSNormalization
    >>> RMSNormalization(epsilon=0.0)(np.array([[1.0, 7.0]]))
    array([[0.2, 1.4]], dtype=float32)
    """

    def __init__(
        self,
        axis: int | list[int] | Shape = -1,
        epsilon: float = 1e-6,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.axis = axis_of(axis)
        self.epsilon = check_number("epsilon", epsilon, 0)

    def build(self, input_shape: Any) -> None:
        shape = lengths_along(self, self.axis, input_shape)
        self.scale: Any = self.add_weight(shape, "ones", name="scale")

    def check_input(self, x: Any) -> None:
        check_lengths(self, self.axis, x.shape, self.scale.shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        lengths_along(self, self.axis, input_shape)
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        y: Array = rms_normalization(x, self.scale, self.axis, self.epsilon)
        return y


def axis_of(axis: Any) -> int | list[int]:
    """Return an axis, or a list of axes."""
    axes = list(axis) if isinstance(axis, list | tuple) else [axis]
    for one in axes:
        if isinstance(one, bool) or not isinstance(one, int | np.integer):
            raise TypeError(f"axis must be an integer or a list of them, got {axis!r}")
    return axes if isinstance(axis, list | tuple) else int(axis)


def lengths_along(layer: Layer, axis: int | list[int], shape: PartialShape) -> Any:
    """Return the lengths of ``shape`` along ``axis``; refuse axes that it has not."""
    axes = axis if isinstance(axis, list) else [axis]
    positive = [positive_axis(layer, one, shape) for one in axes]
    if len(set(positive)) < len(positive):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected different axes, got {axis} for an "
            f"input of shape {tuple(shape)}"
        )
    return tuple(shape[i] for i in sorted(positive))


def check_lengths(layer: Layer, axis: int | list[int], shape: Shape, known: Shape) -> None:
    """Refuse an input that differs along ``axis`` from what the layer was built for."""
    got = lengths_along(layer, axis, shape)
    if got != tuple(known):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected lengths {tuple(known)} along axis "
            f"{axis}, got {got} (input of shape {tuple(shape)}); give it what it was built for, or "
            "make a new layer"
        )
