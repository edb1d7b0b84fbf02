"""The contract of a callback."""

import io
from contextlib import redirect_stdout, suppress
from typing import Any

import numpy as np

from minikeras.callbacks import Callback
from minikeras.layers import Dense, Input
from minikeras.models import Sequential
from minikeras.registry import Configurable
from minikeras.testing._promise import check_config, expect, promise

__all__ = ["check_callback"]


class _Watcher(Callback):
    """Comes after the callback that is checked, and looks at what it leaves in the logs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for name, value in (logs or {}).items():
            expect(
                isinstance(value, int | float),
                f"expected numbers by name in the logs of epoch {epoch}, got {name!r}: {value!r}",
            )


class _Interrupter(Callback):
    """Stands for Ctrl-C in the second epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt


def check_callback(
    callback: Callback | type[Callback], *, epochs: int = 3, optimizer: Any = "sgd"
) -> None:
    """Check that a callback keeps what every callback of minikeras promises.

    - ``fit``, ``evaluate`` and ``predict`` of a small model run with it, ``fit`` a second time too.
    - The logs hold numbers by name afterwards.
    - After Ctrl-C it can be used again.
    - If it has a configuration, that makes an equal callback.

    Parameters
    ----------
    callback : Callback or class
        One that monitors something finds ``loss`` and ``val_loss``. What it prints is not shown.
    epochs : int, default 3
    optimizer : str or Optimizer, default "sgd"
        The one that the model is trained with.

    Raises
    ------
    AssertionError
        Naming the callback, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> from minikeras.callbacks import Callback, EarlyStopping
    >>> from minikeras.testing import check_callback
    >>> check_callback(EarlyStopping(patience=1))
    >>> class Noter(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         logs["note"] = "fine"
    >>> check_callback(Noter())
    Traceback (most recent call last):
    AssertionError: Noter() breaks the contract 'the logs hold numbers by name': expected ...
    """
    made = callback() if isinstance(callback, type) else callback
    if isinstance(made, Configurable):
        check_config(made, "callback")
    model = Sequential([Input((2,)), Dense(1)])
    model.compile(optimizer=optimizer, loss="mse")
    x = np.linspace(-1.0, 1.0, 16, dtype=np.float32).reshape(8, 2)
    y = x[:, :1] - x[:, 1:]

    def fit(*callbacks: Any) -> Any:
        return model.fit(
            x,
            y,
            batch_size=4,
            epochs=epochs,
            validation_data=(x, y),
            callbacks=list(callbacks),
            verbose=0,
        )

    with redirect_stdout(io.StringIO()):
        with promise(made, "fit runs with it"):
            fit(made)
        with promise(made, "evaluate runs with it"):
            model.evaluate(x, y, callbacks=[made], verbose=0)
        with promise(made, "predict runs with it"):
            model.predict(x, callbacks=[made], verbose=0)
        with promise(made, "the logs hold numbers by name"):
            fit(made, _Watcher())
        with suppress(KeyboardInterrupt):
            fit(_Interrupter(), made)
        with promise(made, "after Ctrl-C it can be used again"):
            fit(made)
