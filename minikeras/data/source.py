"""What the training loop reads from, whatever the user handed in."""

import warnings
from collections.abc import Iterator
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
    """

    steps: int | None = None
    samples: int | None = None
    batch_size: int | None = None
    x: Arrays | None = None
    y: Arrays | None = None
    w: Arrays | None = None
    exhausted = False
    one_shot = False  # whether a second pass over the data is impossible

    def __init__(self, limit: int | None):
        self._limit = limit  # batches in an epoch as the user wants it: steps_per_epoch
        self._told = False
        self._running: Iterator[Batch] = iter(())  # a pass that goes on from epoch to epoch

    def _pass(self) -> Iterator[Batch]:
        """Yield every batch once."""
        raise NotImplementedError

    def epoch(self) -> Iterator[Batch]:
        """Return an iterator over the batches of the next epoch.

        Without ``steps``, an epoch is one pass over the data. With ``steps``, it is that many
        batches, and the next epoch goes on where this one stopped. A pass that ends within an
        epoch ends the epoch too, with a warning. An epoch without any batch says that the data is
        used up and training should end.
        """
        if self._limit is not None:
            return self._part(self._limit)
        if self.exhausted:
            self._ran_out(0)
        return self._pass()

    def reset(self) -> None:
        """Let the next epoch begin with the first batch, as every validation does.

        Without effect on an iterator, which cannot go back.
        """
        self._running = iter(())

    def _part(self, limit: int) -> Iterator[Batch]:
        for taken in range(limit):
            batch = next(self._running, None)
            if batch is None and taken == 0:  # the epoch before ended with the last batch
                self._running = self._pass()
                batch = next(self._running, None)
            if batch is None:
                self._ran_out(taken)
                return
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
