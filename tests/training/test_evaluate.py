"""evaluate and the single-batch methods: what they return, and that nothing changes."""

import numpy as np
import pytest

from minikeras import Input, Sequential
from minikeras.callbacks import Callback
from minikeras.layers import Dense
from minikeras.optimizers import SGD

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("float32")
Y = RNG.standard_normal((20, 1)).astype("float32")


@pytest.fixture
def model():
    model = Sequential([Input((4,)), Dense(1, kernel_regularizer="l2")])
    model.compile(SGD(0.1), "mse", metrics=["mae"])
    return model


def test_a_model_without_metrics_returns_the_loss_alone():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    loss = model.evaluate(X, Y, verbose=0)
    assert type(loss) is float
    assert loss == pytest.approx(float(np.mean((model(X) - Y) ** 2)), rel=1e-6)


def test_loss_and_metrics_come_in_the_order_of_their_names(model):
    values = model.evaluate(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "mae"]
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == dict(zip(["loss", "mae"], values))
    error = model(X) - Y
    decay = 0.01 * np.sum(model.layers[0].kernel.numpy() ** 2)
    assert values == [
        pytest.approx(float(np.mean(error**2) + decay), rel=1e-6),
        pytest.approx(float(np.mean(np.abs(error))), rel=1e-6),
    ]


@pytest.mark.parametrize("batch_size", [1, 3, 7, 20, 100])
def test_the_batch_size_does_not_matter(model, batch_size):
    expected = model.evaluate(X, Y, verbose=0, batch_size=20)
    got = model.evaluate(X, Y, verbose=0, batch_size=batch_size)
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_evaluating_changes_no_weight(model):
    before = model.get_weights()
    model.evaluate(X, Y, verbose=0)
    model.test_on_batch(X, Y)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.iterations == 0


def test_each_evaluation_starts_anew(model):
    first = model.evaluate(X, Y, verbose=0)
    model.evaluate(X, Y + 5.0, verbose=0)
    assert model.evaluate(X, Y, verbose=0) == first


def test_sample_weights_count_in_the_loss(model):
    weight = RNG.random(20)
    loss, mae = model.evaluate(X, Y, sample_weight=weight, verbose=0, batch_size=20)
    error = model(X) - Y
    decay = 0.01 * np.sum(model.layers[0].kernel.numpy() ** 2)
    assert loss == pytest.approx(float(np.mean(weight * error[:, 0] ** 2) + decay), rel=1e-5)
    assert mae == pytest.approx(float(np.mean(np.abs(error))), rel=1e-5)


def test_steps_limits_the_batches(model):
    expected = model.evaluate(X[:10], Y[:10], verbose=0)
    np.testing.assert_allclose(
        model.evaluate(X, Y, batch_size=5, steps=2, verbose=0), expected, rtol=1e-6
    )


def test_batches_evaluate_as_arrays(model):
    batches = [(X[:12], Y[:12]), (X[12:], Y[12:])]
    np.testing.assert_allclose(
        model.evaluate(batches, verbose=0), model.evaluate(X, Y, verbose=0), rtol=1e-6
    )
    np.testing.assert_allclose(
        model.evaluate(iter(batches), verbose=0), model.evaluate(X, Y, verbose=0), rtol=1e-6
    )


def test_callbacks_hear_of_every_batch(model):
    calls = []

    class Note(Callback):
        def on_test_begin(self, logs=None):
            calls.append("begin")

        def on_test_batch_end(self, batch, logs=None):
            calls.append(batch)

        def on_test_end(self, logs=None):
            calls.append(sorted(logs))

    model.evaluate(X, Y, batch_size=10, verbose=0, callbacks=[Note()])
    assert calls == ["begin", 0, 1, ["loss", "mae"]]


def test_an_unbuilt_model_is_built_for_evaluation():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    model.evaluate(X, Y, verbose=0)
    assert model.built


def test_silent_means_silent(model, capsys):
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    model.fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("verbose", [3, "loud", None])
def test_verbose_must_be_known(model, verbose):
    with pytest.raises(ValueError, match=r"verbose must be 0 \(silent\)"):
        model.evaluate(X, Y, verbose=verbose)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_that_is_not_compiled_says_so(method):
    model = Sequential([Dense(1)])
    with pytest.raises(RuntimeError, match=f"{method} needs a compiled model; call model.compile"):
        getattr(model, method)(X, Y)


# One batch at a time.


def test_train_on_batch_is_one_step(model):
    twin = Sequential([Input((4,)), Dense(1, kernel_regularizer="l2")])
    twin.compile(SGD(0.1), "mse", metrics=["mae"])
    twin.set_weights(model.get_weights())
    history = model.fit(X, Y, batch_size=20, shuffle=False, verbose=0).history
    loss, mae = twin.train_on_batch(X, Y)
    assert [loss, mae] == [history["loss"][0], history["mae"][0]]
    for a, b in zip(model.get_weights(), twin.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_each_batch_gives_its_own_results(model, method):
    model.compile(SGD(0.0), "mse", metrics=["mae"])
    on_batch = getattr(model, method)
    first = on_batch(X[:10], Y[:10])
    assert on_batch(X[10:], Y[10:]) != first
    assert on_batch(X[:10], Y[:10]) == first


def test_test_on_batch_returns_what_evaluate_does(model):
    assert model.test_on_batch(X, Y) == model.evaluate(X, Y, verbose=0)


def test_train_on_batch_takes_weights(model):
    weight = RNG.random(20)
    model.compile(SGD(0.0), "mse")
    a = model.train_on_batch(X, Y, sample_weight=weight)
    assert a == pytest.approx(model.evaluate(X, Y, sample_weight=weight, verbose=0), rel=1e-6)
    labels = (Y > 0).astype(int)
    b = model.train_on_batch(X, labels, class_weight={0: 1.0, 1: 3.0})
    weights = np.where(labels[:, 0] == 1, 3.0, 1.0)
    assert b == pytest.approx(model.evaluate(X, labels, sample_weight=weights, verbose=0), rel=1e-6)
