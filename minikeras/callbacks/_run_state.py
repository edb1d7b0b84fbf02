"""Everything that decides how a training goes on, as plain data, and back."""

import random as python_random
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minikeras.autodiff import Variable
from minikeras.callbacks import _plain
from minikeras.callbacks.base import Callback
from minikeras.metrics import Metric
from minikeras.optimizers import Optimizer
from minikeras.random import SeedGenerator, generator
from minikeras.registry import parameters_of

__all__ = [
    "Randomness",
    "callback_states",
    "check_state",
    "model_state",
    "set_callback_states",
    "set_model_state",
]


class Randomness:
    """All random generators of a run.

    The global ones (of minikeras, NumPy and Python), and what layers and the data hold.

    Parameters
    ----------
    model : Model
    data : object
        What ``fit`` reads its batches from.
    """

    def __init__(self, model: Any, data: Any):
        self.model, self.data = model, data

    def _streams(self) -> list[np.random.Generator]:
        """Look for them anew: layers may make theirs when they are built."""
        found = [generator()]
        for holder in (*self.model._flatten_layers(), self.data):
            found += _generators(list(getattr(holder, "__dict__", {}).values()))
        return _unique(found)

    def state(self) -> dict[str, Any]:
        """Return the state of each."""
        return {
            "streams": [stream.bit_generator.state for stream in self._streams()],
            "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
            "python": python_random.getstate(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave.

        Raises
        ------
        ValueError
            If there are more or fewer generators now.
        """
        streams = self._streams()
        if len(state["streams"]) != len(streams):
            raise ValueError(
                f"the backup holds {len(state['streams'])} random generators, the model and its "
                f"data have {len(streams)}"
            )
        for stream, one in zip(streams, state["streams"]):
            stream.bit_generator.state = one
        np.random.set_state(state["numpy"])  # noqa: NPY002
        python_random.setstate(state["python"])


def _generators(value: Any) -> Iterator[np.random.Generator]:
    if isinstance(value, SeedGenerator | np.random.Generator):
        yield generator(value)
    elif isinstance(value, dict):
        yield from _generators(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _generators(item)


def model_state(model: Any) -> dict[str, Any]:
    """Return weights, optimizers and metrics of a model."""
    return {
        "weights": [variable.value for variable in model.weights],
        "optimizers": [optimizer.state() for optimizer in _optimizers(model)],
        "metrics": [
            {
                "attributes": {name: getattr(metric, name) for name in metric.state},
                "variables": [variable.value for variable in metric._variables],
            }
            for metric in _metrics(model)
        ],
        "stop": bool(model.stop_training),
    }


def set_model_state(model: Any, state: dict[str, Any], *, metrics: bool) -> None:
    """Go on from what ``model_state`` gave.

    Parameters
    ----------
    model : Model
    state : dict
    metrics : bool
        Whether to set the metrics too; at the beginning of an epoch they start anew.

    Raises
    ------
    ValueError
        If the model is built in another way; as a rule nothing is changed then.
    """
    weights, optimizers = model.weights, _optimizers(model)
    held = _metrics(model) if metrics else []
    _check_count("optimizers", optimizers, state["optimizers"])
    _check_shapes("weights", weights, state["weights"])
    if metrics:
        _check_count("metrics", held, state["metrics"])
    for metric, saved in zip(held, state["metrics"]):
        _check_shapes(f"variables of metric {metric.name!r}", metric._variables, saved["variables"])
    for optimizer, saved in zip(optimizers, state["optimizers"]):
        optimizer.load_state(saved)
    for variable, value in zip(weights, state["weights"]):
        variable.assign(value)
    for metric, saved in zip(held, state["metrics"]):
        for name in metric.state:
            setattr(metric, name, saved["attributes"][name])
        for variable, value in zip(metric._variables, saved["variables"]):
            variable.assign(value)
    model.stop_training = state["stop"]


def _check_count(what: str, there: list[Any], saved: list[Any]) -> None:
    if len(there) != len(saved):
        raise ValueError(f"the backup holds {len(saved)} {what}, the model has {len(there)}")


def _check_shapes(what: str, variables: list[Variable], saved: list[Any]) -> None:
    _check_count(what, variables, saved)
    for variable, value in zip(variables, saved):
        if variable.shape != value.shape:
            raise ValueError(
                f"the backup holds shape {value.shape} for {variable.path!r}, the model has "
                f"{variable.shape}"
            )


def _optimizers(model: Any) -> list[Optimizer]:
    """Return the compiled optimizer and those that attributes hold, as a GAN's do."""
    held = [value for layer in model._flatten_layers() for value in vars(layer).values()]
    return _unique(value for value in held if isinstance(value, Optimizer))


def _metrics(model: Any) -> list[Metric]:
    waiting = [*model.metrics]
    if model._objective is not None:
        waiting += model._objective.named.values()
    found: list[Metric] = []
    while waiting:
        metric = waiting.pop(0)
        found.append(metric)
        waiting.extend(metric._parts())
    return _unique(found)


def _unique(items: Iterable[Any]) -> list[Any]:
    return list({id(item): item for item in items}.values())


def callback_states(callbacks: list[Callback]) -> list[tuple[str, dict[str, Any]]]:
    """Return the plain attributes of each callback, with the name of its class."""
    return [
        (
            type(callback).__name__,
            {name: value for name, value in callback._state().items() if _is_plain(value)},
        )
        for callback in callbacks
    ]


def set_callback_states(
    callbacks: list[Callback], states: list[tuple[str, dict[str, Any]]]
) -> None:
    """Give each callback what one of its class and place had.

    The arguments it was made with stay: where it writes to is not for a file to say.
    """
    left = list(states)
    for callback in callbacks:
        fixed = {"_model", "params", "_validated", *parameters_of(type(callback))}
        for i, (name, state) in enumerate(left):
            if name == type(callback).__name__:
                for key, value in state.items():
                    if key not in fixed and not callable(getattr(type(callback), key, None)):
                        vars(callback)[key] = value
                del left[i]
                break


def check_state(saved: Any, file: Any) -> None:
    """Refuse what is no backup, before anything is changed.

    Raises
    ------
    ValueError
    """
    parts = _HELD | {"random": dict, "model": dict, "callbacks": list}
    whole = isinstance(saved, dict) and all(
        isinstance(saved.get(name), kind) for name, kind in parts.items()
    )
    if not whole or min(saved["epoch"], saved["done"], saved["taken"], saved["batches"]) < 0:
        raise ValueError(f"{file} is damaged or no backup: it does not say where training stood")
    model = saved["model"]
    lists = [model.get(name) for name in ("weights", "optimizers", "metrics")]
    if not all(isinstance(value, list) for value in lists):
        raise ValueError(f"{file} is damaged: it has no weights or states")
    arrays = all(isinstance(value, np.ndarray) for value in model["weights"])
    if not arrays or not all(isinstance(item, dict) for part in lists[1:] for item in part):
        raise ValueError(f"{file} is damaged: its weights or states are not what they should be")
    for pair in saved["callbacks"]:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], dict)):
            raise ValueError(f"{file} is damaged: what callbacks remember is not what it should be")
    if not {"streams", "numpy", "python"} <= set(saved["random"]):
        raise ValueError(f"{file} is damaged: it has no states of random generators")


_HELD = {"epoch": int, "done": int, "taken": int, "batches": int, "exhausted": bool}


def _is_plain(value: Any) -> bool:
    try:
        _plain.pack(value, {})
    except _plain.NotPlainError:
        return False
    return True
