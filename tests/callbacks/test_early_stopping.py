"""When training stops, and with which weights."""

import warnings

import pytest

from minikeras.callbacks import CallbackList, EarlyStopping, TerminateOnNaN
from minikeras.callbacks.monitor import MonitorCallback

NAN, INF = float("nan"), float("inf")


def stopped_after(history):
    return len(history.epoch)


def test_stops_after_patience_epochs_without_improvement(run, losses):
    stop = EarlyStopping(patience=2)
    history = run([stop], losses(0.9, 0.8, 0.85, 0.81, 0.7))
    assert stopped_after(history) == 4
    assert stop.stopped_epoch == 3 and stop.best == 0.8


def test_patience_counts_anew_after_an_improvement(run, losses):
    assert stopped_after(run([EarlyStopping(patience=2)], losses(3, 4, 2, 4, 1, 4, 4, 4))) == 7


@pytest.mark.parametrize("patience", [0, 1])
def test_patience_zero_and_one_stop_at_the_first_epoch_that_is_not_better(run, losses, patience):
    assert stopped_after(run([EarlyStopping(patience=patience)], losses(1, 1, 1))) == 2


def test_min_delta_is_the_least_improvement(run, losses):
    stop = EarlyStopping(min_delta=0.5)
    assert stopped_after(run([stop], losses(4.0, 3.0, 2.75, 1.0))) == 3


def test_a_negative_min_delta_means_its_size(run, losses):
    assert stopped_after(run([EarlyStopping(min_delta=-0.5)], losses(4.0, 3.75, 1.0))) == 2


@pytest.mark.parametrize(
    "monitor",
    ["accuracy", "val_accuracy", "val_auc", "f1_score", "top_k_categorical_accuracy", "mean_io_u"],
)
def test_auto_mode_wants_scores_to_rise(run, monitor):
    values = [0.1, 0.2, 0.3, 0.2, 0.9]
    assert stopped_after(run([EarlyStopping(monitor)], [{monitor: v} for v in values])) == 4


@pytest.mark.parametrize("monitor", ["val_head_loss", "mean_squared_error", "val_mae"])
def test_auto_mode_wants_errors_to_fall(run, monitor):
    values = [0.9, 0.5, 0.4, 0.6, 0.1]
    assert stopped_after(run([EarlyStopping(monitor)], [{monitor: v} for v in values])) == 4


def test_auto_mode_that_cannot_tell_asks_for_the_mode(run):
    with pytest.raises(ValueError, match=r"cannot tell whether 'size' .* mode='max'"):
        run([EarlyStopping("size")], [{"size": 1.0}])


@pytest.mark.parametrize(("mode", "epochs"), [("min", 3), ("max", 2)])
def test_the_mode_can_be_given(run, mode, epochs):
    logs = [{"size": value} for value in (3.0, 2.0, 2.5)]
    assert stopped_after(run([EarlyStopping("size", mode=mode)], logs)) == epochs


def test_improvements_that_do_not_beat_the_baseline_use_up_patience(run, losses):
    stop = EarlyStopping(patience=3, baseline=0.1)
    assert stopped_after(run([stop], losses(0.9, 0.8, 0.7, 0.8, 0.7))) == 4


def test_epochs_before_start_from_epoch_do_not_count(run, losses):
    stop = EarlyStopping(start_from_epoch=3)
    assert stopped_after(run([stop], losses(1, 2, 3, 4, 5, 6))) == 5
    assert stop.best == 4


def test_the_best_epochs_weights_are_restored_after_stopping(run, losses, model):
    run([EarlyStopping(patience=2, restore_best_weights=True)], losses(3, 1, 2, 2, 2))
    assert model.weights[0] == 1.0


def test_the_best_epochs_weights_are_restored_when_the_epochs_run_out(run, losses, model):
    run([EarlyStopping(patience=5, restore_best_weights=True)], losses(3, 1, 2))
    assert model.weights[0] == 1.0


def test_without_restoring_the_last_weights_stay(run, losses, model):
    stop = EarlyStopping(patience=2)
    run([stop], losses(3, 1, 2, 2))
    assert model.weights[0] == 3.0 and stop.best_epoch == 1


def test_weights_are_restored_when_no_epoch_beats_the_baseline(run, losses, model):
    stop = EarlyStopping(patience=2, baseline=0.1, restore_best_weights=True)
    run([stop], losses(3, 2, 4, 4))
    assert model.weights[0] == 1.0


def test_nan_is_never_an_improvement(run, losses):
    stop = EarlyStopping(patience=2)
    assert stopped_after(run([stop], losses(NAN, 0.5, NAN, NAN, 0.1))) == 4
    assert stop.best == 0.5


def test_an_infinite_first_value_can_be_beaten(run, losses):
    assert stopped_after(run([EarlyStopping()], losses(INF, 5.0, 4.0))) == 3


def test_the_same_object_serves_several_trainings(run, losses):
    stop = EarlyStopping()
    run([stop], losses(0.1, 0.2))
    assert stopped_after(run([stop], losses(0.9, 0.8, 0.9))) == 3


def test_verbose_says_when_it_stopped_and_what_it_restored(run, losses, capsys):
    run([EarlyStopping(verbose=1, restore_best_weights=True)], losses(1, 2))
    assert capsys.readouterr().out == (
        "Epoch 2: early stopping, val_loss was best in epoch 1\n"
        "Weights are set back to those of epoch 1\n"
    )


def test_a_missing_metric_is_warned_about_once_with_the_nearest_name(run):
    logs = [{"loss": 1.0, "val_accuracy": 0.5}] * 3
    with pytest.warns(UserWarning, match="available: loss, val_accuracy; did you mean") as caught:
        history = run([EarlyStopping("val_acuracy")], logs)
    assert len(caught) == 1
    assert stopped_after(history) == 3


def test_a_missing_validation_is_explained(run):
    with pytest.warns(UserWarning, match="validation_split, or monitor 'loss'"):
        run([EarlyStopping()], [{"loss": 1.0}])


def test_epochs_without_validation_are_passed_over(run):
    stop = EarlyStopping(patience=2)
    logs = [{"val_loss": 1.0}, {"loss": 1.0}, {"val_loss": 2.0}, {"loss": 1.0}, {"val_loss": 3.0}]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert stopped_after(run([stop], logs)) == 5


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mode": "minimum"}, ValueError, "unknown mode 'minimum'"),
        ({"patience": -1}, ValueError, "patience must be an integer of at least 0"),
        ({"patience": 2.5}, TypeError, "patience must be an integer of at least 0"),
        ({"start_from_epoch": -1}, ValueError, "start_from_epoch"),
        ({"min_delta": NAN}, ValueError, "min_delta must be a finite number"),
        ({"monitor": 5}, TypeError, "monitor must be the name of a metric"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        EarlyStopping(**arguments)


def test_the_base_class_can_be_built_on(run):
    class Best(MonitorCallback):
        def on_epoch_end(self, epoch, logs=None):
            value = self.get_monitor_value(logs)
            if self._is_improvement(value, self.best):
                self.best = value

    best = Best("accuracy")
    run([best], [{"accuracy": value} for value in (0.1, 0.7, 0.3)])
    assert best.best == 0.7


@pytest.mark.parametrize("loss", [NAN, INF, -INF])
def test_training_ends_with_the_first_loss_that_is_not_finite(run, loss, capsys):
    history = run([TerminateOnNaN()], [{"loss": 1.0}, {"loss": loss}, {"loss": 1.0}])
    assert stopped_after(history) == 2
    assert capsys.readouterr().out == f"the loss is {loss} in batch 0, training ends\n"


def test_an_error_can_be_asked_for():
    called = CallbackList([TerminateOnNaN(raise_error=True)])
    with pytest.raises(RuntimeError, match="the loss is nan in batch 2; try a lower"):
        called.on_train_batch_end(2, lambda: {"loss": NAN})


def test_batches_without_a_loss_are_passed_over():
    CallbackList([TerminateOnNaN()]).on_train_batch_end(0, {"accuracy": 1.0})
