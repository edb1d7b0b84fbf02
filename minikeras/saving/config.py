"""Configurations in Keras's form: of objects, and of models as JSON text."""

import json
import warnings
from typing import Any

from minikeras.registry import CustomObjectScope
from minikeras.saving.decode import ConfigError, compile_arguments, decode
from minikeras.saving.encode import encode, training_config
from minikeras.saving.json_text import parse

__all__ = [
    "compile_from_config",
    "deserialize_keras_object",
    "get_compile_config",
    "model_from_json",
    "serialize_keras_object",
    "to_json",
]


def serialize_keras_object(obj: Any) -> Any:
    """Return ``obj`` as plain data, in the form of Keras's files.

    Parameters
    ----------
    obj : object
        A layer, model, optimizer, ..., a function, an array, or a structure that holds some.

    Returns
    -------
    plain data
        Objects are dictionaries with ``module``, ``class_name``, ``config``, ``registered_name``
        and, for layers with weights and compiled models, ``build_config``, ``compile_config``.
        Arguments that Keras does not have stand beside ``config``, under ``minikeras``.

    Raises
    ------
    TypeError
        If there is anything in it that cannot be written as data.

    Examples
    --------
    >>> from minikeras import layers, saving
    >>> data = saving.serialize_keras_object(layers.Dense(3, name="scores"))
    >>> data["module"], data["class_name"], data["config"]["units"]
    ('keras.layers', 'Dense', 3)
    """
    return encode(obj)


def deserialize_keras_object(
    config: Any,
    custom_objects: dict[str, Any] | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """Return what ``serialize_keras_object``, or Keras's, was given.

    Parameters
    ----------
    config : plain data
    custom_objects : dict, optional
        Name -> class or function of your own, beside those that are registered.
    safe_mode : bool
        Accepted for Keras code: code in a configuration is never run, safe or not.
    **kwargs
        ``module_objects``, a dict like ``custom_objects``.

    Raises
    ------
    ValueError
        If a class is not known, or a value does not fit.

    Examples
    --------
    >>> from minikeras import layers, saving
    >>> saving.deserialize_keras_object(saving.serialize_keras_object(layers.Dense(3)))
    Dense(units=3, name='dense')
    """
    with CustomObjectScope((kwargs.get("module_objects") or {}) | (custom_objects or {})):
        return decode(config)


def to_json(model: Any, **kwargs: Any) -> str:
    """Return the architecture of ``model``, and how it is compiled, as JSON text.

    Parameters
    ----------
    model : Model
    **kwargs
        Handed to ``json.dumps``, such as ``indent=2``.
    """
    return json.dumps(encode(model), **kwargs)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return a new model, with new weights, from what ``to_json`` of minikeras or Keras gave.

    Parameters
    ----------
    json_string : str
    custom_objects : dict, optional
        Name -> class or function of your own, beside those that are registered.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If the text is no JSON, a class is unknown or a value does not fit.

    Examples
    --------
    >>> from minikeras import Input, Sequential, saving
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(3)])
    >>> saving.model_from_json(model.to_json()).output_shape
    (None, 3)
    """
    data = parse_config(json_string)
    with CustomObjectScope(custom_objects):
        return check_model(decode(data))


def parse_config(text: str | bytes) -> Any:
    """Return what JSON text stands for.

    Raises
    ------
    ConfigError
        If it is no JSON.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def check_model(made: Any) -> Any:
    """Return ``made`` if it is a model.

    Raises
    ------
    ConfigError
        If it is something else.
    """
    if not hasattr(made, "compile_from_config"):
        raise ConfigError(f"expected a model, got {type(made).__name__}")
    return made


def get_compile_config(model: Any) -> dict[str, Any]:
    """Return what ``model.compile`` was given; an empty dict if it was not called."""
    if not model.compiled or model._objective is None:
        return {}
    return training_config(model.optimizer, model._objective.given)


def compile_from_config(model: Any, config: dict[str, Any], usual: Any) -> None:
    """Compile ``model`` as ``get_compile_config`` says.

    Parameters
    ----------
    model : Model
    config : dict
    usual : function
        ``Model.compile``; a model with another one is left as it is, with a warning.
    """
    if type(model).compile is not usual:
        warnings.warn(
            f"{type(model).__name__} has a compile() of its own, which was not called; define "
            "compile_from_config(self, config), or call compile() yourself",
            stacklevel=3,
        )
        return
    model.compile(**compile_arguments(config))
