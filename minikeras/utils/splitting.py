"""A data set cut in two."""

from typing import Any

import numpy as np

from minikeras import tree
from minikeras._validation import check_non_negative_int
from minikeras.data import PyDataset
from minikeras.random import generator

__all__ = ["split_dataset"]

Size = int | float | None


class _Part(PyDataset):
    """Some of the batches of another data set."""

    def __init__(self, source: Any, places: list[int]):
        super().__init__()
        self.source = source
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Any:
        return self.source[self.places[index]]


def split_dataset(
    dataset: Any,
    left_size: Size = None,
    right_size: Size = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Cut a data set in two.

    Parameters
    ----------
    dataset : array, tuple or dict of arrays, list of samples, PyDataset, or iterable
        Arrays are cut along their first axis, which they have in common; a ``PyDataset`` between
        batches. Other iterables are read to their end, which must come.
    left_size, right_size : float or int, optional
        A share in (0, 1), or a number of samples; at least one of the two. The other part gets
        the rest.
    shuffle : bool, default False
    seed : int, optional
    preferred_backend : str
        Accepted for Keras's sake.

    Returns
    -------
    (left, right)
        Of the kind of ``dataset``; lists for other iterables.

    Raises
    ------
    TypeError
        If a size is neither a float nor an int.
    ValueError
        If no size is given, or they do not fit the data.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.utils import split_dataset
    >>> left, right = split_dataset(np.arange(5), left_size=0.6)
    >>> left, right
    (array([0, 1, 2]), array([3, 4]))
    """
    arrays = isinstance(dataset, np.ndarray | dict | tuple)
    if arrays:
        dataset = tree.map_structure(np.asarray, dataset)
        lengths = {len(part) for part in tree.flatten(dataset)}
        if len(lengths) != 1:
            raise ValueError(f"split_dataset expected arrays of one length, got {sorted(lengths)}")
        total = lengths.pop()
    else:
        if not isinstance(dataset, PyDataset):
            dataset = list(dataset)
        total = len(dataset)
    left, right = _sizes(left_size, right_size, total)
    order = np.arange(total)
    if shuffle:
        order = generator(seed).permutation(total)
    parts = order[:left], order[left : left + right]
    if arrays:
        left_part, right_part = (
            tree.map_structure(lambda x, part=part: x[part], dataset) for part in parts
        )
        return left_part, right_part
    if isinstance(dataset, PyDataset):
        return _Part(dataset, parts[0].tolist()), _Part(dataset, parts[1].tolist())
    return [dataset[i] for i in parts[0]], [dataset[i] for i in parts[1]]


def _sizes(left: Size, right: Size, total: int) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError("split_dataset expected left_size or right_size, got neither")
    first, second = (_count(*pair, total) for pair in (("left_size", left), ("right_size", right)))
    first = total - second if first is None and second is not None else first
    second = total - first if second is None and first is not None else second
    assert first is not None and second is not None
    if first + second > total or min(first, second) < 1:
        raise ValueError(
            f"split_dataset cannot make parts of {first} and {second} out of {total} samples; each "
            "part needs at least one"
        )
    return first, second


def _count(name: str, size: Size, total: int) -> int | None:
    if size is None:
        return None
    if isinstance(size, float):
        if not 0 < size < 1:
            raise ValueError(f"{name} must be a share in (0, 1) or a whole number, got {size}")
        return round(size * total)
    return check_non_negative_int(name, size)
