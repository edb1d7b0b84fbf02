"""Group normalization: groups of channels, within each sample."""

from typing import Any, Unpack

from minikeras._typing import Array
from minikeras._validation import check_number, check_positive_int
from minikeras.layers.base import LayerOptions
from minikeras.layers.normalization.base import ScaledNormalization, positive_axis
from minikeras.ops.normalization import group_normalization
from minikeras.registry import register

__all__ = ["GroupNormalization"]


@register("layer")
class GroupNormalization(ScaledNormalization):
    """Normalize groups of neighbouring channels, in every sample for itself.

    Parameters
    ----------
    groups : int, default 32
        Number of groups, which divides the number of channels; -1 makes every channel a group
        (instance normalization), 1 takes all together.
    axis : int, default -1
        The channels' axis.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to add beta, and to multiply with gamma.
    beta_initializer, gamma_initializer : str or callable
        Default ``"zeros"`` and ``"ones"``.
    beta_regularizer, gamma_regularizer : str or callable, optional
    beta_constraint, gamma_constraint : str or callable, optional
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``groups`` is neither -1 nor at least 1, or does not divide the number of channels.

    References
    ----------
    Wu and He, "Group Normalization" (ECCV 2018).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GroupNormalization
    >>> GroupNormalization(2, epsilon=0.0)(np.array([[1.0, 3.0, 10.0, 30.0]]))
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
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
        name = "groups (-1 makes each channel one)"
        self.groups = -1 if groups == -1 else check_positive_int(name, groups)
        self.axis = axis
        self.epsilon = check_number("epsilon", epsilon, 0)

    def build(self, input_shape: Any) -> None:
        axis = positive_axis(self, self.axis, input_shape)
        channels = input_shape[axis]
        if axis == 0:
            raise ValueError(
                f"GroupNormalization {self.name!r} expected the axis of the channels, got axis "
                f"{self.axis}, which is the batch's"
            )
        if channels is not None and self.groups != -1 and channels % self.groups:
            raise ValueError(
                f"GroupNormalization {self.name!r} expected a number of channels that "
                f"{self.groups} groups divide evenly, got {channels} (input {input_shape}); choose "
                "another number of groups"
            )
        self.channels = channels
        self.add_scale_and_shift((channels,), self.scale, self.center)

    def check_input(self, x: Any) -> None:
        channels = x.shape[positive_axis(self, self.axis, x.shape)]
        if channels != self.channels:
            raise ValueError(
                f"GroupNormalization {self.name!r} expected {self.channels} channels along axis "
                f"{self.axis}, got {channels} (input of shape {x.shape}); give it what it was "
                "built for, or make a new layer"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        positive_axis(self, self.axis, input_shape)
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        groups = self.channels if self.groups == -1 else self.groups
        y: Array = group_normalization(x, groups, self.gamma, self.beta, self.axis, self.epsilon)
        return y
