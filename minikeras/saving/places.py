"""Where a file keeps the weights of each layer: Keras 3's names for the parts of a model.

A part is named after the attribute that holds it. In a list, tuple or dictionary it is named after
its class: ``dense``, ``dense_1``... in the order of the list. Names of layers play no role.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.layers.base import Layer
from minikeras.layers.input import InputLayer
from minikeras.layers.operation import Operation
from minikeras.layers.weights import defines
from minikeras.optimizers.base import Optimizer
from minikeras.registry import snake_case

__all__ = [
    "Place",
    "arrays",
    "expect_words",
    "lacks_words",
    "own_variables",
    "places",
    "weigh_words",
    "weighs_words",
]


_RENAMED = {  # class -> attributes that are named otherwise in Keras
    "MultiHeadAttention": {"gate_dense": "_gate_dense"},
    "GroupedQueryAttention": {
        f"{part}_dense": f"_{part}_dense" for part in ("gate", "key", "output", "query", "value")
    },
    "TextVectorization": {"_lookup": "_lookup_layer"},
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
    return owner._saved_variables()  # type: ignore[no-any-return]


def arrays(owner: Any) -> dict[str, Array]:
    """Return what stands at the place of ``owner`` itself, by name.

    A layer may define ``save_own_variables(store)``, which fills the dictionary, as in Keras.
    """
    store: dict[str, Any] = {}
    if defines(owner, "save_own_variables"):
        owner.save_own_variables(store)
        return {str(name): np.asarray(value) for name, value in store.items()}
    found = {str(i): variable.value for i, variable in enumerate(own_variables(owner))}
    if weighs_words(owner) and (weights := _lookup(owner)._idf) is not None:
        found["idf_weights"] = weights
    return found


def weighs_words(owner: Any) -> bool:
    """Whether it is a lookup layer that has weights of words, which are no variables."""
    return hasattr(owner, "set_vocabulary") and getattr(owner, "output_mode", "") == "tf_idf"


def weigh_words(owner: Any, weights: Array) -> None:
    """Give a lookup layer the weights of the words it has.

    Raises
    ------
    ValueError
        If there are fewer weights than words.
    """
    words = owner.get_vocabulary()
    owner.set_vocabulary(words, weights[: len(words)])


def expect_words(owner: Any, size: Any, most: int) -> None:
    """Let a lookup layer be built for a vocabulary that is read afterwards, from another member.

    Raises
    ------
    ValueError
        If these are more words than there can be.
    """
    if hasattr(owner, "set_vocabulary") and type(size) is int and owner.output_mode != "int":
        lookup = _lookup(owner)
        most += len(lookup.get_vocabulary())
        if not 0 < size <= most:
            raise ValueError(f"expected a vocabulary of 1 to {most} words, got {size}")
        lookup._words.tokens = range(size - len(lookup.get_vocabulary()))
        if owner.output_mode == "tf_idf":
            lookup._idf = np.zeros(lookup.depth(), config.floatx())


def lacks_words(owner: Any) -> bool:
    """Whether a vocabulary is still expected."""
    return hasattr(owner, "set_vocabulary") and isinstance(_lookup(owner)._words.tokens, range)


def _lookup(owner: Any) -> Any:
    return getattr(owner, "_lookup", owner)


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
    renamed = {
        ours: theirs
        for one in type(owner).__mro__
        for ours, theirs in _RENAMED.get(one.__name__, {}).items()
    }
    for name in sorted(names, key=lambda name: (name.startswith("_"), name)):
        if name.startswith("__"):
            continue
        try:
            value = getattr(owner, name)
        except Exception:
            continue  # a property that has no value now
        if not isinstance(value, InputLayer):  # where a model starts; it is among the layers
            yield renamed.get(name, name), value


@cache
def _common_names() -> frozenset[str]:
    """Return the attributes that every layer has."""
    return frozenset(dir(Layer(name="any")))


def _is_row(owner: Layer) -> bool:
    """Whether it is Sequential, which may have no graph yet; models are above this module."""
    return any(one.__module__ == "minikeras.models.sequential" for one in type(owner).__mro__)
