"""Weights in Keras 3's ``.weights.h5`` files, and as the tree of groups inside ``.keras``."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from minikeras._atomic import replacing
from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.layers.base import Layer
from minikeras.layers.weights import defines
from minikeras.optimizers.base import Optimizer
from minikeras.saving.errors import ModelFileError
from minikeras.saving.hdf5 import Group, chunks, read
from minikeras.saving.places import (
    Place,
    arrays,
    own_variables,
    places,
    weigh_words,
    weighs_words,
)

__all__ = ["from_tree", "load_weights", "save_weights", "to_tree"]

SUFFIX = ".weights.h5"


def save_weights(model: Layer, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write the weights of ``model``, and the state of its optimizer, as Keras 3 does.

    Parameters
    ----------
    model : Model
        Built.
    path : path
        Ends in ``.weights.h5``. An old file stays whole until the new one is complete.
    overwrite : bool, default True
        False refuses to replace a file.

    Raises
    ------
    ValueError
        If the model is not built, or the name does not end in ``.weights.h5``.
    FileExistsError
        If the file exists and ``overwrite`` is False.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.saving.weights_h5 import load_weights, save_weights
    >>> model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(model, folder + "/m.weights.h5")
    ...     model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    ...     load_weights(model, folder + "/m.weights.h5")
    >>> model.get_weights()[0].ravel()
    array([1., 1.], dtype=float32)
    """
    target = _checked(path)
    _check_built(model, "saved")
    parts = chunks(to_tree(model))
    with replacing(target, overwrite) as file:
        file.writelines(parts)


def load_weights(model: Layer, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Read a ``.weights.h5`` file of Keras 3 or minikeras; all or nothing.

    Parameters
    ----------
    model : Model
        Built, with the same architecture. If it is compiled, the state of its optimizer is read
        too, where the file has a fitting one.
    path : path
    skip_mismatch : bool, default False
        Leave out the layers that do not fit, with a warning, rather than raise.

    Raises
    ------
    ValueError
        If the model is not built.
    ModelFileError
        If the file is damaged, or a layer's weights are missing or differ in number, shape or kind
        from the model's; nothing was replaced then.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    UserWarning
        If weights are NaN, if the file holds weights that the model has no place for, or if the
        optimizer's state does not fit.
    """
    source = _checked(path)
    _check_built(model, "loaded")
    from_tree(model, read(source), os.fspath(path), skip_mismatch)


def to_tree(model: Layer) -> Group:
    """Return the weights of ``model`` as Keras's files hold them.

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.saving.weights_h5 import to_tree
    >>> tree = to_tree(Sequential([Input((2,)), Dense(1, name="last")]))
    >>> list(tree.arrays()), tree.get("layers/dense/vars").attributes
    (['layers/dense/vars/0', 'layers/dense/vars/1'], {'name': 'last'})
    """
    tree = Group()
    for place in places(model):
        group = tree.group(place.vars)
        group.attributes["name"] = place.owner.name
        group.members.update(arrays(place.owner))
    return tree


def from_tree(model: Layer, tree: Group, file: str, skip_mismatch: bool = False) -> None:
    """Put the weights in ``tree`` into ``model``; nothing changes unless everything fits.

    Parameters
    ----------
    model : Layer
    tree : Group
        As ``to_tree`` or Keras makes it.
    file : str
        Name of the file, for messages.
    skip_mismatch : bool, default False

    Raises
    ------
    ModelFileError
        If a layer's weights are missing or do not fit.
    """
    fitting: list[tuple[Variable, Array, str]] = []
    hooks: list[tuple[Any, dict[str, Array]]] = []
    states: list[tuple[Place, dict[str, Array]]] = []
    words: list[tuple[Place, Array]] = []
    known = set()
    for place in places(model):
        known.add(place.vars)
        try:
            given = _given(place, tree, file)
            if weighs_words(place.owner) and "idf_weights" in given:
                words.append((place, given["idf_weights"]))
                given = {name: value for name, value in given.items() if name != "idf_weights"}
            if isinstance(place.owner, Optimizer):
                states.append((place, given))
            elif defines(place.owner, "load_own_variables"):
                hooks.append((place.owner, given))
            else:
                fitting += _matched(place, given, file)
        except ModelFileError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"left out: {error}", stacklevel=3)
    check_kinds(fitting, file)
    for place, weights in words:
        _weigh_words(place, weights, file)
    for place, given in states[:1]:  # those inside of it are among its own variables
        values = [given[name] for name in sorted(given, key=_number)]
        set_state(model, values, file, place.vars)
    assign(fitting, file)
    for owner, given in hooks:
        _load_own(owner, given, file, skip_mismatch)
    _warn_of_rest(tree, known, file)


def _given(place: Place, tree: Group, file: str) -> dict[str, Array]:
    """Return the arrays that the file has for a place."""
    group = tree.get(place.vars)
    if group is None:
        return {}
    if not isinstance(group, Group):
        raise ModelFileError(file, "expected a group of arrays, it is an array", place.vars)
    for name, member in group.members.items():
        path = f"{place.vars}/{name}"
        if isinstance(member, Group):
            raise ModelFileError(file, "expected an array, it is a group", path)
        if member.dtype.kind not in "fiub":
            raise ModelFileError(file, f"expected real numbers, got dtype {member.dtype}", path)
    return group.members


def _matched(place: Place, given: dict[str, Array], file: str) -> list[tuple[Variable, Array, str]]:
    """Return variable, value and path for all variables of a place; raise if they do not fit."""
    variables = own_variables(place.owner)
    names = [str(i) for i in range(len(variables))]
    if set(given) != set(names):
        shapes = ", ".join(f"{v.name} {v.shape}" for v in variables) or "none"
        got = ", ".join(str(given[name].shape) for name in sorted(given, key=_number)) or "none"
        hint = "" if variables or place.owner.built else "; it is not built, call it first"
        raise ModelFileError(
            file,
            f"{place.title} expected {len(variables)} weights ({shapes}), the file has "
            f"{len(given)} ({got}); no weight was replaced{hint}",
            place.vars,
        )
    found = []
    for name, variable in zip(names, variables, strict=True):
        value, path = given[name], f"{place.vars}/{name}"
        if value.shape != variable.shape:
            raise ModelFileError(
                file,
                f"{place.title} expected shape {variable.shape} for its {variable.name}, got "
                f"{value.shape}; no weight was replaced",
                path,
            )
        found.append((variable, value, path))
    return found


def _number(name: str) -> tuple[int, str]:
    """Sort key: 2 comes before 10."""
    return (int(name), "") if name.isdecimal() and len(name) < 10 else (10**9, name)


def _weigh_words(place: Place, weights: Array, file: str) -> None:
    try:
        weigh_words(place.owner, weights)
    except ValueError as error:
        raise ModelFileError(file, str(error), f"{place.vars}/idf_weights") from error


def _load_own(owner: Any, given: dict[str, Array], file: str, skip_mismatch: bool) -> None:
    """Let a layer read its variables itself, as Keras does."""
    try:
        owner.load_own_variables(dict(given))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        problem = f"{type(owner).__name__} {owner.name!r} could not read its weights: {error!r}"
        if not skip_mismatch:
            raise ModelFileError(file, problem) from error
        warnings.warn(f"left out: {file}: {problem}", stacklevel=4)


def check_kinds(fitting: list[tuple[Variable, Array, str]], file: str) -> None:
    """Raise if fractions would go into integers."""
    for variable, value, path in fitting:
        if value.dtype.kind == "f" and variable.dtype.kind != "f":
            raise ModelFileError(
                file,
                f"expected {variable.dtype} for {variable.name}, got {value.dtype}; no weight was "
                "replaced",
                path,
            )


def assign(fitting: list[tuple[Variable, Array, str]], file: str) -> None:
    """Set variables to values of their shape; warn of NaN. Each comes with its place in a file."""
    for variable, value, path in fitting:
        if value.size and value.dtype.kind == "f" and np.isnan(np.min(value)):
            warnings.warn(
                f"{file}, {path}: {variable.name} holds NaN; training had gone wrong before it was "
                "saved",
                stacklevel=4,
            )
        with np.errstate(over="ignore"):  # numbers beyond float32 become infinite
            variable.assign(value)


def set_state(model: Any, values: list[Array], file: str, member: str) -> None:
    """Set what the optimizer remembers; one that does not fit starts anew, with a warning."""
    optimizer = model.optimizer
    if not values or optimizer is None:
        return
    if not optimizer.built:
        try:
            optimizer.build(model.trainable_variables)
        except ValueError as error:  # weights of several dtypes, which no optimizer trains
            raise ModelFileError(file, str(error), member) from error
    if len(values) < min(3, len(optimizer.variables)) and not np.any(values[0]):
        return  # compiled, but never trained: Keras writes the count of 0 and the learning rate
    shapes = [variable.shape for variable in optimizer.variables]
    if shapes != [value.shape for value in values]:
        warnings.warn(
            f"{file}, {member}: the state of the optimizer does not fit {optimizer!r}, which "
            f"expected {len(shapes)} arrays and got {len(values)}, or their shapes differ; it "
            "starts anew",
            stacklevel=4,
        )
        return
    try:
        optimizer.set_weights(values)
    except (ValueError, OverflowError) as error:
        raise ModelFileError(file, f"the state of the optimizer: {error}", member) from error


def _warn_of_rest(tree: Group, known: set[str], file: str) -> None:
    """Warn of arrays that the model has no place for, other than an optimizer's."""
    rest = {
        path.rpartition("/")[0]
        for path in tree.arrays()
        if path.rpartition("/")[0] not in known and not path.startswith("optimizer/")
    }
    if rest:
        warnings.warn(
            f"{file} holds weights that the model has no place for: {', '.join(sorted(rest))}",
            stacklevel=4,
        )


def _check_built(model: Layer, done: str) -> None:
    if not model.built:
        raise ValueError(
            f"weights can be {done} once the model is built; put Input(shape) first, call "
            f"{model.name}.build(input_shape), or call the model on data"
        )


def _checked(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if not target.name.endswith(SUFFIX):
        raise ValueError(
            f"expected a file name that ends in {SUFFIX}, got {os.fspath(path)!r}; write "
            f"{target.name.partition('.')[0] + SUFFIX!r}"
        )
    return target
