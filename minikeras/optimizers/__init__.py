"""Formulas that turn gradients into new weights, and schedules for the learning rate."""

from typing import TYPE_CHECKING, Any

from minikeras import registry
from minikeras._lazy import lazily
from minikeras.optimizers import schedules
from minikeras.optimizers.base import Optimizer

if TYPE_CHECKING:
    from minikeras.optimizers.adadelta import Adadelta
    from minikeras.optimizers.adafactor import Adafactor
    from minikeras.optimizers.adagrad import Adagrad
    from minikeras.optimizers.adam import Adam, AdamW
    from minikeras.optimizers.adamax import Adamax
    from minikeras.optimizers.ftrl import Ftrl
    from minikeras.optimizers.lamb import Lamb
    from minikeras.optimizers.lion import Lion
    from minikeras.optimizers.loss_scale import LossScaleOptimizer
    from minikeras.optimizers.multi import MultiOptimizer, OptimizerMap
    from minikeras.optimizers.muon import Muon
    from minikeras.optimizers.nadam import Nadam
    from minikeras.optimizers.rmsprop import RMSprop
    from minikeras.optimizers.schedule_free_adamw import ScheduleFreeAdamW
    from minikeras.optimizers.sgd import SGD

FAMILIES = {
    "adadelta": ("Adadelta",),
    "adafactor": ("Adafactor",),
    "adagrad": ("Adagrad",),
    "adam": ("Adam", "AdamW"),
    "adamax": ("Adamax",),
    "ftrl": ("Ftrl",),
    "lamb": ("Lamb",),
    "lion": ("Lion",),
    "loss_scale": ("LossScaleOptimizer",),
    "multi": ("MultiOptimizer",),
    "muon": ("Muon",),
    "nadam": ("Nadam",),
    "rmsprop": ("RMSprop",),
    "schedule_free_adamw": ("ScheduleFreeAdamW",),
    "sgd": ("SGD",),
}

_get, _names = lazily(__name__, FAMILIES, "optimizer")
_get_map, _ = lazily(__name__, {"multi": ("OptimizerMap",)}, "optimizer_map")

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]


def __getattr__(name: str) -> Any:
    return _get_map(name) if name == "OptimizerMap" else _get(name)


def __dir__() -> list[str]:
    return sorted({*_names(), "OptimizerMap"})


def get(identifier: Any) -> Any:
    """Return the optimizer that ``identifier`` names.

    Parameters
    ----------
    identifier : str, dict, Optimizer, class or None
        Names in any case; None stays None.

    Raises
    ------
    ValueError
        If the name is unknown; the closest known one is suggested.
    TypeError
        If ``identifier`` is something else.

    Examples
    --------
    >>> from minikeras import optimizers
    >>> optimizers.get("adam")
    Adam()
    >>> optimizers.get("adm")
    Traceback (most recent call last):
    ValueError: unknown optimizer 'adm'; did you mean 'adam'?
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        identifier = _any_case(identifier)
    found = registry.get("optimizer", identifier)
    if not isinstance(found, Optimizer):
        raise TypeError(
            "optimizer must be a name, a configuration or an Optimizer, got "
            f"{identifier!r} ({type(identifier).__name__})"
        )
    return found


def serialize(optimizer: Any) -> Any:
    """Return the configuration of ``optimizer`` as plain data.

    Examples
    --------
    >>> from minikeras import optimizers
    >>> optimizers.serialize(optimizers.SGD(0.5))["config"]["learning_rate"]
    0.5
    """
    return registry.serialize(optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the optimizer that ``serialize`` described.

    Parameters
    ----------
    config : dict
    custom_objects : dict, optional
        Further classes and functions, by name.

    Examples
    --------
    >>> from minikeras import optimizers
    >>> optimizers.deserialize({"class_name": "SGD", "config": {"momentum": 0.9}})
    SGD(momentum=0.9)
    """
    if "class_name" in config:
        config = {**config, "class_name": _any_case(config["class_name"])}
    with registry.custom_object_scope(custom_objects):
        return registry.deserialize(config, "optimizer")


def _any_case(name: str) -> str:
    known = {own.lower(): own for names in FAMILIES.values() for own in names}
    if name.lower() not in known:
        known = {own.lower(): own for own in registry.registered("optimizer")}
    return known.get(name.lower(), name)
