"""Files of layers within a ``.keras`` file: vocabularies, and what classes of one's own put there.

A layer may define Keras's hooks ``save_assets(dir_path)`` and ``load_assets(dir_path)``. Each gets
an empty folder of its own, which is there as long as the call lasts; of an archive it holds the
members of that layer alone.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Protocol, TypeVar

from minikeras.saving import hdf5
from minikeras.saving.errors import ModelFileError
from minikeras.saving.places import Place, lacks_words, places

__all__ = ["FOLDER", "load_assets", "most_words", "saved_assets"]

FOLDER = "assets"
_VOCABULARY = "vocabulary.txt"
_LARGEST = 64 << 20  # bytes of a vocabulary
_MOST_WORDS = 10_000_000

AnyPath = TypeVar("AnyPath", bound=PurePath)


class _Source(Protocol):
    """What members are read from: an archive, or a folder in its place."""

    name: str

    @property
    def members(self) -> Mapping[str, Any]: ...

    def read(self, name: str, largest: int | None = None) -> bytes: ...


def saved_assets(model: Any) -> dict[str, list[Any]]:
    """Return the members that the ``save_assets`` of layers ask for: name -> content."""
    found: dict[str, list[Any]] = {}
    for place in places(model):
        if hasattr(place.owner, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                place.owner.save_assets(folder)
                for path in sorted(Path(folder).rglob("*")):
                    if path.is_file():
                        name = path.relative_to(folder).as_posix()
                        found[f"{_prefix(place)}{name}"] = [path.read_bytes()]
    return found


def load_assets(model: Any, source: _Source, tree: hdf5.Group) -> None:
    """Give each layer its files.

    Parameters
    ----------
    model : Model
    source : Archive, or what has its members
    tree : Group
        The weights; those that belong to a vocabulary are taken out.

    Raises
    ------
    ModelFileError
        If a member is damaged, or a layer cannot use it.
    """
    for place in places(model):
        prefix = _prefix(place)
        if hasattr(place.owner, "load_assets"):
            members = [name for name in source.members if name.startswith(prefix)]
            if members:
                _load(place.owner, source, prefix, members)
        elif hasattr(place.owner, "set_vocabulary") and prefix + _VOCABULARY in source.members:
            _set_vocabulary(place, source, prefix + _VOCABULARY, tree)
    for place in places(model):
        if lacks_words(place.owner):
            member = _prefix(place) + _VOCABULARY
            raise ModelFileError(source.name, f"there are no words for {place.title}", member)


def most_words(source: _Source) -> int:
    """Return how many words the vocabularies can have, by the sizes of their files."""
    found = 1000  # that there are none at all is said elsewhere
    for name, member in source.members.items():
        if name.endswith(_VOCABULARY):
            size, packed = (getattr(member, part, _LARGEST) for part in ("size", "packed"))
            found += min(size, 100 * packed)
    return min(found, _MOST_WORDS)


def _prefix(place: Place) -> str:
    return "/".join(part for part in (FOLDER, place.path) if part) + "/"


def _load(owner: Any, source: _Source, prefix: str, members: list[str]) -> None:
    sizes = [source.members[name] for name in members]
    total = sum(getattr(member, "size", 0) for member in sizes)
    packed = sum(getattr(member, "packed", 0) for member in sizes)
    if total > max(_LARGEST, 100 * packed):
        problem = f"its files have {total} bytes, packed as {packed}; not unpacked, for safety"
        raise ModelFileError(source.name, problem, prefix.rstrip("/"))
    with tempfile.TemporaryDirectory() as folder:
        for name in members:
            try:
                path = inside(Path(folder), name.removeprefix(prefix))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(source.read(name))
            except (OSError, ValueError) as error:
                if isinstance(error, ModelFileError):
                    raise
                raise ModelFileError(source.name, f"it cannot be a file: {error}", name) from error
        try:
            owner.load_assets(folder)
        except Exception as error:
            title = f"{type(owner).__name__} {owner.name!r}"
            raise ModelFileError(
                source.name, f"{title} could not read its files: {error!r}", prefix.rstrip("/")
            ) from error


def inside(folder: AnyPath, name: str) -> AnyPath:
    """Return where a member goes; under Windows a part of a name may be that of a drive.

    Raises
    ------
    ValueError
        If it leads out of the folder.
    """
    path = folder.joinpath(*name.split("/"))
    if not path.is_relative_to(folder):
        raise ValueError("its name leads out of its folder")
    return path


def _set_vocabulary(place: Place, source: _Source, member: str, tree: hdf5.Group) -> None:
    """Give a lookup layer the words that Keras learnt: of these, the configuration says nothing."""
    group = tree.get(place.vars)
    weights = group.members.pop("idf_weights", None) if isinstance(group, hdf5.Group) else None
    try:
        text = source.read(member, _LARGEST).decode()
        words: list[Any] = text.replace("\r\n", "\n").rstrip("\n").split("\n")  # as Keras reads it
        if str(getattr(place.owner, "vocabulary_dtype", "")).startswith("int"):
            words = [int(word) for word in words]
        if weights is not None:
            weights = weights[: len(words)]  # up to max_tokens, they are zeros
        place.owner.set_vocabulary(words, weights)
    except (TypeError, ValueError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(source.name, str(error), member) from error
