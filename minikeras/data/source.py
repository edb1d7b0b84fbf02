"""What the training loop reads from, whatever the user handed in."""

import itertools
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from minikeras.data.convert import Arrays

__all__ = ["Batch", "Source"]

Batch: TypeAlias = tuple[Any, Any, Any]
"""``(x, y, sample_weight)``: arrays, lists or dicts of arrays; ``None`` for what is absent."""


class Source:
    """Batches, epoch by epoch.

    Attributes
    ----------
    steps : int or None
        Batches in an epoch; None when nobody knows before its end.
    samples : int or None
        Samples in the whole data, if known.
    batch_size : int or None
        Samples in a batch, if it is the same for all but the last.
    x, y, w : arrays or None
        The whole data, if it is at hand.
    exhausted : bool
        True once the data can give no further batch.
    remember : callable or None
        Asked when a pass over the data begins; what it returned last is in ``remembered``. A backup
        notes the random generators so, to repeat the pass.
    """

    steps: int | None = None
    samples: int | None = None
    batch_size: int | None = None
    x: Arrays | None = None
    y: Arrays | None = None
    w: Arrays | None = None
    exhausted = False
    one_shot = False  # whether a second pass over the data is impossible
    remember: Callable[[], Any] | None = None
    remembered: Any = None
    taken = 0  # batches of the running pass, counted if an epoch is not a whole pass

    def __init__(self, limit: int | None):
        self._limit = limit  # batches in an epoch as the user wants it: steps_per_epoch
        self._told = False
        self._running: Iterator[Batch] = iter(())  # a pass that goes on from epoch to epoch

    def _pass(self) -> Iterator[Batch]:
        """Yield every batch once."""
        raise NotImplementedError

    def epoch(self, done: int = 0) -> Iterator[Batch]:
        """Return an iterator over the batches of the next epoch, without the first ``done``.

        Without ``steps``, an epoch is one pass over the data. With ``steps``, it is that many
        batches, and the next epoch goes on where this one stopped. A pass that ends within an
        epoch ends the epoch too, with a warning. An epoch without any batch says that the data is
        used up and training should end. ``done`` is not 0 after ``resume`` only.
        """
        if self._limit is not None:
            return self._part(done, self._limit)
        if done:
            return self._running
        if self.exhausted:
            self._ran_out(0)
        return self._begin()

    def _begin(self) -> Iterator[Batch]:
        """Begin a pass."""
        self.taken = 0
        if self.remember is not None:
            self.remembered = self.remember()
        return self._pass()

    def position(self, done: int) -> int:
        """Return how many batches of the running pass are taken, ``done`` of them in this epoch."""
        return done if self._limit is None else self.taken

    def resume(self, taken: int, done: int) -> Batch | None:
        """Go to where a pass had given ``taken`` batches, ``done`` of them in its last epoch.

        The random generators are as they were when that pass began. The last of those batches is
        returned.
        """
        self._running = self._begin()
        last = deque(itertools.islice(self._running, taken), maxlen=1)
        self.taken = taken
        return last.pop() if last else None

    def reset(self) -> None:
        """Let the next epoch begin with the first batch, as every validation does.

        Without effect on an iterator, which cannot go back.
        """
        self._running = iter(())

    def _part(self, done: int, limit: int) -> Iterator[Batch]:
        for taken in range(done, limit):
            batch = next(self._running, None)
            if batch is None and taken == 0:  # the epoch before ended with the last batch
                self._running = self._begin()
                batch = next(self._running, None)
            if batch is None:
                self._ran_out(taken)
                return
            self.taken += 1
            yield batch

    def _ran_out(self, taken: int) -> None:
        if self._told:
            return
        self._told = self.exhausted  # it will not get better: once is enough
        wanted = f" of {self._limit}" if self._limit else ""
        remedy = "it can be read only once; pass an object that can be read again, such as a list"
        if not self.one_shot:
            remedy = "lower steps_per_epoch, or leave it out to read all data in every epoch"
        warnings.warn(
            f"the data ran out: this epoch has {taken}{wanted} batches; {remedy}",
            UserWarning,
            stacklevel=2,
        )
