"""What an optimizer is told: its options, checked, and the learning rate."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._validation import check_choice, check_number, check_positive_int, did_you_mean
from minikeras.autodiff import Variable, bare
from minikeras.optimizers.rate import Rate
from minikeras.optimizers.schedules import LearningRateSchedule
from minikeras.registry import Configurable, parameters_of, serialize, snake_case

__all__ = ["LearningRate", "Settings", "check_rate"]

LearningRate = float | LearningRateSchedule | Callable[[], float]


class Settings(Configurable):
    """The options that all optimizers share, and the count of steps; see ``Optimizer``."""

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        gradient: str = "analytic",
        **unknown: Any,
    ):
        for keyword in unknown:
            meant = "learning_rate" if keyword == "lr" else keyword
            hint = did_you_mean(meant, parameters_of(type(self)))
            raise TypeError(f"{type(self).__name__} has no argument {keyword!r}{hint}")
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = [f"{key}={value}" for key, value in clips.items() if value is not None]
        if len(given) > 1:
            raise ValueError(
                f"give at most one of clipnorm, clipvalue, global_clipnorm, got {', '.join(given)}"
            )
        for key, value in {**clips, "loss_scale_factor": loss_scale_factor}.items():
            if value is not None:
                check_number(key, value, 0, open_minimum=True)
        if weight_decay is not None:
            check_number("weight_decay", weight_decay, 0)
        if ema_overwrite_frequency is not None:
            check_positive_int("ema_overwrite_frequency", ema_overwrite_frequency)
        if gradient_accumulation_steps is not None:
            check_positive_int("gradient_accumulation_steps", gradient_accumulation_steps)
            if gradient_accumulation_steps == 1:
                raise ValueError(
                    "gradient_accumulation_steps must be None or an integer of at least 2, got 1"
                )
        self._rate = check_rate(learning_rate)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = check_number("ema_momentum", ema_momentum, 0, 1)
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.name = snake_case(type(self).__name__) if name is None else name
        self.gradient = check_choice("gradient", gradient, ["analytic", "numerical"])
        self._count = 0
        self._start()

    def _start(self) -> None:
        """Set up what is not an option."""

    @property
    def learning_rate(self) -> Rate:
        """The learning rate of the next step; a number or a schedule may be assigned."""
        return Rate(self._current_rate(), self._set_rate)

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        self._set_rate(value)

    def _set_rate(self, value: LearningRate) -> None:
        self._rate = check_rate(value)

    def _current_rate(self) -> float:
        rate = self._rate
        if isinstance(rate, float):
            return rate
        now = rate(self._count) if isinstance(rate, LearningRateSchedule) else rate()
        if not 0.0 <= now < math.inf:
            raise ValueError(
                f"learning_rate must be a finite number of at least 0, but {rate!r} gave {now!r} "
                f"for step {self._count}"
            )
        return float(now)

    @property
    def iterations(self) -> int:
        """How many times the weights were changed."""
        if self.gradient_accumulation_steps is None:
            return self._count
        return self._count // self.gradient_accumulation_steps

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times ``loss_scale_factor``, for the gradient to be taken of."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, as plain data."""
        arguments = super().get_config()
        arguments["learning_rate"] = serialize(self._rate)
        if self.gradient == "analytic":  # then Keras reads it too
            del arguments["gradient"]
        return arguments

    def __repr__(self) -> str:
        values = {**vars(self), "learning_rate": self._rate}
        if self.name == snake_case(type(self).__name__):
            values["name"] = None
        shown = [
            f"{name}={values[name]!r}"
            for name, parameter in parameters_of(type(self)).items()
            if repr(values.get(name, parameter.default)) != repr(parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def check_rate(value: Any) -> LearningRate:
    """Return a learning rate as a float, or the schedule or callable that gives it."""
    if isinstance(value, LearningRateSchedule):
        return value
    if isinstance(value, np.ndarray | Variable) and value.size == 1:
        value = bare(value).item()
    elif callable(value):
        return value  # type: ignore[no-any-return]
    return float(check_number("learning_rate", value, 0))
