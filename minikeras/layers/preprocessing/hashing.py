"""Categories of any number as integers in a fixed range, without a vocabulary."""

from typing import Any, Unpack

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_choice, check_positive_int
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.preprocessing.encoding import encode, encoded_shape
from minikeras.layers.preprocessing.hashes import (
    farm_fingerprint,
    fingerprint_cat,
    pair_of,
    sip_hash,
)
from minikeras.layers.preprocessing.refuse import refuse_sparse
from minikeras.layers.preprocessing.strings import string_array, strings
from minikeras.registry import register

__all__ = ["HashedCrossing", "Hashing"]

_KEY = 0xDECAFCAFFE
"""What TensorFlow starts the hash of crossed features with."""


class HashLayer(Layer):
    """Base of the layers whose output is an integer type unless it is encoded."""

    _keeps = "iuUO"

    output_mode: str

    def __init__(self, output_mode: str, **kwargs: Unpack[LayerOptions]):
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else config.floatx()
        super().__init__(**kwargs)
        if output_mode == "int" and self.dtype not in ("int32", "int64"):
            raise ValueError(
                f'{type(self).__name__} expected dtype "int32" or "int64" with output_mode="int", '
                f"got {self.dtype!r}"
            )

    def _convert(self, value: Any) -> Any:
        return string_array(value)

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        usual = "int64" if self.output_mode == "int" else config.floatx()
        return (name == "dtype" and value == usual) or super()._is_default(name, value, default)


@register("layer")
class Hashing(HashLayer):
    """Turn strings or integers into one of ``num_bins`` indices, by a hash.

    Parameters
    ----------
    num_bins : int
        Number of indices; that of the mask is one of them.
    mask_value : str or int, optional
        An input that means nothing: index 0; others start at 1 then.
    salt : int or two of them, optional
        Key of the hash, which is SipHash then, FarmHash otherwise.
    output_mode : {"int", "one_hot", "multi_hot", "count"}, default "int"
        Indices; a vector for each input; or one for each sample, that marks or counts.
    sparse : bool, default False
        Must stay False.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``; the dtype of indices is int64 by default.

    Raises
    ------
    ValueError
        If ``num_bins`` is below 1, or ``salt`` no pair of integers.

    Notes
    -----
    The indices are those of Keras on TensorFlow. Floats are cut to integers first, as there.

    References
    ----------
    Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML (2009).

    Examples
    --------
    >>> from minikeras.layers import Hashing
    >>> Hashing(num_bins=3)([["A"], ["B"], ["C"], ["D"], ["E"]]).tolist()
    [[1], [0], [1], [1], [2]]
    >>> Hashing(num_bins=3, salt=[133, 137])([["A"], ["B"], ["C"], ["D"], ["E"]]).tolist()
    [[1], [2], [1], [0], [2]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        check_choice("output_mode", output_mode, ["int", "one_hot", "multi_hot", "count"])
        super().__init__(output_mode, **kwargs)
        refuse_sparse("Hashing", sparse)
        self.num_bins = check_positive_int("num_bins", num_bins)
        self.mask_value = mask_value
        self.salt = pair_of("Hashing", salt)
        self.output_mode = output_mode
        self.sparse = sparse

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def forward(self, x: Array) -> Array:
        masks = self.mask_value is not None and self.num_bins > 1
        bins = self.num_bins - masks
        values = _values(x, f"Hashing {self.name!r}")
        if x.dtype.kind == "f":
            values = [int(value) for value in values]
        table = {value: self._hash(str(value).encode()) % bins + masks for value in set(values)}
        if masks and self.mask_value in table:
            table[self.mask_value] = 0
        indices = np.array([table[value] for value in values], np.int64).reshape(x.shape)
        return encode(indices, self.output_mode, self.num_bins, self.dtype)

    def _hash(self, value: bytes) -> int:
        if self.salt is None:
            return farm_fingerprint(value)
        return sip_hash(value, (self.salt[0], self.salt[1]))


@register("layer")
class HashedCrossing(HashLayer):
    """Turn several features at once into one of ``num_bins`` indices, by a hash of all of them.

    Parameters
    ----------
    num_bins : int
        Number of indices.
    output_mode : {"int", "one_hot"}, default "int"
        Indices, or a vector for each sample.
    sparse : bool, default False
        Must stay False.
    **kwargs
        ``name``, ``dtype`` as in ``Layer``; the dtype of indices is int64 by default.

    Raises
    ------
    ValueError
        If there are fewer than two inputs, or they differ in shape or have more than one feature.
    TypeError
        If an input holds neither strings nor integers.

    Notes
    -----
    Inputs are a list of arrays of shape ``(batch,)`` or ``(batch, 1)``. The indices are those of
    Keras on TensorFlow.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import HashedCrossing
    >>> layer = HashedCrossing(num_bins=5)
    >>> letters = np.array(["A", "B", "A", "B", "A"])
    >>> layer([letters, np.array([101, 101, 101, 102, 102])])
    array([1, 4, 1, 1, 3])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        check_choice("output_mode", output_mode, ["int", "one_hot"])
        super().__init__(output_mode, **kwargs)
        refuse_sparse("HashedCrossing", sparse)
        self.num_bins = check_positive_int("num_bins", num_bins)
        self.output_mode = output_mode
        self.sparse = sparse

    def _convert(self, value: Any) -> Any:
        return [string_array(item) for item in value] if isinstance(value, list | tuple) else value

    def check_input(self, x: Any) -> None:
        title = f"HashedCrossing {self.name!r}"
        if not isinstance(x, list) or len(x) < 2:
            raise ValueError(f"{title} expected a list of at least two inputs, got {x!r}")
        shapes = [item.shape for item in x]
        if len(set(shapes)) > 1 or len(shapes[0]) > 2 or shapes[0][1:] not in ((), (1,)):
            raise ValueError(
                f"{title} expected inputs of one shape, (batch,) or (batch, 1), got "
                f"{', '.join(map(str, shapes))}"
            )
        for item in x:
            if item.dtype.kind == "f":
                raise TypeError(
                    f"{title} expected strings or integers, got dtype {item.dtype}; convert it "
                    "with astype(int), or sort it into ranges with a Discretization"
                )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape[0], self.output_mode, self.num_bins)

    def forward(self, x: list[Array]) -> Array:
        columns = []
        for feature in x:
            values = _values(feature, f"HashedCrossing {self.name!r}")
            table = {v: farm_fingerprint(v.encode()) for v in set(values) if isinstance(v, str)}
            columns.append([table.get(value, value) for value in values])
        indices = [fingerprint_cat((_KEY, *row)) % self.num_bins for row in zip(*columns)]
        crossed = np.array(indices, np.int64).reshape(x[0].shape)
        return encode(crossed, self.output_mode, self.num_bins, self.dtype)


def _values(x: Array, title: str) -> list[Any]:
    """Return strings or numbers of an array, row by row."""
    return x.ravel().tolist() if x.dtype.kind in "biuf" else strings(x, title)
