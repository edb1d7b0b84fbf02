"""``Source``: the bytes of a file, of which nothing is taken that is not there."""

from struct import Struct
from typing import Any, NoReturn

from minikeras.saving.errors import ModelFileError

__all__ = ["Source"]


class Source:
    """Checked access to the bytes of an HDF5 file.

    Parameters
    ----------
    data : memoryview of bytes
    name : str
        Of the file, for messages.

    Attributes
    ----------
    end : int
        Number of bytes.
    member : str
        Path of what is being read, for messages.
    """

    def __init__(self, data: memoryview, name: str):
        self.data = data
        self.name = name
        self.end = len(data)
        self.member = ""
        # Every byte of structure is read about once. A file whose parts overlap could make a
        # reader go over the same bytes again and again, without ever going round in a circle.
        self._left = 2 * len(data) + 4096

    def fail(self, problem: str) -> NoReturn:
        """Raise ``ModelFileError``."""
        raise ModelFileError(self.name, problem, self.member)

    def take(self, offset: int, size: int, what: str) -> memoryview:
        """Return ``size`` bytes of structure.

        Raises
        ------
        ModelFileError
            If they do not lie within the file.
        """
        self.charge(size)
        return self.view(offset, size, what)

    def charge(self, size: int) -> None:
        """Count ``size`` bytes as read; raise if these are more than the file can consist of."""
        self._left -= size
        if self._left < 0:
            self.fail("its parts overlap each other; the file is damaged")

    def view(self, offset: int, size: int, what: str) -> memoryview:
        """Return ``size`` bytes of data; like ``take``, but they may be read again."""
        if offset > self.end or size > self.end - offset:
            self.fail(
                f"{what} should be {size} bytes at byte {offset}, the file has {self.end}; it "
                "is damaged or was cut off"
            )
        return self.data[offset : offset + size]

    def unpack(self, form: Struct, offset: int, what: str) -> tuple[Any, ...]:
        """Return the numbers at ``offset``."""
        return form.unpack(self.take(offset, form.size, what))
