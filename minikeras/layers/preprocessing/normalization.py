"""Numbers of mean 0 and variance 1."""

from typing import Any, Unpack

import numpy as np

from minikeras import config
from minikeras._typing import Array, PartialShape
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.preprocessing.encoding import batches, is_dataset
from minikeras.registry import register

__all__ = ["Normalization"]


@register("layer")
class Normalization(Layer):
    """Shift and scale features to mean 0 and variance 1: ``(x - mean) / sqrt(variance)``.

    Mean and variance are given, or found by ``adapt``.

    Parameters
    ----------
    axis : int, tuple of int or None, default -1
        Axes whose entries have a mean and variance each; None for one mean of everything.
    mean, variance : float or array_like, optional
        Both or none; broadcast to the lengths of ``axis``.
    invert : bool, default False
        Whether to undo what such a layer did: ``x * sqrt(variance) + mean``.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If one of ``mean`` and ``variance`` is missing, they do not fit ``axis``, or ``axis`` is
        outside the input or of unknown length.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Normalization
    >>> layer = Normalization()
    >>> layer.adapt(np.array([[0.0, 7.0], [2.0, 9.0]]))
    >>> layer(np.array([[0.0, 7.0], [3.0, 8.0]]))
    array([[-1., -1.],
           [ 2.,  0.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        axis: int | tuple[int, ...] | list[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if axis is None:
            axis = ()
        self.axis: tuple[int, ...] = (axis,) if isinstance(axis, int) else tuple(axis)
        if (mean is None) != (variance is None):
            raise ValueError(
                f"Normalization expected mean and variance together, got mean={mean!r} and "
                f"variance={variance!r}; give both, or none and call adapt(data)"
            )
        if np.shape(mean) != np.shape(variance) or np.ndim(mean) > len(self.axis):
            raise ValueError(
                f"Normalization expected mean and variance of one shape with at most "
                f"{len(self.axis)} axes (one for each of axis={self.axis}), got shapes "
                f"{np.shape(mean)} and {np.shape(variance)}"
            )
        self.input_mean = None if mean is None else np.asarray(mean).tolist()
        self.input_variance = None if variance is None else np.asarray(variance).tolist()
        self.invert = invert

    def build(self, input_shape: PartialShape) -> None:
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                f"Normalization {self.name!r} expected axis between {-rank} and {rank - 1}, got "
                f"{self.axis} for an input of shape {input_shape}"
            )
        kept = tuple(sorted(axis % rank for axis in self.axis))
        lengths: Any = tuple(input_shape[axis] for axis in kept)
        if None in lengths:
            raise ValueError(
                f"Normalization {self.name!r} expected known lengths along axis={self.axis}, got "
                f"an input of shape {input_shape}; give axis=None for one mean of everything"
            )
        self._kept = kept
        self._rest = tuple(axis for axis in range(rank) if axis not in kept)
        self._shape: Any = tuple(input_shape[axis] if axis in kept else 1 for axis in range(rank))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(lengths, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(lengths, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")
        else:
            self._given: Any = tuple(
                np.broadcast_to(np.asarray(value, self._dtype), lengths).reshape(self._shape)
                for value in (self.input_mean, self.input_variance)
            )

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Take mean and variance from data.

        Parameters
        ----------
        data : array_like, iterable of batches, or PyDataset
            Of batches ``(x, y)`` the input ``x`` counts; a list of arrays is a list of batches.
        steps : int, optional
            At most so many batches are read.

        Raises
        ------
        ValueError
            If the layer was given its mean, or there is no data.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"Normalization {self.name!r} was given mean and variance; leave them out to adapt"
            )
        source = batches(data, steps) if is_dataset(data, lists=True) else [data]
        count, mean, squares = 0.0, np.array(0.0), np.array(0.0)
        for batch in source:
            x = np.asarray(batch, np.float64)
            if not self.built:
                self._build((None, *x.shape[1:]))
            if len(x.shape) != len(self._shape) or any(
                x.shape[axis] != self._shape[axis] for axis in self._kept
            ):
                raise ValueError(
                    f"Normalization {self.name!r} expected data with lengths "
                    f"{tuple(self._shape[axis] for axis in self._kept)} along axis={self.axis} and "
                    f"{len(self._shape)} axes, got shape {x.shape}"
                )
            size = float(x.size // max(self.adapt_mean.size, 1))
            if not size:
                continue
            own = x.mean(axis=self._rest)
            centred = x - own.reshape(self._shape)
            # Chan, Golub and LeVeque: sums of squares around two means, merged.
            shift = own - mean
            count += size
            mean = mean + shift * (size / count)
            squares = squares + np.square(centred).sum(axis=self._rest)
            squares = squares + np.square(shift) * (size * (count - size) / count)
        if not count:
            raise ValueError(f"Normalization {self.name!r} cannot adapt to data without samples")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(squares / count)

    @property
    def mean(self) -> Any:
        """What is subtracted, of a shape that broadcasts over the input; None when not built."""
        return self._statistics()[0]

    @property
    def variance(self) -> Any:
        """Square of what is divided by; None when not built."""
        return self._statistics()[1]

    def _statistics(self) -> tuple[Any, Any]:
        if not self.built:
            return self.input_mean, self.input_variance
        if self.input_mean is not None:
            return self._given  # type: ignore[no-any-return]
        return (
            self.adapt_mean.value.reshape(self._shape),
            self.adapt_variance.value.reshape(self._shape),
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        mean, variance = self._statistics()
        scale = np.maximum(np.sqrt(variance), config.epsilon())
        y: Array = x * scale + mean if self.invert else (x - mean) / scale
        return y

    def get_config(self) -> dict[str, Any]:
        given = {"mean": self.input_mean, "variance": self.input_variance}
        return {**super().get_config(), **given}

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        if name in ("mean", "variance"):  # found by adapt: no argument
            return getattr(self, f"input_{name}") is None
        return (name == "axis" and value == (-1,)) or super()._is_default(name, value, default)
