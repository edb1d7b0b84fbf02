"""Printing the progress of ``fit``, ``evaluate`` and ``predict``."""

import math
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from minikeras._validation import check_choice
from minikeras.callbacks.base import Callback, Logs
from minikeras.callbacks.progbar import Progbar
from minikeras.registry import register

__all__ = ["ProgbarLogger"]

_INTERVAL = 0.1  # seconds between two drawings: smooth to the eye, and costs nothing


@register("callback")
class ProgbarLogger(Callback):
    """Prints each epoch's progress, time and metrics.

    ``fit``, ``evaluate`` and ``predict`` add one by themselves unless ``verbose=0``. On a terminal
    one line an epoch is drawn as it goes; elsewhere (log file, pipe, notebook cell), or with
    ``verbose=2``, one plain line is written at the epoch's end.

    Examples
    --------
    >>> from minikeras.callbacks import CallbackList
    >>> callbacks = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 2, "steps": 1})
    >>> callbacks.on_train_begin()
    >>> for epoch, loss in enumerate([0.5, 0.25]):
    ...     callbacks.on_epoch_begin(epoch)
    ...     callbacks.on_train_batch_end(0, {"loss": loss})
    ...     callbacks.on_epoch_end(epoch, {"loss": loss, "val_loss": loss + 0.1})
    Epoch 1/2 - 0s - loss: 0.5000 - val_loss: 0.6000
    Epoch 2/2 - 0s - loss: 0.2500 - val_loss: 0.3500
    """

    def __init__(self) -> None:
        self.seen = 0
        self.target: int | None = None
        self.verbose: int | str = 1
        self.epochs = 1
        self.progbar: Progbar | None = None
        self.in_fit = False  # there, a validation is silent
        self._next_drawing = math.inf
        self._next_flush = 0.0
        self._stream: Any = None  # has lines that were not flushed

    def set_params(self, params: Mapping[str, Any]) -> None:
        super().set_params(params)
        self.verbose = check_choice("verbose", params.get("verbose", 1), [0, 1, 2, "auto"])
        self.epochs = params.get("epochs") or 1
        self.target = params.get("steps")

    def _state(self) -> dict[str, Any]:
        return {}

    def due(self, batch: int) -> bool:
        """Note the batch, and return whether it is time to draw the line again.

        Asked before the metrics are computed, so that short steps are not slowed by them.
        """
        self.seen = batch + 1
        return perf_counter() >= self._next_drawing

    def pause(self) -> None:
        """Clear the unfinished line, so that others can print; it is drawn again later."""
        if self.progbar is not None:
            self.progbar.erase()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.in_fit = True
        self._next_drawing = 0.0  # at once: the first step may take its time

    def on_train_end(self, logs: Logs = None) -> None:
        self.in_fit = False
        self._flush()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        digits = len(str(self.epochs))
        self._begin(f"Epoch {epoch + 1:>{digits}}/{self.epochs}")
        if perf_counter() >= self._next_drawing:
            self._draw(0, None)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._end(logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        if not self.in_fit:
            self._begin("")
        elif self.progbar is not None:
            self.progbar.stop_clock()

    def on_test_end(self, logs: Logs = None) -> None:
        if not self.in_fit:
            self._end(logs)
            self._flush()

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._begin("")

    def on_predict_end(self, logs: Logs = None) -> None:
        self._end(None)
        self._flush()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._draw(batch + 1, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        if not self.in_fit:
            self._draw(batch + 1, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._draw(batch + 1, None)  # predictions are not metrics

    def on_close(self) -> None:
        self.in_fit = False
        if self.progbar is not None:
            self.progbar.close()
            self.progbar = None
        self._flush()

    def _begin(self, title: str) -> None:
        # Metrics come as means over the epoch: none is averaged again.
        bar = Progbar(self.target, verbose=self.verbose, interval=0.0, stateless_metrics=())
        bar.title = title
        self.progbar = bar
        self.seen = 0
        if not bar.live:
            self._next_drawing = math.inf
        elif self._next_drawing == math.inf:
            self._next_drawing = perf_counter() + _INTERVAL

    def _draw(self, seen: int, logs: Logs) -> None:
        self.seen = seen
        if self.progbar is not None:
            self.progbar.update(seen, (logs or {}).items(), finalize=False)
            self._next_drawing = perf_counter() + _INTERVAL

    def _end(self, logs: Logs) -> None:
        if self.progbar is None:
            return
        if self.target is None:
            self.target = self.seen  # known from now on
            self.progbar.target = self.seen
        self.progbar.note(self.seen or self.target, (logs or {}).items())
        now = perf_counter()
        self._stream = self.progbar.stream
        self.progbar.finish(flush=now >= self._next_flush)  # not each of a thousand short epochs
        if now >= self._next_flush:
            self._next_flush = now + _INTERVAL
        self.progbar = None

    def _flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()
            self._stream = None
