"""Files: a format a module, and Keras's functions to save and load."""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily
from minikeras.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

if TYPE_CHECKING:
    from minikeras.saving import config as config
    from minikeras.saving import exporters as exporters
    from minikeras.saving import loading as loading
    from minikeras.saving.config import (
        deserialize_keras_object,
        model_from_json,
        serialize_keras_object,
        to_json,
    )
    from minikeras.saving.errors import ModelFileError
    from minikeras.saving.inspection import inspect
    from minikeras.saving.loading import load_model, load_weights, save_model, save_weights
    from minikeras.saving.safetensors import load_safetensors, save_safetensors

FAMILIES = {
    "config": (
        "deserialize_keras_object",
        "model_from_json",
        "serialize_keras_object",
        "to_json",
    ),
    "errors": ("ModelFileError",),
    "inspection": ("inspect",),
    "loading": ("load_model", "load_weights", "save_model", "save_weights"),
    "safetensors": ("load_safetensors", "save_safetensors"),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES, modules=("config", "exporters", "loading"))

__all__ = [
    "CustomObjectScope",
    "ModelFileError",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "inspect",
    "load_model",
    "load_safetensors",
    "load_weights",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "save_safetensors",
    "save_weights",
    "serialize_keras_object",
    "to_json",
]
