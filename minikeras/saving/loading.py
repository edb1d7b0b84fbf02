"""``save_model`` and ``load_model``: the format is what the name of the file ends in."""

import os
from pathlib import Path
from typing import Any, BinaryIO

from minikeras.layers.blank import blank_weights
from minikeras.registry import CustomObjectScope
from minikeras.saving import keras_file, legacy_h5, npz, safetensors, weights_h5
from minikeras.saving.config import check_model
from minikeras.saving.decode import ConfigError, decode
from minikeras.saving.errors import ModelFileError

__all__ = ["load_model", "load_weights", "save_model", "save_weights"]


def save_model(
    model: Any,
    filepath: str | os.PathLike[str] | BinaryIO,
    overwrite: bool = True,
    zipped: bool | None = None,
) -> None:
    """Write architecture, weights, and how the model is trained, to a ``.keras`` file.

    Parameters
    ----------
    model : Model
    filepath : path or binary file
        Ends in ``.keras``; a folder with ``zipped=False``.
    overwrite : bool, default True
        False refuses to replace a file.
    zipped : bool, optional
        False writes a folder with three files instead.

    Raises
    ------
    ValueError
        If the name does not end as it should.
    TypeError
        If there is anything in the model that a file cannot hold; nothing is written then.
    FileExistsError
        If the file exists and ``overwrite`` is False.

    Notes
    -----
    The file is written beside the old one, which it then replaces: there is the old file or the
    new one, at any moment. Keras 3 opens it, and goes on training it.

    Examples
    --------
    >>> import tempfile
    >>> from minikeras import Input, Sequential, saving
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((2,)), Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saving.save_model(model, folder + "/m.keras")
    ...     saving.load_model(folder + "/m.keras").output_shape
    (None, 1)
    """
    if not isinstance(filepath, str | os.PathLike):
        keras_file.write(model, _opened(filepath, "write"))
        return
    ends = os.fspath(filepath).endswith(".keras")
    if zipped is False:
        if ends:
            raise ValueError(
                "zipped=False writes a folder, which must not end in .keras, got "
                f"{os.fspath(filepath)}"
            )
        keras_file.write_folder(model, filepath, overwrite)
        return
    if not ends:
        raise ValueError(
            f"expected a file name that ends in .keras, got {os.fspath(filepath)!r}; write "
            f"{Path(filepath).with_suffix('.keras').name!r}, or use save_weights for weights alone"
        )
    keras_file.write(model, filepath, overwrite)


def load_model(
    filepath: str | os.PathLike[str] | BinaryIO,
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Return the model that minikeras or Keras wrote to a file.

    Parameters
    ----------
    filepath : path or binary file
        A ``.keras`` file, a folder with its members, or a legacy ``.h5`` file.
    custom_objects : dict, optional
        Name -> class or function of your own, beside those that are registered. A ``Lambda``
        layer's function goes by the layer's name.
    compile : bool, default True
        Whether to compile the model as it was, with the optimizer where it was.
    safe_mode : bool
        Accepted for Keras code: code in a file is never run, safe or not.

    Returns
    -------
    Model

    Raises
    ------
    ModelFileError
        If the file is damaged, unsafe, names what is unknown, or its parts do not fit each other.
    ValueError
        If the name ends in something else.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import io
    >>> from minikeras import Input, Sequential, saving
    >>> from minikeras.layers import Dense
    >>> file = io.BytesIO()
    >>> saving.save_model(Sequential([Input((2,)), Dense(1, name="last")]), file)
    >>> saving.load_model(file).layers
    [Dense(units=1, name='last')]
    """
    with CustomObjectScope(custom_objects):
        if not isinstance(filepath, str | os.PathLike):
            return keras_file.read(_opened(filepath, "read"), compile)
        if os.path.isdir(filepath):
            return keras_file.read(filepath, compile)
        if _ends(filepath, "load_model", ".keras", ".h5", ".hdf5") == ".keras":
            return keras_file.read(filepath, compile)
        return _read_legacy(filepath, compile)


def _read_legacy(path: str | os.PathLike[str], compile: bool) -> Any:
    """Return the model in a legacy ``.h5`` file."""
    file = os.fspath(path)
    found, size = legacy_h5.read_model(path), os.path.getsize(path)
    try:
        with blank_weights(4 * size, 20_000 + size // 10):
            model = check_model(decode(found.config, compile=False))
        if compile and found.training is not None:
            training = dict(found.training)
            training["optimizer"] = training.pop("optimizer_config", None)
            if training["optimizer"] is not None:
                model.compile_from_config(training)
    except ConfigError as error:
        raise ModelFileError(file, str(error), "model_config") from error
    legacy_h5.put(model, found.weights, file)
    if model.compiled and found.optimizer:
        legacy_h5.put_state(model, found.optimizer, file)
    return model


def save_weights(model: Any, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write all weights of ``model``.

    Parameters
    ----------
    model : Model
    filepath : path
        Ends in ``.weights.h5`` (with the optimizer's state, for Keras too), ``.npz`` or
        ``.safetensors``.
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    ValueError
        If the name ends in something else.
    """
    suffix = _ends(filepath, "save_weights", ".weights.h5", ".npz", ".safetensors")
    if suffix == ".npz":
        npz.save_weights(model.weights, filepath, overwrite)
    elif suffix == ".safetensors":
        safetensors.save_safetensors(model, filepath, overwrite=overwrite)
    else:
        weights_h5.save_weights(model, filepath, overwrite)


def load_weights(
    model: Any,
    filepath: str | os.PathLike[str],
    skip_mismatch: bool = False,
    by_name: bool = False,
) -> None:
    """Read all weights into ``model``; nothing changes unless everything fits.

    Parameters
    ----------
    model : Model
        Built.
    filepath : path
        Ends in ``.weights.h5``, ``.keras``, ``.npz``, ``.safetensors`` or, for a legacy file of
        Keras, ``.h5``.
    skip_mismatch : bool, default False
        Leave out the layers that do not fit, with a warning; not for ``.npz``.
    by_name : bool, default False
        For a legacy file: fill the layers whose names it has.

    Raises
    ------
    ModelFileError
        If the file is damaged, or does not fit the model.
    ValueError
        If the name ends in something else.
    """
    suffix = _ends(
        filepath, "load_weights", ".weights.h5", ".keras", ".npz", ".safetensors", ".h5", ".hdf5"
    )
    if suffix == ".npz":
        npz.load_weights(model.weights, filepath)
    elif suffix == ".safetensors":
        safetensors.load_weights(model, filepath, skip_mismatch)
    elif suffix == ".keras":
        keras_file.read_weights(model, filepath, skip_mismatch)
    elif suffix == ".weights.h5":
        weights_h5.load_weights(model, filepath, skip_mismatch)
    else:
        legacy_h5.load_weights(model, filepath, by_name, skip_mismatch)


def _opened(file: Any, wanted: str) -> BinaryIO:
    """Return ``file`` if it is one that is open."""
    if not hasattr(file, wanted):
        raise TypeError(
            f"expected a path (str or os.PathLike) or an open binary file, got {file!r} "
            f"({type(file).__name__})"
        )
    return file  # type: ignore[no-any-return]


def _ends(filepath: Any, function: str, *suffixes: str) -> str:
    path = os.fspath(filepath)
    for suffix in suffixes:
        if isinstance(path, str) and path.endswith(suffix):
            return suffix
    raise ValueError(
        f"{function} expected a file name that ends in {', '.join(suffixes)}, got {path!r}"
    )
