"""The hooks through which a callback follows a run."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from minikeras.registry import Configurable, parameters_of

__all__ = ["Callback", "Logs", "Prepare"]

Logs = dict[str, Any] | None
"""What a hook is told: floats by name, such as ``{"loss": 0.5, "val_loss": 0.7}``."""

Prepare = Callable[[Any, Any], Any]
"""Builds what a first batch ``(x, y)`` shows the form of, such as the metrics."""


class Callback(Configurable):
    """Base of everything that is called during ``fit``, ``evaluate`` and ``predict``.

    Override the hooks you need; the rest do nothing. ``logs`` is a dict of floats that all
    callbacks of a run share: what one adds at the end of an epoch, later ones and the history see.

    Attributes
    ----------
    model : Model
        The model that runs. Set ``self.model.stop_training = True`` to end ``fit``.
    params : dict
        ``verbose``, ``epochs`` and ``steps`` (batches an epoch; None when unknown).

    Examples
    --------
    >>> from minikeras.callbacks import Callback, CallbackList
    >>> class Narrator(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"epoch {epoch} of {self.params['epochs']}: {logs['loss']:.2f}")
    >>> callbacks = CallbackList([Narrator()], params={"epochs": 2})
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    epoch 0 of 2: 0.50
    """

    # Class attributes, so that a subclass whose __init__ does not call this one works too.
    params: Mapping[str, Any] | None = None
    _model: Any = None

    _validated: bool | None = None
    """Whether every epoch of the run is validated, which ``fit`` knows; None elsewhere."""

    _comes_last: ClassVar[bool] = False
    """Whether its hooks are called after those of all others, wherever it stands in the list."""

    @property
    def model(self) -> Any:
        """The model that runs, None before."""
        return self._model

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def set_model(self, model: Any) -> None:
        """Called before a run with the model."""
        self._model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Called before a run with its ``verbose``, ``epochs`` and ``steps``."""
        self.params = params

    # What CallbackList tells and asks.

    def _among(self, callbacks: list["Callback"]) -> None:
        """Called with all callbacks of a run."""

    def _listens(self, hook: str) -> bool:
        """Whether it wants a hook of batches; one that nobody wants costs nothing."""
        method = getattr(self, hook)
        return getattr(method, "__func__", method) is not getattr(Callback, hook)

    def _state(self) -> dict[str, Any]:
        """Return the attributes that a backup keeps, as far as they are plain data."""
        left_out = {"_model", "params", "_validated", *parameters_of(type(self))}
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def _first_epoch(self, initial_epoch: int, source: Any, prepare: Prepare) -> int:
        """Return the epoch that ``fit`` begins with, after everything there was restored."""
        return initial_epoch

    def _resume(self) -> int:
        """Return how many batches of the first epoch are done, after it began."""
        return 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called once at the beginning of ``fit``."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called once at the end of ``fit`` with the last epoch's logs; not after an exception."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called before the first batch of an epoch; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called after an epoch and its validation, whose results are named ``val_...``."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a training step; batches count from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a training step; ``logs`` are means over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Older name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Older name of ``on_train_batch_end``."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called at the beginning of ``evaluate`` and of a validation within ``fit``."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called at the end of ``evaluate`` and of a validation within ``fit``."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch is evaluated."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch was evaluated; ``logs`` are means so far."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called at the beginning of ``predict``."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called at the end of ``predict``."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch is predicted."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch was predicted; ``logs["outputs"]`` holds the predictions."""

    def on_close(self) -> None:
        """Called last in every run, also after an exception: close files, end lines."""
