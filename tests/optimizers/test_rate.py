"""``learning_rate`` is a number that answers to the methods of Keras's variable."""

import copy
import json
import pickle

import numpy as np
import pytest

import minikeras
from minikeras.optimizers import SGD, Adam, LossScaleOptimizer
from minikeras.optimizers.schedules import ExponentialDecay


def test_the_rate_is_assigned_as_a_variable_is():
    optimizer = SGD(0.5)
    optimizer.learning_rate.assign(0.25)
    assert optimizer.learning_rate == 0.25
    weight = minikeras.Variable([1.0])
    optimizer.apply([[1.0]], [weight])
    assert weight.numpy() == 0.75


def test_the_rate_inside_a_loss_scale_is_assigned_too():
    optimizer = LossScaleOptimizer(SGD(0.5))
    optimizer.learning_rate.assign(0.125)
    assert optimizer.inner_optimizer.learning_rate == 0.125


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), "fast"])
def test_a_rate_that_is_none_is_refused_and_the_old_one_stays(wrong):
    optimizer = SGD(0.5)
    with pytest.raises((TypeError, ValueError), match="learning_rate"):
        optimizer.learning_rate.assign(wrong)
    assert optimizer.learning_rate == 0.5


def test_the_rate_comes_as_numpy_in_the_dtype_of_keras():
    rate = Adam().learning_rate.numpy()
    assert (rate, rate.dtype) == (np.float32(0.001), np.float32)


def test_a_rate_that_was_read_computes_as_a_number_does():
    rate = SGD(0.5).learning_rate
    assert f"{rate} {rate:.2f} {rate * 2}" == "0.5 0.50 1.0"
    for array in (np.ones(2, "float32"), minikeras.Variable([1.0, 1.0])):
        assert (array * rate).dtype == (rate * array).dtype == np.float32
    assert json.dumps({"rate": rate}) == '{"rate": 0.5}'


def test_copies_of_a_rate_are_plain_numbers():
    rate = SGD(0.5).learning_rate
    assert type(copy.deepcopy(rate)) is float
    assert type(pickle.loads(pickle.dumps(rate))) is float


def test_a_tape_takes_the_rate_for_a_number():
    x = minikeras.Variable([1.0, 2.0])
    with minikeras.GradientTape() as tape:
        loss = np.sum(x * SGD(0.5).learning_rate)
    gradient = tape.gradient(loss, x)
    assert gradient.tolist() == [0.5, 0.5] and gradient.dtype == np.float32


def test_the_rate_of_a_schedule_is_read_at_the_current_step():
    optimizer = SGD(ExponentialDecay(1.0, decay_steps=1, decay_rate=0.5))
    optimizer.apply([[1.0]], [minikeras.Variable([1.0])])
    assert optimizer.learning_rate == 0.5


def test_history_holds_plain_numbers_for_the_rate():
    model = minikeras.Sequential([minikeras.Input((1,)), minikeras.layers.Dense(1)])
    model.compile(SGD(0.5), "mse")
    halve = minikeras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    plateau = minikeras.callbacks.ReduceLROnPlateau("loss")
    x = np.zeros((2, 1), "float32")
    for callback, expected in [(halve, [0.25, 0.125]), (plateau, [0.125, 0.125])]:
        history = model.fit(x, x, epochs=2, verbose=0, callbacks=[callback])
        assert history.history["learning_rate"] == expected
        assert {type(rate) for rate in history.history["learning_rate"]} == {float}
