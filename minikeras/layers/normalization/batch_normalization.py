"""Batch normalization: channels with mean 0 and variance 1 over the batch."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras import config, initializers
from minikeras._typing import Array
from minikeras._validation import check_choice, check_number
from minikeras.autodiff import stop_gradient
from minikeras.layers.base import LayerOptions
from minikeras.layers.normalization.base import ScaledNormalization, positive_axis
from minikeras.ops.batch_normalization import (
    batch_normalization,
    channel_moments,
    normalize_batch,
)
from minikeras.registry import register

__all__ = ["BatchNormalization"]


@register("layer")
class BatchNormalization(ScaledNormalization):
    """Normalize each channel over the batch while training, with moving averages otherwise.

    ``gamma * (x - mean) / sqrt(variance + epsilon) + beta``. With ``training=True`` mean and
    variance are those of the batch, and the moving averages follow them; at inference the moving
    averages are used. A frozen layer (``trainable = False``) always works as at inference.

    Parameters
    ----------
    axis : int, default -1
        The channels' axis.
    momentum : float, default 0.99
        Share of the moving averages that a training step keeps.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to add beta, and to multiply with gamma.
    beta_initializer, gamma_initializer : str or callable
        Default ``"zeros"`` and ``"ones"``.
    moving_mean_initializer, moving_variance_initializer : str or callable
        Default ``"zeros"`` and ``"ones"``.
    beta_regularizer, gamma_regularizer : str or callable, optional
    beta_constraint, gamma_constraint : str or callable, optional
    renorm : bool, default False
        Whether to correct a training batch towards the moving averages (batch renormalization).
    renorm_clipping : dict, optional
        Bounds ``"rmin"``, ``"rmax"``, ``"dmax"`` of the correction.
    renorm_momentum : float, default 0.99
        As ``momentum``, for the averages that the correction uses.
    synchronized : bool, default False
        Accepted for Keras code; one process is always synchronized.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If the input has no such axis or another number of channels than it was built for.

    Notes
    -----
    Weights: gamma, beta, moving_mean, moving_variance, each of shape ``(channels,)``. With a mask
    of shape ``x.shape[:-1]``, only what counts goes into the moments.

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift" (ICML 2015); Ioffe, "Batch Renormalization" (NeurIPS 2017).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import BatchNormalization
    >>> layer = BatchNormalization(momentum=0.5, epsilon=0.0)
    >>> layer(np.array([[1.0], [3.0]]), training=True)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> layer.moving_mean.value, layer.moving_variance.value
    (array([1.], dtype=float32), array([1.], dtype=float32))
    >>> layer(np.array([[1.0], [3.0]]))
    array([[0.],
           [2.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
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
        for initializer in (moving_mean_initializer, moving_variance_initializer):
            initializers.get(initializer)
        for bound in renorm_clipping or {}:
            check_choice("bound in renorm_clipping", bound, ["rmin", "rmax", "dmax"])
        self.axis = _integer(axis)
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0)
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = check_number("renorm_momentum", renorm_momentum, 0, 1)
        self.synchronized = synchronized

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[positive_axis(self, self.axis, input_shape)],)
        self.add_scale_and_shift(shape, self.scale, self.center)
        self.moving_mean = self.add_weight(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        if self.renorm:  # averages of the standard deviation, as in the paper
            deviation = np.sqrt(self.moving_variance.value)
            self.moving_stddev = self.add_weight(
                shape, "ones", trainable=False, name="moving_stddev"
            )
            self.renorm_mean = self.add_weight(
                shape, self.moving_mean_initializer, trainable=False, name="renorm_mean"
            )
            self.renorm_stddev = self.add_weight(
                shape, "ones", trainable=False, name="renorm_stddev"
            )
            self.moving_stddev.assign(deviation)
            self.renorm_stddev.assign(deviation)

    def check_input(self, x: Any) -> None:
        channels = x.shape[positive_axis(self, self.axis, x.shape)]
        if channels != len(self.moving_mean.value):
            raise ValueError(
                f"BatchNormalization {self.name!r} expected {len(self.moving_mean.value)} channels "
                f"along axis {self.axis}, got {channels} (input of shape {x.shape}); give it what "
                "it was built for, or make a new layer"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        positive_axis(self, self.axis, input_shape)
        return tuple(input_shape)

    def forward(self, x: Array, training: bool = False, mask: Any = None) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        axis, epsilon = self.axis, self.epsilon
        y: Array
        if not (training and self.trainable) or len(x) == 0:
            moments = self.moving_mean.value, self.moving_variance.value
            y = normalize_batch(x, self.gamma, self.beta, moments, axis, epsilon, constant=True)
            return y
        gamma, beta = self.gamma, self.beta
        if mask is None:
            moments = channel_moments(x, axis)
            if self.renorm:
                gamma, beta = self._corrected(*moments)
            self._follow(*moments)
            y = normalize_batch(x, gamma, beta, moments, axis, epsilon)
            return y
        moments = self._masked_moments(x, mask)
        if self.renorm:
            gamma, beta = self._corrected(*stop_gradient(moments))
        self._follow(*stop_gradient(moments))
        y = batch_normalization(x, *moments, axis, beta, gamma, epsilon)
        return y

    def _masked_moments(self, x: Any, mask: Any) -> tuple[Any, Any]:
        if len(mask.shape) != x.ndim - 1:
            raise ValueError(
                f"BatchNormalization {self.name!r} expected a mask with one axis less than the "
                f"input, got shape {mask.shape} for {x.shape}"
            )
        axes = tuple(i for i in range(x.ndim) if i != self.axis % x.ndim)
        counts = np.broadcast_to(np.asarray(mask, bool)[..., np.newaxis], x.shape)
        total = counts.sum(axis=axes, keepdims=True).astype(x.dtype) + config.epsilon()
        mean = np.sum(np.where(counts, x, 0.0), axis=axes, keepdims=True) / total
        gap = np.where(counts, x - mean, 0.0)
        variance = np.sum(gap * gap, axis=axes, keepdims=True) / total
        return mean.reshape(-1), variance.reshape(-1)

    def _follow(self, mean: Array, variance: Array) -> None:
        """Move the averages towards the moments of a batch."""
        if not self.renorm:
            _approach(self.moving_mean, mean, self.momentum)
            _approach(self.moving_variance, variance, self.momentum)
            return
        deviation = np.sqrt(variance + self.epsilon)
        _approach(self.renorm_mean, mean, self.renorm_momentum)
        _approach(self.renorm_stddev, deviation, self.renorm_momentum)
        _approach(self.moving_mean, mean, self.momentum)
        _approach(self.moving_stddev, deviation, self.momentum)
        square = np.square(self.moving_stddev.value)
        self.moving_variance.assign(np.maximum(square - self.epsilon, 0.0))

    def _corrected(self, mean: Array, variance: Array) -> tuple[Any, Any]:
        """Return gamma and beta that lead from the batch's moments to the moving averages."""
        bounds = self.renorm_clipping or {}
        usual = np.maximum(self.renorm_stddev.value, self.epsilon**0.5)
        r = np.sqrt(variance + self.epsilon) / usual
        d = (mean - self.renorm_mean.value) / usual
        r = r.clip(bounds.get("rmin", -math.inf), bounds.get("rmax", math.inf))
        d = d.clip(-bounds.get("dmax", math.inf), bounds.get("dmax", math.inf))
        gamma: Any = r if self.gamma is None else self.gamma * r
        beta: Any = d if self.gamma is None else self.gamma * d
        return gamma, beta if self.beta is None else beta + self.beta


def _approach(average: Any, value: Array, momentum: float) -> None:
    average.assign(average.value * momentum + value * (1.0 - momentum))


def _integer(axis: Any) -> int:
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise TypeError(f"axis must be an integer, got {axis!r} ({type(axis).__name__})")
    return int(axis)
