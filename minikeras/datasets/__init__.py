"""Data to learn on: real digits inside the package, toy problems by formula, MNIST from disk.

Every module has a ``load_data()``. ``digits``, ``mnist`` and ``fashion_mnist`` return
``(x_train, y_train), (x_test, y_test)`` as Keras does; ``gates``, ``spiral``, ``moons`` and
``circles`` return one pair ``(x, y)``.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from minikeras._validation import did_you_mean

if TYPE_CHECKING:
    from minikeras.datasets import circles, digits, fashion_mnist, gates, mnist, moons, spiral
    from minikeras.datasets._idx import read_idx

__all__ = [
    "circles",
    "digits",
    "fashion_mnist",
    "gates",
    "mnist",
    "moons",
    "read_idx",
    "spiral",
]


# Loaded on first use: `import minikeras` should not pay for the HTTP client that a download needs.
def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"no data set {name!r}{did_you_mean(name, __all__)}")
    if name == "read_idx":
        return importlib.import_module(f"{__name__}._idx").read_idx  # type: ignore[no-any-return]
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return __all__
