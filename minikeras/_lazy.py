"""Families that load on first use, so that ``import minikeras`` stays quick."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

from minikeras.registry import announce

__all__ = ["lazily"]


def lazily(
    package: str,
    families: dict[str, tuple[str, ...]],
    kind: str | None = None,
    modules: tuple[str, ...] = (),
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package whose modules load on first use.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    families : dict
        Name of a module in the package -> the names that it holds.
    kind : str, optional
        What the names are registered as; the registry then finds them too.
    modules : tuple of str
        Modules in the package that are attributes themselves.

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
        announce(kind, module_of)

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
