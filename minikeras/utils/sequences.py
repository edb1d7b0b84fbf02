"""Sequences of one length: padded lists, and windows over a long series."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minikeras._typing import Array, ArrayLike, DType
from minikeras._validation import check_choice, check_non_negative_int, check_positive_int
from minikeras.data import PyDataset
from minikeras.random import generator

__all__ = ["TimeSeriesWindows", "pad_sequences", "timeseries_dataset_from_array"]


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DType | type = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Array:
    """Make an array of sequences of different lengths: short ones are filled up, long ones cut.

    Parameters
    ----------
    sequences : list of lists or arrays
    maxlen : int, optional
        Length in the end; default: that of the longest.
    dtype : dtype, default "int32"
        ``object`` for strings.
    padding, truncating : {"pre", "post"}
        Whether to fill up, and to cut, before or after.
    value : number or str, default 0.0
        What to fill up with.

    Returns
    -------
    array, shape (sequences, maxlen, ...)

    Raises
    ------
    ValueError
        If an element is no sequence, or the elements of sequences have different shapes.

    Examples
    --------
    >>> from minikeras.utils import pad_sequences
    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    check_choice("padding", padding, ["pre", "post"])
    check_choice("truncating", truncating, ["pre", "post"])
    if not hasattr(sequences, "__len__"):
        raise ValueError(
            f"pad_sequences expected a list of sequences, got {type(sequences).__name__}; write "
            "list(...) around a generator"
        )
    for i, row in enumerate(sequences):
        if not isinstance(row, Iterable) or not hasattr(row, "__len__"):
            raise ValueError(f"pad_sequences expected sequences, got {row!r} at position {i}")
    kind = np.dtype(dtype)
    if isinstance(value, str) and kind.kind not in "OUS":
        raise ValueError(f"pad_sequences cannot put {value!r} into {kind}; pass dtype=object")
    longest = max(map(len, sequences), default=0)
    length = longest if maxlen is None else check_non_negative_int("maxlen", maxlen)
    first: Any = next((row for row in sequences if len(row)), [])
    sample = np.asarray(first).shape[1:]
    padded = np.full((len(sequences), length, *sample), value, kind)
    for i, row in enumerate(sequences):
        cut = row[max(len(row) - length, 0) :] if truncating == "pre" else row[:length]
        if not len(cut):
            continue
        part = np.asarray(cut, kind)
        if part.shape[1:] != sample:
            raise ValueError(
                f"pad_sequences expected elements of shape {sample}, got {part.shape[1:]} in the "
                f"sequence at position {i}"
            )
        start = length - len(part) if padding == "pre" else 0
        padded[i, start : start + len(part)] = part
    return padded


class TimeSeriesWindows(PyDataset):
    """Batches of windows over a series; made by ``timeseries_dataset_from_array``."""

    def __init__(
        self,
        data: Array,
        targets: Array | None,
        starts: Array,
        offsets: Array,
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
    ):
        super().__init__()
        self.data = data
        self.targets = targets
        self.starts = starts
        self.offsets = offsets
        self.batch_size = batch_size
        self.shuffle = shuffle
        self._stream = generator(seed)
        self._mix()

    def _mix(self) -> None:
        if self.shuffle:
            self.starts = self._stream.permutation(self.starts)

    def __len__(self) -> int:
        return -(-len(self.starts) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        size = self.batch_size or 1
        starts = self.starts[index * size : (index + 1) * size]
        windows = self.data[starts[:, None] + self.offsets]
        if self.batch_size is None:
            windows, starts = windows[0], starts[0]
        return windows if self.targets is None else (windows, self.targets[starts])

    def on_epoch_end(self) -> None:
        self._mix()


def timeseries_dataset_from_array(
    data: ArrayLike,
    targets: ArrayLike | None,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> TimeSeriesWindows:
    """Cut a series into windows, in batches that ``fit`` takes.

    Parameters
    ----------
    data : array, shape (steps, ...)
    targets : array, shape (steps, ...), or None
        ``targets[i]`` belongs to the window that begins at step ``i``.
    sequence_length : int
        Steps of a window.
    sequence_stride : int, default 1
        Steps from the beginning of one window to the next.
    sampling_rate : int, default 1
        Steps from one element of a window to the next.
    batch_size : int or None, default 128
        None gives single windows.
    shuffle : bool, default False
        Mix the windows, anew in every epoch.
    seed : int, optional
    start_index, end_index : int, optional
        The part of the series to use; ``end_index`` is not part of it.
    format : str
        Accepted for Keras's sake.

    Returns
    -------
    TimeSeriesWindows
        A ``PyDataset`` of ``(windows, targets)``, or of windows alone.

    Raises
    ------
    ValueError
        If there is no window, or an argument lies outside the series.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.utils import timeseries_dataset_from_array
    >>> series = np.arange(6.0)
    >>> x, y = timeseries_dataset_from_array(series[:-3], series[3:], 3)[0]
    >>> x, y
    (array([[0., 1., 2.]]), array([3.]))
    """
    series = np.asarray(data)
    steps = len(series)
    check_positive_int("sequence_length", sequence_length)
    for name, number in [("sequence_stride", sequence_stride), ("sampling_rate", sampling_rate)]:
        if check_positive_int(name, number) >= steps:
            raise ValueError(f"{name} must be below the number of steps {steps}, got {number}")
    if batch_size is not None:
        check_positive_int("batch_size", batch_size)
    start = 0 if start_index is None else check_non_negative_int("start_index", start_index)
    end = steps if end_index is None else check_positive_int("end_index", end_index)
    if not start < end <= steps:
        raise ValueError(
            f"expected 0 <= start_index < end_index <= {steps}, got {start_index} and {end_index}"
        )
    count = end - start - (sequence_length - 1) * sampling_rate
    known = None if targets is None else np.asarray(targets)
    if known is not None:
        count = min(count, len(known) - start)
    if count < 1:
        raise ValueError(
            f"a window of {sequence_length} steps at sampling_rate={sampling_rate} does not fit "
            f"into {end - start} steps"
        )
    starts = np.arange(0, count, sequence_stride) + start
    offsets = np.arange(sequence_length) * sampling_rate
    return TimeSeriesWindows(series, known, starts, offsets, batch_size, shuffle, seed)
