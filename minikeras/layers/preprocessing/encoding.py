"""Indices as vectors: one-hot, multi-hot, counts. Batches for ``adapt``."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minikeras._typing import Array, DType, PartialShape

__all__ = ["batches", "encode", "encoded_shape", "is_dataset"]


def encode(
    indices: Array, output_mode: str, depth: int, dtype: DType, count_weights: Any = None
) -> Array:
    """Return vectors of length ``depth`` for indices.

    Parameters
    ----------
    indices : int array
        An index outside ``[0, depth)`` leaves no trace.
    output_mode : {"int", "one_hot", "multi_hot", "count"}
        The indices themselves; a vector for each index, where a last axis of length 1 is replaced
        and any other one stays; or one vector for all the indices along axis 1 (axis 0 if it is
        the only one).
    depth : int
    dtype : dtype
    count_weights : array of the shape of ``indices``, optional
        What each index adds to its count.

    Returns
    -------
    array

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers.preprocessing.encoding import encode
    >>> encode(np.array([[0, 2, 2]]), "count", 3, "float32")
    array([[1., 0., 2.]], dtype=float32)
    """
    encoded: Array
    if output_mode == "int":
        return indices.astype(dtype)
    if indices.ndim == 0:
        indices = indices[np.newaxis]
    if output_mode == "one_hot":
        if indices.ndim > 1 and indices.shape[-1] == 1:
            indices = indices[..., 0]
        encoded = (indices[..., np.newaxis] == np.arange(depth)).astype(dtype)
        return encoded
    if indices.ndim > 1:
        indices = np.moveaxis(indices, 1, -1)
    *outer, length = indices.shape
    rows = np.arange(indices.size) // max(length, 1)
    flat = indices.ravel()
    known = (flat >= 0) & (flat < depth)
    places = rows[known] * depth + flat[known]
    size = int(np.prod(outer, dtype=int)) * depth
    if output_mode == "multi_hot":
        hot = np.zeros(size, dtype)
        hot[places] = 1
        return hot.reshape(*outer, depth)
    weights = None
    if count_weights is not None:
        count_weights = np.asarray(count_weights)
        dtype = count_weights.dtype
        if count_weights.ndim > 1:
            count_weights = np.moveaxis(count_weights, 1, -1)
        weights = count_weights.ravel()[known]
    return np.bincount(places, weights, size).astype(dtype).reshape(*outer, depth)


def encoded_shape(input_shape: Any, output_mode: str, depth: int | None) -> PartialShape:
    """Return the shape that ``encode`` makes of indices of ``input_shape``.

    Examples
    --------
    >>> from minikeras.layers.preprocessing.encoding import encoded_shape
    >>> encoded_shape((None, 1), "one_hot", 5), encoded_shape((None, 7), "count", 5)
    ((None, 5), (None, 5))
    """
    shape: PartialShape = tuple(input_shape)
    if output_mode == "int":
        return shape
    if output_mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)


def is_dataset(data: Any, *, lists: bool) -> bool:
    """Whether ``data`` gives batches rather than being one array.

    Parameters
    ----------
    data : object
    lists : bool
        Whether a list of arrays is a list of batches.
    """
    if hasattr(data, "__array__") or isinstance(data, str | bytes):
        return False
    if isinstance(data, list | tuple):
        return lists and any(hasattr(item, "shape") or isinstance(item, tuple) for item in data)
    return hasattr(data, "__iter__") or hasattr(data, "__getitem__")


def batches(data: Any, steps: int | None = None) -> Iterator[Any]:
    """Yield the inputs of at most ``steps`` batches.

    Parameters
    ----------
    data : iterable of batches, or an object with ``len`` and indexing such as ``PyDataset``
        Of a batch ``(x, y)`` or ``(x, y, sample_weight)`` the input ``x`` counts.
    steps : int, optional

    Raises
    ------
    ValueError
        If there is no batch.
    """
    source: Iterable[Any] = data
    if not hasattr(data, "__iter__"):
        source = (data[i] for i in range(len(data)))
    count = 0
    for batch in source:
        if steps is not None and count >= steps:
            break
        count += 1
        yield batch[0] if isinstance(batch, tuple) else batch
    if not count:
        raise ValueError("adapt expected at least one batch, got none; an iterator may be used up")
