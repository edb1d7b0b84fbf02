"""The layers of a model out of its configuration; nothing is built, and nothing is believed."""

import json
from collections.abc import Iterator
from inspect import Parameter
from typing import Any

from minikeras.registry import class_named, knows, parameters_of, snake_case
from minikeras.saving.report import Layer, Report

__all__ = ["describe"]

_DEEPEST = 32  # models in models
_LEFT_OUT = {"batch_input_shape", "batch_shape", "build_input_shape", "dtype", "layers", "name"}

_USUAL = (None, "linear", "channels_last")  # whatever the argument


def describe(report: Report, config: Any, training: Any = None) -> None:
    """Add model, layers and training to a report.

    Parameters
    ----------
    report : Report
        Changed in place.
    config : plain data
        Of a model, in the form of Keras's files.
    training : plain data, optional
        How the model was compiled; default: what stands in ``config``.

    Raises
    ------
    ValueError
        If ``config`` is no configuration of a model, or models are nested too deep.
    """
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict | list):
        raise ValueError("expected the configuration of a model, with class_name and config")
    report.model = f"{_text(config.get('class_name'))} {_name(config)!r}"
    report.layers = list(_layers(config, 0))
    training = config.get("compile_config") if training is None else training
    if isinstance(training, dict):
        inner = training.get("config")  # around what a model of somebody's own class stores
        training = inner if isinstance(inner, dict) else training
        for title, *keys in (
            ("Optimizer", "optimizer", "optimizer_config"),
            ("Loss", "loss"),
            ("Metrics", "metrics"),
        ):
            value = next((training[key] for key in keys if training.get(key)), None)
            if value is not None:
                report.training[title] = _shown(value, kind=title.lower())


def _layers(model: dict[str, Any], depth: int) -> Iterator[Layer]:
    if depth > _DEEPEST:
        raise ValueError(f"models lie more than {_DEEPEST} deep in each other")
    inner = model["config"]
    if isinstance(inner, dict):
        inner = inner.get("layers")
    for layer in inner if isinstance(inner, list) else []:
        if not isinstance(layer, dict):
            raise ValueError(f"expected the configuration of a layer, got {_text(layer)}")
        kind = _text(layer.get("class_name"))
        yield Layer(
            name=_name(layer),
            kind=kind,
            input_shape=_input_shape(layer),
            settings=_settings(layer, "layer"),
            sources=list(dict.fromkeys(_sources(layer.get("inbound_nodes")))),
            depth=depth,
        )
        if isinstance(layer.get("config"), dict | list):
            yield from _layers(layer, depth + 1)


def _name(thing: dict[str, Any]) -> str:
    config = thing.get("config")
    inside = config.get("name") if isinstance(config, dict) else None
    return _text(thing.get("name") or inside or "")


def _input_shape(layer: dict[str, Any]) -> str:
    config, build = layer.get("config"), layer.get("build_config")
    found = build.get("input_shape") if isinstance(build, dict) else None
    if found is None and isinstance(config, dict):
        found = config.get("batch_shape", config.get("batch_input_shape"))
    return "" if found is None else _shape(found)


def _shape(value: Any) -> str:
    """Return a shape, or several, as Python writes them."""
    if isinstance(value, list) and all(n is None or isinstance(n, int) for n in value):
        return str(tuple(value))
    if isinstance(value, list) and all(isinstance(shape, list) for shape in value):
        return ", ".join(str(tuple(shape)) for shape in value)
    return _text(value)


def _settings(thing: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the arguments that differ from the defaults of our class of that name."""
    config = thing.get("config")
    if not isinstance(config, dict):
        return {}
    name = str(thing.get("class_name"))
    parameters = parameters_of(class_named(name, kind)) if knows(kind, name) else {}
    found = {}
    for key, value in config.items():
        usual = parameters[key].default if key in parameters else Parameter.empty
        if not _is_usual(key, value, usual):
            found[str(key)] = _shown(value)
    return found


def _is_usual(key: str, value: Any, default: Any) -> bool:
    """Whether an argument is not worth being shown."""
    if key in _LEFT_OUT or (key == "trainable" and value is True) or value in _USUAL:
        return True
    if default is Parameter.empty:  # unknown here, or always given
        return value is False
    if _is_object(value):
        return isinstance(default, str) and snake_case(value["class_name"]) == default
    if isinstance(value, list) and isinstance(default, int):
        return all(n == default for n in value)  # a size for each axis
    return bool(value == (list(default) if isinstance(default, tuple) else default))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_name"), str)


def _shown(value: Any, kind: str = "layer", depth: int = 0) -> Any:
    """Return a value as code would show it; a number stays one."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if _is_object(value) and depth < 3:
        inner = value.get("config")
        if isinstance(inner, str):  # a function
            return inner
        settings = _settings(value, kind) if depth < 2 else {}
        return f"{value['class_name']}({', '.join(f'{k}={v}' for k, v in settings.items())})"
    if isinstance(value, list) and depth < 3:
        return f"[{', '.join(str(_shown(item, kind, depth + 1)) for item in value[:20])}]"
    return _text(value)


def _sources(nodes: Any) -> Iterator[str]:
    """Give the names of the layers that the calls of a layer take their inputs from."""
    waiting = [nodes]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            history = value.get("keras_history")
            if isinstance(history, list) and history and isinstance(history[0], str):
                yield history[0]
            else:
                waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            # Before Keras 3: [name, number of the call, number of the output, arguments]
            if len(value) > 2 and isinstance(value[0], str) and isinstance(value[1], int):
                yield value[0]
            else:
                waiting.extend(reversed(value))


def _text(value: Any) -> str:
    """Return any plain data as text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
