"""Find and read a data set of labelled 28x28 images: Keras's cache, an npz, or IDX files."""

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice
from minikeras.datasets._download import download as fetch
from minikeras.datasets._idx import read_idx

_PARTS = {"train": "train", "test": "t10k"}  # our name -> how the file names begin


@dataclass(frozen=True)
class Download:
    """A file that may be fetched: its name on disk, its address and its checksum."""

    name: str
    url: str
    sha256: str


@dataclass(frozen=True)
class ImageSet:
    """What tells one data set of the MNIST family from another.

    Parameters
    ----------
    name : str
        Name in error messages.
    archive : str
        Name of an npz file looked for inside a folder.
    downloads : tuple of Download
        The files a complete download consists of.
    """

    name: str
    archive: str
    downloads: tuple[Download, ...]

    def load(
        self, path: str | os.PathLike[str], download: bool
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Return both parts, after downloading them if asked and needed."""
        if download and not self._complete(path):
            self._fetch(path)
        return self.load_part("train", path), self.load_part("test", path)

    def load_part(self, part: str, path: str | os.PathLike[str]) -> tuple[Array, Array]:
        """Return the images and labels of ``"train"`` or ``"test"``."""
        check_choice("part", part, _PARTS)
        place = self._locate(path)
        if place.is_file():
            return self._read_archive(place, part)
        files = self._idx_files(place, part)
        if all(files.values()):
            images, labels = (read_idx(file) for file in files.values() if file)
            return _checked(images, labels, " and ".join(map(str, files.values())))
        if (place / self.archive).is_file():
            return self._read_archive(place / self.archive, part)
        raise self._missing(part, path, place, [name for name, file in files.items() if not file])

    def _locate(self, path: str | os.PathLike[str]) -> Path:
        places = _places(path)
        return next((place for place in places if place.exists()), places[0])

    def _idx_files(self, folder: Path, part: str) -> dict[str, Path | None]:
        """Return the images' and the labels' file, None where there is none."""
        names = [f"{_PARTS[part]}-images-idx3-ubyte.gz", f"{_PARTS[part]}-labels-idx1-ubyte.gz"]
        found = {}
        for name in names:
            plain = name.removesuffix(".gz")  # some tools unpack, some write a dot for the dash
            spellings = (name, plain, plain.replace("-idx", ".idx"))
            files = (folder / spelling for spelling in spellings)
            found[name] = next((file for file in files if file.is_file()), None)
        return found

    def _complete(self, path: str | os.PathLike[str]) -> bool:
        place = self._locate(path)
        if place.is_file() or (place / self.archive).is_file():
            return True
        return all(all(self._idx_files(place, part).values()) for part in _PARTS)

    def _fetch(self, path: str | os.PathLike[str]) -> None:
        place = self._locate(path)
        is_file = place.suffix == ".npz"
        if is_file and len(self.downloads) > 1:
            raise ValueError(
                f"path must name a folder to download {self.name}, which comes in "
                f"{len(self.downloads)} files, got {os.fspath(path)!r}"
            )
        for item in self.downloads:
            target = place if is_file else place / item.name
            if not target.exists():
                fetch(item.url, target, item.sha256)

    def _read_archive(self, file: Path, part: str) -> tuple[Array, Array]:
        keys = [f"x_{part}", f"y_{part}"]
        if not zipfile.is_zipfile(file):
            raise ValueError(
                f"{file} is not an npz file, or it is cut short; expected one with arrays "
                "x_train, y_train, x_test and y_test, or the path of a folder of IDX files"
            )
        try:
            with np.load(file, allow_pickle=False) as arrays:
                missing = [key for key in keys if key not in arrays.files]
                if missing:
                    raise ValueError(f"no array {missing[0]!r} among {arrays.files}")
                images, labels = (arrays[key] for key in keys)
        except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"cannot read {' and '.join(keys)} from {file}: {error}") from error
        return _checked(images, labels, str(file))

    def _missing(
        self, part: str, path: str | os.PathLike[str], place: Path, files: list[str]
    ) -> FileNotFoundError:
        looked = " or ".join(str(option) for option in _places(path))
        lines = [f"no {part} part of {self.name} at {looked}; do one of these:"]
        folder = place.parent if place.suffix == ".npz" else place
        if len(self.downloads) == 1:
            archive = place if place.suffix == ".npz" else place / self.archive
            lines.append(f"- put {self.downloads[0].url} at {archive}")
        else:
            lines.extend(f"- put {item.url} into {folder}" for item in self.downloads)
        if place.is_dir():
            lines.append(f"- put {' and '.join(files)} into {place}")
        lines.append(f"- call {self.name}.load_data(..., download=True) to fetch it from there")
        if place.is_dir() and part == "train" and all(self._idx_files(place, "test").values()):
            lines.append(
                f"- the test part alone is there: {self.name}.load_part('test', {str(place)!r})"
            )
        return FileNotFoundError("\n".join(lines))


def cache_folder() -> Path:
    """Return Keras's folder for data sets: ``$KERAS_HOME/datasets`` or ``~/.keras/datasets``."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def _places(path: str | os.PathLike[str]) -> list[Path]:
    """Return where ``path`` may be: in the cache first, as in Keras, then as it stands."""
    given = Path(path).expanduser()
    return [given] if given.is_absolute() else [cache_folder() / given, given.absolute()]


def _checked(images: Array, labels: Array, source: str) -> tuple[Array, Array]:
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"expected images of shape (n, height, width) and n labels in {source}, "
            f"got shapes {images.shape} and {labels.shape}"
        )
    return images, labels
