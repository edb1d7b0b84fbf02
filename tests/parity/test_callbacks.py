"""The same logs, hook by hook, through our callbacks and those of real Keras."""

import math
import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

from minikeras import callbacks as ours  # noqa: E402

theirs = keras.callbacks

FALLING = [1.0, 0.8, 0.85, 0.7, 0.72, 0.71, 0.705, 0.9, 0.3, 0.31, 0.32, 0.33]
NOISY = np.random.default_rng(3).normal(1.0, 0.2, 40).round(3).tolist()
WITH_NAN = [1.0, 0.5, math.nan, 0.6, math.nan, 0.4]
SERIES = {"falling": FALLING, "noisy": NOISY, "with_nan": WITH_NAN, "flat": [0.5] * 12}


class Optimizer:
    def __init__(self):
        self.learning_rate = 0.1

    def get_config(self):
        return {"learning_rate": self.learning_rate}


class Model:
    def __init__(self):
        self.stop_training = False
        self.optimizer = Optimizer()
        self.metrics = []
        self.weights = [np.zeros(1)]

    def get_weights(self):
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights):
        self.weights = [weight.copy() for weight in weights]


def play(callback, series, name="val_loss"):
    """Run the hooks as ``fit`` would; return what can be seen from outside after every epoch."""
    model = Model()
    callback.set_model(model)
    callback.set_params({"verbose": 0, "epochs": len(series), "steps": 1})
    seen = []
    callback.on_train_begin()
    for epoch, value in enumerate(series):
        model.weights = [np.full(1, float(epoch))]
        callback.on_epoch_begin(epoch)
        callback.on_train_batch_begin(0)
        callback.on_train_batch_end(0, {"loss": value})
        logs = {"loss": value, name: value}
        callback.on_epoch_end(epoch, logs)
        seen.append((model.stop_training, model.optimizer.learning_rate, sorted(logs)))
        if model.stop_training:
            break
    callback.on_train_end({})
    return seen, float(model.weights[0][0]), model


def agree(name, series, monitor="val_loss", **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = play(getattr(theirs, name)(**arguments), series, monitor)
    got = play(getattr(ours, name)(**arguments), series, monitor)
    assert [(stop, logs) for stop, _, logs in got[0]] == [
        (stop, logs) for stop, _, logs in expected[0]
    ]
    np.testing.assert_allclose(
        [rate for _, rate, _ in got[0]], [rate for _, rate, _ in expected[0]], rtol=1e-6
    )
    assert got[1] == expected[1]


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"min_delta": 0.05},
        {"baseline": 0.75},
        {"baseline": 0.1, "restore_best_weights": True},
        {"restore_best_weights": True},
        {"start_from_epoch": 3, "restore_best_weights": True},
        {"mode": "max", "restore_best_weights": True},
    ],
    ids=str,
)
def test_early_stopping_stops_and_restores_alike(series, patience, arguments):
    agree("EarlyStopping", SERIES[series], patience=patience, **arguments)


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": 2},
        {"patience": 1, "cooldown": 2, "factor": 0.5},
        {"patience": 1, "min_lr": 0.005},
        {"patience": 0, "min_delta": 0.04, "factor": 0.9},
        {"patience": 3, "mode": "max"},
    ],
    ids=str,
)
def test_reduce_lr_on_plateau_gives_the_same_rates(series, arguments):
    agree("ReduceLROnPlateau", SERIES[series], **arguments)


@pytest.mark.parametrize(
    "schedule", [lambda epoch: 0.1 / (epoch + 1), lambda epoch, rate: rate * 0.9]
)
def test_learning_rate_scheduler_gives_the_same_rates(schedule):
    agree("LearningRateScheduler", FALLING, schedule=schedule)


@pytest.mark.parametrize("series", SERIES)
def test_terminate_on_nan_stops_alike(series):
    agree("TerminateOnNaN", SERIES[series])


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("monitor", ["val_loss", "accuracy"])
def test_csv_files_are_the_same_byte_for_byte(tmp_path, separator, monitor):
    files = []
    for name, library in (("a.csv", ours), ("b.csv", theirs)):
        for append in (False, True):
            logger = library.CSVLogger(tmp_path / name, separator=separator, append=append)
            play(logger, FALLING, monitor)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


def test_histories_are_the_same():
    ours_model, theirs_model = (play(lib.History(), FALLING)[2] for lib in (ours, theirs))
    assert ours_model.history.history == theirs_model.history.history
    assert ours_model.history.epoch == theirs_model.history.epoch


@pytest.mark.parametrize(
    "metric",
    [
        keras.metrics.AUC(),
        keras.metrics.BinaryCrossentropy(),
        keras.metrics.CosineSimilarity(),
        keras.metrics.F1Score(),
        keras.metrics.Hinge(),
        keras.metrics.KLDivergence(),
        keras.metrics.LogCoshError(),
        keras.metrics.MeanAbsolutePercentageError(),
        keras.metrics.MeanIoU(2),
        keras.metrics.Poisson(),
        keras.metrics.PrecisionAtRecall(0.5),
        keras.metrics.R2Score(),
        keras.metrics.RootMeanSquaredError(),
        keras.metrics.SparseTopKCategoricalAccuracy(),
    ],
    ids=lambda metric: metric.name,
)
def test_auto_mode_knows_which_way_keras_metrics_should_go(metric):
    up = getattr(metric, "_direction", "down") == "up"
    stop = ours.EarlyStopping(metric.name)
    play(stop, [0.25, 0.5] if up else [0.5, 0.25], metric.name)
    assert stop.stopped_epoch == 0 and stop.best == (0.5 if up else 0.25)


def test_all_hooks_have_keras_names():
    hooks = {name for name in dir(theirs.Callback) if name.startswith(("on_", "set_"))}
    assert hooks <= set(dir(ours.Callback))


@pytest.mark.parametrize(
    "name",
    [
        "CSVLogger",
        "EarlyStopping",
        "History",
        "LambdaCallback",
        "LearningRateScheduler",
        "ProgbarLogger",
        "ReduceLROnPlateau",
        "TerminateOnNaN",
    ],
)
def test_arguments_and_defaults_are_keras(name):
    def signature(cls):
        code, defaults = cls.__init__.__code__, cls.__init__.__defaults__ or ()
        return code.co_varnames[1 : code.co_argcount], defaults

    assert signature(getattr(ours, name)) == signature(getattr(theirs, name))


def test_progbar_arguments_and_defaults_are_keras():
    code = ours.Progbar.__init__.__code__
    expected = keras.utils.Progbar.__init__
    assert code.co_varnames[: code.co_argcount][:6] == expected.__code__.co_varnames[:6]
    assert ours.Progbar.__init__.__defaults__[:4] == expected.__defaults__[:4]
