"""A file of events in a folder."""

import itertools
import os
import platform
import time
from pathlib import Path

from minikeras.callbacks.tensorboard import messages
from minikeras.callbacks.tensorboard.records import write_record

__all__ = ["EventWriter"]

_NUMBERS = itertools.count()


class EventWriter:
    """Writes events into a new file whose name TensorBoard knows.

    Parameters
    ----------
    folder : path
        Made if it is missing.

    Examples
    --------
    >>> from pathlib import Path
    >>> from minikeras.callbacks.tensorboard import messages
    >>> from minikeras.callbacks.tensorboard.writer import EventWriter
    >>> writer = EventWriter("logs")
    >>> writer.add(0, messages.scalar("loss", 0.5))
    >>> writer.close()
    >>> [path.name.startswith("events.out.tfevents.") for path in Path("logs").iterdir()]
    [True]
    """

    def __init__(self, folder: str | os.PathLike[str]):
        Path(folder).mkdir(parents=True, exist_ok=True)
        now = time.time()
        host = platform.node() or "localhost"
        name = f"events.out.tfevents.{int(now)}.{host}.{os.getpid()}.{next(_NUMBERS)}.v2"
        self.path = Path(folder, name)
        self._file = open(self.path, "xb")  # noqa: SIM115
        write_record(self._file, messages.first_event(now))
        self.flush()

    def add(self, step: int, value: bytes) -> None:
        """Append one value from ``messages``."""
        write_record(self._file, messages.event(time.time(), step, value))

    def flush(self) -> None:
        """Let readers see what was added."""
        self._file.flush()

    def close(self) -> None:
        """Close the file; nothing can be added afterwards."""
        self._file.close()
