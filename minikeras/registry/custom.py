"""What users register: classes and functions of their own, by Keras's names."""

import inspect
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Self, TypeVar

T = TypeVar("T")

_CUSTOM: dict[str, Any] = {}  # "package>Name" -> what a user registered
_CUSTOM_NAMES: dict[Any, str] = {}
_SCOPE: ContextVar[dict[str, Any]] = ContextVar("minikeras_custom_objects")


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
    return custom_name(obj) or str(obj.__name__)


def custom_name(thing: Any) -> str | None:
    """Return the name that a user registered a class or function under; None if there is none."""
    return _CUSTOM_NAMES.get(thing)


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
