"""Names for classes and functions, and the configuration that rebuilds an object.

- ``names``: what minikeras ships, by kind and spelling.
- ``custom``: what users register themselves.
- ``configurable``: from objects to plain data and back.

What ``__all__`` leaves out is for the rest of minikeras.
"""

from minikeras.registry.configurable import (
    Configurable,
    deserialize,
    deserialize_keras_object,
    get,
    serialize,
    serialize_keras_object,
)
from minikeras.registry.configurable import Form as Form
from minikeras.registry.configurable import in_form as in_form
from minikeras.registry.configurable import parameters_of as parameters_of
from minikeras.registry.custom import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from minikeras.registry.names import announce as announce
from minikeras.registry.names import class_named as class_named
from minikeras.registry.names import is_ours as is_ours
from minikeras.registry.names import kind_and_name as kind_and_name
from minikeras.registry.names import kind_of_module as kind_of_module
from minikeras.registry.names import knows as knows
from minikeras.registry.names import register, registered
from minikeras.registry.names import snake_case as snake_case

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
