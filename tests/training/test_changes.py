"""A model may change between two batches: the next one trains what is there then."""

import warnings

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, metrics, regularizers
from minikeras.callbacks import LambdaCallback
from minikeras.layers import BatchNormalization, Dense
from minikeras.models import clone_model
from minikeras.optimizers import SGD, Adam

X = np.random.default_rng(0).standard_normal((20, 4)).astype("float32")
Y = X[:, :1]


def trained(*layers, **options):
    """Return a model that has seen a batch, so that everything is in place."""
    model = Sequential([Input((4,)), *(layers or (Dense(3, "tanh"), Dense(1)))])
    model.compile(SGD(0.1), "mse", **options)
    model.train_on_batch(X, Y)
    return model


def changes(model, step=None):
    """Return which weights a batch moves."""
    before = model.get_weights()
    (step or (lambda: model.train_on_batch(X, Y)))()
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


@pytest.mark.parametrize("fit", [False, True])
def test_a_frozen_layer_stays_and_moves_again_when_it_is_freed(fit):
    model = trained()
    step = (lambda: model.fit(X, Y, verbose=0)) if fit else None
    assert changes(model, step) == [True] * 4
    model.layers[0].trainable = False
    assert changes(model, step) == [False, False, True, True]
    model.layers[0].trainable = True
    assert changes(model, step) == [True] * 4


def test_a_single_weight_can_be_frozen():
    model = trained()
    model.layers[1].kernel.trainable = False
    assert changes(model) == [True, True, True, False]  # the bias comes first now
    model.layers[1].kernel.trainable = True
    assert changes(model) == [True] * 4


def test_what_an_optimizer_remembers_of_other_layers_survives_freezing():
    model = trained()
    model.compile(Adam(0.01), "mse")
    model.train_on_batch(X, Y)
    twin = clone_model(model)
    twin.compile(Adam(0.01), "mse")
    twin.train_on_batch(X, Y)
    twin.optimizer.load_state(model.optimizer.state())
    twin.set_weights(model.get_weights())
    model.layers[1].trainable = False
    model.test_on_batch(X, Y)
    model.layers[1].trainable = True
    for one in (model, twin):
        one.train_on_batch(X, Y)
    for a, b in zip(model.layers[0].get_weights(), twin.layers[0].get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_layer_that_is_added_is_trained():
    model = trained()
    model.add(Dense(1))
    assert changes(model) == [True] * 6
    model.pop()
    assert changes(model) == [True] * 4


class Grows(Model):
    """Makes a further layer for every stage, within ``forward``."""

    def __init__(self):
        super().__init__()
        self.stage, self.blocks = 1, []

    def forward(self, x):
        while len(self.blocks) < self.stage:
            self.blocks.append(Dense(1))
        for block in self.blocks:
            x = block(x)
        return x


def test_layers_that_forward_makes_are_trained_with_the_batch_that_made_them():
    model = Grows()
    model.compile(SGD(0.1), "mse")
    model.train_on_batch(X, Y)
    model.stage = 2
    model.train_on_batch(X, Y)
    assert (model.blocks[1].bias.numpy() != 0).all()  # it starts at 0
    assert len(model.optimizer.flat.variables) == 4


def test_a_layer_that_takes_the_place_of_another_is_trained():
    model = Grows()
    model.compile(SGD(0.1), "mse")
    model.train_on_batch(X, Y)
    model.blocks[0] = Dense(1)
    model.train_on_batch(X, Y)
    assert (model.blocks[0].bias.numpy() != 0).all()


def test_weights_that_are_replaced_are_those_that_go_on():
    model = trained()
    new = [np.full_like(weight, 0.5) for weight in model.get_weights()]
    model.set_weights(new)
    twin = clone_model(model)
    twin.compile(SGD(0.1), "mse")
    twin.set_weights(new)
    assert model.train_on_batch(X, Y) == twin.train_on_batch(X, Y)
    for a, b in zip(model.get_weights(), twin.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_value_that_is_replaced_within_a_weight_is_taken_over():
    model = trained(Dense(1, use_bias=False))
    kernel = model.layers[0].kernel
    kernel.value = np.ones((4, 1), "float32")
    expected = np.ones((4, 1)) - 0.1 * 2 / 20 * X.T @ (X.sum(axis=1, keepdims=True) - Y)
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(kernel.numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch", "evaluate", "fit"])
def test_weights_that_became_nan_are_refused_at_any_time(method):
    model = trained()
    model.layers[1].kernel.assign(np.full((3, 1), np.nan))
    with pytest.raises(ValueError, match="weight 'dense_1/kernel' holds NaN or infinity"):
        getattr(model, method)(X, Y)


def test_compiling_anew_takes_another_loss_optimizer_and_metrics():
    model = trained()
    model.compile(SGD(0.0), "mae", metrics=["mse"])
    logs = model.train_on_batch(X, Y, return_dict=True)
    error = model(X) - Y
    assert logs["loss"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert logs["mse"] == pytest.approx(np.square(error).mean(), rel=1e-5)
    assert changes(model) == [False] * 4


def test_another_activation_counts_at_once():
    model = trained(Dense(3, "tanh"), Dense(1))
    model.pop()
    model.add(Dense(1, "sigmoid"))
    model.train_on_batch(X, Y)
    expected = np.square(model(X) - Y).mean()
    assert model.test_on_batch(X, Y) == pytest.approx(expected, rel=1e-5)


def test_a_regularizer_that_is_set_later_is_part_of_the_loss():
    model = trained()
    plain = model.test_on_batch(X, Y)
    kernel = model.layers[0].kernel
    kernel.regularizer = regularizers.L2(1.0)
    expected = plain + np.square(kernel.numpy()).sum()
    assert model.test_on_batch(X, Y) == pytest.approx(expected, rel=1e-5)
    assert model.train_on_batch(X, Y) == pytest.approx(expected, rel=1e-5)


def test_targets_of_another_shape_are_refused_before_anything_changes():
    model = trained(Dense(3, "tanh"), BatchNormalization(), Dense(1))
    before = model.get_weights()
    for y in (X[:, :2], np.zeros((20, 3, 1)), Y[:7]):
        with pytest.raises(ValueError, match="shape"):
            model.train_on_batch(X, y)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


# Metrics.


def test_a_metric_that_is_assigned_later_is_shown():
    model = trained()
    model.extra = metrics.Mean("extra")
    for method in (model.train_on_batch, model.test_on_batch, model.evaluate):
        assert "extra" in method(X, Y, return_dict=True)
    del model.extra
    assert "extra" not in model.train_on_batch(X, Y, return_dict=True)


class Late(Model):
    """Makes a metric in the middle of its first step."""

    def __init__(self, where):
        super().__init__()
        self.dense, self.where = Dense(1), where

    def forward(self, x):
        return self.dense(x)

    def make(self, where):
        if where == self.where:
            self.late = metrics.Mean("late")

    def train_step(self, data):
        self.make("train_step")
        return super().train_step(data)

    def test_step(self, data):
        self.make("test_step")
        return super().test_step(data)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.make("compute_metrics")
        return super().compute_metrics(x, y, y_pred, sample_weight)


@pytest.mark.parametrize(
    ("where", "method"),
    [
        ("train_step", "train_on_batch"),
        ("test_step", "test_on_batch"),
        ("test_step", "evaluate"),
        ("compute_metrics", "train_on_batch"),
        ("compute_metrics", "evaluate"),
    ],
)
def test_a_metric_made_by_a_step_of_ones_own_is_shown_at_once(where, method):
    model = Late(where)
    model.compile("sgd", "mse")
    assert "late" in getattr(model, method)(X, Y, return_dict=True)


def test_evaluating_within_fit_leaves_the_metrics_of_fit_alone():
    model = trained(metrics=["mae"])
    model.extra = metrics.Mean("extra")
    seen = []

    def look(epoch, logs):
        seen.append(sorted(model.evaluate(X, Y, verbose=0, return_dict=True)))
        seen.append(sorted(model.train_on_batch(X, Y, return_dict=True)))

    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[LambdaCallback(on_epoch_end=look)])
    assert seen == [["extra", "loss", "mae"]] * 4
    assert sorted(history.history) == ["extra", "loss", "mae"]
    model.other = metrics.Mean("other")
    assert "other" in model.metrics_names


def test_after_an_error_the_metrics_are_looked_for_again():
    model = trained()
    for method in (model.evaluate, model.train_on_batch):
        with pytest.raises(ValueError, match="MeanSquaredError expected"):
            method(X, X)
    model.extra = metrics.Mean("extra")
    assert "extra" in model.metrics_names


# Numbers that overflow.


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_a_loss_that_overflows_in_train_on_batch_gives_one_warning_and_no_other(activation):
    model = Sequential([Input((4,)), Dense(8, activation), Dense(1)])
    model.compile(SGD(1e30), "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(4):
            model.train_on_batch(X, Y)
    assert [str(one.message)[:15] for one in caught] == ["the loss became"]
    assert caught[0].filename == __file__


@pytest.mark.parametrize("method", ["test_on_batch", "evaluate"])
def test_huge_weights_are_evaluated_without_warnings_of_numpy(method):
    model = trained()
    model.set_weights([np.full_like(weight, 1e30) for weight in model.get_weights()])
    assert getattr(model, method)(X, Y) == np.inf
