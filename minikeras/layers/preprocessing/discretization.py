"""Numbers sorted into ranges."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice, check_number, check_positive_int
from minikeras.autodiff import bare
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.preprocessing.encoding import batches, encode, encoded_shape, is_dataset
from minikeras.layers.preprocessing.refuse import refuse_sparse
from minikeras.registry import register

__all__ = ["Discretization"]


@register("layer")
class Discretization(Layer):
    """Say for each number between which boundaries it lies.

    The boundaries are given, or ``adapt`` finds some that put about as many numbers into each bin.

    Parameters
    ----------
    bin_boundaries : list of float, optional
        In rising order: ``[0.0, 1.0]`` makes the bins below 0, from 0 to below 1, and from 1 on.
    num_bins : int, optional
        Number of bins that ``adapt`` makes; instead of ``bin_boundaries``.
    epsilon : float, default 0.01
        Error of the quantiles that ``adapt`` finds; smaller costs memory.
    output_mode : {"int", "one_hot", "multi_hot", "count"}, default "int"
        The index of the bin, a vector for each number, or one for all numbers of a sample.
    sparse : bool, default False
        Must stay False.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If both or none of ``bin_boundaries`` and ``num_bins`` are given, or the boundaries do not
        rise.

    Notes
    -----
    ``adapt`` keeps a weighted sample of at most ``1 / epsilon`` numbers of all batches, as Keras
    does, so that data larger than the memory pass through it.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Discretization
    >>> Discretization([0.0, 1.0, 2.0])(np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]))
    array([[0, 2, 3, 1],
           [1, 3, 2, 1]], dtype=int32)
    >>> layer = Discretization(num_bins=4, epsilon=0.01)
    >>> layer.adapt(np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]))
    >>> [round(boundary, 6) for boundary in layer.bin_boundaries]
    [0.0, 0.5, 1.3]
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                "Discretization expected either bin_boundaries or num_bins, got "
                f"bin_boundaries={bin_boundaries!r} and num_bins={num_bins!r}"
            )
        check_choice("output_mode", output_mode, ["int", "one_hot", "multi_hot", "count"])
        refuse_sparse("Discretization", sparse)
        self.bin_boundaries = None if bin_boundaries is None else _rising(bin_boundaries)
        self.num_bins = None if num_bins is None else check_positive_int("num_bins", num_bins)
        self.epsilon = check_number("epsilon", epsilon, 0, 1, open_minimum=True)
        self.output_mode = output_mode
        self.sparse = sparse

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Find boundaries that put about as many numbers into each bin.

        Parameters
        ----------
        data : array_like, iterable of batches, or PyDataset
            Of batches ``(x, y)`` the input ``x`` counts; a list of arrays is a list of batches.
        steps : int, optional
            At most so many batches are read.

        Raises
        ------
        ValueError
            If the layer was given its boundaries, or there is no data.
        """
        if self.num_bins is None:
            raise ValueError(
                f"Discretization {self.name!r} was given bin_boundaries; give num_bins to adapt"
            )
        summary = np.zeros((2, 0), np.float32)
        for batch in batches(data, steps) if is_dataset(data, lists=True) else [data]:
            both = np.concatenate([_summary(batch, self.epsilon), summary], axis=1)
            summary = _compress(both[:, np.argsort(both[0])], self.epsilon)
        if not summary.size:
            raise ValueError(f"Discretization {self.name!r} cannot adapt to data without numbers")
        self.bin_boundaries = _compress(summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def _depth(self) -> int:
        if self.bin_boundaries is not None:
            return len(self.bin_boundaries) + 1
        return self.num_bins or 0

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape, self.output_mode, self._depth())

    def forward(self, x: Array) -> Array:
        if self.bin_boundaries is None:
            raise RuntimeError(
                f"Discretization {self.name!r} has no boundaries yet; call adapt(data) first"
            )
        x = bare(x)
        boundaries = np.asarray(self.bin_boundaries, x.dtype if x.dtype.kind == "f" else "float32")
        bins = np.searchsorted(boundaries, x, side="right")
        dtype = "int32" if self.output_mode == "int" else self.dtype
        return encode(bins, self.output_mode, self._depth(), dtype)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Discretization":
        boundaries = config.get("bin_boundaries")
        if boundaries is None or config.get("num_bins") is None:
            return super().from_config(config)
        layer = super().from_config({**config, "bin_boundaries": None})
        layer.bin_boundaries = _rising(boundaries)  # which adapt found
        return layer


def _rising(boundaries: Any) -> list[float]:
    values = np.asarray(boundaries)
    if values.ndim != 1 or values.dtype.kind not in "fiu" or (np.diff(values) < 0.0).any():
        raise ValueError(
            f"bin_boundaries must be a list of numbers in rising order, got {boundaries!r}; sort it"
        )
    return values.tolist()  # type: ignore[no-any-return]


def _summary(data: Any, epsilon: float) -> Array:
    """Return every n-th of the sorted numbers, and how many each stands for."""
    values = np.sort(np.asarray(data).ravel().astype(np.float32))
    step = max(values.size * epsilon, 1.0)
    chosen = values[int(step - 1.0) :: int(step)]
    return np.stack([chosen, np.full(chosen.shape, step, np.float32)])


def _compress(summary: Array, epsilon: float) -> Array:
    """Return a summary of at most ``1 / epsilon`` numbers, at equal steps of the total weight."""
    if summary.shape[1] * epsilon < 1.0:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    total = summary[1].cumsum()
    share = total / total[-1]
    values = np.interp(shares, share, summary[0])
    weights = np.diff(np.interp(shares, share, total), prepend=0.0)
    return np.stack([values, weights]).astype(np.float32)
