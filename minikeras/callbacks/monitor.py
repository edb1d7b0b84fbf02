"""Watching one metric for improvement."""

import math
import re
import warnings
from typing import Any

from minikeras._validation import check_choice, check_number, did_you_mean
from minikeras.callbacks.base import Callback, Logs

__all__ = ["MonitorCallback"]

_UP = re.compile(
    r"accuracy|acc|auc|precision|recall|score|iou|similarity|specificity|sensitivity|dice|"
    r"correlation|r2|f1"
)
_DOWN = re.compile(
    r"loss|error|err|mse|mae|rmse|mape|msle|crossentropy|entropy|divergence|poisson|hinge|logcosh|"
    r"cosh|perplexity"
)


class MonitorCallback(Callback):
    """Base of callbacks that act on whether a metric improves.

    Parameters
    ----------
    monitor : str, default "val_loss"
        Name of the metric in the logs.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better; ``"auto"`` goes by the metric's name.
    baseline : float or None
        Value to beat at first.
    min_delta : float, default 0
        What counts as an improvement is more than this.

    Raises
    ------
    ValueError
        If ``mode`` is unknown; at the end of the first epoch, if ``"auto"`` cannot tell.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ):
        if not isinstance(monitor, str):
            raise TypeError(
                f"monitor must be the name of a metric such as 'val_loss', got {monitor!r} "
                f"({type(monitor).__name__})"
            )
        self.monitor = monitor
        self.mode = check_choice("mode", mode, ["auto", "min", "max"])
        self.baseline = None if baseline is None else check_number("baseline", baseline)
        self.min_delta = check_number("min_delta", min_delta)
        self.best: float | None = None
        self._sign: float | None = None  # 1: higher is better, -1: lower is
        self._warned = False

    def on_train_begin(self, logs: Logs = None) -> None:
        self.best = None
        self._warned = False
        self._sign = {"min": -1.0, "max": 1.0}.get(self.mode)

    def get_monitor_value(self, logs: Logs) -> float | None:
        """Return the metric's value; None, with a warning, when it is missing."""
        logs = logs or {}
        value = logs.get(self.monitor)
        if value is None:
            self._warn_missing(logs)
            return None
        if self._sign is None:
            self._sign = self._direction()
        return float(value)

    def _warn_missing(self, logs: dict[str, Any], does: str = "does nothing") -> None:
        if self._warned:
            return
        self._warned = True
        hint = did_you_mean(self.monitor, logs) if logs else ""
        if self.monitor.removeprefix("val_") in logs:
            hint = "; give fit validation_data or validation_split, or monitor "
            hint += repr(self.monitor.removeprefix("val_"))
        warnings.warn(
            f"{type(self).__name__} monitors {self.monitor!r}, which is not there, and {does}; "
            f"available: {', '.join(logs) or 'nothing'}{hint}",
            stacklevel=2,
        )

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        if math.isnan(value):
            return False
        if reference is None:
            return True
        if self._sign == 1.0:
            return value - abs(self.min_delta) > reference
        return value + abs(self.min_delta) < reference

    def _direction(self) -> float:
        """Find out whether higher (1) or lower (-1) is better."""
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return -1.0
        words = re.split(r"[^a-z0-9]+", name.lower().replace("io_u", "iou"))
        up = any(map(_UP.fullmatch, words))
        if up == any(map(_DOWN.fullmatch, words)):
            raise ValueError(
                f"{type(self).__name__} cannot tell whether {self.monitor!r} should go up or "
                "down; say mode='max' or mode='min'"
            )
        return 1.0 if up else -1.0
