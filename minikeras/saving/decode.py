"""Objects from plain data in the form of Keras's files.

Only classes that minikeras registered are made, and those that the user registered or passes; no
module is imported by a name from a file, no attribute is followed, no code is run.
"""

from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import did_you_mean
from minikeras.graph import KerasTensor
from minikeras.layers.core import Lambda
from minikeras.random import SeedGenerator
from minikeras.registry import (
    get,
    get_registered_object,
    in_form,
    is_ours,
    kind_of_module,
    knows,
    parameters_of,
    registered,
    serialize,
)
from minikeras.saving.keras_names import OWN_KEY, kind_of_key, our_class
from minikeras.saving.places import expect_words

__all__ = ["ConfigError", "Decoder", "array_of", "decode"]

_DEEPEST = 300  # lists and dictionaries in each other
_MOST = {  # arguments that decide how large arrays other than weights are
    "layer": {
        "dilation_rate": 10_000,
        "height": 100_000,
        "num_oov_indices": 1_000_000,
        "num_tokens": 10_000_000,
        "output_size": 10_000,
        "pool_size": 10_000,
        "size": 10_000,
        "strides": 10_000,
        "width": 100_000,
    },
    "metric": {"num_thresholds": 1_000_000, "num_classes": 10_000, "num_labels": 10_000},
}
_LONGEST = 1 << 24  # elements along an axis of an input
_LARGEST_TEXTS = 1 << 26  # characters in an array of texts, which are all as long as the longest
_MOST_REPEATED = 10_000  # objects within those that are shared, for each time that they are


class ConfigError(ValueError):
    """A configuration names what is not there, or has values that do not fit."""


def decode(data: Any, compile: bool = True, words: int = 0) -> Any:
    """Return what ``encode`` was given.

    Parameters
    ----------
    data : plain data
    compile : bool, default True
        Whether models are compiled as they were.
    words : int, default 0
        How many words will be read afterwards, at most, for vocabularies that are missing.

    Raises
    ------
    ConfigError
        If a class is unknown, or a value does not fit.

    Examples
    --------
    >>> from minikeras.saving.decode import decode
    >>> decode({"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}})
    Dense(units=3, name='dense')
    """
    check_depth(data)
    decoder = Decoder(compile, words)
    try:
        with in_form(decoder):
            return decoder.decode(data)
    except (RecursionError, MemoryError) as error:
        raise ConfigError(f"it is too large: {type(error).__name__}") from error


def check_depth(data: Any) -> None:
    """Raise if lists and dictionaries are nested too deep to be followed."""
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise ConfigError(f"it is nested more than {_DEEPEST} levels deep")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list | tuple):
                inner.extend(item)
        level = [item for item in inner if isinstance(item, dict | list | tuple)]


class Decoder:
    """The form of Keras's files; ``registry.deserialize`` comes here while one is read.

    Parameters
    ----------
    compile : bool
        Whether models are compiled as they were.
    words : int
        How many words will be read afterwards, at most, for vocabularies that are missing.
    """

    def __init__(self, compile: bool = True, words: int = 0):
        self.compile = compile
        self.words = words
        self._shared: dict[Any, Any] = {}
        self._sizes: dict[Any, int] = {}  # how many objects lie in a shared one
        self._count = self._repeated = 0  # objects so far; those in shared ones, each time

    def encode(self, value: Any) -> Any:
        """Return ``value`` as plain data: a layer may copy another one while it is made."""
        with in_form(None):
            return serialize(value)

    def decode(self, value: Any, kind: str | None = None) -> Any:
        """Return what ``value`` stands for; ``kind`` is the family that is expected."""
        if isinstance(value, list | tuple):
            return [self.decode(item, kind) for item in value]
        if not isinstance(value, dict):
            return value
        if "class_name" not in value:
            return {key: self.decode(item, kind) for key, item in value.items()}
        name = value["class_name"]
        if not isinstance(name, str):
            raise ConfigError(f"expected class_name to be a text, got {name!r}")
        if name in _SPECIAL:
            try:
                return _SPECIAL[name](_dict(value))
            except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
                raise ConfigError(f"the value {name} is damaged: {error!r}") from error
        if name == "__lambda__":
            raise ConfigError(_CODE)
        if name == "function":
            return _function(value)
        number = value.get("shared_object_id")
        if isinstance(number, int) and number in self._shared:
            return self._again(number)
        before = self._count
        made = self._object(value, name, kind)
        if isinstance(number, int):
            self._shared[number] = made
            self._sizes[number] = self._count - before
        self._count += 1
        return made

    def _again(self, number: int) -> Any:
        """Return an object that was made before.

        What shares an object that shares an object... is a small file, and work without end.
        """
        self._count += self._sizes[number]
        self._repeated += self._sizes[number]
        if self._repeated > _MOST_REPEATED:
            raise ConfigError("its shared objects hold each other too many times")
        return self._shared[number]

    # Objects.

    def _object(self, entry: dict[str, Any], name: str, kind: str | None) -> Any:
        config = dict(_dict(entry))
        title = f"{name} {config['name']!r}" if isinstance(config.get("name"), str) else name
        try:
            cls = _custom(entry.get("registered_name"), name)
            if cls is None:
                made = self._ours(entry, name, kind, config)
            elif not isinstance(cls, type):
                return cls  # a function
            else:
                config = _with_plain_dtype(config)
                if "autocast" not in parameters_of(cls):  # Keras's layers have it, without effect
                    config.pop("autocast", None)
                made = cls.from_config(config)  # type: ignore[attr-defined]
            self._build_and_compile(made, entry)
            return made
        except (ConfigError, RecursionError, MemoryError):
            raise
        except Exception as error:
            raise ConfigError(f"{title}: {_message(error)}") from error

    def _ours(
        self, entry: dict[str, Any], name: str, kind: str | None, config: dict[str, Any]
    ) -> Any:
        module = entry.get("module")
        try:
            cls = our_class(name, module, kind)
        except ValueError as error:
            raise ConfigError(_unknown(entry, error)) from None
        family = kind_of_module(cls.__module__)
        if family == "layer":
            config = _adapted(name, config)
        own = entry.get(OWN_KEY)
        if isinstance(own, dict):
            config.update(own)
        if cls.__name__ == "Lambda":
            config = _lambda(config)
        if hasattr(cls, "compile_from_config"):
            return cls.from_config(config)  # a model, which knows its keys
        for key, most in _MOST.get(str(family), {}).items():
            _check_most(name, key, config.get(key), most)
        for key in ("batch_shape", "input_shape"):
            _check_most(name, key, config.get(key), _LONGEST)
        known = parameters_of(cls)
        keys = {"input_shape", "vocabulary_size", "has_input_vocabulary", *known}
        made = cls.from_config(
            {key: self._argument(key, config[key], known) for key in config if key in keys}
        )
        if self.words and config.get("vocabulary") is None:
            expect_words(made, config.get("vocabulary_size"), self.words)
        return made

    def _argument(self, key: str, value: Any, known: Mapping[str, Parameter]) -> Any:
        """Return an argument; as the default says it, where it is the same."""
        kind, default = kind_of_key(key), known[key].default if key in known else None
        value = self.decode(value, kind)
        if kind is not None and isinstance(default, str):
            return default if repr(value) == repr(get(kind, default)) else value
        return None if key == "activation" and value == "linear" and default is None else value

    def _build_and_compile(self, made: Any, entry: dict[str, Any]) -> None:
        own = not is_ours(type(made))  # may keep there what it likes
        shapes, training = (
            found if isinstance(found, dict) else {}
            for found in (entry.get("build_config"), entry.get("compile_config"))
        )
        _check_most(entry["class_name"], "build_config", shapes, _LONGEST)
        known = shapes.get("input_shape") is not None or shapes.get("shapes_dict")
        given = own and any(value is not None for value in shapes.values())
        if (known or given) and not getattr(made, "built", True):
            made.build_from_config(shapes)
        known = training.get("optimizer") is not None
        given = own and bool(training)
        if self.compile and (known or given) and hasattr(made, "compile_from_config"):
            made.compile_from_config(training)


def _check_most(name: str, key: str, value: Any, most: int) -> None:
    """Refuse sizes that nobody means, before arrays are made of them."""
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            _check_most(name, key, item, most)
    elif isinstance(value, int) and value > most:
        raise ConfigError(f"{name} has {value} as {key}, expected at most {most}")


_OF_COMPILE = {
    "optimizer": "optimizer",
    "loss": "loss",
    "loss_weights": None,
    "metrics": "metric",
    "weighted_metrics": "metric",
}


def compile_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``compile`` that a ``compile_config`` stands for."""
    decoder = Decoder()
    with in_form(decoder):
        return {key: decoder.decode(config.get(key), kind) for key, kind in _OF_COMPILE.items()}


# Classes.


def _custom(*names: Any) -> Any:
    """Return what the user registered under one of these names; None if nothing."""
    for name in names:
        found = get_registered_object(name) if isinstance(name, str) else None
        if found is not None:
            return found
    return None


def _unknown(entry: dict[str, Any], error: Exception) -> str:
    name, registered_name = entry["class_name"], entry.get("registered_name")
    shown = registered_name if isinstance(registered_name, str) else name
    if kind_of_module(entry.get("module")) is not None:
        return str(error)
    hint = str(error).partition("; did you mean")
    return (
        f"unknown class {shown!r}{hint[1]}{hint[2]}; if it is a class of your own, register it "
        f"with @register_keras_serializable, or pass custom_objects={{{name!r}: {name}}}"
    )


def _adapted(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a layer as the layers of minikeras take it."""
    config = _with_plain_dtype(config)
    if config.pop("quantization_config", None) is not None:
        raise ConfigError(
            f"{name} {config.get('name')!r} is quantized, which minikeras does not read; save it "
            "before quantize() is called"
        )
    shape = config.pop("batch_input_shape", None)  # Keras 2, in the first layer
    if shape is not None:
        if name == "InputLayer":
            config.setdefault("batch_shape", shape)
        elif name not in ("Sequential", "Functional", "Model"):
            config["input_shape"] = tuple(shape[1:])
    if name == "InputLayer":
        config.pop("input_shape", None)
    return config


def _with_plain_dtype(config: dict[str, Any]) -> dict[str, Any]:
    """Return ``config`` with the name of a dtype in the place of Keras's policy."""
    policy = config.get("dtype")
    if isinstance(policy, dict):
        kind, inner = policy.get("class_name"), policy.get("config")
        if kind not in ("DTypePolicy", "FloatDTypePolicy", "Policy") or not isinstance(inner, dict):
            raise ConfigError(f"expected dtype to be a DTypePolicy, got {kind!r}")
        policy = inner.get("name")
    if isinstance(policy, str) and policy.startswith("mixed_"):
        policy = "float32"  # that of the weights; the results are those of the finer computation
    return {**config, "dtype": policy} if "dtype" in config else config


# Functions.

_CODE = (
    "it holds Python code, which minikeras never runs, whatever safe_mode is; pass the function "
    "itself in custom_objects"
)


def _lambda(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a Lambda with the function that the user passes."""
    given, name = config.get("function"), config.get("name")
    named = given if isinstance(given, dict) and given.get("class_name") == "function" else {}
    found = _custom(name, named.get("registered_name"), named.get("config"), "<lambda>")
    if found is None and not callable(given):
        if named and named.get("config") != "<lambda>":
            found = _function(named)
        else:
            raise ConfigError(f"Lambda {name!r}: {_CODE}: custom_objects={{{name!r}: function}}")
    config = {key: item for key, item in config.items() if key in parameters_of(Lambda)}
    for key in ("output_shape", "mask"):
        if isinstance(config.get(key), dict):  # code
            config[key] = None  # both are found by running the function
    return {**config, "function": found if found is not None else given}


def _function(entry: dict[str, Any]) -> Any:
    """Return the function that an entry names, or its name where ``compile`` knows it."""
    name, registered_name = entry.get("config"), entry.get("registered_name")
    if not isinstance(name, str):
        raise ConfigError(f"expected the name of a function, got {name!r}")
    found = _custom(registered_name, name)
    if found is not None:
        return found
    activations = registered("activation")
    if name in activations:
        return activations[name]
    if knows("loss", name) or knows("metric", name):
        return name
    raise ConfigError(
        f"unknown function {name!r}{did_you_mean(name, activations)}; if it is one of your own, "
        f"register it with @register_keras_serializable, or pass custom_objects={{{name!r}: ...}}"
    )


# Values that are neither plain nor of a class.


def _dict(entry: dict[str, Any]) -> dict[str, Any]:
    config = entry.get("config")
    if config is None:
        return {}
    if not isinstance(config, dict):
        name = entry["class_name"]
        raise ConfigError(f"expected the config of {name} to be a dictionary, got {config!r}")
    return config


def array_of(config: dict[str, Any]) -> Array:
    """Return the array that the config of a ``__numpy__`` stands for.

    Raises
    ------
    ValueError
        If it holds neither numbers nor texts, or texts that would take far more than they are.
    """
    dtype, value = config["dtype"], config["value"]
    kind = "U" if str(dtype).startswith(("str", "<U")) else np.dtype(dtype).kind
    if kind not in "fiubU":
        raise ValueError(f"expected numbers or texts, got dtype {dtype!r}")
    if kind != "U":
        return np.array(value, dtype)
    texts = np.array(value, object)
    if texts.size * max((len(str(text)) for text in texts.ravel()), default=0) > _LARGEST_TEXTS:
        raise ValueError(f"{texts.size} texts are too many, as one of them is very long")
    return texts.astype(str)


def _slice(config: dict[str, Any]) -> slice:
    parts = [config.get(part) for part in ("start", "stop", "step")]
    if not all(part is None or isinstance(part, int) for part in parts):
        raise TypeError(f"expected integers, got {parts}")
    return slice(*parts)


_SPECIAL: dict[str, Callable[[dict[str, Any]], Any]] = {
    "__numpy__": array_of,
    "__tensor__": array_of,
    "__bytes__": lambda config: config["value"].encode(),
    "__slice__": _slice,
    "__ellipsis__": lambda config: ...,
    "__keras_tensor__": lambda config: KerasTensor(tuple(config["shape"]), config["dtype"]),
    "DTypePolicy": lambda config: _with_plain_dtype({"dtype": config["name"]})["dtype"],
    "SeedGenerator": lambda config: SeedGenerator(config.get("seed")),
}


def _message(error: Exception) -> str:
    """Return what went wrong, with the name of an error that says little by itself."""
    told = str(error).partition("\n")[0]
    plain = isinstance(error, ValueError | TypeError) and told
    text = told if plain else f"{type(error).__name__}: {told}"
    return "; ".join([text, *getattr(error, "__notes__", [])])
