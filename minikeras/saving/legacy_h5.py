"""Keras's older ``.h5`` files: weights by the names of layers, or a whole model.

A group holds the names of the layers in the attribute ``layer_names``, and for each layer a group
whose attribute ``weight_names`` lists its arrays. In the file of a whole model this is the group
``model_weights``; the architecture is JSON in the attribute ``model_config``.
"""

import os
import warnings
from typing import Any, NamedTuple

from minikeras._typing import Array
from minikeras._validation import did_you_mean
from minikeras.layers.base import Layer
from minikeras.saving.errors import ModelFileError
from minikeras.saving.hdf5 import Group, read
from minikeras.saving.json_text import parse
from minikeras.saving.places import own_variables
from minikeras.saving.weights_h5 import assign, check_kinds, set_state

__all__ = ["LegacyModel", "LegacyWeights", "load_weights", "put", "put_state", "read_model"]

_TOP = "top_level_model_weights"


class LegacyWeights(NamedTuple):
    """The weights in a legacy file.

    Attributes
    ----------
    layers : dict of str to list of array
        By name of the layer, in the model's order; also those without weights.
    own : list of array or None
        Those of the model itself; None if the file does not say.
    """

    layers: dict[str, list[Array]]
    own: list[Array] | None


class LegacyModel(NamedTuple):
    """What the file of a whole model holds.

    Attributes
    ----------
    config : dict
        ``{"class_name": ..., "config": ...}``, unchecked.
    training : dict or None
        Optimizer, loss and metrics, unchecked.
    weights : LegacyWeights
    optimizer : list of array or None
        State of the optimizer.
    """

    config: dict[str, Any]
    training: dict[str, Any] | None
    weights: LegacyWeights
    optimizer: list[Array] | None


def read_model(path: str | os.PathLike[str]) -> LegacyModel:
    """Read the ``.h5`` file of a whole model; nothing is made of it yet.

    Parameters
    ----------
    path : path

    Returns
    -------
    LegacyModel

    Raises
    ------
    ModelFileError
        If the file is damaged, or holds weights alone.
    FileNotFoundError
        If there is no such file.
    """
    file, root = os.fspath(path), read(path)
    config = _json(root, "model_config", file)
    if config is None:
        raise ModelFileError(
            file,
            "it holds no model_config, so weights alone; make the model and use load_weights",
        )
    state = root.get("optimizer_weights")
    return LegacyModel(
        config,
        _json(root, "training_config", file),
        _weights(root, file),
        _arrays(state, file, "optimizer_weights") if isinstance(state, Group) else None,
    )


def load_weights(
    model: Layer,
    path: str | os.PathLike[str],
    by_name: bool = False,
    skip_mismatch: bool = False,
) -> None:
    """Read the weights in a legacy ``.h5`` file; all or nothing.

    Parameters
    ----------
    model : Model
        Built.
    path : path
        Weights alone, or a whole model.
    by_name : bool, default False
        Fill the layers whose names the file has; others stay as they are. Otherwise the layers
        with weights are taken in order, whatever their names.
    skip_mismatch : bool, default False
        Leave out layers that do not fit, with a warning, rather than raise.

    Raises
    ------
    ModelFileError
        If the file is damaged or does not fit; nothing was replaced then.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the model is not built.
    """
    if not model.built:
        raise ValueError(
            f"weights can be loaded once the model is built; call {model.name}.build(input_shape)"
        )
    file = os.fspath(path)
    put(model, _weights(read(path), file), file, by_name, skip_mismatch)


def put(
    model: Any,
    weights: LegacyWeights,
    file: str,
    by_name: bool = False,
    skip_mismatch: bool = False,
) -> None:
    """Put the weights of a legacy file into ``model``; see ``load_weights``."""
    layers = [layer for layer in model.layers if layer.weights]
    given = {name: values for name, values in weights.layers.items() if values}
    if by_name:
        pairs = [(layer, layer.name, given[layer.name]) for layer in layers if layer.name in given]
        if not pairs:
            raise ModelFileError(
                file,
                f"none of its layers has a name of the model's layers; it has {', '.join(given)}",
            )
    else:
        if len(given) != len(layers):
            raise ModelFileError(
                file,
                f"the model has {len(layers)} layers with weights "
                f"({', '.join(layer.name for layer in layers)}), the file has {len(given)} "
                f"({', '.join(given)}); no weight was replaced",
            )
        pairs = [(layer, *item) for layer, item in zip(layers, given.items())]
    fitting = []
    for layer, name, values in pairs:
        variables = [*layer.trainable_variables, *layer.non_trainable_variables]
        fitting += _matched(layer, variables, values, file, name, skip_mismatch)
    if weights.own is not None and not by_name:
        variables = own_variables(model)
        fitting += _matched(model, variables, weights.own, file, _TOP, skip_mismatch)
    check_kinds(fitting, file)
    assign(fitting, file)


def put_state(model: Any, values: list[Array], file: str) -> None:
    """Set the state of the optimizer of ``model``, if it is that of Keras 3; else warn."""
    set_state(model, values, file, "optimizer_weights")


def _matched(
    layer: Layer, variables: list[Any], values: list[Array], file: str, name: str, skip: bool
) -> list[tuple[Any, Array, str]]:
    """Return variable, value and path for each weight of a layer."""
    expected = [variable.shape for variable in variables]
    got = [value.shape for value in values]
    if expected == got:
        return [(v, value, name) for v, value in zip(variables, values, strict=True)]
    problem = (
        f"{type(layer).__name__} {layer.name!r} expected {len(expected)} weights of shapes "
        f"{expected}, got {len(got)} of shapes {got}"
    )
    if not skip:
        raise ModelFileError(file, f"{problem}; no weight was replaced", name)
    warnings.warn(f"left out: {file}, {name}: {problem}", stacklevel=4)
    return []


def _weights(root: Group, file: str) -> LegacyWeights:
    """Return the weights in the file."""
    group = root.get("model_weights")
    group = group if isinstance(group, Group) else root
    names = _names(group, "layer_names", file)
    if names is None:
        hint = did_you_mean("layer_names", list(group.attributes)) if group.attributes else ""
        raise ModelFileError(file, f"it lists no layers, it lacks the attribute layer_names{hint}")
    layers = {}
    for name in names:
        if name in layers:
            raise ModelFileError(file, f"it lists two layers named {name!r}")
        inner = group.get(name)
        if not isinstance(inner, Group):
            raise ModelFileError(file, f"it lists a layer {name!r} that it does not hold")
        layers[name] = _arrays(inner, file, name)
    own = group.get(_TOP)
    return LegacyWeights(layers, _arrays(own, file, _TOP) if isinstance(own, Group) else None)


def _arrays(group: Group, file: str, name: str) -> list[Array]:
    """Return the arrays of a group, in the order of its attribute ``weight_names``."""
    found = []
    for path in _names(group, "weight_names", file) or []:
        value = group.get(path)
        if value is None or isinstance(value, Group):
            raise ModelFileError(file, f"it lists a weight {path!r} that it does not hold", name)
        if value.dtype.kind not in "fiub":
            raise ModelFileError(file, f"expected real numbers, got dtype {value.dtype}", name)
        found.append(value)
    return found


def _names(group: Group, name: str, file: str) -> list[str] | None:
    """Return a list of names, which may be spread over several attributes; None if missing."""
    if name in group.attributes:
        parts = [group.attributes[name]]
    else:
        parts = []
        while f"{name}{len(parts)}" in group.attributes:
            parts.append(group.attributes[f"{name}{len(parts)}"])
        if not parts:
            return None
    found: list[str] = []
    for part in parts:
        if isinstance(part, list):
            found += part
        elif getattr(part, "size", 1):  # no names at all are an array of no numbers
            raise ModelFileError(file, f"expected names in its attribute {name}, got {part!r}")
    return found


def _json(root: Group, name: str, file: str) -> dict[str, Any] | None:
    text = root.attributes.get(name)
    if text is None:
        return None
    try:
        found = parse(text) if isinstance(text, str) else None
    except ValueError as error:
        raise ModelFileError(file, str(error), name) from error
    if not isinstance(found, dict):
        raise ModelFileError(file, "expected a JSON object", name)
    return found
