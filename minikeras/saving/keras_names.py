"""What Keras calls the things of minikeras, where a rule does not say it."""

from typing import Any

from minikeras.registry import class_named, kind_of_module

__all__ = [
    "EXPANDED",
    "OWN_ARGUMENTS",
    "OWN_CLASSES",
    "OWN_KEY",
    "OWN_STRINGS",
    "RENAMED",
    "keras_module",
    "kind_of_key",
    "our_class",
]

OWN_KEY = "minikeras"
"""Beside ``config`` in an entry: arguments that Keras would refuse. It ignores the key."""

_MODULES = {
    "layer": "keras.layers",
    "loss": "keras.losses",
    "metric": "keras.metrics",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "activation": "keras.activations",
}

OWN_CLASSES = {"Crossentropy", "LossMetric", "SumSquaredError"}
"""Classes that Keras does not have."""

RENAMED = {"GroupedQueryAttention": "GroupQueryAttention"}
"""Class -> its name in files."""

_OLD = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "GRUV2": "GRU",
    "LSTMV2": "LSTM",
    "Model": "Functional",
}
"""Names in files of older versions -> class."""

OWN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "optimizer": {"gradient": "analytic"},
    "SpatialDropout1D": {"trainable": True, "activity_regularizer": None},
    "SpatialDropout2D": {"trainable": True, "activity_regularizer": None},
    "SpatialDropout3D": {"trainable": True, "activity_regularizer": None},
    "Discretization": {"trainable": True, "activity_regularizer": None},
    "layer": {
        "activity_regularizer": None,
        "flash_attention": None,
        "lora_alpha": None,
        "lora_rank": None,
        "use_cudnn": "auto",
    },
}
"""Class or family -> arguments that Keras refuses, or (those of "layer") writes only where they say
something, and the value at which they are left out."""

OWN_STRINGS = {
    "loss": {
        "CategoricalGeneralizedCrossEntropy",
        "Crossentropy",
        "SSE",
        "SumSquaredError",
        "categorical_generalized_cross_entropy",
        "kullback_leibler_divergence",
        "logcosh",
        "sse",
        "sum_squared_error",
    },
    "metric": {"RMSE", "rmse"},
}
"""Names for ``compile`` that Keras does not know: files hold the object instead."""

EXPANDED = {
    "initializer": "initializer",
    "regularizer": "regularizer",
    "constraint": "constraint",
}
"""Last part of an argument's name -> the family that a string names: files hold the object."""


def keras_module(cls: type, kind: str) -> tuple[str, str, str | None]:
    """Return module, class name and registered name that Keras's files give to a class of ours.

    Examples
    --------
    >>> from minikeras import layers
    >>> keras_module(layers.Dense, "layer")
    ('keras.layers', 'Dense', None)
    """
    name = RENAMED.get(cls.__name__, cls.__name__)
    if name == "Functional":
        return "keras.src.models.functional", name, name
    if name == "Sequential":
        return "keras", name, None
    if name in OWN_CLASSES:
        return _MODULES[kind].replace("keras", "minikeras", 1), name, name
    return _MODULES[kind], name, None


def our_class(name: str, module: Any, kind: str | None) -> Any:
    """Return the class of minikeras that an entry of a file names.

    Raises
    ------
    ValueError
        If there is none.
    """
    for ours, theirs in (*((b, a) for a, b in RENAMED.items()), *_OLD.items()):
        if name == ours:
            name = theirs
    return class_named(name, kind_of_module(module) or kind)


def kind_of_key(key: str) -> str | None:
    """Return the family of what an argument of this name takes.

    Examples
    --------
    >>> kind_of_key("kernel_initializer"), kind_of_key("units")
    ('initializer', None)
    """
    return EXPANDED.get(key.rpartition("_")[2])
