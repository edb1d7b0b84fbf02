"""Batches from objects that make them: generators, loaders, lists of batches, a ``PyDataset``."""

import itertools
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from minikeras.data.checks import check_finite, count_samples
from minikeras.data.convert import Arrays, leaves, to_arrays
from minikeras.data.packing import unpack_x_y_sample_weight
from minikeras.data.py_dataset import PyDataset
from minikeras.data.source import Batch, Source
from minikeras.data.weights import class_to_sample_weight, read_sample_weight

__all__ = ["LONG_EPOCH", "IterableSource", "PyDatasetSource"]

LONG_EPOCH = 100_000
"""After so many batches of an epoch of unknown length, a warning asks whether it ever ends."""


class IterableSource(Source):
    """Batches of any iterable of ``x``, ``(x, y)`` or ``(x, y, sample_weight)``.

    An iterator, such as a generator, can be read once: its next epoch goes on where the last one
    stopped. Any other iterable starts anew with every epoch, unless ``limit`` ends epochs earlier.
    Batches are read one at a time, in the caller's thread, and each is converted and checked as
    arrays are as a whole; arrays that need no conversion are passed on without a copy.

    Parameters
    ----------
    data : iterable
    limit : int or None
        Batches in an epoch.
    class_weight : dict of int to float, or None
        Turned into sample weights in every batch.
    finite : bool
        Whether NaN and infinity are errors.
    allow_empty : bool
        Whether there may be no batch at all, or batches without samples.
    keep : str, default ""
        Kinds of dtype that stay as they are in ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.data import adapt
    >>> batches = [(np.ones((2, 3)), np.zeros(2)), (np.ones((1, 3)), np.zeros(1))]
    >>> [x.shape for x, y, weight in adapt(batches).epoch()]
    [(2, 3), (1, 3)]
    """

    def __init__(
        self,
        data: Iterable[Any],
        *,
        limit: int | None,
        class_weight: dict[int, float] | None,
        finite: bool,
        allow_empty: bool,
        keep: str = "",
    ):
        super().__init__(limit)
        self.one_shot = isinstance(data, Iterator)
        self.steps = limit or _length(data)
        self._data = data
        self._class_weight = class_weight
        self._finite = finite
        self._allow_empty = allow_empty
        self._keep = keep
        self._form: tuple[Any, ...] | None = None  # what every batch must look like ...
        self._form_text = ""  # ... and how to say it

    def _batches(self) -> Iterator[Any]:
        """Start a pass over the data as the user gave it."""
        return iter(self._data)

    def _pass(self) -> Iterator[Batch]:
        count = 0
        for batch in self._batches():
            try:
                standard = self._standard(batch)
                self._check_form(*standard)
            except (TypeError, ValueError) as error:
                raise type(error)(f"in batch {count}, {error}") from None
            yield standard
            count += 1
            if count == LONG_EPOCH and self.steps is None:
                warnings.warn(
                    f"this epoch has read {count} batches and x does not say how many there are; "
                    "if they never end, stop and give steps_per_epoch (steps in evaluate and "
                    "predict)",
                    UserWarning,
                    stacklevel=3,
                )
        if self._form is None and not self._allow_empty:
            raise ValueError(
                f"x must give at least one batch, but the {type(self._data).__name__} gave none; "
                "if it has been read before, make a new one"
            )
        if self.one_shot:
            self.exhausted = True
        elif self._limit is None:
            self.steps = count  # from now on the epoch's length is known

    def _standard(self, batch: Any) -> tuple[Arrays, Arrays | None, Arrays | None]:
        """Convert and check one batch."""
        raw_x, raw_y, raw_weight = unpack_x_y_sample_weight(batch)
        x = to_arrays("x", raw_x, keep=self._keep)
        y = None if raw_y is None else to_arrays("y", raw_y, keep="iu")
        weight = read_sample_weight("sample_weight", raw_weight, y)
        parts: dict[str, Arrays | None] = {"x": x, "y": y, "sample_weight": weight}
        if count_samples(parts) == 0 and not self._allow_empty:
            raise ValueError(
                f"x must have at least one sample, got {_describe(x)}; leave empty batches out"
            )
        if self._finite:
            for name, value in parts.items():
                check_finite(name, value)
        if self._class_weight is None:
            return x, y, weight
        if weight is not None:
            raise ValueError(
                "sample_weight must not be given together with class_weight; multiply the class "
                "weights into it and leave class_weight out"
            )
        return x, y, class_to_sample_weight(y, self._class_weight)

    def _check_form(self, x: Arrays, y: Arrays | None, weight: Arrays | None) -> None:
        """Refuse a batch that is not built like the first; lengths of axes may differ."""
        form = (_form(x), _form(y), _form(weight))
        if form == self._form:
            return
        parts = zip(("x", "y", "sample_weight"), (x, y, weight), strict=True)
        text = ", ".join(f"{name}: {_describe(value)}" for name, value in parts)
        if self._form is not None:
            raise ValueError(
                f"x, y and sample_weight must be built as in the first batch ({self._form_text}), "
                f"got ({text}); let every batch have the same inputs, outputs and number of axes"
            )
        self._form, self._form_text = form, text


class PyDatasetSource(IterableSource):
    """Batches of a ``minikeras.data.PyDataset``, with its hooks before and after epochs.

    Parameters
    ----------
    data : PyDataset
    shuffle : bool
        Draw a new order of the batches for every pass.
    random : numpy.random.Generator
        Draws the orders.
    limit, class_weight, finite, allow_empty, keep
        As for ``IterableSource``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.data import PyDataset, adapt
    >>> class Twice(PyDataset):
    ...     num_batches = 2
    ...     def __getitem__(self, index):
    ...         return np.full(3, index)
    >>> [x.tolist() for x, y, weight in adapt(Twice()).epoch()]
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """

    def __init__(
        self,
        data: PyDataset,
        *,
        limit: int | None,
        shuffle: bool,
        random: np.random.Generator,
        class_weight: dict[int, float] | None,
        finite: bool,
        allow_empty: bool,
        keep: str = "",
    ):
        self._dataset = data
        super().__init__(
            data,
            limit=limit,
            class_weight=class_weight,
            finite=finite,
            allow_empty=allow_empty,
            keep=keep,
        )
        self.steps = limit or data.num_batches
        self._shuffle = shuffle
        self._random = random

    def epoch(self, done: int = 0) -> Iterator[Batch]:
        """Yield the batches of the next epoch, between the data set's two hooks."""
        if not done:
            self._dataset.on_epoch_begin()
        yield from super().epoch(done)
        self._dataset.on_epoch_end()

    def resume(self, taken: int, done: int) -> Batch | None:
        if done:  # in the middle of an epoch
            self._dataset.on_epoch_begin()
        return super().resume(taken, done)

    def _batches(self) -> Iterator[Any]:
        dataset = self._dataset
        count = dataset.num_batches  # may change from epoch to epoch
        indices: Iterable[int] = itertools.count() if count is None else range(count)
        if self._shuffle and count is not None:
            indices = self._random.permutation(count).tolist()
        if dataset.workers > 1:
            return _ahead(dataset, indices)
        return (dataset[index] for index in indices)


def _ahead(dataset: PyDataset, indices: Iterable[int]) -> Iterator[Any]:
    """Yield batches in order while threads prepare the next ones."""
    pool = ThreadPoolExecutor(dataset.workers, thread_name_prefix="minikeras-data")
    waiting: deque[Future[Any]] = deque()
    try:
        for index in indices:
            waiting.append(pool.submit(dataset.__getitem__, index))
            if len(waiting) >= max(dataset.workers, dataset.max_queue_size):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also when the loop stops early: no thread is left behind
        pool.shutdown(cancel_futures=True)


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except (TypeError, NotImplementedError):  # a loader of a stream may have __len__ all the same
        return None


def _form(value: Arrays | None) -> Any:
    if isinstance(value, dict):
        return {key: array.ndim for key, array in value.items()}
    if isinstance(value, list):
        return [array.ndim for array in value]
    return None if value is None else value.ndim


def _describe(value: Arrays | None) -> str:
    if value is None:
        return "absent"
    shapes = [f"{array.shape}" for _, array in leaves("", value)]
    if isinstance(value, dict):
        items = ", ".join(f"{key!r}: {shape}" for key, shape in zip(value, shapes, strict=True))
        return f"a dict of arrays {items}"
    if isinstance(value, list):
        return f"a list of arrays {', '.join(shapes)}"
    return f"an array {shapes[0]}"
