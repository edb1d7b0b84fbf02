"""Where a file keeps the weights of each layer: Keras 3's names for the parts of a model.

A part is named after the attribute that holds it. In a list, tuple or dictionary it is named after
its class: ``dense``, ``dense_1``... in the order of the list. Names of layers play no role.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.layers.base import Layer
from minikeras.layers.input import InputLayer
from minikeras.layers.operation import Operation
from minikeras.optimizers.base import Optimizer
from minikeras.registry import snake_case

__all__ = ["Place", "arrays", "own_variables", "places"]


_PRIVATE = {  # attributes that have an underscore in Keras
    "MultiHeadAttention": {"gate_dense"},
    "GroupedQueryAttention": {
        "gate_dense",
        "key_dense",
        "output_dense",
        "query_dense",
        "value_dense",
    },
}


class Place(NamedTuple):
    """A part of a model, and its path within a file.

    Attributes
    ----------
    path : str
        Such as ``"layers/dense_1"``; ``""`` is the model itself.
    owner : Layer or Optimizer
    """

    path: str
    owner: Any

    @property
    def vars(self) -> str:
        """Path of the group that holds its variables."""
        return f"{self.path}/vars" if self.path else "vars"

    @property
    def title(self) -> str:
        """Class and name of the owner."""
        return f"{type(self.owner).__name__} {self.owner.name!r}"


def places(model: Layer) -> list[Place]:
    """Return all parts of ``model`` that files have a place for, each once, outer ones first.

    Parameters
    ----------
    model : Layer
        Usually a Model; its optimizer is among the parts.

    Returns
    -------
    list of Place

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import LSTM, Bidirectional, Dense
    >>> model = Sequential([Input((5, 2)), Bidirectional(LSTM(3)), Dense(4, name="a"), Dense(1)])
    >>> for place in places(model):
    ...     print(place.path)
    <BLANKLINE>
    layers/bidirectional
    layers/bidirectional/backward_layer
    layers/bidirectional/backward_layer/cell
    layers/bidirectional/forward_layer
    layers/bidirectional/forward_layer/cell
    layers/dense
    layers/dense_1
    """
    found: dict[int, Place] = {}
    _visit(model, "", found)
    return list(found.values())


def own_variables(owner: Any) -> list[Variable]:
    """Return the variables that stand at the place of ``owner`` itself, in the files' order."""
    if isinstance(owner, Optimizer):
        return owner.variables
    # Not its _own_variables(): a layer may leave some out while another one that shares them is
    # frozen, and files do not depend on that.
    own = {id(item): item for item in owner._members() if isinstance(item, Variable)}
    return sorted(own.values(), key=lambda variable: not variable.trainable)


def arrays(owner: Any) -> dict[str, Array]:
    """Return what stands at the place of ``owner`` itself, by name.

    A layer may define ``save_own_variables(store)``, which fills the dictionary, as in Keras.
    """
    store: dict[str, Any] = {}
    if hasattr(owner, "save_own_variables"):
        owner.save_own_variables(store)
        return {str(name): np.asarray(value) for name, value in store.items()}
    return {str(i): variable.value for i, variable in enumerate(own_variables(owner))}


def _visit(owner: Any, path: str, found: dict[int, Place]) -> None:
    if id(owner) in found:
        return
    found[id(owner)] = Place(path, owner)
    inside = _of_optimizer(owner) if isinstance(owner, Optimizer) else _of_layer(owner)
    for name, value in inside:
        inner = f"{path}/{name}" if path else name
        if _has_place(value):
            _visit(value, inner, found)
        elif isinstance(value, list | tuple | dict):
            _visit_container(value, inner, found, {id(value)})


def _has_place(value: Any) -> bool:
    return isinstance(value, Layer | Optimizer) and not isinstance(value, Operation)


def _visit_container(value: Any, path: str, found: dict[int, Place], outer: set[int]) -> None:
    counts: Counter[str] = Counter()

    def numbered(name: str) -> str:
        counts[name] += 1
        return f"{path}/{name}" if counts[name] == 1 else f"{path}/{name}_{counts[name] - 1}"

    items: Iterable[Any] = value.values() if isinstance(value, dict) else value
    for item in items:
        if _has_place(item):
            _visit(item, numbered(snake_case(type(item).__name__)), found)
        elif isinstance(item, list | tuple | dict):
            inner = numbered("container")
            if id(item) not in outer:
                outer.add(id(item))
                _visit_container(item, inner, found, outer)


def _of_optimizer(owner: Optimizer) -> Iterator[tuple[str, Any]]:
    for name, value in sorted(vars(owner).items()):
        if not name.startswith("_") and (
            isinstance(value, Optimizer)
            or (isinstance(value, list) and all(isinstance(one, Optimizer) for one in value))
        ):
            yield name, value


def _of_layer(owner: Layer) -> Iterator[tuple[str, Any]]:
    """Give the attributes of a layer, those with an underscore last."""
    if owner._graph is not None or _is_row(owner):
        yield "layers", owner.layers  # type: ignore[attr-defined]
    names = set(dir(owner)) - _common_names()
    private = {
        name: f"_{name}" for one in type(owner).__mro__ for name in _PRIVATE.get(one.__name__, ())
    }
    for name in sorted(names, key=lambda name: (name.startswith("_"), name)):
        if name.startswith("__"):
            continue
        try:
            value = getattr(owner, name)
        except Exception:
            continue  # a property that has no value now
        if not isinstance(value, InputLayer):  # where a model starts; it is among the layers
            yield private.get(name, name), value


@cache
def _common_names() -> frozenset[str]:
    """Return the attributes that every layer has."""
    return frozenset(dir(Layer(name="any")))


def _is_row(owner: Layer) -> bool:
    """Whether it is Sequential, which may have no graph yet; models are above this module."""
    return any(one.__module__ == "minikeras.models.sequential" for one in type(owner).__mro__)
