"""``Cursor``: reading a message from its first byte to its last."""

from struct import Struct
from typing import Any

from minikeras.saving.hdf5.layout import padding
from minikeras.saving.hdf5.source import Source

__all__ = ["Cursor"]


class Cursor:
    """A place within some bytes, which moves on with everything that is read.

    Parameters
    ----------
    data : bytes
    source : Source
        Says which file is at fault if the bytes do not suffice.
    what : str
        Name of the bytes, for messages.
    """

    def __init__(self, data: memoryview, source: Source, what: str):
        self.data, self.source, self.what = data, source, what
        self.place = 0

    def take(self, size: int) -> memoryview:
        """Return the next ``size`` bytes."""
        if size > len(self.data) - self.place:
            self.source.fail(f"its {self.what} is shorter than it should be; the file is damaged")
        found = self.data[self.place : self.place + size]
        self.place += size
        return found

    def padded(self, size: int) -> memoryview:
        """Return the next ``size`` bytes; skip those up to the next multiple of 8."""
        return self.take(size + padding(size))[:size]

    def unpack(self, form: Struct) -> tuple[Any, ...]:
        """Return the next numbers."""
        return form.unpack(self.take(form.size))
