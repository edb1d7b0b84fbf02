"""Names of what minikeras ships: layers, losses, optimizers and so on, found by kind and spelling.

Modules that were not imported yet announce their names and load when one is asked for.
"""

import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from minikeras._validation import did_you_mean

T = TypeVar("T")

_KINDS: dict[str, dict[str, Any]] = {}  # kind -> every accepted spelling -> class or function
_NAMES: dict[Any, tuple[str, str]] = {}  # class or function -> (kind, its own name)
_TO_COME: dict[str, dict[str, str]] = {}  # kind -> name -> module of minikeras that registers it
_HOMES = {  # kind -> package of minikeras that registers, or announces, what belongs to it
    "layer": "minikeras.models",
    "loss": "minikeras.losses",
    "metric": "minikeras.metrics",
    "optimizer": "minikeras.optimizers",
    "optimizer_map": "minikeras.optimizers",
    "schedule": "minikeras.optimizers",
    "initializer": "minikeras.initializers",
    "regularizer": "minikeras.regularizers",
    "constraint": "minikeras.constraints",
    "activation": "minikeras.activations",
    "callback": "minikeras.callbacks",
}
_BESIDE = {"optimizer": ("optimizer_map",)}  # kind -> kinds that its modules hold besides


def snake_case(name: str) -> str:
    """Return ``name`` as Keras spells instance names.

    Examples
    --------
    >>> snake_case("LeakyReLU"), snake_case("Conv2D"), snake_case("InputLayer")
    ('leaky_re_lu', 'conv2d', 'input_layer')
    """
    name = re.sub(r"\W", "", name)
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def register(kind: str, *aliases: str) -> Callable[[T], T]:
    """Return a decorator that makes a class or function known by name.

    Parameters
    ----------
    kind : str
        The family: ``"layer"``, ``"loss"``, ``"metric"``, ``"optimizer"``, ``"schedule"``,
        ``"initializer"``, ``"regularizer"``, ``"constraint"``, ``"activation"``, ``"callback"``.
    *aliases : str
        Further names, besides its own and its own in snake case.

    Returns
    -------
    callable
        Gives back what it decorates, unchanged.

    Examples
    --------
    >>> from minikeras import registry
    >>> @registry.register("activation", "twice")
    ... def double(x):
    ...     return 2.0 * x
    >>> registry.get("activation", "twice")(3.0)
    6.0
    """

    def decorate(thing: T) -> T:
        name = thing.__name__  # type: ignore[attr-defined]
        names = _KINDS.setdefault(kind, {})
        for spelling in {name, snake_case(name), *aliases}:
            names[spelling] = thing
        _NAMES[thing] = (kind, name)
        return thing

    return decorate


def announce(kind: str, modules: dict[str, str]) -> None:
    """Say which modules of minikeras register what, so that they load when a name is asked for.

    Parameters
    ----------
    kind : str
    modules : dict
        Name of a class -> full name of its module.
    """
    _TO_COME.setdefault(kind, {}).update(modules)


def names_of(kind: str, name: str | None = None) -> dict[str, Any]:
    """Return all names of a kind, after loading what may register ``name`` where it is unknown."""
    names = _KINDS.setdefault(kind, {})
    if name not in names and kind in _HOMES:
        importlib.import_module(_HOMES[kind])
    waiting = _TO_COME.get(kind)
    if waiting and name not in names:
        wanted = waiting.get(name or "")
        for module in [wanted] if wanted else sorted(set(waiting.values())):
            importlib.import_module(module)
        if not wanted:
            waiting.clear()
    return names


def registered(kind: str) -> dict[str, Any]:
    """Return what is registered under ``kind``, each once, by its own name.

    Examples
    --------
    >>> from minikeras import registry
    >>> sorted(registry.registered("regularizer"))[:2]
    ['L1', 'L1L2']
    """
    return {_NAMES[thing][1]: thing for thing in names_of(kind).values()}


def knows(kind: str, name: str) -> bool:
    """Return whether something is registered under ``kind`` by this name or alias.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.knows("loss", "mse")
    True
    """
    return name in names_of(kind, name)


def kind_and_name(thing: Any) -> tuple[str, str] | None:
    """Return the family and the name that a class or function was registered under; None if none.

    Examples
    --------
    >>> from minikeras import registry, regularizers
    >>> registry.kind_and_name(regularizers.L2)
    ('regularizer', 'L2')
    """
    try:
        return _NAMES.get(thing)
    except TypeError:  # cannot be looked up
        return None


def is_ours(code: Any) -> bool:
    """Return whether a class or function is minikeras's own; a user's, and None, are not.

    Examples
    --------
    >>> from minikeras import registry, regularizers
    >>> registry.is_ours(regularizers.L2), registry.is_ours(dict)
    (True, False)
    """
    return getattr(code, "__module__", "").startswith("minikeras.")


def class_named(name: str, kind: str | None = None) -> Any:
    """Return the class that minikeras registered as ``name``.

    Parameters
    ----------
    name : str
    kind : str, optional
        The family to look in; None looks in all of them.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.class_named("L2", "regularizer")
    <class 'minikeras.regularizers.L2'>
    """
    kinds = [kind, *_BESIDE.get(kind, ())] if kind else list(_HOMES)
    for candidate in kinds:
        found = names_of(candidate, name).get(name)
        if inspect.isclass(found):
            return found
    options = [option for candidate in kinds for option in names_of(candidate)]
    raise ValueError(f"unknown class {name!r}{did_you_mean(name, options)}")


def kind_of_module(module: Any) -> str | None:
    """Return the family that a module of Keras or minikeras holds, by its name.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.kind_of_module("keras.src.optimizers.schedules"), registry.kind_of_module("keras")
    ('schedule', 'layer')
    >>> registry.kind_of_module("os")
    """
    first, *parts = str(module).split(".")
    if first not in ("keras", "minikeras"):
        return None
    if not parts or "models" in parts:
        return "layer"
    if "schedules" in parts:
        return "schedule"
    plural = {"losses": "loss", **{f"{kind}s": kind for kind in _HOMES}}
    return next((plural[part] for part in parts if part in plural), None)
