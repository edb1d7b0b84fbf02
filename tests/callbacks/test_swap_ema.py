"""The moving average of the weights in the place of the weights."""

import numpy as np
import pytest

import minikeras
from minikeras.callbacks import Callback, SwapEMAWeights
from minikeras.layers import Dense, Input
from minikeras.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap

X = np.random.default_rng(0).standard_normal((16, 2)).astype("f")
Y = X[:, :1]


def make_model(optimizer=None):
    minikeras.set_random_seed(0)
    model = minikeras.Sequential([Input((2,)), Dense(1)])
    model.compile(optimizer or SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")
    return model


def fit(model, *callbacks, **options):
    options = {"epochs": 3, "validation_data": (X, Y), "verbose": 0, "shuffle": False, **options}
    return model.fit(X, Y, batch_size=4, callbacks=list(callbacks), **options).history


class Look(Callback):
    def __init__(self):
        self.seen = {"epoch_begin": [], "test_begin": [], "epoch_end": []}

    def _note(self, hook):
        self.seen[hook].append(self.model.get_weights()[0][0, 0])

    def on_epoch_begin(self, epoch, logs=None):
        self._note("epoch_begin")

    def on_test_begin(self, logs=None):
        self._note("test_begin")

    def on_epoch_end(self, epoch, logs=None):
        self._note("epoch_end")


def test_a_validation_judges_the_average():
    plain, swapped = make_model(), make_model()
    without, found = fit(plain), fit(swapped, SwapEMAWeights())
    assert found["loss"] == without["loss"]
    assert all(a != b for a, b in zip(found["val_loss"], without["val_loss"], strict=True))
    # Training ends with the average.
    assert swapped.evaluate(X, Y, verbose=0) == pytest.approx(found["val_loss"][-1])
    for one, two in zip(plain.get_weights(), swapped.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_weights_come_back_after_a_validation():
    look = Look()
    fit(make_model(), SwapEMAWeights(), look)
    seen = look.seen
    assert all(a != b for a, b in zip(seen["test_begin"], seen["epoch_end"], strict=True))
    assert seen["epoch_end"][:-1] == seen["epoch_begin"][1:]


def test_the_average_stays_until_the_next_epoch_if_asked_to():
    look, other = Look(), Look()
    fit(make_model(), SwapEMAWeights(swap_on_epoch=True), look)
    fit(make_model(), SwapEMAWeights(), other)
    assert look.seen["epoch_end"] == look.seen["test_begin"]
    assert look.seen["epoch_begin"] == other.seen["epoch_begin"]


def test_the_end_is_the_average_although_an_epoch_ended_early():
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    swapped, plain = make_model(), make_model()
    fit(swapped, SwapEMAWeights(swap_on_epoch=True), Stop())
    fit(plain, Stop())
    np.testing.assert_array_equal(swapped.get_weights()[0], plain.get_weights()[0])


def test_predictions_are_those_of_the_average():
    model = make_model()
    for _ in range(3):
        model.train_on_batch(X, Y)
    weights, average = model.get_weights(), model.optimizer.average.copy()
    predicted = model.predict(X, verbose=0, callbacks=[SwapEMAWeights()])
    np.testing.assert_array_equal(model.get_weights()[0], weights[0])
    model.set_weights([average[:2].reshape(2, 1), average[2:]])
    np.testing.assert_array_equal(model.predict(X, verbose=0), predicted)


def test_the_weights_come_back_after_an_exception():
    class Fail(Callback):
        def on_test_batch_begin(self, batch, logs=None):
            raise RuntimeError("stop")

    model = make_model()
    model.train_on_batch(X, Y)
    before = model.get_weights()
    with pytest.raises(RuntimeError, match="stop"):
        model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights(), Fail()])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize(
    "optimizer",
    [
        LossScaleOptimizer(SGD(0.1, use_ema=True, ema_momentum=0.9)),
        MultiOptimizer(OptimizerMap(SGD(0.1), {".*kernel": SGD(0.1, use_ema=True)})),
    ],
    ids=["scaled", "several"],
)
def test_optimizers_inside_others_are_found(optimizer):
    look = Look()
    fit(make_model(optimizer), SwapEMAWeights(), look)
    assert look.seen["test_begin"][0] != look.seen["epoch_end"][0]


def test_an_optimizer_without_an_average_is_refused():
    with pytest.raises(ValueError, match=r"use_ema=True, got Adam\(\)"):
        fit(make_model(Adam()), SwapEMAWeights())
