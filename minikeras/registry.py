"""Names for classes and functions, and the configuration that rebuilds an object.

A class stores the arguments of its ``__init__`` unchanged under their own names; its configuration,
``repr``, copy and file form all follow from the signature.
"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import cache
from typing import Any, Protocol, Self, TypeVar

from minikeras._validation import did_you_mean

__all__ = [
    "Configurable",
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize",
    "deserialize_keras_object",
    "get",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register",
    "register_keras_serializable",
    "registered",
    "serialize",
    "serialize_keras_object",
]

T = TypeVar("T")

_KINDS: dict[str, dict[str, Any]] = {}  # kind -> every accepted spelling -> class or function
_NAMES: dict[Any, tuple[str, str]] = {}  # class or function -> (kind, its own name)
_TO_COME: dict[str, dict[str, str]] = {}  # kind -> name -> module of minikeras that registers it
_CUSTOM: dict[str, Any] = {}  # "package>Name" -> what a user registered
_CUSTOM_NAMES: dict[Any, str] = {}
_SCOPE: ContextVar[dict[str, Any]] = ContextVar("minikeras_custom_objects")
_FORM: ContextVar["Form | None"] = ContextVar("minikeras_form", default=None)
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


def knows(kind: str, name: str) -> bool:
    """Return whether something is registered under ``kind`` by this name or alias.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.knows("loss", "mse")
    True
    """
    return name in _names_of(kind, name)


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
    form = _FORM.get()
    if form is not None:
        return form.encode(value)
    if isinstance(value, Configurable):
        return {
            "module": type(value).__module__,
            "class_name": type(value).__name__,
            "config": value.get_config(),
            "registered_name": _CUSTOM_NAMES.get(type(value)),
        }
    if isinstance(value, list | tuple):
        return type(value)(serialize(item) for item in value)
    if isinstance(value, dict):
        return {key: serialize(item) for key, item in value.items()}
    if inspect.isfunction(value) and value in _CUSTOM_NAMES:
        return _CUSTOM_NAMES[value]
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
        found = _names_of(candidate, name).get(name)
        if inspect.isclass(found):
            return found
    options = [option for candidate in kinds for option in _names_of(candidate)]
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


def _custom_function(value: dict[str, Any]) -> Any:
    for name in (value.get("registered_name"), value.get("config")):
        found = get_registered_object(name) if isinstance(name, str) else None
        if found is not None:
            return found
    raise ValueError(
        f"unknown function {value.get('registered_name') or value.get('config')!r}; register it "
        "with @register_keras_serializable, or name it in a custom_object_scope"
    )


# What users register: classes and functions of their own, by Keras's names.


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[T], T]:
    """Return a decorator that lets saved configurations name a class or function of one's own.

    Parameters
    ----------
    package : str, default "Custom"
        Goes before the name, as in ``"Custom>Twice"``.
    name : str, optional
        Default: that of the class or function.

    Returns
    -------
    callable
        Gives back what it decorates, unchanged.

    Raises
    ------
    ValueError
        If a class has no ``get_config``.

    Examples
    --------
    >>> from minikeras import layers, registry
    >>> @registry.register_keras_serializable("my_package")
    ... class Twice(layers.Layer):
    ...     def call(self, x):
    ...         return 2.0 * x
    >>> config = registry.serialize(Twice(name="double"))
    >>> config["registered_name"]
    'my_package>Twice'
    >>> registry.deserialize(config).name
    'double'
    """

    def decorate(thing: T) -> T:
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError(
                f"register_keras_serializable expected a class with get_config, got "
                f"{thing.__name__}; define get_config(self), or derive it from a class that has one"
            )
        spelling = f"{package}>{name or thing.__name__}"  # type: ignore[attr-defined]
        _CUSTOM[spelling] = thing
        _CUSTOM_NAMES[thing] = spelling
        return thing

    return decorate


class CustomObjectScope:
    """Within this block, configurations may name the classes and functions that it is given.

    Parameters
    ----------
    custom_objects : dict
        Name -> class or function.

    Examples
    --------
    >>> from minikeras import activations, registry
    >>> with registry.CustomObjectScope({"thrice": lambda x: 3.0 * x}):
    ...     activation = activations.get("thrice")
    >>> activation(2.0)
    6.0
    """

    def __init__(self, custom_objects: dict[str, Any] | None):
        self.custom_objects = dict(custom_objects or {})
        self._token: Token[dict[str, Any]] | None = None

    def __enter__(self) -> Self:
        self._token = _SCOPE.set(_SCOPE.get({}) | self.custom_objects)
        return self

    def __exit__(self, *error: Any) -> None:
        if self._token is not None:
            _SCOPE.reset(self._token)
            self._token = None


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """Return what users registered, by name: the table itself, which may be changed.

    What a ``CustomObjectScope`` was given is not in it.
    """
    return _CUSTOM


def get_registered_name(obj: Any) -> str:
    """Return the name that a class or function was registered under, else its own.

    Examples
    --------
    >>> from minikeras import registry
    >>> registry.get_registered_name(dict)
    'dict'
    """
    return str(_CUSTOM_NAMES.get(obj, obj.__name__))


def get_registered_object(
    name: str,
    custom_objects: dict[str, Any] | None = None,
    module_objects: dict[str, Any] | None = None,
) -> Any:
    """Return the class or function that a user registered under ``name``; None if there is none.

    Parameters
    ----------
    name : str
        Such as ``"Custom>Twice"``.
    custom_objects, module_objects : dict, optional
        Where else to look.
    """
    for known in (_SCOPE.get({}), _CUSTOM, custom_objects or {}, module_objects or {}):
        if name in known:
            return known[name]
    return None


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
