"""Spectral normalization: a kernel whose largest singular value is 1."""

import math
from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_positive_int
from minikeras.autodiff import Variable
from minikeras.initializers import TruncatedNormal
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.wrapper import Wrapper
from minikeras.registry import register

__all__ = ["SpectralNormalization"]


@register("layer")
class SpectralNormalization(Wrapper):
    """Divide the kernel of a layer by its largest singular value, at each call while training.

    It bounds how much the layer can stretch distances, which steadies the training of GANs.

    Parameters
    ----------
    layer : Layer
        One that has a ``kernel`` or ``embeddings``.
    power_iterations : int, default 1
        Steps of the power method at each call; the vector they improve is kept from call to call.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``layer`` is not a layer or has no kernel, or ``power_iterations`` is below 1.

    Notes
    -----
    The kernel itself is replaced; its gradient does not go through the singular value.

    References
    ----------
    Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (ICLR 2018),
    algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Dense, SpectralNormalization
    >>> layer = SpectralNormalization(Dense(2, use_bias=False), power_iterations=20)
    >>> y = layer(np.ones((1, 3)), training=True)
    >>> round(float(np.linalg.norm(layer.kernel.value, 2)), 4)
    1.0
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Unpack[LayerOptions]):
        super().__init__(layer, **kwargs)
        self.power_iterations = check_positive_int("power_iterations", power_iterations)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        self.kernel: Any = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if self.kernel is None:
            raise ValueError(
                f"SpectralNormalization {self.name!r} expected a layer that has a kernel or "
                f"embeddings, got {self.layer!r}"
            )
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]),
            TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        if not self.built:
            self.build(input_shape)
        return self.layer.compute_output_shape(input_shape)

    def _own_variables(self) -> list[Variable]:
        # The kernel comes first, as in Keras; unless the layer inside is frozen, which this one,
        # not frozen itself, must not undo.
        own = super()._own_variables()
        inside = vars(self).get("layer")
        if inside is None or inside.trainable or not self.trainable:
            return own
        return [variable for variable in own if variable is not self.kernel]

    def forward(self, x: Any, training: bool = False) -> Array:
        if training:
            self._divide_kernel()
        y: Array = self.layer(x)
        return y

    def _divide_kernel(self) -> None:
        kernel = self.kernel.value
        if not kernel.any():
            return
        matrix = kernel.reshape(math.prod(kernel.shape[:-1]), kernel.shape[-1])
        u: Any = self.vector_u.value
        for _ in range(self.power_iterations):
            v = _unit(u @ matrix.T)
            u = _unit(v @ matrix)
        self.vector_u.assign(u)
        self.kernel.assign(kernel / (v @ matrix @ u.T))


def _unit(vector: Array) -> Any:
    return vector / max(float(np.linalg.norm(vector)), 1e-7)
