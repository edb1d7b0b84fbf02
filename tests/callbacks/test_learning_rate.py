"""Changing the learning rate."""

import math

import numpy as np
import pytest

from minikeras.callbacks import LearningRateScheduler, ReduceLROnPlateau


@pytest.fixture
def scheduled(model):
    """A model whose learning rate follows a schedule already."""
    model.optimizer.get_config = lambda: {"learning_rate": {"class_name": "CosineDecay"}}
    return model


def test_a_schedule_of_the_epoch_sets_each_epochs_rate(run):
    history = run([LearningRateScheduler(lambda epoch: 0.5**epoch)], [{"loss": 1.0}] * 3)
    assert history.history["learning_rate"] == [1.0, 0.5, 0.25]


def test_a_schedule_of_epoch_and_rate_starts_from_the_current_one(run, model):
    model.optimizer.learning_rate = 0.8
    halve = LearningRateScheduler(lambda epoch, rate: rate / 2)
    assert run([halve], [{"loss": 1.0}] * 2).history["learning_rate"] == [0.4, 0.2]


def test_a_second_argument_with_a_default_gets_the_rate(run):
    scheduler = LearningRateScheduler(lambda epoch, rate=None: rate * 2)
    assert run([scheduler], [{"loss": 1.0}]).history["learning_rate"] == [0.2]


def test_a_type_error_inside_the_schedule_is_not_hidden(run):
    def broken(epoch, rate):
        return rate + "x"

    with pytest.raises(TypeError, match="unsupported operand"):
        run([LearningRateScheduler(broken)], [{"loss": 1.0}])


@pytest.mark.parametrize("value", [np.float32(0.25), np.array(0.25), 1])
def test_numbers_of_other_types_become_floats(run, model, value):
    run([LearningRateScheduler(lambda epoch: value)], [{"loss": 1.0}])
    assert model.optimizer.learning_rate == float(value)
    assert type(model.optimizer.learning_rate) is float


@pytest.mark.parametrize("value", [None, "0.1", math.nan, -0.1, [0.1], True])
def test_what_is_not_a_rate_is_refused_with_the_epoch(run, model, value):
    with pytest.raises(ValueError, match="for epoch 0 it returned"):
        run([LearningRateScheduler(lambda epoch: value)], [{"loss": 1.0}])
    assert model.optimizer.learning_rate == 0.1


def test_verbose_prints_the_rate(run, capsys):
    run([LearningRateScheduler(lambda epoch: 0.05, verbose=1)], [{"loss": 1.0}])
    assert capsys.readouterr().out == "Epoch 1: learning rate set to 0.05\n"


def test_what_cannot_be_called_is_no_schedule():
    with pytest.raises(TypeError, match=r"schedule must be a function \(epoch, learning_rate\)"):
        LearningRateScheduler(0.1)


@pytest.mark.parametrize(
    "callback", [LearningRateScheduler(lambda epoch: 0.1), ReduceLROnPlateau()]
)
def test_an_optimizer_that_follows_a_schedule_is_refused_before_training(run, scheduled, callback):
    name = type(callback).__name__
    with pytest.raises(TypeError, match=f"{name} sets .* follows CosineDecay; give the optimizer"):
        run([callback], [{"loss": 1.0}])
    assert scheduled.history.epoch == []


def rates(history):
    return history.history["learning_rate"]


def test_the_rate_falls_after_patience_epochs_without_improvement(run, losses):
    reduce = ReduceLROnPlateau(factor=0.5, patience=2)
    history = run([reduce], losses(1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
    assert rates(history) == [0.1, 0.1, 0.1, 0.05, 0.05, 0.025]


def test_an_improvement_of_at_most_min_delta_does_not_count(run, losses):
    reduce = ReduceLROnPlateau(factor=0.5, patience=1, min_delta=0.25)
    assert rates(run([reduce], losses(1.0, 0.75, 0.25, 0.125))) == [0.1, 0.1, 0.05, 0.05]


def test_no_epochs_are_counted_in_the_cooldown(run, losses):
    reduce = ReduceLROnPlateau(factor=0.5, patience=1, cooldown=2)
    history = run([reduce], losses(*[1.0] * 6))
    assert rates(history) == [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]


def test_the_rate_does_not_fall_below_min_lr(run, losses, model):
    run([ReduceLROnPlateau(factor=0.1, patience=1, min_lr=0.02)], losses(*[1.0] * 5))
    assert model.optimizer.learning_rate == 0.02


def test_scores_are_wanted_to_rise(run, model):
    reduce = ReduceLROnPlateau("accuracy", factor=0.5, patience=1)
    run([reduce], [{"accuracy": value} for value in (0.5, 0.6, 0.7)])
    assert model.optimizer.learning_rate == 0.1


def test_counters_start_anew_in_each_training(run, losses, model):
    reduce = ReduceLROnPlateau(factor=0.5, patience=2)
    run([reduce], losses(1.0, 1.0))
    run([reduce], losses(2.0, 2.0))
    assert model.optimizer.learning_rate == 0.1


def test_verbose_prints_the_new_rate(run, losses, capsys):
    run([ReduceLROnPlateau(patience=1, verbose=1)], losses(1.0, 1.0))
    assert capsys.readouterr().out == (
        "Epoch 2: val_loss stagnates, learning rate lowered to 0.01\n"
    )


def test_a_missing_metric_is_warned_about_and_the_rate_still_recorded(run):
    with pytest.warns(UserWarning, match="ReduceLROnPlateau monitors 'val_loss'"):
        assert rates(run([ReduceLROnPlateau()], [{"loss": 1.0}])) == [0.1]


@pytest.mark.parametrize("factor", [1.0, 2.0, -0.5])
def test_a_factor_that_does_not_lower_is_refused(factor):
    with pytest.raises(ValueError, match=r"factor must be a number in \[0, 1\)"):
        ReduceLROnPlateau(factor=factor)
