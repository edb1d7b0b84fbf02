"""Changing the learning rate between epochs."""

import inspect
import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._validation import check_non_negative_int, check_number
from minikeras.callbacks._terminal import say
from minikeras.callbacks.base import Callback, Logs
from minikeras.callbacks.monitor import MonitorCallback
from minikeras.registry import register

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]


@register("callback")
class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of every epoch.

    The rate that was used is recorded as ``learning_rate`` in the history.

    Parameters
    ----------
    schedule : callable ``(epoch, learning_rate) -> float`` or ``(epoch) -> float``
        Epochs count from 0; ``learning_rate`` is the current one.
    verbose : int, default 0
        1 prints a line for every epoch.

    Raises
    ------
    TypeError
        If ``schedule`` is not callable; before the first epoch, if the optimizer's learning rate
        is a schedule already.
    ValueError
        If ``schedule`` returns something else than a finite number of at least 0.

    Examples
    --------
    >>> from minikeras.callbacks import LearningRateScheduler
    >>> halve_every_ten = LearningRateScheduler(lambda epoch: 0.1 * 0.5 ** (epoch // 10))
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        if not callable(schedule):
            raise TypeError(
                "schedule must be a function (epoch, learning_rate) -> learning rate, "
                f"got {schedule!r} ({type(schedule).__name__})"
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_train_begin(self, logs: Logs = None) -> None:
        _refuse_schedule(self)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if _takes_two(self.schedule):
            rate = self.schedule(epoch, self.model.optimizer.learning_rate)
        else:
            rate = self.schedule(epoch)
        self.model.optimizer.learning_rate = value = _checked_rate(rate, epoch)
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: learning rate set to {value:g}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


@register("callback")
class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a metric has stopped improving.

    The rate that was used is recorded as ``learning_rate`` in the history.

    Parameters
    ----------
    monitor : str, default "val_loss"
        Name of the metric in the logs.
    factor : float, default 0.1
        The rate is multiplied with it; in [0, 1).
    patience : int, default 10
        Number of epochs without improvement after which the rate is lowered.
    verbose : int, default 0
        1 prints a line when it acts.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better; ``"auto"`` goes by the metric's name.
    min_delta : float, default 1e-4
        What counts as an improvement is more than this.
    cooldown : int, default 0
        Number of epochs after a reduction in which none are counted.
    min_lr : float, default 0.0
        The rate does not go below it.

    Raises
    ------
    ValueError
        If an argument is out of its range; at the end of the first epoch, if ``"auto"`` cannot
        tell the direction.
    TypeError
        Before the first epoch, if the optimizer's learning rate is a schedule.

    Examples
    --------
    >>> from minikeras.callbacks import ReduceLROnPlateau
    >>> ReduceLROnPlateau(factor=0.5, patience=3)
    ReduceLROnPlateau(factor=0.5, patience=3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ):
        super().__init__(monitor, mode, None, min_delta)
        self.factor = check_number("factor", factor, 0, 1, open_maximum=True)
        self.patience = check_non_negative_int("patience", patience)
        self.verbose = verbose
        self.cooldown = check_non_negative_int("cooldown", cooldown)
        self.min_lr = check_number("min_lr", min_lr, 0)
        self.wait = 0
        self.cooldown_counter = 0

    def in_cooldown(self) -> bool:
        """Return whether a reduction is so recent that no epochs are counted."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        _refuse_schedule(self)
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = {} if logs is None else logs
        current = self.get_monitor_value(logs)
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        old = float(self.model.optimizer.learning_rate)
        if old <= self.min_lr:
            return
        new = max(old * self.factor, float(self.min_lr))
        self.model.optimizer.learning_rate = new
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: {self.monitor} stagnates, learning rate lowered to {new:g}")


def _refuse_schedule(callback: Callback) -> None:
    optimizer = callback.model.optimizer
    if hasattr(optimizer, "optimizers"):
        raise TypeError(
            f"{type(callback).__name__} sets one learning rate, but a {type(optimizer).__name__} "
            "has several; give its optimizers schedules, or write a callback that sets their rates"
        )
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    rate = optimizer.get_config()["learning_rate"]
    if isinstance(rate, dict) or callable(rate):
        name = rate["class_name"] if isinstance(rate, dict) else "a function"
        raise TypeError(
            f"{type(callback).__name__} sets the learning rate, but the optimizer's follows "
            f"{name}; give the optimizer a number, or leave out the callback"
        )


def _takes_two(schedule: Callable[..., float]) -> bool:
    """Return whether ``schedule`` takes the current rate besides the epoch."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


def _checked_rate(rate: Any, epoch: int) -> float:
    if isinstance(rate, np.ndarray) and rate.ndim == 0:
        rate = rate.item()
    good = isinstance(rate, numbers.Real) and not isinstance(rate, bool)
    if not good or not math.isfinite(rate) or rate < 0:
        raise ValueError(
            "schedule must return a learning rate, a finite number of at least 0; for epoch "
            f"{epoch} it returned {rate!r} ({type(rate).__name__})"
        )
    return float(rate)
