"""Families that load on first use, so that ``import minikeras`` stays quick."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

from minikeras.registry import announce, snake_case

__all__ = ["lazily"]


def lazily(
    package: str,
    families: dict[str, tuple[str, ...]],
    kind: str | None = None,
    modules: tuple[str, ...] = (),
    aliases: dict[str, tuple[str, ...]] | None = None,
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package whose modules load on first use.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    families : dict
        Name of a module in the package -> the names that it holds.
    kind : str, optional
        What the classes are registered as; the registry then finds them too.
    modules : tuple of str
        Modules in the package that are attributes themselves.
    aliases : dict, optional
        Name of a module -> further names that its classes are registered under: the module is found
        by them at once. By others it is found too, once all modules are loaded.

    Returns
    -------
    tuple of two functions

    Examples
    --------
    >>> from minikeras._lazy import lazily
    >>> get, names = lazily("minikeras.layers", {"core": ("Activation", "Dense")})
    >>> get("Dense")
    <class 'minikeras.layers.core.Dense'>
    """
    module_of = {
        name: f"{package}.{family}" for family, names in families.items() for name in names
    }
    if kind is not None:
        classes = {name: module for name, module in module_of.items() if name[0].isupper()}
        others = {
            name: f"{package}.{one}" for one, names in (aliases or {}).items() for name in names
        }
        snakes = {snake_case(name): module for name, module in classes.items()}
        announce(kind, {**snakes, **classes, **others})

    def get(name: str) -> Any:
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(module_of[name]), name)
        setattr(sys.modules[package], name, value)  # found at once from now on
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of, *modules})

    return get, names
