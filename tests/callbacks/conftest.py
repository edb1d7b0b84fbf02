"""Stand-ins for what callbacks work with: a model, a run, a terminal."""

import io
from contextlib import nullcontext, redirect_stdout

import numpy as np
import pytest

from minikeras.callbacks import CallbackList


class StubOptimizer:
    learning_rate = 0.1

    def get_config(self):
        return {"learning_rate": self.learning_rate}


class StubModel:
    """Has what callbacks ask of a model; its only weight tells which epoch it is from."""

    def __init__(self):
        self.optimizer = StubOptimizer()
        self.stop_training = False
        self.weights = [np.zeros(1)]

    def get_weights(self):
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights):
        self.weights = [weight.copy() for weight in weights]


class Terminal(io.StringIO):
    """A screen that somebody watches."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def model():
    return StubModel()


@pytest.fixture
def run(model):
    """Return a function that plays ``fit``: it calls the hooks with given logs, one per epoch."""

    def play(callbacks, epochs, steps=1, **options):
        verbose = options.pop("verbose", 0)
        called = CallbackList(
            callbacks,
            model=model,
            params={"verbose": verbose, "epochs": len(epochs), "steps": steps},
            add_history=True,
            add_progbar=verbose != 0,
            **options,
        )
        model.stop_training = False
        try:
            called.on_train_begin()
            for epoch, logs in enumerate(epochs):
                model.weights = [np.full(1, float(epoch))]
                called.on_epoch_begin(epoch)
                for batch in range(steps or 3):
                    called.on_train_batch_begin(batch)
                    called.on_train_batch_end(batch, {"loss": logs.get("loss", 0.0)})
                called.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
            called.on_train_end({})
        finally:
            called.close()
        return model.history

    return play


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal of 140 columns without colours, and return it."""
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Print on the terminal of a test that has one; pytest undoes it when a fixture does that."""
    screen = pyfuncitem.funcargs.get("terminal")
    with redirect_stdout(screen) if screen is not None else nullcontext():
        return (yield)


@pytest.fixture
def always_due(monkeypatch):
    """Draw the progress line after every batch."""
    monkeypatch.setattr("minikeras.callbacks.progress._INTERVAL", 0.0)


@pytest.fixture
def losses():
    """Return a function that makes logs of given validation losses."""
    return lambda *values: [{"loss": value / 2, "val_loss": value} for value in values]
