"""Saving the model while it trains."""

import os
from pathlib import Path
from string import Formatter
from typing import Any

from minikeras._atomic import check_writable
from minikeras._validation import check_positive_int, did_you_mean
from minikeras.callbacks._terminal import say
from minikeras.callbacks.base import Callback, Logs
from minikeras.callbacks.lambda_callback import LambdaCallback
from minikeras.callbacks.monitor import MonitorCallback
from minikeras.registry import is_ours, register

__all__ = ["ModelCheckpoint"]

_WEIGHTS = (".weights.h5", ".npz", ".safetensors")
_MODELS = (".keras",)
_GIVE_LOGS = ("train_step", "test_step", "compute_metrics")


@register("callback")
class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after every epoch or every so many batches.

    Parameters
    ----------
    filepath : str or path
        File to write. ``{epoch}`` in it, counting from 1, ``{batch}`` and names from the logs are
        replaced, as in ``"{epoch:02d}-{val_loss:.2f}.keras"``. It ends in ``.keras``, or for
        weights in ``.weights.h5``, ``.npz`` or ``.safetensors``. Missing folders are made.
    monitor : str, default "val_loss"
        Name of the metric that says what is best.
    verbose : int, default 0
        1 prints a line whenever it acts.
    save_best_only : bool, default False
        Save only when the metric is better than ever before.
    save_weights_only : bool, default False
        Call ``model.save_weights(path)`` instead of ``model.save(path)``.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better; ``"auto"`` goes by the metric's name.
    save_freq : "epoch" or int, default "epoch"
        Save at the end of epochs, or after every so many batches, which are counted on from epoch
        to epoch. The metrics of a batch are the means over its epoch so far.
    initial_value_threshold : float or None
        With ``save_best_only``, a value to beat at first.

    Attributes
    ----------
    best : float or None
        The best value so far; kept from one ``fit`` to the next.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range. When training begins, if ``filepath`` names
        something that the logs will not have, such as ``val_loss`` without validation after every
        epoch, or the model holds what a file cannot; where this cannot be known yet, when it saves.
    OSError
        When training begins, if no file can be written there.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from pathlib import Path
    >>> from minikeras.callbacks import ModelCheckpoint
    >>> from minikeras.layers import Dense
    >>> model = minikeras.Sequential([minikeras.Input((2,)), Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> save = ModelCheckpoint("saved/{epoch}.npz", "loss", save_weights_only=True)
    >>> history = model.fit(np.eye(2), np.eye(2)[:, :1], epochs=2, verbose=0, callbacks=[save])
    >>> sorted(path.name for path in Path("saved").iterdir())
    ['1.npz', '2.npz']
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = check_save_freq(save_freq)
        self.initial_value_threshold = self.baseline
        self.best = self.baseline
        endings = _WEIGHTS if save_weights_only else _MODELS
        if not self.filepath.endswith(endings):
            what = "weights" if save_weights_only else "the whole model"
            raise ValueError(
                f"filepath must end in {' or '.join(endings)} to save {what}, got "
                f"{self.filepath!r}; write {os.path.splitext(self.filepath)[0] + endings[0]!r}"
            )
        self._names = names_in(self.filepath, self.save_freq)
        self._others: list[Callback] = []
        self._batches = 0  # since the last time it saved
        self._epoch = 0

    def _listens(self, hook: str) -> bool:
        return self.save_freq != "epoch" and super()._listens(hook)

    def _among(self, callbacks: list[Callback]) -> None:
        self._others = [callback for callback in callbacks if callback is not self]

    def on_train_begin(self, logs: Logs = None) -> None:
        best = self.best
        super().on_train_begin(logs)
        self.best = best
        self._check_names()
        self._check_place()
        if not self.save_weights_only and is_ours(getattr(type(self.model), "save", None)):
            self.model.to_json()  # refuses what no file can hold

    def _check_names(self) -> None:
        """Refuse names that no log will have, rather than after hours of training."""
        if not _has_our_logs(self.model) or any(map(_may_add_to_logs, self._others)):
            return
        metrics = _names_of_metrics(self.model)
        for name in self._names:
            if name.startswith("val_") and name not in (metrics or []):
                self._check_validation(name)
        if metrics is None:
            return
        known = ["epoch", "batch", *metrics, *(f"val_{name}" for name in metrics), "learning_rate"]
        for name in self._names:
            if name not in known:
                raise ValueError(
                    f"ModelCheckpoint: filepath {self.filepath!r} names {name!r}, which will not "
                    f"be there{did_you_mean(name, known)}"
                )

    def _check_validation(self, name: str) -> None:
        if self._validated is None or (self._validated and self.save_freq == "epoch"):
            return
        remedy = "give fit validation_data or validation_split, and validation_freq=1"
        if self._validated:
            remedy = "save after epochs with save_freq='epoch'"
        raise ValueError(
            f"ModelCheckpoint: filepath {self.filepath!r} names {name!r}, which is there only "
            f"after a validation; {remedy}, or name {name.removeprefix('val_')!r}"
        )

    def _check_place(self) -> None:
        fixed, changing, _ = self.filepath.partition("{")
        if not changing:
            self._check_no_folder(self.filepath)
        folder = Path(fixed + "x").parent  # as much of it as is known
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._batches += 1
        if self._batches == self.save_freq:
            self._batches = 0
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        path = self._path(epoch, batch, logs)
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        if folder := os.path.dirname(path):
            os.makedirs(folder, exist_ok=True)
        self._check_no_folder(path)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: saved {path}")

    def _check_no_folder(self, path: str) -> None:
        if os.path.isdir(path):
            raise IsADirectoryError(f"ModelCheckpoint: {path!r} is a folder; choose another name")

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> str:
        names = {"epoch": epoch + 1} if batch is None else {"epoch": epoch + 1, "batch": batch + 1}
        known = {**names, **logs}
        try:
            return self.filepath.format(**known)
        except (KeyError, IndexError) as error:
            raise ValueError(
                f"ModelCheckpoint: filepath {self.filepath!r} names {error}, which is not there; "
                f"available: {', '.join(known)}"
            ) from None

    def _is_best(self, epoch: int, logs: dict[str, Any]) -> bool:
        value = self.get_monitor_value(logs)
        if value is None:
            return True  # nothing to compare, as the warning says: rather save than lose it
        if not self._is_improvement(value, self.best):
            if self.verbose > 0:
                say(f"Epoch {epoch + 1}: {self.monitor} is not better than {self.best:.5f}")
            return False
        if self.verbose > 0 and self.best is not None:
            say(f"Epoch {epoch + 1}: {self.monitor} went from {self.best:.5f} to {value:.5f}")
        self.best = value
        return True

    def _warn_missing(self, logs: dict[str, Any], does: str = "saves in any case") -> None:
        super()._warn_missing(logs, does)


def names_in(filepath: str, save_freq: str | int) -> list[str]:
    """Return the names that are replaced in a path.

    Raises
    ------
    ValueError
        If it is no format, or not one of numbers.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(filepath) if name is not None]
        if "batch" in names and save_freq == "epoch":
            raise ValueError("it names 'batch', which is there if save_freq is a number alone")
        filepath.format(**{name: 1 if name in ("epoch", "batch") else 0.5 for name in names})
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(
            f"filepath {filepath!r} is no format: {error}; write such as '{{epoch:02d}}.keras'"
        ) from None
    return names


def _has_our_logs(model: Any) -> bool:
    """Return whether a model is compiled, and puts into its logs what its metrics give."""
    methods = [getattr(type(model), name, None) for name in _GIVE_LOGS]
    return getattr(model, "_objective", None) is not None and all(map(is_ours, methods))


def _names_of_metrics(model: Any) -> list[str] | None:
    """Return the names of all metrics; None where the first batch is to show them."""
    objective = model._objective
    if objective.outputs is None:
        return None
    metrics = [metric for metric in model.metrics if metric is not objective.compiled_metrics]
    if not all(is_ours(type(metric)) for metric in [*metrics, *objective.named.values()]):
        return None  # a metric of somebody's own may show several numbers
    return list(dict.fromkeys([*(metric.name for metric in metrics), *objective.named]))


def _may_add_to_logs(callback: Callback) -> bool:
    return isinstance(callback, LambdaCallback) or not is_ours(type(callback))


def check_save_freq(value: Any) -> str | int:
    """Return ``value`` if it is ``"epoch"`` or a number of batches."""
    if isinstance(value, str):
        if value != "epoch":
            raise ValueError(f"save_freq must be 'epoch' or a number of batches, got {value!r}")
        return value
    return check_positive_int("save_freq (if not 'epoch')", value)
