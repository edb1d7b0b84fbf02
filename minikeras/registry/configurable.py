"""Configurations: the plain data that rebuilds an object, following from its signature."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Protocol, Self

from minikeras._validation import did_you_mean
from minikeras.registry.custom import CustomObjectScope, custom_name, get_registered_object
from minikeras.registry.names import class_named, is_ours, kind_and_name, kind_of_module, names_of

_FORM: ContextVar["Form | None"] = ContextVar("minikeras_form", default=None)


class Form(Protocol):
    """Another form of configurations, such as that of files; see ``in_form``."""

    def encode(self, value: Any) -> Any:
        """Return ``value`` as plain data."""

    def decode(self, value: Any, kind: str | None = None) -> Any:
        """Return what ``encode`` was given."""


@contextmanager
def in_form(form: Form | None) -> Iterator[None]:
    """Let ``serialize`` and ``deserialize`` write and read another form within this block."""
    token = _FORM.set(form)
    try:
        yield
    finally:
        _FORM.reset(token)


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
    custom = get_registered_object(name)
    if custom is not None:
        return custom
    names = names_of(kind, name)
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
    form = _FORM.get()
    if form is not None:
        return form.encode(value)
    if isinstance(value, Configurable):
        return {
            "module": type(value).__module__,
            "class_name": type(value).__name__,
            "config": value.get_config(),
            "registered_name": custom_name(type(value)),
        }
    if isinstance(value, list | tuple):
        return type(value)(serialize(item) for item in value)
    if isinstance(value, dict):
        return {key: serialize(item) for key, item in value.items()}
    if inspect.isfunction(value):
        return custom_name(value) or (kind_and_name(value) or (None, value))[1]
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
    form = _FORM.get()
    if form is not None:
        return form.decode(value, kind)
    if isinstance(value, list | tuple):
        return type(value)(deserialize(item, kind) for item in value)
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: deserialize(item) for key, item in value.items()}
    name = value["class_name"]
    if name == "function":  # as Keras writes functions of the user
        return _custom_function(value)
    for spelling in (value.get("registered_name"), name):
        custom = get_registered_object(spelling) if spelling else None
        if custom is not None:
            return custom.from_config(value.get("config", {}))
    found = class_named(name, kind_of_module(value.get("module")) or kind)
    return found.from_config(value.get("config", {}))


def _custom_function(value: dict[str, Any]) -> Any:
    for name in (value.get("registered_name"), value.get("config")):
        found = get_registered_object(name) if isinstance(name, str) else None
        if found is not None:
            return found
    raise ValueError(
        f"unknown function {value.get('registered_name') or value.get('config')!r}; register it "
        "with @register_keras_serializable, or name it in a custom_object_scope"
    )


def serialize_keras_object(obj: Any) -> Any:
    """Return ``obj`` as plain data that ``deserialize_keras_object`` understands.

    Examples
    --------
    >>> from minikeras import registry, regularizers
    >>> registry.serialize_keras_object(regularizers.L2(0.5))["config"]
    {'l2': 0.5}
    """
    return serialize(obj)


def deserialize_keras_object(
    config: Any,
    custom_objects: dict[str, Any] | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """Return what ``serialize_keras_object`` was given; only registered classes are made.

    Parameters
    ----------
    config : object
        Plain data.
    custom_objects : dict, optional
        Further classes and functions, by name.
    safe_mode : bool
        Accepted for Keras's sake: code in a configuration is never run.
    **kwargs
        ``module_objects``, a dict like ``custom_objects``.

    Raises
    ------
    ValueError
        If a class is not registered.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.deserialize_keras_object({"class_name": "L2", "config": {"l2": 0.5}})
    L2(l2=0.5)
    """
    with CustomObjectScope((kwargs.get("module_objects") or {}) | (custom_objects or {})):
        return deserialize(config)


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


@cache
def _written_by_hand(cls: Any) -> frozenset[str]:
    """Return the arguments that a user's ``get_config`` is there to add to those of the bases."""
    writer = next(base for base in cls.__mro__ if "get_config" in vars(base))
    if is_ours(writer):
        return frozenset()
    return frozenset(parameters_of(writer)) - frozenset(parameters_of(writer.__mro__[1]))


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
        """Return the arguments that make an equal object, as plain data.

        A class of a user's that defines ``get_config`` adds its own arguments to those that
        ``super().get_config()`` gives, as in Keras: ``dict(factor=..., **super().get_config())``.
        """
        cls: Any = type(self)
        theirs = _written_by_hand(cls)
        return {
            name: serialize(getattr(self, name))
            for name in parameters_of(cls)
            if name not in theirs and hasattr(self, name)
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
