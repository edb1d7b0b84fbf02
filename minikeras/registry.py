"""Names for classes and functions, and the configuration that rebuilds an object.

A class stores the arguments of its ``__init__`` unchanged under their own names; its configuration,
``repr``, copy and file form all follow from the signature.
"""

import importlib
import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Self, TypeVar

from minikeras._validation import did_you_mean

__all__ = ["Configurable", "deserialize", "get", "register", "registered", "serialize"]

T = TypeVar("T")

_KINDS: dict[str, dict[str, Any]] = {}  # kind -> every accepted spelling -> class or function
_NAMES: dict[Any, tuple[str, str]] = {}  # class or function -> (kind, its own name)
_TO_COME: dict[str, dict[str, str]] = {}  # kind -> name -> module of minikeras that registers it
_HOMES = {  # kind -> package of minikeras that registers, or announces, what belongs to it
    "layer": "minikeras.models",
    "loss": "minikeras.losses",
    "metric": "minikeras.metrics",
    "optimizer": "minikeras.optimizers",
    "schedule": "minikeras.optimizers",
    "initializer": "minikeras.initializers",
    "regularizer": "minikeras.regularizers",
    "constraint": "minikeras.constraints",
    "activation": "minikeras.activations",
    "callback": "minikeras.callbacks",
}


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


def _names_of(kind: str, name: str | None = None) -> dict[str, Any]:
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
    return {_NAMES[thing][1]: thing for thing in _names_of(kind).values()}


def get(kind: str, identifier: Any) -> Any:
    """Return the object that ``identifier`` names.

    Parameters
    ----------
    kind : str
        The family to look in.
    identifier : str, dict, class, object or callable
        A registered name, a configuration as ``serialize`` writes it, a class (made with its
        defaults), or the object itself.

    Returns
    -------
    object
        An instance of a registered class, or a function.

    Raises
    ------
    ValueError
        If the name is unknown; the closest known one is suggested.
    TypeError
        If ``identifier`` is none of these.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.get("initializer", "zeros")
    Zeros()
    >>> registry.get("activation", "sigmiod")
    Traceback (most recent call last):
    ValueError: unknown activation 'sigmiod'; did you mean 'sigmoid'?
    """
    if isinstance(identifier, str):
        thing = _look_up(kind, identifier)
        return thing() if inspect.isclass(thing) else thing
    if isinstance(identifier, dict):
        return deserialize(identifier, kind)
    if inspect.isclass(identifier):
        return identifier()
    if callable(identifier) or isinstance(identifier, Configurable):
        return identifier
    raise TypeError(
        f"{kind} must be a name, a configuration, an instance or a callable, "
        f"got {identifier!r} ({type(identifier).__name__})"
    )


def _look_up(kind: str, name: str) -> Any:
    names = _names_of(kind, name)
    if name not in names:
        raise ValueError(f"unknown {kind} {name!r}{did_you_mean(name, names)}")
    return names[name]


def serialize(value: Any) -> Any:
    """Return ``value`` as plain data: configurable objects become dictionaries, the rest stays.

    Examples
    --------
    >>> from minikeras import registry, regularizers
    >>> registry.serialize(regularizers.L2(0.5))["class_name"]
    'L2'
    """
    if isinstance(value, Configurable):
        return {
            "module": type(value).__module__,
            "class_name": type(value).__name__,
            "config": value.get_config(),
            "registered_name": None,
        }
    if isinstance(value, list | tuple):
        return type(value)(serialize(item) for item in value)
    if isinstance(value, dict):
        return {key: serialize(item) for key, item in value.items()}
    if inspect.isfunction(value) and value in _NAMES:
        return _NAMES[value][1]
    return value


def deserialize(value: Any, kind: str | None = None) -> Any:
    """Return what ``serialize`` was given; only registered classes are made.

    Parameters
    ----------
    value : object
        Plain data; dictionaries with ``class_name`` and ``config`` become objects.
    kind : str or None
        The family to look in; None looks in all of them.

    Raises
    ------
    ValueError
        If a class is not registered.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.deserialize({"class_name": "L2", "config": {"l2": 0.5}})
    L2(l2=0.5)
    """
    if isinstance(value, list | tuple):
        return type(value)(deserialize(item, kind) for item in value)
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: deserialize(item) for key, item in value.items()}
    name = value["class_name"]
    kinds = [kind] if kind else list(_KINDS)
    for candidate in kinds:
        names = _names_of(candidate, name)
        if name in names:
            return names[name].from_config(value.get("config", {}))
    options = [option for candidate in kinds for option in _KINDS.get(candidate, {})]
    raise ValueError(f"unknown class {name!r}{did_you_mean(name, options)}")


def parameters_of(cls: type) -> dict[str, inspect.Parameter]:
    """Return the arguments of ``__init__``, those that ``**kwargs`` hands to bases included."""
    return _parameters(cls)


@cache
def _parameters(cls: Any) -> dict[str, inspect.Parameter]:
    found: dict[str, inspect.Parameter] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                found.setdefault(parameter.name, parameter)
        if all(parameter.kind != parameter.VAR_KEYWORD for parameter in parameters):
            break
    return found


class Configurable:
    """Base of everything that can be rebuilt from the arguments it was made with.

    A subclass stores the arguments of its ``__init__`` unchanged, under their own names.

    Examples
    --------
    >>> from minikeras.registry import Configurable
    >>> class Scale(Configurable):
    ...     def __init__(self, factor=1.0, offset=0.0):
    ...         self.factor = factor
    ...         self.offset = offset
    >>> Scale(factor=3.0)
    Scale(factor=3.0)
    >>> Scale.from_config(Scale(factor=3.0).get_config()).factor
    3.0
    """

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal object, as plain data."""
        return {
            name: serialize(getattr(self, name))
            for name in parameters_of(type(self))
            if hasattr(self, name)
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a new object made with the arguments in ``config``."""
        return cls(**{name: deserialize(value) for name, value in config.items()})

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        """Whether ``repr`` leaves an argument out."""
        return value is default or repr(value) == repr(default)

    def __repr__(self) -> str:
        shown = []
        for name, parameter in parameters_of(type(self)).items():
            value = getattr(self, name, parameter.default)
            if not self._is_default(name, value, parameter.default):
                shown.append(f"{name}={getattr(value, '__name__', None) or repr(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"
