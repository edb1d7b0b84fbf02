"""Writing the metrics of each epoch into a file."""

import csv
import os
import warnings
from collections.abc import Iterable
from typing import IO, Any

from minikeras.callbacks.base import Callback, Logs
from minikeras.registry import register

__all__ = ["CSVLogger"]


@register("callback")
class CSVLogger(Callback):
    """Writes one line an epoch into a CSV file, which spreadsheets and pandas read.

    The columns are ``epoch`` (from 0) and the metrics in alphabetical order, with a ``val_...``
    for each when the first epoch has no validation; ``NA`` stands where there is no value.

    Parameters
    ----------
    filename : str or path
        File to write, such as ``"training.csv"``. Its folder must exist.
    separator : str, default ","
        One character between two columns.
    append : bool, default False
        Whether to go on at the end of the file, keeping its columns, instead of replacing it. Set
        it where ``BackupAndRestore`` may go on with a run.

    Raises
    ------
    ValueError
        If ``separator`` is not one character; when training begins, if the file to append to does
        not start with an ``epoch`` column.
    OSError
        When training begins, if the file cannot be opened.

    Examples
    --------
    >>> from pathlib import Path
    >>> from minikeras.callbacks import CSVLogger
    >>> logger = CSVLogger("training.csv")
    >>> logger.on_train_begin()
    >>> logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> logger.on_close()
    >>> print(Path("training.csv").read_text())
    epoch,loss,val_loss
    0,0.5,0.75
    <BLANKLINE>
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ):
        if len(str(separator)) != 1 or not isinstance(separator, str):
            raise ValueError(f"separator must be one character such as ',', got {separator!r}")
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self.keys: list[str] | None = None
        self._reported: set[str] = set()
        self._file: IO[str] | None = None

    def _state(self) -> dict[str, Any]:
        return {}  # it is all in the file

    def on_train_begin(self, logs: Logs = None) -> None:
        self.on_close()
        self.keys = self._columns_of_file() if self.append else None
        mode = "a" if self.append else "w"
        self._file = open(self.filename, mode, newline="", encoding="utf-8")  # noqa: SIM115

    def _columns_of_file(self) -> list[str] | None:
        """Return the columns, without ``epoch``, of the file to append to; None if it is empty."""
        try:
            with open(self.filename, newline="", encoding="utf-8") as file:
                header = next(csv.reader(file, delimiter=self.separator), None)
        except FileNotFoundError:
            return None
        if not header:
            return None
        if header[0] != "epoch":
            raise ValueError(
                f"CSVLogger expected {self.filename!r} to start with an 'epoch' column separated "
                f"by {self.separator!r}, got {header[0]!r}; choose another file, or append=False"
            )
        return header[1:]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._file is None:
            return
        logs = logs or {}
        writer = csv.writer(self._file, delimiter=self.separator)
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self._file.flush()
        if missing := sorted(set(logs) - set(self.keys) - self._reported):
            self._reported.update(missing)
            warnings.warn(
                f"CSVLogger: {self.filename!r} has no column for {', '.join(missing)}, left out; "
                "write into another file to have them",
                stacklevel=2,
            )

    def on_train_end(self, logs: Logs = None) -> None:
        self.on_close()

    def on_close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
