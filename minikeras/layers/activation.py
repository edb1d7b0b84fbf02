"""Activations with settings or weights of their own, as layers."""

import warnings
from typing import Any, Unpack

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.layers.base import Layer, LayerOptions
from minikeras.ops.activation import elu
from minikeras.ops.rectifier import leaky_relu, relu
from minikeras.ops.softmax import softmax
from minikeras.registry import register

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"]


class _Elementwise(Layer):
    """Base of the layers of this file: the output has the shape of the input."""

    supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)


@register("layer")
class ReLU(_Elementwise):
    """``max(x, 0)``, or with other slopes and limits.

    ``max_value`` where ``x >= max_value``, ``x`` where ``threshold <= x < max_value``,
    ``negative_slope * (x - threshold)`` below.

    Parameters
    ----------
    max_value : float, optional
        Largest value, at least 0.
    negative_slope : float, default 0.0
        Slope below ``threshold``, at least 0.
    threshold : float, default 0.0
        From where on ``x`` is passed, at least 0.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a setting is not a number of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ReLU
    >>> ReLU(max_value=2.0, negative_slope=0.5)(np.array([[-1.0, 1.0, 3.0]]))
    array([[-0.5,  1. ,  2. ]], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else check_number("max_value", max_value, 0)
        self.negative_slope = check_number("negative_slope", negative_slope, 0)
        self.threshold = check_number("threshold", threshold, 0)

    def forward(self, x: Array) -> Array:
        y: Array = relu(x, self.negative_slope, self.max_value, self.threshold)
        return y


@register("layer")
class LeakyReLU(_Elementwise):
    """``x`` where it is positive, ``negative_slope * x`` elsewhere.

    Parameters
    ----------
    negative_slope : float, default 0.3
        At least 0.
    alpha : float, optional
        Outdated name of ``negative_slope``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``negative_slope`` is not a number of at least 0.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import LeakyReLU
    >>> LeakyReLU(0.5)(np.array([[-2.0, 3.0]]))
    array([[-1.,  3.]], dtype=float32)
    """

    def __init__(
        self,
        negative_slope: float = 0.3,
        *,
        alpha: float | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if alpha is not None:
            warnings.warn("alpha is now called negative_slope", UserWarning, stacklevel=2)
            negative_slope = alpha
        self.negative_slope = check_number("negative_slope", negative_slope, 0)

    def forward(self, x: Array) -> Array:
        y: Array = leaky_relu(x, self.negative_slope)
        return y


@register("layer")
class PReLU(_Elementwise):
    """``x`` where it is positive, ``alpha * x`` elsewhere, with learnt slopes ``alpha``.

    Parameters
    ----------
    alpha_initializer : str or callable, default "zeros"
    alpha_regularizer, alpha_constraint : str or callable, optional
    shared_axes : int or list of int, optional
        Axes along which all elements have one slope, the batch axis being 0: ``[1, 2]`` gives one
        for each channel of an image.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If the input has no such axis.

    References
    ----------
    He et al., "Delving Deep into Rectifiers" (ICCV 2015), equation 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import PReLU
    >>> PReLU(alpha_initializer="ones")(np.array([[-2.0, 3.0]]))
    array([[-2.,  3.]], dtype=float32)
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | list[int] | tuple[int, ...] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        initializers.get(alpha_initializer)
        regularizers.get(alpha_regularizer)
        constraints.get(alpha_constraint)
        self.alpha_initializer = alpha_initializer
        self.alpha_regularizer = alpha_regularizer
        self.alpha_constraint = alpha_constraint
        if shared_axes is None or isinstance(shared_axes, int):
            self.shared_axes = None if shared_axes is None else [shared_axes]
        else:
            self.shared_axes = list(shared_axes)

    def build(self, input_shape: Any) -> None:
        shape = list(input_shape)
        for axis in self.shared_axes or ():
            if not 1 <= axis < len(shape):
                raise ValueError(
                    f"PReLU {self.name!r} expected shared_axes from 1 to {len(shape) - 1}, got "
                    f"{self.shared_axes} (input of shape {input_shape}); the batch axis is 0"
                )
            shape[axis] = 1
        self.alpha: Any = self.add_weight(
            tuple(shape[1:]),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )

    def check_input(self, x: Any) -> None:
        known = self.alpha.shape
        if len(known) != len(x.shape) - 1 or any(
            n not in (1, m) for n, m in zip(known, x.shape[1:])
        ):
            raise ValueError(
                f"PReLU {self.name!r} expected samples that fit slopes of shape {known}, got an "
                f"input of shape {x.shape}; give it what it was built for, or make a new layer"
            )

    def forward(self, x: Array) -> Array:
        y: Array = relu(x) - self.alpha * relu(-x)
        return y


@register("layer")
class ELU(_Elementwise):
    """``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.

    Parameters
    ----------
    alpha : float, default 1.0
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``alpha`` is not a finite number.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
    Linear Units (ELUs)" (ICLR 2016).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ELU
    >>> ELU()(np.array([[-np.inf, 0.0, 3.0]]))
    array([[-1.,  0.,  3.]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.alpha = check_number("alpha", alpha)

    def forward(self, x: Array) -> Array:
        y: Array = elu(x, self.alpha)
        return y


@register("layer")
class Softmax(_Elementwise):
    """Exponentials divided by their sum along ``axis``: positive numbers that sum to 1.

    Parameters
    ----------
    axis : int or list of int, default -1
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If a mask does not broadcast to the input.

    Notes
    -----
    Called with ``mask=``, what is False there gets 0, and the others sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Softmax
    >>> x = np.array([[1.0, 1.0, 1.0]])
    >>> Softmax()(x, mask=np.array([[True, True, False]]))
    array([[0.5, 0.5, 0. ]], dtype=float32)
    """

    def __init__(
        self, axis: int | list[int] | tuple[int, ...] = -1, **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.axis = axis

    def forward(self, x: Array, mask: Any = None) -> Array:
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        y: Array
        if mask is None:
            y = softmax(x, axis)
            return y
        mask = np.asarray(mask)
        if mask.ndim > x.ndim or any(
            n not in (1, m) for n, m in zip(mask.shape[::-1], x.shape[::-1])
        ):
            raise ValueError(
                f"Softmax {self.name!r} expected a mask that broadcasts to the input of shape "
                f"{x.shape}, got shape {mask.shape}"
            )
        kept = mask if mask.dtype == bool else mask > 0.5
        least = -30000.0 if x.dtype == np.float16 else -1e9
        y = softmax(np.where(kept, x, least).astype(x.dtype), axis) * kept
        return y
