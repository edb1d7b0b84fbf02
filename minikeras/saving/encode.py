"""Objects as plain data, in the form of Keras's files."""

from collections import Counter
from inspect import Parameter, signature
from typing import Any

import numpy as np

from minikeras.autodiff import Variable
from minikeras.graph import KerasTensor
from minikeras.layers.base import Layer
from minikeras.layers.input import InputLayer
from minikeras.random import SeedGenerator
from minikeras.registry import (
    Configurable,
    get,
    get_registered_name,
    in_form,
    is_ours,
    kind_and_name,
    parameters_of,
    registered,
)
from minikeras.saving.decode import Decoder
from minikeras.saving.keras_names import (
    OWN_ARGUMENTS,
    OWN_KEY,
    OWN_STRINGS,
    keras_module,
    kind_of_key,
)

__all__ = ["Encoder", "encode"]


def encode(value: Any) -> Any:
    """Return ``value`` as lists, dictionaries, numbers and texts.

    Parameters
    ----------
    value : object
        Anything with ``get_config``, or a structure that holds some.

    Raises
    ------
    TypeError
        If there is anything in it that a file cannot hold.

    Examples
    --------
    >>> from minikeras import regularizers
    >>> from minikeras.saving.encode import encode
    >>> encode(regularizers.L2(0.5)) == {
    ...     "module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.5},
    ...     "registered_name": None,
    ... }
    True
    """
    encoder = Encoder()
    with in_form(encoder):
        data = encoder.encode(value)
    return encoder.without_needless_numbers(data)


class Encoder:
    """The form of Keras's files; ``registry.serialize`` comes here while one is written."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}  # id of an object -> its number in the file
        self._held: list[Any] = []  # an id is an object's own only as long as the object is there

    def encode(self, value: Any) -> Any:
        """Return ``value`` as plain data."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            return [self.encode(item) for item in value]
        if isinstance(value, dict):
            return {str(key): self.encode(item) for key, item in value.items()}
        if isinstance(value, Variable):
            value = value.numpy()
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
            return value.item()
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in "fiubU":
                raise TypeError(f"a file cannot hold an array of dtype {value.dtype}")
            return _special("numpy", value=value.tolist(), dtype=value.dtype.name)
        if isinstance(value, bytes):
            return _special("bytes", value=value.decode())
        if isinstance(value, slice):
            parts = {part: self.encode(getattr(value, part)) for part in ("start", "stop", "step")}
            return _special("slice", **parts)
        if value is ...:
            return _special("ellipsis")
        if isinstance(value, KerasTensor):
            return _special("keras_tensor", shape=list(value.shape), dtype=value.dtype)
        if isinstance(value, np.dtype):
            return value.name
        if isinstance(value, type) and issubclass(value, np.generic):
            return np.dtype(value).name
        if hasattr(value, "get_config") and not isinstance(value, type):
            return self._object(value)
        if callable(value):
            return _function(value)
        raise TypeError(
            f"a file cannot hold {value!r} ({type(value).__name__}); give its class get_config"
        )

    def decode(self, value: Any, kind: str | None = None) -> Any:
        """Return what ``value`` stands for: a layer may copy another one while it is written."""
        decoder = Decoder()
        with in_form(decoder):
            return decoder.decode(value, kind)

    # Objects.

    def _object(self, value: Any) -> dict[str, Any]:
        cls = type(value)
        if isinstance(value, SeedGenerator):
            config = {"name": value.name, **value.get_config()}
            entry = _entry("keras.random", "SeedGenerator", config, None)
        elif (known := kind_and_name(cls)) is not None and is_ours(cls):
            entry = self._of_ours(value, known[0])
        else:
            entry = self._of_user(value)
        self._add_shapes_and_training(value, entry)
        number = self._numbers.setdefault(id(value), len(self._numbers) + 1)
        self._held.append(value)
        entry["shared_object_id"] = number
        return entry

    def _of_ours(self, value: Any, kind: str) -> dict[str, Any]:
        cls = type(value)
        config = value.get_config()
        own = {}
        for family in (kind, cls.__name__):
            for name, usual in OWN_ARGUMENTS.get(family, {}).items():
                if name not in config or (family == "layer" and config[name] != usual):
                    continue
                if name == "activity_regularizer" and _says_always(cls, name):
                    continue
                given = config.pop(name)
                if given != usual:
                    own[name] = self.encode(given)
        config = {key: self._argument(key, item) for key, item in config.items()}
        if kind == "layer":
            self._adapt_layer(value, config)
        entry = _entry(*keras_module(cls, kind)[:2], config, keras_module(cls, kind)[2])
        if own:
            entry[OWN_KEY] = own
        return entry

    def _argument(self, key: str, value: Any) -> Any:
        kind = kind_of_key(key)
        if kind is not None and isinstance(value, str):
            value = get(kind, value)
        return self.encode(value)

    def _adapt_layer(self, layer: Any, config: dict[str, Any]) -> None:
        if isinstance(layer, InputLayer):
            config.clear()
            config["batch_shape"] = list(layer.batch_shape)
            config.update(dtype=layer.dtype, sparse=False, ragged=False)
            config.update(name=layer.name, optional=layer.optional)
            return
        if "dtype" in config:
            config["dtype"] = _entry("keras", "DTypePolicy", {"name": config["dtype"]}, None)
        if "activation" in config and config["activation"] in (None, "identity"):
            config["activation"] = "linear"

    def _of_user(self, value: Any) -> dict[str, Any]:
        cls = type(value)
        config = value.get_config()
        if not isinstance(config, dict):
            raise TypeError(f"{cls.__name__}.get_config must return a dict, got {config!r}")
        if isinstance(value, Configurable) and cls.get_config in (
            Configurable.get_config,
            Layer.get_config,
        ):
            _check_complete(value, config)
        module = None if cls.__module__ == "__main__" else cls.__module__
        return _entry(module, cls.__name__, self.encode(config), get_registered_name(cls))

    def _add_shapes_and_training(self, value: Any, entry: dict[str, Any]) -> None:
        if hasattr(value, "get_build_config"):
            shapes = value.get_build_config()
            if shapes is not None:
                entry["build_config"] = self.encode(shapes)
        if hasattr(value, "get_compile_config"):
            entry["compile_config"] = self.encode(value.get_compile_config())

    def without_needless_numbers(self, data: Any) -> Any:
        """Return ``data`` with the numbers of those objects only that occur more than once."""
        counts: Counter[int] = Counter()
        entries = list(_entries(data))
        counts.update(entry["shared_object_id"] for entry in entries)
        for entry in entries:
            if counts[entry["shared_object_id"]] == 1:
                entry.pop("shared_object_id", None)
        return data


def training_config(optimizer: Any, given: tuple[Any, Any, Any, Any]) -> dict[str, Any]:
    """Return what ``compile`` was given, in Keras's form.

    Parameters
    ----------
    optimizer : Optimizer
    given : tuple
        loss, loss_weights, metrics and weighted_metrics.
    """
    loss, loss_weights, metrics, weighted_metrics = given
    return {
        "optimizer": optimizer,
        "loss": _known_to_keras("loss", loss),
        "loss_weights": loss_weights,
        "metrics": _known_to_keras("metric", metrics),
        "weighted_metrics": _known_to_keras("metric", weighted_metrics),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }


def _known_to_keras(kind: str, given: Any) -> Any:
    if isinstance(given, str):
        return get(kind, given) if given in OWN_STRINGS[kind] else given
    if isinstance(given, list | tuple):
        return [_known_to_keras(kind, item) for item in given]
    if isinstance(given, dict) and "class_name" not in given:
        return {key: _known_to_keras(kind, item) for key, item in given.items()}
    return given


def _entry(module: Any, name: str, config: Any, registered_name: str | None) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": registered_name,
    }


def _special(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": f"__{name}__", "config": config}


def _says_always(cls: Any, name: str) -> bool:
    """Whether Keras's class writes an argument also where it is None."""
    return name in signature(cls.__init__).parameters and cls.__name__ not in ("Dense", "RNN")


def _function(value: Any) -> Any:
    """Return a function by its name; files hold no code."""
    kind, name = kind_and_name(value) or (None, None)
    if isinstance(value, np.ufunc) and value.__name__ in registered("activation"):
        kind, name = "activation", value.__name__
    if kind == "activation":
        return "linear" if name == "identity" else name
    if isinstance(value, np.ufunc) or not hasattr(value, "__name__"):
        raise TypeError(
            f"a file cannot hold {value!r}, which has no name that could be found again; write a "
            "function around it and register it with register_keras_serializable"
        )
    return _entry("builtins", "function", get_registered_name(value), "function")


def _check_complete(value: Any, config: dict[str, Any]) -> None:
    """Refuse a class whose arguments cannot be found again."""
    for name, parameter in parameters_of(type(value)).items():
        if parameter.default is Parameter.empty and name not in config:
            raise TypeError(
                f"{type(value).__name__} takes {name!r}, which cannot be read from an attribute of "
                f"that name; keep it as self.{name}, or define get_config(self)"
            )


def _entries(data: Any) -> Any:
    """Yield all dictionaries that hold a number."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if type(item.get("shared_object_id")) is int and "class_name" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
