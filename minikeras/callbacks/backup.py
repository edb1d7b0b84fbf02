"""Going on with a training that was killed, as if nothing had happened."""

import os
import warnings
from pathlib import Path
from typing import Any

from minikeras._atomic import check_writable, sweep
from minikeras.callbacks import _plain
from minikeras.callbacks._run_state import (
    Randomness,
    callback_states,
    check_state,
    model_state,
    set_callback_states,
    set_model_state,
)
from minikeras.callbacks.base import Callback, Logs, Prepare
from minikeras.callbacks.checkpoint import check_save_freq
from minikeras.registry import register

__all__ = ["BackupAndRestore"]


@register("callback")
class BackupAndRestore(Callback):
    """Backs the training up, so that the same ``fit``, started again after a crash, goes on there.

    It ends with the weights it would have had, bit for bit: the backup holds weights, optimizers,
    metrics, the other callbacks' attributes (numbers, texts, arrays, and lists and dicts of them),
    the random generators, and the place in the data, which is read again up to there. The file is
    replaced in one go: a process killed while it writes leaves the backup before.

    Parameters
    ----------
    backup_dir : str or path
        Folder for the backup of this training alone; made if it is missing.
    save_freq : "epoch" or int, default "epoch"
        Back up after every epoch, or after every so many batches.
    double_checkpoint : bool, default False
        Keep the last backup but one too, for a disk that damages files; it is used, with a warning,
        if the last one cannot be read.
    delete_checkpoint : bool, default True
        Remove the backup when ``fit`` has ended. Otherwise another ``fit`` goes on from its end.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; when training begins, if a backup is damaged, or that of
        another model.
    OSError
        When training begins, if the folder cannot be written to.

    Notes
    -----
    Start again with the same model, data and arguments; ``initial_epoch`` gives way to the backup.
    Data that decide at random what to give are repeated if they draw from NumPy's, Python's or
    minikeras' global generators, or if a ``PyDataset`` holds the generator as an attribute; not if
    they draw within several workers, or change over the epochs in other ways. The history goes on
    from what it was; ``CSVLogger`` does with ``append=True``.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from minikeras.callbacks import BackupAndRestore, LambdaCallback
    >>> from minikeras.layers import Dense
    >>> x = np.eye(4)
    >>> def train(*callbacks):
    ...     minikeras.set_random_seed(0)
    ...     model = minikeras.Sequential([minikeras.Input((4,)), Dense(1)])
    ...     model.compile("adam", "mse")
    ...     callbacks = [BackupAndRestore("backup"), *callbacks]
    ...     return model.fit(x, x[:, :1], epochs=4, verbose=0, callbacks=callbacks)
    >>> def crash(epoch, logs):
    ...     if epoch == 2:
    ...         raise RuntimeError("power cut")
    >>> train(LambdaCallback(on_epoch_begin=crash))
    Traceback (most recent call last):
    RuntimeError: power cut
    >>> started = []
    >>> train(LambdaCallback(on_epoch_begin=lambda epoch, logs: started.append(epoch))).epoch
    [0, 1, 2, 3]
    >>> started
    [2, 3]
    """

    _comes_last = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        self.backup_dir = os.fspath(backup_dir)
        if not self.backup_dir:
            raise ValueError("backup_dir must name a folder, got an empty text")
        self.save_freq = check_save_freq(save_freq)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._others: list[Callback] = []
        self._forget()

    def _forget(self) -> None:
        self._source: Any = None
        self._random: Randomness | None = None
        self._restored: dict[str, Any] | None = None
        self._epoch = 0
        self._batches = 0  # since the last backup

    @property
    def _file(self) -> Path:
        return Path(self.backup_dir, "latest.npz")

    @property
    def _file_before(self) -> Path:
        return Path(self.backup_dir, "previous.npz")

    def _listens(self, hook: str) -> bool:
        return self.save_freq != "epoch" and super()._listens(hook)

    def _state(self) -> dict[str, Any]:
        return {}

    def _among(self, callbacks: list[Callback]) -> None:
        self._others = [callback for callback in callbacks if callback is not self]

    # Restoring.

    def on_train_begin(self, logs: Logs = None) -> None:
        self._forget()
        Path(self.backup_dir).mkdir(parents=True, exist_ok=True)
        check_writable(Path(self.backup_dir))
        sweep(self._file)

    def _first_epoch(self, initial_epoch: int, source: Any, prepare: Prepare) -> int:
        saved = self._read()
        self._source = source
        self._random = Randomness(self.model, getattr(source, "_data", None))
        source.remember = self._random.state
        if saved is None:
            return initial_epoch
        if not self.model.built:
            raise ValueError(
                "BackupAndRestore goes on with a training, but the model is not built yet; give it "
                "an Input, or call model.build(input_shape) before fit"
            )
        self._restored = saved
        try:
            if source.x is not None:
                prepare(source.x, source.y)
            if saved["taken"]:
                self._random.set_state(saved["pass"])
                last = source.resume(saved["taken"], saved["done"])
                if source.x is None and last is not None:
                    prepare(*last[:2])
            source.exhausted = saved["exhausted"]
            self._restore()
        except ValueError as error:
            error.add_note(
                f"while restoring {self._file}; start again with the model, data and arguments of "
                "that training, or delete the folder to begin anew"
            )
            raise
        epoch: int = saved["epoch"]
        return self.params["epochs"] if saved["model"]["stop"] and self.params else epoch

    def _read(self) -> dict[str, Any] | None:
        found = [path for path in (self._file, self._file_before) if path.exists()]
        for path in found:
            try:
                saved: dict[str, Any] = _plain.read(path)
                check_state(saved, path)
                return saved
            except ValueError as error:
                if path == found[-1]:
                    raise
                warnings.warn(f"{error}; going on from {found[-1]}", stacklevel=2)
        return None

    def _restore(self) -> None:
        assert self._restored is not None and self._random is not None
        set_model_state(self.model, self._restored["model"], metrics=self._restored["done"] > 0)
        set_callback_states(self._others, self._restored["callbacks"])
        self._batches = self._restored["batches"]
        self._random.set_state(self._restored["random"])

    def _resume(self) -> int:
        if self._restored is None:
            return 0
        done: int = self._restored["done"]
        if done:  # what the beginning of the epoch has changed is as it was in its middle
            self._restore()
        self._restored = None
        return done

    # Backing up.

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._batches += 1
        # An epoch that a callback ends early is not gone on with in its middle.
        if self._batches >= self.save_freq and not self.model.stop_training:  # type: ignore[operator]
            self._batches = 0
            self._save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch + 1, 0)

    def _save(self, epoch: int, done: int) -> None:
        if self._random is None:
            return  # a loop of somebody's own
        data = {
            "epoch": epoch,
            "done": done,  # batches of that epoch
            "taken": self._source.position(done),  # batches of the pass over the data
            "exhausted": self._source.exhausted,
            "pass": self._source.remembered,
            "random": self._random.state(),
            "model": model_state(self.model),
            "callbacks": callback_states(self._others),
            "batches": self._batches,
        }
        _plain.write(self._file, data, keep=self._file_before if self.double_checkpoint else None)

    def on_train_end(self, logs: Logs = None) -> None:
        if self.delete_checkpoint:
            for path in (self._file, self._file_before):
                path.unlink(missing_ok=True)
            folder = Path(self.backup_dir)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def on_close(self) -> None:
        if self._source is not None:
            self._source.remember = None
        self._forget()
