"""Weights in NumPy's own ``.npz`` file: one array per weight, under the weight's path."""

import os
import secrets
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from minikeras.autodiff import Variable

__all__ = ["load_weights", "save_weights"]


def save_weights(
    variables: list[Variable], path: str | os.PathLike[str], overwrite: bool = True
) -> None:
    """Write ``variables`` to ``path``; an old file stays whole until the new one is complete.

    Parameters
    ----------
    variables : list of Variable
    path : path
        Ends in ``.npz``.
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    ValueError
        If the name does not end in ``.npz``.
    FileExistsError
        If the file exists and ``overwrite`` is False.

    Examples
    --------
    >>> import numpy as np, tempfile, minikeras
    >>> from minikeras.saving.npz import load_weights, save_weights
    >>> w = minikeras.Variable([1.0, 2.0], name="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights([w], folder + "/w.npz")
    ...     _ = w.assign([0.0, 0.0])
    ...     load_weights([w], folder + "/w.npz")
    >>> w.numpy()
    array([1., 2.], dtype=float32)
    """
    target = _checked(path)
    if target.exists() and not overwrite:
        raise FileExistsError(f"{target} exists already; pass overwrite=True to replace it")
    arrays = {f"{i}:{variable.path}": variable.value for i, variable in enumerate(variables)}
    # Not tempfile: its files can be read by their owner alone, and would stay so.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load_weights(variables: list[Variable], path: str | os.PathLike[str]) -> None:
    """Read ``path`` into ``variables``, in order; nothing changes unless everything fits.

    Parameters
    ----------
    variables : list of Variable
    path : path
        A file that ``save_weights`` wrote.

    Raises
    ------
    ValueError
        If the file is damaged, or holds another number or other shapes of weights.
    FileNotFoundError
        If there is no such file.
    """
    source = _checked(path)
    try:
        with open(source, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = [archive[name] for name in sorted(archive.files, key=_place)]
    except (AttributeError, TypeError) as error:  # np.load returned something else
        raise ValueError(f"{source} is not an .npz file of weights, but another format") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{source} is not a readable .npz file of weights: {error}") from error
    if len(arrays) != len(variables):
        raise ValueError(
            f"{source} holds {len(arrays)} weights, the model has {len(variables)}; build the same "
            "model that was saved"
        )
    for variable, array in zip(variables, arrays, strict=True):
        if variable.shape != array.shape:
            raise ValueError(
                f"{source} holds shape {array.shape} for weight {variable.path!r} of shape "
                f"{variable.shape}; no weight was replaced"
            )
        if array.dtype.kind not in "fiub":
            raise ValueError(
                f"{source} holds {array.dtype} for weight {variable.path!r}, expected real "
                "numbers; no weight was replaced"
            )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _place(name: str) -> int:
    number = name.partition(":")[0]
    if not number.isdigit():
        raise ValueError(f"unexpected member {name!r}")
    return int(number)


def _checked(path: Any) -> Path:
    target = Path(path)
    if target.suffix != ".npz":
        raise ValueError(
            f"expected a file name that ends in .npz, got {str(path)!r}; "
            f"write {target.with_suffix('.npz').name!r}"
        )
    return target
