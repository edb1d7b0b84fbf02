"""Learning rates that follow the number of steps taken so far."""

from typing import TYPE_CHECKING, Any

from minikeras import registry
from minikeras._lazy import lazily
from minikeras.optimizers.schedules.base import LearningRateSchedule

if TYPE_CHECKING:
    from minikeras.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
    from minikeras.optimizers.schedules.decay import (
        ExponentialDecay,
        InverseTimeDecay,
        PolynomialDecay,
    )
    from minikeras.optimizers.schedules.piecewise import PiecewiseConstantDecay

FAMILIES = {
    "cosine": ("CosineDecay", "CosineDecayRestarts"),
    "decay": ("ExponentialDecay", "InverseTimeDecay", "PolynomialDecay"),
    "piecewise": ("PiecewiseConstantDecay",),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES, "schedule")

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


def serialize(learning_rate_schedule: Any) -> Any:
    """Return the configuration of a schedule as plain data.

    Examples
    --------
    >>> from minikeras.optimizers import schedules
    >>> schedules.serialize(schedules.ExponentialDecay(0.1, 10, 0.5))["class_name"]
    'ExponentialDecay'
    """
    return registry.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the schedule that ``serialize`` described.

    Parameters
    ----------
    config : dict
    custom_objects : dict, optional
        Further classes and functions, by name.

    Examples
    --------
    >>> from minikeras.optimizers import schedules
    >>> config = schedules.serialize(schedules.ExponentialDecay(0.1, 10, 0.5))
    >>> schedules.deserialize(config)
    ExponentialDecay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5)
    """
    with registry.custom_object_scope(custom_objects):
        return registry.deserialize(config, "schedule")
