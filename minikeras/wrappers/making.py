"""A new model for each ``fit``: from a function that makes models, or like a given model."""

import inspect
from collections.abc import Mapping
from typing import Any

from minikeras._typing import Array
from minikeras._validation import did_you_mean
from minikeras.layers import Layer
from minikeras.models import Model, clone_model

__all__ = ["check_name", "defaults_of", "make", "options"]

DATA = ("X", "y")  # what a function is handed if it asks for it


def options(name: str, given: Any) -> dict[str, Any]:
    """Return keyword arguments that a user gave as a dict, or None, as a new dict.

    Examples
    --------
    >>> options("fit_kwargs", None), options("fit_kwargs", {"epochs": 3})
    ({}, {'epochs': 3})
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{name} must be a dict of keyword arguments, got {given!r} ({type(given).__name__})"
        )
    return dict(given)


def _parameters(function: Any) -> dict[str, inspect.Parameter] | None:
    """Return the arguments by name; None if it takes any, or does not say."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return None
    return dict(parameters)


def defaults_of(function: Any) -> dict[str, Any]:
    """Return the arguments that a function has defaults for, with them.

    Examples
    --------
    >>> def build(X, y, units=16, activation="relu"): ...
    >>> defaults_of(build)
    {'units': 16, 'activation': 'relu'}
    """
    if isinstance(function, Layer) or not callable(function):
        return {}
    return {
        name: parameter.default
        for name, parameter in (_parameters(function) or {}).items()
        if parameter.default is not parameter.empty and name not in DATA
    }


def check_name(function: Any, name: str, full_name: str) -> None:
    """Refuse an argument that ``function`` does not take.

    Raises
    ------
    ValueError
        With the closest name that it takes.
    """
    known = _parameters(function)
    if known is not None and name not in known:
        names = [one for one in known if one not in (*DATA, "self", "x")]
        raise ValueError(
            f"unknown parameter {full_name!r}: {_name(function)} has no argument {name!r}"
            f"{did_you_mean(name, names)}"
        )


def make(model: Any, model_kwargs: Any, X: Array, y: Array, reuse: bool = False) -> Model:
    """Return the compiled model that is to be trained.

    Parameters
    ----------
    model : Model or callable
        A model is copied, with newly drawn weights; anything else is called.
    model_kwargs : dict or None
        Keyword arguments of the call.
    X, y : array
        Handed to the call, as far as it takes them.
    reuse : bool, default False
        Whether a model is taken as it is.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        If there is no compiled model in the end.
    """
    given = options("model_kwargs", model_kwargs)
    if isinstance(model, Model):
        if given:
            raise ValueError(
                "model_kwargs are arguments of a function that makes a model, but model is a "
                f"{type(model).__name__}, got {sorted(given)}; give the function as model"
            )
        made: Any = model if reuse else clone_model(model)
        whose = f"model {model.name!r}"
    else:
        made = _call(model, given, X, y)
        whose = f"the model that {_name(model)} returns"
    if not made.compiled:
        raise RuntimeError(
            f"{whose} must be compiled; call its compile(optimizer=..., loss=...) first"
        )
    return made  # type: ignore[no-any-return]


def _call(function: Any, given: dict[str, Any], X: Array, y: Array) -> Model:
    if isinstance(function, Layer) or not callable(function):
        raise TypeError(
            "model must be a compiled Model, or a function that returns one, got "
            f"{function!r} ({type(function).__name__})"
        )
    known = _parameters(function)
    for name in given:
        check_name(function, name, f"model__{name}")
    data = {name: array for name, array in zip(DATA, (X, y)) if known is None or name in known}
    made = function(**data | given)
    if not isinstance(made, Model):
        raise TypeError(
            f"the function given as model must return a Model, but {_name(function)} returned "
            f"{made!r} ({type(made).__name__}); end it with 'return model'"
        )
    return made


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))
