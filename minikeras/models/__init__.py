"""Models: networks with the methods to train, evaluate, use and save them.

``load_model``, ``model_from_json`` and ``save_model`` are those of ``minikeras.saving``, here too
as in Keras.
"""

from typing import TYPE_CHECKING, Any

from minikeras import saving
from minikeras.models.cloning import clone_model
from minikeras.models.functional import Functional
from minikeras.models.model import Model
from minikeras.models.sequential import Sequential

if TYPE_CHECKING:
    from minikeras.saving import load_model, model_from_json, save_model

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

FILES = ("load_model", "model_from_json", "save_model")  # their modules load on first use


def __getattr__(name: str) -> Any:
    if name not in FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(saving, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *FILES})
