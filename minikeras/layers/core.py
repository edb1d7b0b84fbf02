"""The layers every network starts from: Dense, Activation, and those that only pass things on."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any, Self, Unpack

from minikeras import activations, constraints, initializers, ops, regularizers
from minikeras._typing import Array, PartialShape
from minikeras._validation import check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.ops.dense import FUSED
from minikeras.registry import get_registered_object, register

__all__ = ["Activation", "Dense", "Identity", "Lambda"]


@register("layer")
class Dense(Layer):
    """Fully connected layer, ``activation(x @ kernel + bias)``.

    Parameters
    ----------
    units : int
        Number of output features, at least 1.
    activation : str, callable or None
        Applied to the result; None leaves it as it is.
    use_bias : bool, default True
        Whether to add a bias.
    kernel_initializer, bias_initializer : str or callable
        First values of the weights; default ``"glorot_uniform"`` and ``"zeros"``.
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
        Losses computed from the kernel, the bias and the output.
    kernel_constraint, bias_constraint : str or callable, optional
        Applied to the weights after each training step.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``units`` is not an integer of at least 1, or an activation, initializer, regularizer or
        constraint is unknown.

    Notes
    -----
    Input ``(batch, ..., features)``, output ``(batch, ..., units)``; ``kernel`` has shape
    ``(features, units)``, ``bias`` ``(units,)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Dense
    >>> layer = Dense(2, kernel_initializer="ones", bias_initializer="ones")
    >>> layer(np.array([[1.0, 2.0, 3.0]]))
    array([[7., 7.]], dtype=float32)
    >>> layer.kernel.shape, layer.count_params()
    ((3, 2), 8)
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = check_positive_int("units", units)
        # A misspelt name is refused here, not at the first call.
        self._resolved = activation, activations.get(activation)
        for initializer in (kernel_initializer, bias_initializer):
            initializers.get(initializer)
        for regularizer in (kernel_regularizer, bias_regularizer):
            regularizers.get(regularizer)
        for constraint in (kernel_constraint, bias_constraint):
            constraints.get(constraint)
        self.activation = activation
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint

    def build(self, input_shape: Any) -> None:
        _check_has_features(self, input_shape)
        self.kernel = self.add_weight(
            (input_shape[-1], self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def check_input(self, x: Any) -> None:
        _check_has_features(self, x.shape)
        if x.shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"Dense {self.name!r} expected {self.kernel.shape[0]} features, got "
                f"{x.shape[-1]} (input of shape {x.shape}); give it what it was built for, or make "
                "a new layer"
            )

    def forward(self, x: Array) -> Array:  # (batch, ..., features) -> (batch, ..., units)
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        activation = self.activation
        if type(activation) is str and activation in FUSED:
            return ops.dense(x, self.kernel, self.bias, activation)  # type: ignore[no-any-return]
        z = ops.dense(x, self.kernel, self.bias)
        if activation is None:
            return z  # type: ignore[no-any-return]
        if activation is not self._resolved[0]:  # looking a name up takes a microsecond
            self._resolved = activation, activations.get(activation)
        return self._resolved[1](z)  # type: ignore[no-any-return]


def _check_has_features(layer: Layer, shape: PartialShape) -> None:
    if len(shape) < 2:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected an array of shape (batch, features), "
            f"got shape {shape}; reshape one sample with x[np.newaxis] and one feature with "
            "x[:, np.newaxis]"
        )
    if shape[-1] == 0:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expected at least one feature, got {shape}"
        )


@register("layer")
class Activation(Layer):
    """Apply an activation function.

    Parameters
    ----------
    activation : str or callable
        A name of ``minikeras.activations`` or a function of one array.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Activation
    >>> Activation("relu")(np.array([[-1.0, 2.0]]))
    array([[0., 2.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self, activation: str | Callable[[Any], Any] | None, **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        activations.get(activation)
        self.activation = activation

    def forward(self, x: Array) -> Array:
        return activations.get(self.activation)(x)  # type: ignore[no-any-return]


@register("layer")
class Identity(Layer):
    """Give back the input as it is.

    Parameters
    ----------
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Identity
    >>> Identity()(np.array([[1.0, 2.0]]))
    array([[1., 2.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)

    def forward(self, x: Any) -> Any:
        return x


@register("layer")
class Lambda(Layer):
    """Apply a function written in NumPy.

    Parameters
    ----------
    function : callable
        Takes an array, gives an array; differentiated like any NumPy code. If it has an argument
        ``mask`` or ``training``, it is told.
    output_shape
        Accepted for Keras code; shapes are found by running the function.
    mask : boolean array or callable, optional
        Mask of the output, or a function ``(inputs, mask)`` that gives it; None ends a mask here.
    arguments : dict, optional
        Further keyword arguments for ``function``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError
        If ``function`` cannot be called.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Lambda
    >>> Lambda(lambda x: np.square(x))(np.array([[2.0, 3.0]]))
    array([[4., 9.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(
                f"Lambda expected a function of one array, got {function!r} "
                f"({type(function).__name__})"
            )
        self.function = function
        self._told = {"mask", "training"} & set(_argument_names(function))
        self.output_shape = output_shape
        self.mask = mask
        self.arguments = arguments

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a new layer; registered functions and activations may be given by name."""
        named = {key: config[key] for key in ("function", "mask") if type(config.get(key)) is str}
        found = {
            key: get_registered_object(name) or activations.get(name) for key, name in named.items()
        }
        return super().from_config({**config, **found})

    def forward(self, x: Any, mask: Any = None, training: bool = False) -> Any:
        kwargs = dict(self.arguments or {})
        if "mask" in self._told:
            kwargs["mask"] = mask
        if "training" in self._told:
            kwargs["training"] = training
        return self.function(x, **kwargs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if callable(self.mask):
            return self.mask(inputs, previous_mask)
        if self.mask is None and previous_mask is not None and "mask" not in self._told:
            warnings.warn(
                f"Lambda {self.name!r} was given a masked input and does not pass the mask on; say "
                "with mask=lambda inputs, mask: mask that it may",
                UserWarning,
                stacklevel=4,
            )
        return self.mask


def _argument_names(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:  # some of NumPy's functions do not tell
        return []
