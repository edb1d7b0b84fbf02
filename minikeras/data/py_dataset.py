"""A data set that makes its batches on demand."""

import itertools
from collections.abc import Iterator
from typing import Any

__all__ = ["PyDataset"]


class PyDataset:
    """Base class of data that is loaded or computed batch by batch.

    A subclass gives ``__len__``, the number of batches, and ``__getitem__``, the batch at a
    position. Unlike a generator it can be shuffled, repeated and read by several threads.

    Parameters
    ----------
    workers : int
        With more than 1, that many threads prepare batches ahead; their order stays the same.
    use_multiprocessing : bool
        Accepted for Keras's sake. Batches are always prepared in threads: NumPy and file reading
        release Python's lock, and nothing needs to be pickled.
    max_queue_size : int
        The most batches that wait when ``workers`` is above 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.data import PyDataset, adapt
    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         x = np.arange(3.0) + 3 * index
    ...         return x, x**2
    >>> for x, y, weight in adapt(Squares()).epoch():
    ...     print(x, y)
    [0. 1. 2.] [0. 1. 4.]
    [3. 4. 5.] [ 9. 16. 25.]
    """

    # Defaults of the class, for subclasses that do not call super().__init__().
    workers: int = 1
    use_multiprocessing: bool = False
    max_queue_size: int = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Return the batch at ``index``: ``x``, ``(x, y)`` or ``(x, y, sample_weight)``."""
        raise NotImplementedError(
            f"{type(self).__name__} has no __getitem__; define __getitem__(self, index) so that it "
            "returns the batch (x, y) at that position"
        )

    @property
    def num_batches(self) -> int | None:
        """Number of batches in an epoch; None says that they never end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__} has no length; define __len__(self) so that it returns the "
            "number of batches"
        )

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    def on_epoch_begin(self) -> None:
        """Called before the first batch of every epoch."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of every epoch."""
