"""Batches cut out of arrays that are there as a whole."""

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from minikeras._typing import Array
from minikeras.data.checks import check_finite
from minikeras.data.convert import Arrays, map_leaves, to_array
from minikeras.data.source import Batch, Source

__all__ = ["ArraySource", "read_only"]

Cutter: TypeAlias = Callable[[Any], Any]
"""Takes a slice or an array of row numbers, gives those rows."""


class ArraySource(Source):
    """Batches of whole arrays, in order or shuffled anew in every epoch.

    Unshuffled batches are read-only views of the data; nothing is copied, and a ``train_step`` that
    writes into its batch gets an error instead of changing the user's data. Shuffled batches are
    gathered into fresh memory (measured: as fast as into a reused buffer), so a batch that somebody
    keeps never changes. Memory-mapped arrays are read, converted and checked batch by batch.

    Parameters
    ----------
    x, y, w : array, list or dict of arrays, or None
        As ``minikeras.data.to_arrays`` gives them, all of one length.
    samples : int
        Their length. With 0 there is one batch, an empty one, from which ``predict`` learns the
        shape of its result.
    batch_size : int or None
        None means 32, or with ``limit`` as many as make that many batches.
    limit : int or None
        Batches in an epoch, if not all.
    shuffle : bool or "batch"
        True draws a new order of the samples for every pass, ``"batch"`` of the batches only:
        kinder to a memory-mapped file, as each batch is still one stretch of it.
    random : numpy.random.Generator
        Draws the orders, one permutation for every pass.
    finite : bool
        Whether NaN and infinity in memory-mapped arrays are errors; others are checked before.
    names : tuple of str
        What error messages call the three.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.data import adapt
    >>> source = adapt(np.arange(5.0), np.arange(5), batch_size=2)
    >>> source.steps, source.samples
    (3, 5)
    >>> [y.tolist() for x, y, weight in source.epoch()]
    [[0, 1], [2, 3], [4]]
    """

    samples: int
    batch_size: int

    def __init__(
        self,
        x: Arrays,
        y: Arrays | None,
        w: Arrays | None,
        *,
        samples: int,
        batch_size: int | None,
        limit: int | None,
        shuffle: bool | str,
        random: np.random.Generator,
        finite: bool,
        names: tuple[str, str, str],
        keep: str = "",
    ):
        super().__init__(limit)
        self.x, self.y, self.w = x, y, w
        self.samples = samples
        self.batch_size = batch_size or (max(1, math.ceil(samples / limit)) if limit else 32)
        self.steps = limit or max(1, math.ceil(samples / self.batch_size))
        self.shuffle = shuffle
        self._random = random
        self._finite = finite
        self._names = names
        self._keep = (keep, "iu", "")

    def _pass(self) -> Iterator[Batch]:
        cutter = _take if self.shuffle is True else _slice
        x, y, w = (self._cutter(part, cutter) for part in range(3))
        for rows in self._rows():
            yield x(rows), y(rows), w(rows)

    def _rows(self) -> Iterator[slice | Array]:
        """Yield the rows of each batch: indices if the samples are shuffled, else slices."""
        size = self.batch_size
        starts = range(0, max(1, self.samples), size)
        if self.shuffle is True:
            order = self._random.permutation(self.samples)
            for start in starts:
                yield order[start : start + size]
        elif self.shuffle:
            for start in self._random.permutation(np.array(starts)).tolist():
                yield slice(start, start + size)
        else:
            for start in starts:
                yield slice(start, start + size)

    def _cutter(self, part: int, cutter: Callable[[Array], Cutter]) -> Cutter:
        """Return the function that cuts given rows out of x (part 0), y (1) or w (2)."""
        value = (self.x, self.y, self.w)[part]
        if value is None:
            return _nothing
        if type(value) is np.ndarray:  # nearly always; the rest of this costs a microsecond
            return cutter(value)

        def of_one(name: str, array: Array) -> Any:
            if not isinstance(array, np.memmap):
                return cutter(array)
            cut = cutter(np.asarray(array))
            return _converting(cut, name, keep=self._keep[part], finite=self._finite)

        cuts: Any = map_leaves(of_one, self._names[part], value)
        if isinstance(value, dict):
            return lambda rows: {key: cut(rows) for key, cut in cuts.items()}
        if isinstance(value, list):
            return lambda rows: [cut(rows) for cut in cuts]
        return cuts  # type: ignore[no-any-return]


def _nothing(rows: Any) -> None:
    return None


def read_only(array: Array) -> Array:
    """Return a view of the user's data that nobody can write into; slices of it are like it."""
    view = array.view()
    view.flags.writeable = False
    return view


def _slice(array: Array) -> Cutter:
    return read_only(array).__getitem__


def _take(array: Array) -> Cutter:
    # The method costs half of what np.take does, and "clip" saves it a check of the indices.
    return lambda rows: array.take(rows, axis=0, mode="clip")


def _converting(cut: Cutter, name: str, *, keep: str, finite: bool) -> Cutter:
    """Return ``cut`` with the conversion that other arrays get once and as a whole."""

    def cut_and_convert(rows: Any) -> Array:
        array = to_array(name, cut(rows), keep=keep)
        if finite:
            check_finite(name, array, rows)
        return array

    return cut_and_convert
