"""Keras's ``.keras`` files: configuration, weights and optimizer state in one zip file.

Members are stored as they are, in this order: ``metadata.json``, ``config.json``,
``model.weights.h5``, and what layers put into ``assets/``. A model also loads from a folder that
holds these files.
"""

import json
import os
import time
from pathlib import Path
from typing import Any, BinaryIO

from minikeras._atomic import replacing
from minikeras.layers.blank import blank_weights
from minikeras.saving import hdf5
from minikeras.saving.archive import Archive, opened
from minikeras.saving.assets import FOLDER, load_assets, most_words, saved_assets
from minikeras.saving.config import check_model, parse_config
from minikeras.saving.decode import ConfigError, decode
from minikeras.saving.encode import encode
from minikeras.saving.errors import ModelFileError
from minikeras.saving.weights_h5 import from_tree, to_tree
from minikeras.saving.zip_writer import write_zip

__all__ = ["read", "read_weights", "write"]

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
PICKLED = "model.weights.npz"  # what an option of Keras writes instead
_LARGEST_CONFIG = 64 << 20  # bytes
_KERAS_VERSION = "3.15.0"  # whose form this is
_SLACK = 1 << 20


def write(model: Any, file: str | os.PathLike[str] | BinaryIO, overwrite: bool = True) -> None:
    """Write ``model`` as one ``.keras`` file; an old file stays whole until the new one is.

    Parameters
    ----------
    model : Model
    file : path or binary file
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    TypeError
        If there is anything in the model that a file cannot hold; nothing is written then.
    FileExistsError
        If the file exists and ``overwrite`` is False.
    """
    members = _members(model)
    if not isinstance(file, str | os.PathLike):
        write_zip(members, file)
        return
    with replacing(file, overwrite) as target:
        write_zip(members, target)


def write_folder(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write the members of a ``.keras`` file into a folder, each one whole or not at all."""
    members = _members(model)
    folder = Path(path)
    held = all((folder / name).is_file() for name in (CONFIG, WEIGHTS))
    if not overwrite and (folder / CONFIG).exists():
        raise FileExistsError(f"{folder} holds a model already; pass overwrite=True to replace it")
    folder.mkdir(parents=True, exist_ok=True)
    for name, parts in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with replacing(folder / name) as target:
            target.writelines(parts)
    for path in (folder / FOLDER).rglob("*") if held else ():  # of a model that was there before
        if path.is_file() and path.relative_to(folder).as_posix() not in members:
            path.unlink()


def _members(model: Any) -> dict[str, list[Any]]:
    """Return the content of each member, in pieces."""
    if not hasattr(model, "compile_from_config"):
        raise TypeError(f"expected a Model, got {model!r} ({type(model).__name__})")
    if model.built and model.compiled and not model.optimizer.built and model.trainable_variables:
        model.optimizer.build(model.trainable_variables)  # Keras expects all it would have
    metadata = {
        "keras_version": _KERAS_VERSION,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
    }
    return {
        METADATA: [json.dumps(metadata).encode()],
        CONFIG: [json.dumps(encode(model)).encode()],
        WEIGHTS: hdf5.chunks(to_tree(model)),
        **saved_assets(model),
    }


def read(file: str | os.PathLike[str] | BinaryIO, compile: bool = True) -> Any:
    """Return the model in a ``.keras`` file of minikeras or Keras.

    Parameters
    ----------
    file : path of a file or folder, or binary file
    compile : bool, default True
        Whether to compile the model as it was, with the optimizer as it was.

    Raises
    ------
    ModelFileError
        If the file is damaged, unsafe, or its parts do not fit each other.
    FileNotFoundError
        If there is no such file.
    """
    if not isinstance(file, str | os.PathLike):
        return _read(Archive(file, str(getattr(file, "name", "the file"))), compile)
    if os.path.isdir(file):
        return _read(_Folder(Path(file)), compile)
    with opened(file) as archive:
        return _read(archive, compile)


class _Folder:
    """The files in a folder, as the members of an archive."""

    def __init__(self, path: Path):
        self.path, self.name = path, str(path)
        found = [path / name for name in (CONFIG, WEIGHTS, PICKLED)]
        found += sorted((path / FOLDER).rglob("*"))
        self.members = {one.relative_to(path).as_posix(): None for one in found if one.is_file()}

    def read(self, member: str, largest: int | None = None) -> bytes:
        if member not in self.members:
            raise ModelFileError(self.name, "the folder has no such file", member)
        if (self.path / member).resolve() != self.path.resolve() / member:
            raise ModelFileError(self.name, "it is a link to elsewhere; not followed", member)
        size = (self.path / member).stat().st_size
        if largest is not None and size > largest:
            raise ModelFileError(self.name, f"its {size} bytes are more than {largest}", member)
        return (self.path / member).read_bytes()


def _read(archive: Archive | _Folder, compile: bool) -> Any:
    name = archive.name
    text = archive.read(CONFIG, _LARGEST_CONFIG)
    if WEIGHTS not in archive.members and PICKLED in archive.members:
        raise ModelFileError(
            name,
            "its weights are pickled objects, which neither Keras nor minikeras reads; save the "
            "model again without weights_format='npz'",
            PICKLED,
        )
    data = archive.read(WEIGHTS)
    try:
        with blank_weights(4 * len(data) + _SLACK, 20_000 + len(text) // 10):
            model = check_model(decode(parse_config(text), compile, words=most_words(archive)))
    except ConfigError as error:
        raise ModelFileError(name, str(error), CONFIG) from error
    tree = hdf5.read(data, f"{name}, {WEIGHTS}")
    load_assets(model, archive, tree)
    from_tree(model, tree, f"{name}, {WEIGHTS}")
    return model


def read_weights(model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Read the weights of a ``.keras`` file into a model of the same architecture.

    Raises
    ------
    ModelFileError
        If the file is damaged, or does not fit the model.
    """
    with opened(path) as archive:
        file = f"{archive.name}, {WEIGHTS}"
        from_tree(model, hdf5.read(archive.read(WEIGHTS), file), file, skip_mismatch)
