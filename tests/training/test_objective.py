"""Losses and metrics matched to outputs."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, losses, metrics
from minikeras.layers import Dense
from minikeras.training.objective import Objective

X = np.random.default_rng(0).standard_normal((12, 4)).astype("float32")


def prepared(y, shape, loss="mse", weights=None, plain=None, weighted=None):
    objective = Objective(loss, weights, plain, weighted)
    objective.bind(y, np.zeros(shape, "float32"))
    return objective


@pytest.mark.parametrize(
    ("y_shape", "pred_shape", "kind"),
    [
        ((5,), (5, 1), metrics.BinaryAccuracy),
        ((5, 1), (5, 1), metrics.BinaryAccuracy),
        ((5,), (5, 3), metrics.SparseCategoricalAccuracy),
        ((5, 1), (5, 3), metrics.SparseCategoricalAccuracy),
        ((5, 3), (5, 3), metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_is_picked_by_shape(y_shape, pred_shape, kind):
    objective = prepared(np.zeros(y_shape), pred_shape, plain=["accuracy"])
    assert type(objective.named["accuracy"]) is kind


def test_metrics_of_the_same_name_are_numbered():
    y = np.zeros((5, 1))
    objective = prepared(y, (5, 1), plain=["mae", "mae"], weighted=["mae"])
    assert list(objective.named) == ["mae", "mae_1", "weighted_mae"]


def test_a_weighted_metric_is_named_after_its_output_and_kind():
    outputs = {"a": np.zeros((5, 1)), "b": np.zeros((5, 1))}
    objective = Objective("mse", None, {"a": ["mae"], "b": ["mae"]}, {"a": ["mae"], "b": ["mse"]})
    objective.bind(outputs, outputs)
    assert list(objective.named) == ["a_mae", "b_mae", "a_weighted_mae", "b_mse"]


@pytest.mark.parametrize(
    "given", ["mae", ["mae"], [["mae"]], ("mae",), metrics.MeanAbsoluteError(name="mae")]
)
def test_metrics_of_one_output_come_in_many_forms(given):
    assert list(prepared(np.zeros((5, 1)), (5, 1), plain=given).named) == ["mae"]


def test_a_plain_function_is_a_loss_and_a_metric():
    def off_by(y_true, y_pred):
        return np.abs(y_true - y_pred).max(axis=-1)

    model = Sequential([Dense(2)])
    model.compile("sgd", off_by, metrics=[off_by])
    history = model.fit(X, X[:, :2], verbose=0, batch_size=12).history
    assert history["loss"][0] == pytest.approx(history["off_by"][0], rel=1e-6)


def test_a_loss_object_and_its_configuration_do_the_same():
    loss = losses.Huber(delta=0.5)
    values = []
    for given in (loss, losses.serialize(loss)):
        model = Sequential([Dense(1, kernel_initializer="ones")])
        model.compile("sgd", given)
        values.append(model.evaluate(X, X[:, :1], verbose=0))
    assert values[0] == values[1]


def test_loss_weights_of_one_output_scale_the_loss():
    values = []
    for weight in (None, 3.0, [3.0]):
        model = Sequential([Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse", loss_weights=weight)
        values.append(model.evaluate(X, X[:, :1], verbose=0))
    assert values[1] == values[2] == pytest.approx(3.0 * values[0], rel=1e-6)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0, 2.0], ValueError, "loss_weights expected 1 entries"),
        ("a", TypeError, "loss_weights must be a finite number, got 'a'"),
        (float("nan"), ValueError, "loss_weights must be a finite number, got nan"),
        ({"outptu": 1.0}, ValueError, "loss_weights has the key 'outptu'.*did you mean 'output'"),
    ],
)
def test_loss_weights_must_fit(weights, error, message):
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse", loss_weights=weights)
    with pytest.raises(error, match=message):
        model.fit(X, X[:, :1], verbose=0)


def test_targets_that_were_refused_leave_no_trace_in_the_metrics():
    model = Sequential([Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    with pytest.raises(ValueError, match="expected one-hot y_true of shape"):
        model.fit(X, np.zeros(12), verbose=0)
    one_hot = np.eye(3)[np.arange(12) % 3]
    accuracy = model.fit(X, one_hot, verbose=0).history["accuracy"][0]
    predicted = model.predict(X).argmax(axis=1)
    assert 0.0 <= accuracy <= 1.0 and len(predicted) == 12
    expected = float(np.mean(predicted == np.arange(12) % 3))
    assert model.evaluate(X, one_hot, verbose=0)[1] == pytest.approx(expected)


def test_metrics_follow_outputs_that_change_their_number_of_classes():
    model = Sequential([Dense(4), Dense(1, "sigmoid")])
    model.compile("sgd", "crossentropy", metrics=["accuracy"])
    model.fit(X, X[:, 0] > 0, verbose=0)
    model.pop()
    model.add(Dense(3, "softmax"))
    labels = np.arange(12) % 3
    model.fit(X, labels, verbose=0)
    expected = float(np.mean(model.predict(X).argmax(axis=1) == labels))
    assert model.evaluate(X, labels, verbose=0)[1] == pytest.approx(expected)


def test_keras_style_access_to_the_compiled_metrics():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics"]


def test_an_empty_list_of_metrics_is_none_for_every_output():
    x = Input((4,))
    model = Model(x, [Dense(1, name="a")(x), Dense(1, name="b")(x)])
    model.compile("sgd", ["mse", "mse"], metrics=[], weighted_metrics=[])
    logs = model.train_on_batch(X, [X[:, :1], X[:, 1:2]], return_dict=True)
    assert list(logs) == ["loss", "a_loss", "b_loss"]


def test_a_result_of_one_number_in_an_array_is_that_number():
    model = Sequential([Dense(1, activation="sigmoid")])
    model.compile("sgd", "mse", metrics=[metrics.F1Score(threshold=0.5)])
    labels = (X[:, :1] > 0).astype("float32")
    found = model.evaluate(X, labels, return_dict=True, verbose=0)["f1_score"]
    guessed = model.predict(X, verbose=0) > 0.5
    expected = 2 * np.sum(guessed * labels) / (np.sum(guessed) + np.sum(labels))
    assert type(found) is float and found == pytest.approx(expected)


def test_y_beside_one_unit_may_be_flat():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse", metrics=["mae", "mse"], weighted_metrics=["mae"])
    y = X[:, 0]
    weight = np.ones(12)
    flat = model.evaluate(X, y, sample_weight=weight, verbose=0)
    column = model.evaluate(X, y[:, None], sample_weight=weight[:, None], verbose=0)
    assert flat == column
    assert flat[0] == pytest.approx(float(np.mean((model(X)[:, 0] - y) ** 2)), rel=1e-6)
