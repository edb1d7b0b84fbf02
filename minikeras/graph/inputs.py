"""A model's inputs as users give them, brought into the order and form that its graph runs on."""

import warnings
from typing import Any

import numpy as np

from minikeras._validation import did_you_mean
from minikeras.graph.placeholders import KerasTensor, placeholders


def arrange(name: str, wanted: Any, given: Any) -> list[Any]:
    """Return the arrays of ``given`` in the order of ``placeholders(wanted)``.

    Parameters
    ----------
    name : str
        The model's name, for errors.
    wanted : KerasTensor, or a list or dict of them
        What the model was made with.
    given : array, or a list or dict of them
        A dict may name the inputs of a model that was made with a list, and hold others besides.
        A model that was made with a dict warns of other keys, as Keras does.

    Raises
    ------
    ValueError
        If an input is missing, there are too many, or one has another shape.
    """
    return [_fit(name, tensor, x) for tensor, x in pairs(name, wanted, given)]


def pairs(name: str, wanted: Any, given: Any) -> list[tuple[KerasTensor, Any]]:
    """Return each placeholder in ``wanted`` with what ``given`` holds for it; see ``arrange``."""
    if isinstance(given, dict) and not isinstance(wanted, dict):
        wanted = {tensor.name: tensor for tensor in placeholders(wanted)}
        if wanted.keys() <= given.keys():
            given = {key: given[key] for key in wanted}  # of a table that may have more columns
    return list(zip(placeholders(wanted), _matching(name, wanted, given), strict=True))


def _matching(name: str, wanted: Any, given: Any) -> list[Any]:
    """Return the arrays in ``given``, which must have the structure of ``wanted``."""
    if isinstance(wanted, KerasTensor):
        if isinstance(given, list | tuple) and len(given) == 1:
            given = given[0]
        if isinstance(given, list | tuple | dict):
            raise ValueError(
                f"model {name!r} expected one array for its input {wanted.name!r}, got "
                f"{_describe(given)}"
            )
        return [given]
    if len(wanted) == 1 and not isinstance(given, list | tuple | dict):
        (only,) = wanted.values() if isinstance(wanted, dict) else wanted
        return _matching(name, only, given)
    if isinstance(wanted, dict):
        if not isinstance(given, dict):
            raise ValueError(
                f"model {name!r} expected a dict with the keys {list(wanted)}, got "
                f"{_describe(given)}"
            )
        for key in wanted:
            if key not in given:
                raise ValueError(
                    f"model {name!r} expected its input {key!r}, which is missing from the keys "
                    f"{list(given)}{did_you_mean(key, list(given))}"
                )
        if len(given) > len(wanted):
            warnings.warn(  # which Python shows once, not for every batch
                f"model {name!r} was made for a dict with the keys {list(wanted)}; it does not use "
                f"what was given besides: {[key for key in given if key not in wanted]}",
                stacklevel=2,
            )
        return [leaf for key in wanted for leaf in _matching(name, wanted[key], given[key])]
    if not isinstance(given, list | tuple) or len(given) != len(wanted):
        names = [tensor.name for tensor in placeholders(wanted)]
        raise ValueError(
            f"model {name!r} expected {len(wanted)} inputs {names}, got {_describe(given)}"
        )
    return [
        leaf for one, part in zip(wanted, given, strict=True) for leaf in _matching(name, one, part)
    ]


def _fit(name: str, wanted: KerasTensor, value: Any) -> Any:
    """Return ``value`` with the rank of the input, and as numbers of its kind."""
    if value is None:
        if wanted.node is not None and getattr(wanted.node.layer, "optional", False):
            return None
        raise ValueError(f"model {name!r} got None for its input {wanted.name!r}; give an array")
    shape = getattr(value, "shape", None)
    if shape is None:
        value = np.asarray(value)
        shape = value.shape
    if len(shape) == wanted.ndim - 1 and wanted.shape[-1] == 1:
        value = value[..., np.newaxis]
    elif len(shape) == wanted.ndim + 1 and shape[-1] == 1:
        value = value[..., 0]
    if len(value.shape) != wanted.ndim or any(
        known is not None and known != length
        for known, length in zip(wanted.shape, value.shape, strict=True)
    ):
        raise ValueError(
            f"model {name!r} expected its input {wanted.name!r} to have shape {wanted.shape}, got "
            f"{shape}"
        )
    if wanted.dtype != "string" and value.dtype.kind in "fiub":
        kind = np.dtype(wanted.dtype).kind
        if kind != value.dtype.kind and (kind != "f" or value.dtype.kind != "f"):
            return value.astype(wanted.dtype)
    return value


def _describe(given: Any) -> str:
    if isinstance(given, dict):
        return f"a dict with the keys {list(given)}"
    if isinstance(given, list | tuple):
        return f"{len(given)} of them"
    return f"one array of shape {np.shape(given)}"
