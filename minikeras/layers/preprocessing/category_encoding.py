"""Integers as vectors."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice, check_positive_int
from minikeras.autodiff import bare
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.preprocessing.encoding import encode, encoded_shape
from minikeras.layers.preprocessing.refuse import refuse_sparse
from minikeras.registry import register

__all__ = ["CategoryEncoding"]


@register("layer")
class CategoryEncoding(Layer):
    """Turn integers into one-hot, multi-hot or counting vectors.

    Parameters
    ----------
    num_tokens : int
        Length of the vectors; inputs lie in ``[0, num_tokens)``.
    output_mode : {"multi_hot", "one_hot", "count"}, default "multi_hot"
        A vector for each sample with a 1 for each integer in it, a vector for each integer, or a
        vector for each sample that counts.
    sparse : bool, default False
        Must stay False.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``.

    Raises
    ------
    ValueError
        If ``num_tokens`` is missing, or an input is no integer in range.

    Notes
    -----
    Input ``(batch, length)``, output ``(batch, num_tokens)``; with ``"one_hot"`` the output is
    ``(batch, length, num_tokens)`` unless ``length`` is 1. Counts may be weighted:
    ``layer(x, count_weights=w)`` with ``w`` of the shape of ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import CategoryEncoding
    >>> CategoryEncoding(4)(np.array([[0, 1], [0, 0], [3, 1]]))
    array([[1., 1., 0., 0.],
           [1., 0., 0., 0.],
           [0., 1., 0., 1.]], dtype=float32)
    >>> CategoryEncoding(3, output_mode="one_hot")([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """

    _keeps = "iu"

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if num_tokens is None:
            raise ValueError(
                "CategoryEncoding expected num_tokens, the number of different integers; use an "
                "IntegerLookup where it is not known"
            )
        self.num_tokens = check_positive_int("num_tokens", num_tokens)
        if output_mode == "binary":  # an old name
            output_mode = "multi_hot"
        self.output_mode = check_choice(
            "output_mode", output_mode, ["one_hot", "multi_hot", "count"]
        )
        refuse_sparse("CategoryEncoding", sparse)
        self.sparse = sparse

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def forward(self, x: Array, count_weights: Any = None) -> Array:
        x = bare(x)
        if x.size and not (x.min() >= 0 and x.max() < self.num_tokens):
            raise ValueError(
                f"CategoryEncoding {self.name!r} expected integers in [0, {self.num_tokens}), got "
                f"values from {x.min()} to {x.max()}; raise num_tokens, or renumber them from 0"
            )
        indices = x.astype(np.int64)
        if x.dtype.kind == "f" and (indices != x).any():
            raise ValueError(
                f"CategoryEncoding {self.name!r} expected integers, got {x[indices != x][0]}; "
                "round them first"
            )
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(
                    f"CategoryEncoding {self.name!r} takes count_weights with "
                    f'output_mode="count" alone, got output_mode={self.output_mode!r}'
                )
            count_weights = np.asarray(bare(count_weights), self.dtype)
            if count_weights.shape != x.shape:
                raise ValueError(
                    f"CategoryEncoding {self.name!r} expected count_weights of the input's shape "
                    f"{x.shape}, got {count_weights.shape}"
                )
        return encode(indices, self.output_mode, self.num_tokens, self.dtype, count_weights)
