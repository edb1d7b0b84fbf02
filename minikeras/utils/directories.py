"""Data sets out of folders of files: images, texts, sounds. One folder is one class."""

import os
import wave
from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import check_choice, check_number, check_positive_int
from minikeras.data import PyDataset
from minikeras.ops.image_resize import resize
from minikeras.random import generator
from minikeras.utils.images import img_to_array, load_img
from minikeras.utils.labels import to_categorical

__all__ = [
    "FileDataset",
    "audio_dataset_from_directory",
    "image_dataset_from_directory",
    "text_dataset_from_directory",
]

IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
Folder = str | PathLike[str]


class FileDataset(PyDataset):
    """Batches read from files on demand; made by the functions of this module.

    Attributes
    ----------
    class_names : list of str or None
    file_paths : list of str
    """

    def __init__(
        self,
        file_paths: list[str],
        labels: Array | None,
        class_names: list[str] | None,
        read: Callable[[list[str]], Array],
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
    ):
        super().__init__()
        self.file_paths = file_paths
        self.labels = labels
        self.class_names = class_names
        self.batch_size = batch_size
        self.shuffle = shuffle
        self._read = read
        self._stream = generator(seed)
        self._order = np.arange(len(file_paths))

    def __len__(self) -> int:
        return -(-len(self.file_paths) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        size = self.batch_size or 1
        places = self._order[index * size : (index + 1) * size]
        x = self._read([self.file_paths[i] for i in places])
        y = None if self.labels is None else self.labels[places]
        if self.batch_size is None:
            x, y = x[0], None if y is None else y[0]
        return x if y is None else (x, y)

    def on_epoch_end(self) -> None:
        if self.shuffle:
            self._order = self._stream.permutation(self._order)


def _files(folder: Path, formats: tuple[str, ...], follow_links: bool) -> list[str]:
    """Return the paths of the files below ``folder`` that end so, in order of their names."""
    found = []
    for place, folders, names in os.walk(folder, followlinks=follow_links):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(formats) and not name.startswith("."):
                found.append(os.path.join(place, name))
    return found


def _index(
    directory: Folder,
    labels: Any,
    class_names: Sequence[str] | None,
    formats: tuple[str, ...],
    follow_links: bool,
) -> tuple[list[str], Any, list[str] | None]:
    """Return the files, the number of the class of each, and the names of the classes."""
    root = Path(fspath(directory))
    if not root.is_dir():
        raise ValueError(f"expected a folder, got {str(root)!r}, which is none")
    if isinstance(labels, str) and labels != "inferred":
        raise ValueError(f"labels must be 'inferred', None or a list of classes, got {labels!r}")
    if not isinstance(labels, str):
        if class_names is not None:
            raise ValueError("class_names go with labels='inferred' only; leave them out")
        paths = _files(root, formats, follow_links)
        if labels is not None and len(labels) != len(paths):
            raise ValueError(
                f"expected one label for each of {len(paths)} files in {str(root)!r}, "
                f"got {len(labels)}"
            )
        names = None if labels is None else [str(name) for name in sorted(set(labels))]
        return paths, labels, names
    folders = sorted(
        entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if class_names is not None:
        unknown = [name for name in class_names if name not in folders]
        if unknown:
            raise ValueError(f"no folders {unknown} in {str(root)!r}; there are {folders}")
        folders = list(class_names)
    by_class = [_files(root / name, formats, follow_links) for name in folders]
    numbers = [i for i, files in enumerate(by_class) for _ in files]
    return [path for files in by_class for path in files], numbers, folders


def _encoded(labels: Any, label_mode: str | None, class_names: list[str] | None) -> Array | None:
    if labels is None or label_mode is None:
        return None
    classes = np.asarray(labels)
    if label_mode == "binary":
        if class_names is None or len(class_names) != 2:
            raise ValueError(
                f"label_mode='binary' expected 2 classes, got {len(class_names or [])}: "
                f"{class_names}"
            )
        return classes.astype(config.floatx())[:, np.newaxis]
    if label_mode == "categorical":
        return to_categorical(classes, len(class_names or []))
    return classes.astype(np.int32)


def _dataset(
    directory: Folder,
    labels: Any,
    label_mode: str | None,
    class_names: Sequence[str] | None,
    formats: tuple[str, ...],
    read: Callable[[list[str]], Array],
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    verbose: bool,
) -> Any:
    check_choice("label_mode", label_mode, ["int", "categorical", "binary", None])
    check_choice("subset", subset, ["training", "validation", "both", None])
    if batch_size is not None:
        check_positive_int("batch_size", batch_size)
    if (validation_split is None) != (subset is None):
        raise ValueError(
            "validation_split and subset go together, got "
            f"validation_split={validation_split} and subset={subset!r}"
        )
    if validation_split is not None:
        check_number("validation_split", validation_split, 0, 1, open_minimum=True)
        if shuffle and seed is None:
            raise ValueError(
                "with shuffle=True both subsets need the same order; pass the same seed= to both "
                "calls, or shuffle=False"
            )
    paths, numbers, names = _index(directory, labels, class_names, formats, follow_links)
    if not paths:
        raise ValueError(
            f"no files in {fspath(directory)!r} end in {', '.join(formats)}; labels='inferred' "
            "expects one folder per class"
        )
    encoded = _encoded(numbers, label_mode, names)
    if verbose:
        classes = "" if names is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{classes}.")
    order = np.arange(len(paths))
    if shuffle:
        order = generator(seed).permutation(order)
    count = int((validation_split or 0.0) * len(paths))

    def part(places: Array) -> FileDataset:
        return FileDataset(
            [paths[i] for i in places],
            None if encoded is None else encoded[places],
            names,
            read,
            batch_size,
            shuffle,
            seed,
        )

    if subset is None:
        return part(order)
    if not 0 < count < len(paths):
        raise ValueError(
            f"validation_split={validation_split} of {len(paths)} files leaves a subset empty"
        )
    parts = {"training": order[:-count], "validation": order[-count:]}
    if verbose:
        print(f"Using {len(paths) - count} files for training and {count} for validation.")
    if subset == "both":
        return part(parts["training"]), part(parts["validation"])
    return part(parts[subset])


def image_dataset_from_directory(
    directory: Folder,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of images from a folder with one folder per class. Needs the extra ``image``.

    Parameters
    ----------
    directory : path
    labels : {"inferred"}, None, or list of int
        The folder that a file is in, nothing, or one class per file in the order of their names.
    label_mode : {"int", "categorical", "binary", None}
        Numbers, one-hot rows, a column of 0 and 1, or no labels.
    class_names : list of str, optional
        The folders to use, in that order; default: all, by name.
    color_mode : {"rgb", "rgba", "grayscale"}
    batch_size : int or None, default 32
        None gives single images.
    image_size : (int, int), default (256, 256)
        Height and width that all are brought to.
    shuffle : bool, default True
        Mix the files, anew in every epoch; False keeps the order of their names.
    seed : int, optional
        Needed to shuffle two subsets alike.
    validation_split : float in (0, 1), optional
        Share of the files in the second subset.
    subset : {"training", "validation", "both"}, optional
        ``"both"`` returns a pair.
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"}
    follow_links : bool, default False
        Whether to go into folders that are links.
    crop_to_aspect_ratio, pad_to_aspect_ratio : bool, default False
        Cut off what does not fit, or add margins, instead of distorting.
    data_format : {"channels_last", "channels_first"}, optional
        Default ``config.image_data_format()``.
    format : str
        Accepted for Keras's sake.
    verbose : bool, default True
        Print how many files there are.

    Returns
    -------
    FileDataset, or a pair of them
        A ``PyDataset`` of ``(images, labels)``, images as floats from 0 to 255, shape
        (batch, height, width, channels), with ``class_names`` and ``file_paths``.

    Raises
    ------
    ImportError
        If Pillow is missing.
    ValueError
        If there are no images, or arguments contradict each other.
    """
    check_choice("color_mode", color_mode, CHANNELS)
    layout = config.image_data_format() if data_format is None else data_format
    check_choice("data_format", layout, ["channels_last", "channels_first"])
    height, width = (check_positive_int("each length in image_size", n) for n in image_size)

    def read(paths: list[str]) -> Array:
        images = []
        for path in paths:
            pixels = img_to_array(load_img(path, color_mode), "channels_last")
            images.append(
                resize(
                    pixels,
                    (height, width),
                    interpolation,
                    crop_to_aspect_ratio=crop_to_aspect_ratio,
                    pad_to_aspect_ratio=pad_to_aspect_ratio,
                )
            )
        batch = np.stack(images)
        return np.moveaxis(batch, -1, 1) if layout == "channels_first" else batch

    return _dataset(
        directory,
        labels,
        label_mode,
        class_names,
        IMAGES,
        read,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )


def text_dataset_from_directory(
    directory: Folder,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of texts from a folder with one folder of ``.txt`` files per class.

    Parameters
    ----------
    directory, labels, label_mode, class_names, batch_size, shuffle, seed
        As in ``image_dataset_from_directory``.
    max_length : int, optional
        Cut texts after so many characters.
    validation_split, subset, follow_links, format, verbose
        As in ``image_dataset_from_directory``.

    Returns
    -------
    FileDataset, or a pair of them
        A ``PyDataset`` of ``(texts, labels)``, texts as an array of strings (UTF-8).

    Raises
    ------
    ValueError
        If there are no texts, or arguments contradict each other.

    Examples
    --------
    >>> from pathlib import Path
    >>> from minikeras.utils import text_dataset_from_directory
    >>> for name in ["cats", "dogs"]:
    ...     Path("pets", name).mkdir(parents=True)
    ...     length = Path("pets", name, "one.txt").write_text(f"about {name}", encoding="utf-8")
    >>> texts, labels = text_dataset_from_directory("pets", shuffle=False)[0]
    Found 2 files belonging to 2 classes.
    >>> texts.tolist(), labels
    (['about cats', 'about dogs'], array([0, 1], dtype=int32))
    """

    def read(paths: list[str]) -> Array:
        return np.array([Path(path).read_text("utf-8")[:max_length] for path in paths])

    return _dataset(
        directory,
        labels,
        label_mode,
        class_names,
        (".txt",),
        read,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )


def audio_dataset_from_directory(
    directory: Folder,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """Batches of sounds from a folder with one folder of ``.wav`` files per class.

    Parameters
    ----------
    directory, labels, label_mode, class_names, batch_size, shuffle, seed
        As in ``image_dataset_from_directory``.
    sampling_rate : int, optional
        Samples per second that every file must have; nothing is converted.
    output_sequence_length : int, optional
        Cut, or fill up with zeros, to so many samples; default: the longest of the batch.
    ragged : bool
        Must be False: there are no ragged arrays here.
    validation_split, subset, follow_links, verbose
        As in ``image_dataset_from_directory``.

    Returns
    -------
    FileDataset, or a pair of them
        A ``PyDataset`` of ``(sounds, labels)``, sounds in [-1, 1], shape
        (batch, samples, channels).

    Raises
    ------
    ValueError
        If there are no sounds, a file is no uncompressed WAV file, or arguments contradict each
        other.
    """
    if ragged:
        raise ValueError("audio_dataset_from_directory expected ragged=False: arrays are dense")

    def read(paths: list[str]) -> Array:
        sounds = [_read_wave(path, sampling_rate) for path in paths]
        longest = max(len(sound) for sound in sounds)
        length = longest if output_sequence_length is None else output_sequence_length
        batch = np.zeros((len(sounds), length, sounds[0].shape[1]), config.floatx())
        for place, sound in zip(batch, sounds):
            if sound.shape[1] != place.shape[1]:
                raise ValueError(
                    f"expected {place.shape[1]} channels in every file, got {sound.shape[1]}"
                )
            place[: len(sound)] = sound[:length]
        return batch

    return _dataset(
        directory,
        labels,
        label_mode,
        class_names,
        (".wav",),
        read,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )


def _read_wave(path: str, rate: int | None) -> Array:
    """Return the samples of a WAV file, shape (samples, channels), in [-1, 1]."""
    try:
        with wave.open(path, "rb") as file:
            width, channels = file.getsampwidth(), file.getnchannels()
            if rate is not None and file.getframerate() != rate:
                raise ValueError(
                    f"{path} has {file.getframerate()} samples per second, not "
                    f"sampling_rate={rate}; convert it first"
                )
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        reason = str(error) or "it ends too early"
        raise ValueError(f"{path} cannot be read as uncompressed WAV: {reason}") from error
    raw = np.frombuffer(content, np.uint8).reshape(-1, width)
    if width == 1:  # the only width without a sign
        samples = raw[:, 0].astype(np.float64) / 128.0 - 1.0
    else:
        filled = np.zeros((len(raw), 4), np.uint8)
        filled[:, 4 - width :] = raw
        samples = filled.view("<i4")[:, 0] / 2.0**31
    return samples.reshape(-1, channels)
