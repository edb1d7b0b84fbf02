"""Callbacks in real training."""

import numpy as np
import pytest

from minikeras import Sequential, set_random_seed
from minikeras.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from minikeras.layers import Dense
from minikeras.optimizers import SGD, Adam, schedules

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
XOR = np.array([[0], [1], [1], [0]], dtype="float32")


@pytest.fixture
def model():
    set_random_seed(1)
    model = Sequential([Dense(8, activation="tanh"), Dense(1, activation="sigmoid")])
    model.compile(Adam(0.1), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def test_early_stopping_ends_the_training_of_xor(model):
    stop = EarlyStopping("loss", min_delta=1e-3, patience=5, restore_best_weights=True)
    history = model.fit(X, XOR, epochs=2000, verbose=0, callbacks=[stop])
    assert stop.stopped_epoch == history.epoch[-1] < 1999
    assert history.history["accuracy"][-1] == 1.0


def test_the_restored_weights_are_those_of_the_best_epoch(model):
    weights = []
    keep = LambdaCallback(on_epoch_end=lambda *_: weights.append(model.get_weights()))
    rise = LearningRateScheduler(lambda epoch: 0.01 if epoch < 5 else 10.0)
    stop = EarlyStopping("loss", patience=3, restore_best_weights=True)
    model.fit(X, XOR, epochs=30, verbose=0, callbacks=[keep, rise, stop])
    assert stop.best_epoch < len(weights) - 1
    for restored, best in zip(model.get_weights(), weights[stop.best_epoch]):
        np.testing.assert_array_equal(restored, best)
    assert any((a != b).any() for a, b in zip(model.get_weights(), weights[-1]))


def test_training_goes_on_after_weights_were_restored(model):
    model.fit(X, XOR, epochs=3, verbose=0, callbacks=[EarlyStopping("loss")])
    before = model.get_weights()
    model.fit(X, XOR, epochs=1, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights()))


def test_the_scheduled_rate_is_the_one_that_trains(model):
    model.build((None, 2))
    before = model.get_weights()
    history = model.fit(
        X, XOR, epochs=2, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: 0.0)]
    )
    assert history.history["learning_rate"] == [0.0, 0.0]
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_the_optimizers_own_schedule_is_not_overruled():
    model = Sequential([Dense(1)])
    model.compile(SGD(schedules.ExponentialDecay(0.1, 10, 0.5)), loss="mse")
    with pytest.raises(TypeError, match="ReduceLROnPlateau sets .* follows ExponentialDecay"):
        model.fit(X, XOR, verbose=0, callbacks=[ReduceLROnPlateau()])


def test_a_plateau_lowers_the_rate_of_the_optimizer(model):
    history = model.fit(
        X,
        XOR,
        epochs=4,
        verbose=0,
        callbacks=[ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100.0)],
    )
    assert history.history["learning_rate"] == pytest.approx([0.1, 0.1, 0.05, 0.025])
    assert model.optimizer.learning_rate == pytest.approx(0.0125)


@pytest.mark.filterwarnings("ignore:the loss became:RuntimeWarning")
def test_training_ends_when_the_loss_is_lost(capsys):
    model = Sequential([Dense(1, kernel_initializer="ones")])
    model.compile(SGD(1e30), loss="mse")
    with np.errstate(all="ignore"):
        history = model.fit(X, XOR, epochs=50, verbose=0, callbacks=[TerminateOnNaN()])
    assert len(history.epoch) < 50
    assert "training ends" in capsys.readouterr().out


def test_the_csv_file_holds_the_history(model, tmp_path):
    path = tmp_path / "log.csv"
    history = model.fit(
        X, XOR, validation_data=(X, XOR), epochs=3, verbose=0, callbacks=[CSVLogger(path)]
    )
    table = np.genfromtxt(path, delimiter=",", names=True)
    assert list(table["epoch"]) == history.epoch
    for name, values in history.history.items():
        np.testing.assert_allclose(table[name], values)


def test_hooks_come_in_keras_order(model):
    seen = []
    hooks = [name for name in dir(Callback) if name.startswith("on_") and name != "on_close"]

    def note(name):
        return lambda *args: seen.append(name)

    callback = LambdaCallback(
        **{name: note(name) for name in hooks if not name.startswith("on_batch")}
    )
    model.fit(X, XOR, batch_size=2, validation_data=(X, XOR), verbose=0, callbacks=[callback])
    assert seen == [
        "on_train_begin",
        "on_epoch_begin",
        *["on_train_batch_begin", "on_train_batch_end"] * 2,
        "on_test_begin",
        *["on_test_batch_begin", "on_test_batch_end"] * 2,
        "on_test_end",
        "on_epoch_end",
        "on_train_end",
    ]


def test_batch_logs_are_means_over_the_epoch_so_far(model):
    seen = []
    watch = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    history = model.fit(X, XOR, batch_size=1, verbose=0, callbacks=[watch])
    assert len(seen) == 4
    assert seen[-1] == history.history["loss"][0]


def test_a_batch_can_end_the_training(model):
    def stop(batch, logs):
        model.stop_training = batch == 1

    seen = []
    history = model.fit(
        X,
        XOR,
        batch_size=1,
        epochs=5,
        verbose=0,
        callbacks=[
            LambdaCallback(
                on_train_batch_begin=lambda batch, logs: seen.append(batch),
                on_train_batch_end=stop,
            )
        ],
    )
    assert seen == [0, 1]
    assert len(history.epoch) == 1


def test_ctrl_c_keeps_the_history_and_closes_files(model, tmp_path):
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    path = tmp_path / "log.csv"
    callbacks = [CSVLogger(path), LambdaCallback(on_epoch_begin=interrupt)]
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, XOR, epochs=9, verbose=0, callbacks=callbacks)
    assert len(model.history.history["loss"]) == 2
    assert callbacks[0]._file is None
    assert len(path.read_text("utf-8").splitlines()) == 3
    model.predict(X, verbose=0)


def test_a_history_of_the_users_own_is_the_one_returned(model):
    mine = History()
    assert model.fit(X, XOR, verbose=0, callbacks=[mine]) is mine
    assert model.history is mine


def test_a_class_instead_of_an_instance_changes_nothing(model):
    model.build((None, 2))
    before = model.get_weights()
    with pytest.raises(TypeError, match=r"forget the parentheses\? Write EarlyStopping"):
        model.fit(X, XOR, verbose=0, callbacks=[EarlyStopping])
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_progress_of_fit_evaluate_and_predict(model, capsys, verbose):
    model.fit(X, XOR, epochs=2, batch_size=2, validation_data=(X, XOR), verbose=verbose)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in printed] == ["Epoch 1/2", "Epoch 2/2"]
    assert printed[0].split(": ")[0].endswith("loss") and "val_accuracy: " in printed[0]
    model.evaluate(X, XOR, batch_size=1, verbose=verbose)
    model.predict(X, batch_size=1, verbose=verbose)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in printed] == ["4/4", "4/4"]
