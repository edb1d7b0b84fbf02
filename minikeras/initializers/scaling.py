"""Random first values scaled to the number of a unit's connections: Glorot, He, LeCun."""

import math
from collections.abc import Sequence

from minikeras._typing import Array, DType, Shape
from minikeras._validation import check_choice, check_number
from minikeras.initializers.noise import RandomInitializer, Seed
from minikeras.registry import register

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "VarianceScaling",
    "compute_fans",
]

# Standard deviation of a standard normal distribution cut off at -2 and 2:
# sqrt(1 - 4 * pdf(2) / (cdf(2) - cdf(-2))).
_TRUNCATED_STDDEV = 0.87962566103423978


def compute_fans(
    shape: Shape,
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return how many numbers flow into and out of each unit of a kernel.

    Parameters
    ----------
    shape : tuple of int
        ``(inputs, units)`` of a dense kernel, ``(*window, inputs, filters)`` of a convolution.
    input_axes, output_axes : sequence of int, optional
        Axes to multiply instead, where both are given.

    Returns
    -------
    fan_in, fan_out : int

    Examples
    --------
    >>> from minikeras.initializers import compute_fans
    >>> compute_fans((784, 128)), compute_fans((3, 3, 16, 32))
    ((784, 128), (144, 288))
    """
    if input_axes is not None and output_axes is not None:
        return (
            math.prod(shape[axis] for axis in input_axes),
            math.prod(shape[axis] for axis in output_axes),
        )
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


@register("initializer")
class VarianceScaling(RandomInitializer):
    """Random numbers whose variance ``scale / n`` fits the number ``n`` of connections of a unit.

    Keeps the signal's (``"fan_in"``) or the gradient's (``"fan_out"``) size from layer to layer.

    Parameters
    ----------
    scale : float, default 1.0
        Above 0.
    mode : {"fan_in", "fan_out", "fan_avg"}
        What ``n`` counts: inputs, outputs, or their mean.
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}
        ``"normal"`` means truncated. Uniform numbers lie within ``sqrt(3 * scale / n)``.
    seed : int, SeedGenerator or None
        See ``RandomInitializer``.
    input_axes, output_axes : sequence of int, optional
        Axes of the kernel that count as inputs and outputs; default: the last two, times the
        window of a convolution.

    Raises
    ------
    ValueError
        If ``scale`` is not above 0, or ``mode`` or ``distribution`` is unknown.

    References
    ----------
    He et al., "Delving Deep into Rectifiers" (2015), section 2.2.

    Examples
    --------
    >>> from minikeras.initializers import VarianceScaling
    >>> round(float(VarianceScaling(scale=2.0, seed=1)((200, 300)).std()), 2)  # sqrt(2 / 200)
    0.1
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(seed)
        self.scale = check_number("scale", scale, 0, open_minimum=True)
        self.mode = check_choice("mode", mode, ["fan_in", "fan_out", "fan_avg"])
        self.distribution = check_choice(
            "distribution",
            "truncated_normal" if distribution == "normal" else distribution,
            ["truncated_normal", "untruncated_normal", "uniform"],
        )
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "truncated_normal":
            return self._truncated(shape, 0.0, stddev / _TRUNCATED_STDDEV, dtype)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, 0.0, stddev, dtype)
        limit = math.sqrt(3.0) * stddev
        return self._uniform(shape, -limit, limit, dtype)


class _Fixed(VarianceScaling):
    """A VarianceScaling under its own name; the subclasses say which."""

    _scaling: tuple[float, str, str]

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(*self._scaling, seed, input_axes, output_axes)


@register("initializer")
class GlorotUniform(_Fixed):
    """Uniform within ``sqrt(6 / (fan_in + fan_out))``; also called Xavier. Default of most kernels.

    Parameters
    ----------
    seed, input_axes, output_axes
        See ``VarianceScaling``.

    References
    ----------
    Glorot, Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks"
    (2010), eq. 16.

    Examples
    --------
    >>> from minikeras.initializers import GlorotUniform
    >>> bool(abs(GlorotUniform(seed=1)((3, 3))).max() <= 1.0)
    True
    """

    _scaling = (1.0, "fan_avg", "uniform")


@register("initializer")
class GlorotNormal(_Fixed):
    """Truncated normal with standard deviation ``sqrt(2 / (fan_in + fan_out))``.

    Parameters
    ----------
    seed, input_axes, output_axes
        See ``VarianceScaling``.

    References
    ----------
    Glorot, Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks"
    (2010), eq. 12.

    Examples
    --------
    >>> from minikeras.initializers import GlorotNormal
    >>> GlorotNormal(seed=1)((2, 3)).shape
    (2, 3)
    """

    _scaling = (1.0, "fan_avg", "truncated_normal")


@register("initializer")
class HeUniform(_Fixed):
    """Uniform within ``sqrt(6 / fan_in)``; for ReLU layers.

    Parameters
    ----------
    seed, input_axes, output_axes
        See ``VarianceScaling``.

    References
    ----------
    He et al., "Delving Deep into Rectifiers" (2015), section 2.2.

    Examples
    --------
    >>> from minikeras.initializers import HeUniform
    >>> bool(abs(HeUniform(seed=1)((6, 3))).max() <= 1.0)
    True
    """

    _scaling = (2.0, "fan_in", "uniform")


@register("initializer")
class HeNormal(_Fixed):
    """Truncated normal with standard deviation ``sqrt(2 / fan_in)``; for ReLU layers.

    Parameters
    ----------
    seed, input_axes, output_axes
        See ``VarianceScaling``.

    References
    ----------
    He et al., "Delving Deep into Rectifiers" (2015), eq. 10.

    Examples
    --------
    >>> from minikeras.initializers import HeNormal
    >>> HeNormal(seed=1)((2, 3)).shape
    (2, 3)
    """

    _scaling = (2.0, "fan_in", "truncated_normal")


@register("initializer")
class LecunUniform(_Fixed):
    """Uniform within ``sqrt(3 / fan_in)``; for tanh and SELU layers.

    Parameters
    ----------
    seed, input_axes, output_axes
        See ``VarianceScaling``.

    References
    ----------
    LeCun et al., "Efficient BackProp" (1998), section 4.6.

    Examples
    --------
    >>> from minikeras.initializers import LecunUniform
    >>> bool(abs(LecunUniform(seed=1)((3, 3))).max() <= 1.0)
    True
    """

    _scaling = (1.0, "fan_in", "uniform")


@register("initializer")
class LecunNormal(_Fixed):
    """Truncated normal with standard deviation ``sqrt(1 / fan_in)``; for tanh and SELU layers.

    Parameters
    ----------
    seed, input_axes, output_axes
        See ``VarianceScaling``.

    References
    ----------
    LeCun et al., "Efficient BackProp" (1998), section 4.6; Klambauer et al., "Self-Normalizing
    Neural Networks" (2017).

    Examples
    --------
    >>> from minikeras.initializers import LecunNormal
    >>> LecunNormal(seed=1)((2, 3)).shape
    (2, 3)
    """

    _scaling = (1.0, "fan_in", "truncated_normal")
