"""Ending the training: when nothing improves any more, or when the loss is lost."""

import math
from typing import Any

from minikeras._validation import check_non_negative_int
from minikeras.callbacks._terminal import say
from minikeras.callbacks.base import Callback, Logs
from minikeras.callbacks.monitor import MonitorCallback
from minikeras.registry import register

__all__ = ["EarlyStopping", "TerminateOnNaN"]


@register("callback")
class EarlyStopping(MonitorCallback):
    """Stops training when a metric has stopped improving.

    Parameters
    ----------
    monitor : str, default "val_loss"
        Name of the metric in the logs.
    min_delta : float, default 0
        What counts as an improvement is more than this.
    patience : int, default 0
        Training stops after this many epochs without improvement; 0 and 1 both stop at the first.
    verbose : int, default 0
        1 prints a line when it acts.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better; ``"auto"`` goes by the metric's name.
    baseline : float or None
        Epochs that do not beat this value count as being without improvement.
    restore_best_weights : bool, default False
        Whether to set the weights at the end of training back to those of the best epoch.
    start_from_epoch : int, default 0
        Epochs before this one are not looked at.

    Raises
    ------
    ValueError
        If ``mode`` is unknown, or ``patience`` or ``start_from_epoch`` is negative; at the end of
        the first epoch, if ``"auto"`` cannot tell the direction.

    References
    ----------
    Prechelt, "Early Stopping - But When?" (1998).

    Examples
    --------
    >>> from minikeras.callbacks import EarlyStopping
    >>> EarlyStopping(patience=5, restore_best_weights=True)
    EarlyStopping(patience=5, restore_best_weights=True)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, baseline, min_delta)
        self.patience = check_non_negative_int("patience", patience)
        self.verbose = verbose
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = check_non_negative_int("start_from_epoch", start_from_epoch)
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        better = self._is_improvement(current, self.best)
        if better or (self.restore_best_weights and self.best_weights is None):
            self._keep(epoch)
        if better:
            self.best = current
            # The best so far may still be worse than the baseline: then patience runs on.
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(
                f"Epoch {self.stopped_epoch + 1}: early stopping, {self.monitor} was best "
                f"in epoch {self.best_epoch + 1}"
            )
        if self.best_weights is not None:
            if self.verbose > 0:
                say(f"Weights are set back to those of epoch {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)


@register("callback")
class TerminateOnNaN(Callback):
    """Stops training as soon as the loss is NaN or infinite.

    Parameters
    ----------
    raise_error : bool, default False
        Raise ``RuntimeError`` instead of ending ``fit`` in the ordinary way, so that
        ``on_train_end`` of other callbacks is not run on a broken model.

    Examples
    --------
    >>> from minikeras.callbacks import TerminateOnNaN
    >>> TerminateOnNaN(raise_error=True).on_train_batch_end(7, {"loss": float("inf")})
    Traceback (most recent call last):
    RuntimeError: the loss is inf in batch 7; try a lower learning rate, or clipnorm=1.0
    """

    def __init__(self, raise_error: bool = False):
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        what = f"the loss is {float(loss)} in batch {batch}"
        if self.raise_error:
            raise RuntimeError(f"{what}; try a lower learning rate, or clipnorm=1.0")
        say(f"{what}, training ends")
        self.model.stop_training = True
