"""fit: data of every kind, epochs, validation, order, weights, interruptions, memory."""

import gc
import itertools
import tracemalloc

import numpy as np
import pytest

from minikeras import Input, Sequential, set_random_seed
from minikeras.callbacks import Callback, LambdaCallback
from minikeras.constraints import NonNeg
from minikeras.data import PyDataset
from minikeras.layers import Dense, Dropout
from minikeras.losses import SparseCategoricalCrossentropy
from minikeras.optimizers import SGD, Adam

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5], [0.0]]) + 0.3).astype("float32")
LABELS = np.arange(20) % 3


def linear(optimizer=None, loss="mse", units=1, **compile_with):
    model = Sequential([Input((4,)), Dense(units)])
    model.compile(optimizer or SGD(0.1), loss, **compile_with)
    return model


def same(a, b):
    return all(np.array_equal(one, two) for one, two in zip(a, b, strict=True))


class Batches(PyDataset):
    def __init__(self, count=4, **kwargs):
        super().__init__(**kwargs)
        self.count, self.seen, self.epochs = count, [], 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.seen.append(index)
        return X[5 * index : 5 * index + 5], Y[5 * index : 5 * index + 5]

    def on_epoch_end(self):
        self.epochs += 1


class Seen(Callback):
    """Counts hooks and remembers logs."""

    def __init__(self):
        self.epochs, self.batches, self.logs = [], 0, []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(epoch)

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        self.logs.append(logs["loss"])


# The step itself, by hand.


def test_one_step_of_gradient_descent_is_the_textbook_formula():
    model = linear(SGD(0.1))
    w, b = model.get_weights()
    error = X @ w + b - Y
    loss = model.fit(X, Y, batch_size=20, verbose=0).history["loss"][0]
    assert loss == pytest.approx(float(np.mean(error**2)), rel=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], w - 0.1 * 2 * X.T @ error / 20, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1], b - 0.1 * 2 * error.mean(0), rtol=1e-5)


def test_training_finds_the_line_that_made_the_data():
    model = linear(SGD(0.2))
    model.fit(X, Y, epochs=200, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0].ravel(), [1.0, -2.0, 0.5, 0.0], atol=1e-3)


def test_the_logged_loss_is_the_mean_over_samples_of_the_losses_before_each_step():
    model = linear(SGD(0.0))
    history = model.fit(X[:7], Y[:7], batch_size=3, verbose=0).history
    expected = np.mean((model(X[:7]) - Y[:7]) ** 2)  # batches of 3, 3 and 1 count by their size
    assert history["loss"][0] == pytest.approx(float(expected), rel=1e-6)


def test_the_default_batch_has_32_samples():
    seen = Seen()
    x = RNG.standard_normal((65, 4))
    linear().fit(x, x[:, :1], verbose=0, callbacks=[seen])
    assert seen.batches == 3


# Weights of samples and classes.


def test_sample_weight_multiplies_the_loss_of_each_sample():
    weight = RNG.random(20)
    model = linear(SGD(0.0), metrics=["mse"], weighted_metrics=["mae"])
    logs = model.fit(X, Y, sample_weight=weight, batch_size=20, verbose=0).history
    error = model(X) - Y
    assert logs["loss"][0] == pytest.approx(float(np.mean(weight * error[:, 0] ** 2)), rel=1e-5)
    assert logs["mse"][0] == pytest.approx(float(np.mean(error**2)), rel=1e-5)
    weighted = float(np.sum(weight * np.abs(error[:, 0])) / weight.sum())
    assert logs["mae"][0] == pytest.approx(weighted, rel=1e-5)


def test_class_weight_multiplies_the_loss_of_each_class():
    model = linear(SGD(0.0), SparseCategoricalCrossentropy(from_logits=True), units=3)
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    loss = model.fit(X, LABELS, class_weight=weights, batch_size=20, verbose=0).history["loss"][0]
    logits = model(X).astype("float64")
    each = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(20), LABELS]
    expected = np.mean(each * np.array([1.0, 2.0, 0.5])[LABELS])
    assert loss == pytest.approx(float(expected), rel=1e-5)


def test_a_sample_of_weight_zero_teaches_nothing():
    y = Y.copy()
    y[0] = 1e6
    weight = np.ones(20)
    weight[0] = 0.0
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    for model, target in ((a, Y), (b, y)):
        model.fit(X, target, sample_weight=weight, shuffle=False, epochs=3, verbose=0)
    assert same(a.get_weights(), b.get_weights())


# Order and seeds.


def test_without_shuffling_batches_come_in_order():
    seen = []

    class Watch(Dense):
        def forward(self, x, training=False):
            if training:
                seen.append(x[:, 0].tolist())
            return super().forward(x)

    model = Sequential([Watch(1)])
    model.compile("sgd", "mse")
    x = np.arange(7.0)[:, None]
    model.fit(x, x, batch_size=3, epochs=2, shuffle=False, verbose=0)
    assert seen == [[0, 1, 2], [3, 4, 5], [6]] * 2
    seen.clear()
    model.fit(x, x, batch_size=3, epochs=2, verbose=0)
    first, second = (list(itertools.chain(*epoch)) for epoch in (seen[:3], seen[3:]))
    assert sorted(first) == sorted(second) == list(range(7)) and first != second


def test_the_same_seed_gives_the_same_bits():
    def run():
        set_random_seed(11)
        model = Sequential([Dense(8, "relu"), Dropout(0.4), Dense(1)])
        model.compile(Adam(0.01), "mse")
        history = model.fit(X, Y, epochs=4, batch_size=3, verbose=0).history
        return history["loss"], model.get_weights()

    (loss, weights), (again, weights_again) = run(), run()
    assert loss == again and same(weights, weights_again)


# Epochs.


def test_initial_epoch_is_where_counting_starts():
    seen = Seen()
    history = linear().fit(X, Y, initial_epoch=3, epochs=5, verbose=0, callbacks=[seen])
    assert seen.epochs == history.epoch == [3, 4]
    assert len(history.history["loss"]) == 2


def test_no_epochs_are_no_training():
    model = linear()
    before = model.get_weights()
    assert model.fit(X, Y, epochs=0, verbose=0).history == {}
    assert model.fit(X, Y, initial_epoch=5, epochs=2, verbose=0).history == {}
    assert same(before, model.get_weights())


def test_steps_per_epoch_goes_on_where_the_epoch_before_stopped():
    seen = Seen()
    data = Batches(4)
    linear().fit(data, steps_per_epoch=2, epochs=3, verbose=0, callbacks=[seen], shuffle=False)
    assert seen.batches == 6 and data.seen == [0, 1, 2, 3, 0, 1]


def test_stop_training_ends_the_epoch_or_the_batch():
    model = linear()

    def stop(*_):
        model.stop_training = True

    seen = Seen()
    model.fit(X, Y, epochs=5, verbose=0, callbacks=[seen, LambdaCallback(on_epoch_end=stop)])
    assert seen.epochs == [0]
    seen = Seen()
    hook = LambdaCallback(on_train_batch_end=stop)
    model.fit(X, Y, epochs=5, batch_size=2, verbose=0, callbacks=[seen, hook])
    assert seen.batches == 1 and seen.epochs == [0]


# Kinds of data.


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        lambda a: a.astype(">f4"),
        lambda a: np.asfortranarray(a),
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: a.astype("float64"),
        lambda a: a.tolist(),
        lambda a: a.astype("longdouble"),
    ],
)
def test_every_form_of_the_same_numbers_trains_alike(convert):
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    a.fit(X, Y, shuffle=False, epochs=2, verbose=0)
    b.fit(convert(X), convert(Y), shuffle=False, epochs=2, verbose=0)
    assert same(a.get_weights(), b.get_weights())
    np.testing.assert_array_equal(a.predict(X), b.predict(convert(X), verbose=0))
    assert a.evaluate(X, Y, verbose=0) == b.evaluate(convert(X), convert(Y), verbose=0)


def test_a_memory_mapped_file_trains_as_the_array(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    a.fit(X, Y, shuffle=False, batch_size=6, verbose=0)
    b.fit(mapped, Y, shuffle=False, batch_size=6, verbose=0)
    assert same(a.get_weights(), b.get_weights())
    np.testing.assert_array_equal(a.predict(X), b.predict(mapped, verbose=0))


def test_pandas_frames_and_series_train_as_arrays():
    pd = pytest.importorskip("pandas")
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    a.fit(X, Y, shuffle=False, verbose=0)
    b.fit(pd.DataFrame(X), pd.Series(Y[:, 0]), shuffle=False, verbose=0)
    assert same(a.get_weights(), b.get_weights())
    np.testing.assert_array_equal(a.predict(X), b.predict(pd.DataFrame(X), verbose=0))


def chunks():
    for start in range(0, 20, 5):
        yield X[start : start + 5], Y[start : start + 5]


@pytest.mark.parametrize("data", [chunks, lambda: list(chunks()), Batches])
def test_batches_train_as_the_arrays_they_are_cut_from(data):
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    expected = a.fit(X, Y, shuffle=False, batch_size=5, verbose=0).history
    assert b.fit(data(), shuffle=False, verbose=0).history == expected
    assert same(a.get_weights(), b.get_weights())


def test_batches_may_carry_weights():
    weight = RNG.random(20).astype("float32")
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    a.fit(X, Y, sample_weight=weight, shuffle=False, batch_size=20, verbose=0)
    b.fit([(X, Y, weight)], verbose=0)
    assert same(a.get_weights(), b.get_weights())


def test_an_unbuilt_model_is_built_by_the_first_batch():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    model.fit(chunks(), verbose=0)
    assert model.built


def test_a_py_dataset_hears_of_the_end_of_epochs():
    data = Batches()
    linear().fit(data, epochs=3, verbose=0)
    assert data.epochs == 3 and sorted(data.seen) == sorted([0, 1, 2, 3] * 3)


def test_batches_of_sequences_may_differ_in_length():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    batches = [(np.ones((2, n, 3)), np.ones((2, n, 1))) for n in (4, 6, 5)]
    losses = model.fit(batches, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_a_generator_that_ran_dry_ends_the_fit():
    seen = Seen()
    model = linear()
    with pytest.warns(UserWarning, match="the data ran out: this epoch has 0 batches; it can be"):
        history = model.fit(chunks(), epochs=3, verbose=0, callbacks=[seen])
    assert history.epoch == seen.epochs == [0]
    assert model.history is history


def test_a_generator_that_ends_within_an_epoch_ends_the_fit_there():
    model = linear()
    with pytest.warns(UserWarning, match="this epoch has 1 of 3 batches"):
        history = model.fit(chunks(), steps_per_epoch=3, epochs=5, verbose=0)
    assert history.epoch == [0, 1]


# Validation.


def test_validation_split_takes_the_last_part():
    a, b = linear(), linear()
    b.set_weights(a.get_weights())
    one = a.fit(X, Y, validation_split=0.25, shuffle=False, epochs=2, verbose=0).history
    two = b.fit(
        X[:15], Y[:15], validation_data=(X[15:], Y[15:]), shuffle=False, epochs=2, verbose=0
    ).history
    assert one == two and list(one) == ["loss", "val_loss"]
    assert same(a.get_weights(), b.get_weights())


def test_validation_split_cuts_the_weights_too():
    weight = np.r_[np.ones(15), np.zeros(5)]
    history = linear().fit(X, Y, sample_weight=weight, validation_split=0.25, verbose=0).history
    assert history["val_loss"] == [0.0]


def test_validation_data_changes_no_weight():
    a, b = linear(Adam(0.1)), linear(Adam(0.1))
    b.set_weights(a.get_weights())
    a.fit(X, Y, shuffle=False, epochs=3, batch_size=4, verbose=0)
    b.fit(X, Y, validation_data=(X, -Y), shuffle=False, epochs=3, batch_size=4, verbose=0)
    assert same(a.get_weights(), b.get_weights())


def test_validation_uses_the_weights_after_the_epoch():
    model = linear(metrics=["mae"])
    history = model.fit(X, Y, validation_data=(X[:9], Y[:9]), verbose=0).history
    loss, mae = model.evaluate(X[:9], Y[:9], verbose=0)
    assert history["val_loss"] == [loss] and history["val_mae"] == [mae]


def test_validation_weights_count():
    weight = RNG.random(20).astype("float32")
    model = linear()
    history = model.fit(X, Y, validation_data=(X, Y, weight), verbose=0).history
    assert history["val_loss"][0] == model.evaluate(X, Y, sample_weight=weight, verbose=0)


@pytest.mark.parametrize(
    ("frequency", "epochs"), [(1, [0, 1, 2, 3]), (2, [1, 3]), ([1, 4], [0, 3]), (np.int64(3), [2])]
)
def test_validation_freq_says_in_which_epochs(frequency, epochs):
    found = []

    class Note(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if "val_loss" in logs:
                found.append(epoch)

    linear().fit(
        X,
        Y,
        validation_data=(X, Y),
        validation_freq=frequency,
        epochs=4,
        verbose=0,
        callbacks=[Note()],
    )
    assert found == epochs


def test_validation_steps_reads_the_same_batches_every_time():
    data = Batches()
    linear().fit(X, Y, validation_data=data, validation_steps=2, epochs=3, verbose=0)
    assert data.seen == [0, 1] * 3


def test_validation_batches_without_training_arrays_and_the_reverse():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    one = model.fit(chunks(), validation_data=(X, Y[:, 0]), verbose=0).history
    two = model.fit(X, Y, validation_data=list(chunks()), verbose=0).history
    assert list(one) == list(two) == ["loss", "mae", "val_loss", "val_mae"]


def test_a_validation_generator_that_ran_dry_gives_no_result():
    with pytest.warns(UserWarning, match="the data ran out"):
        history = linear().fit(X, Y, validation_data=chunks(), epochs=2, verbose=0).history
    assert len(history["loss"]) == 2 and len(history["val_loss"]) == 1


def test_dropout_is_off_in_validation():
    model = Sequential([Dropout(0.9), Dense(1, kernel_initializer="zeros")])
    model.compile(SGD(0.0), "mse")
    history = model.fit(X, Y, validation_data=(X, Y), verbose=0, batch_size=20).history
    assert history["val_loss"][0] == pytest.approx(float(np.mean(Y**2)), rel=1e-6)


# Constraints, averages.


def test_constraints_hold_after_every_step():
    model = Sequential([Dense(1, kernel_constraint=NonNeg(), bias_constraint="non_neg")])
    model.compile(SGD(0.3), "mse")
    lowest = []
    keep = LambdaCallback(
        on_train_batch_end=lambda *_: lowest.append(min(map(np.min, model.get_weights())))
    )
    model.fit(X, -Y, epochs=5, batch_size=5, verbose=0, callbacks=[keep])
    assert min(lowest) == 0.0
    assert np.max(model.get_weights()[0]) > 0.0


def test_use_ema_leaves_the_average_of_the_weights():
    model = linear(SGD(0.1, use_ema=True, ema_momentum=0.5))
    steps = []
    keep = LambdaCallback(on_train_batch_end=lambda *_: steps.append(model.get_weights()[0]))
    model.fit(X, Y, batch_size=5, shuffle=False, verbose=0, callbacks=[keep])
    average = steps[0]
    for weight in steps[1:]:
        average = 0.5 * average + 0.5 * weight
    np.testing.assert_allclose(model.get_weights()[0], average, rtol=1e-5, atol=1e-7)


# History and logs.


def test_history_holds_floats_and_is_kept_by_the_model():
    model = linear(metrics=["mae"])
    history = model.fit(X, Y, epochs=2, verbose=0)
    assert model.history is history
    assert all(type(value) is float for values in history.history.values() for value in values)


def test_batch_logs_are_means_so_far():
    model = linear(SGD(0.0))
    seen = Seen()
    model.fit(X, Y, batch_size=5, shuffle=False, verbose=0, callbacks=[seen])
    each = np.mean((model(X) - Y) ** 2, axis=1).reshape(4, 5).mean(axis=1)
    np.testing.assert_allclose(seen.logs, np.cumsum(each) / np.arange(1, 5), rtol=1e-5)


# Interruptions.


def interrupted(where, error):
    def raise_it(*_):
        raise error

    model = linear(Adam(0.05))
    if where == "generator":

        def data():
            for count, batch in enumerate(list(chunks()) * 2):
                if count == 6:
                    raise error
                yield batch

        arguments = {"x": data(), "steps_per_epoch": 4}
    else:
        count = iter(range(100))
        hook = LambdaCallback(**{where: lambda *_: raise_it() if next(count) == 1 else None})
        arguments = {"x": X, "y": Y, "callbacks": [hook], "validation_data": (X, Y)}
    return model, arguments


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError("my own"), StopAsyncIteration()]
)
@pytest.mark.parametrize(
    "where", ["on_epoch_end", "on_train_batch_end", "on_epoch_begin", "on_test_begin", "generator"]
)
def test_interruptions_pass_through_and_leave_the_model_usable(where, error):
    model, arguments = interrupted(where, error)
    with pytest.raises(type(error)) as caught:
        model.fit(epochs=5, batch_size=None, verbose=0, **arguments)
    assert caught.value is error
    assert 1 <= len(model.history.history["loss"]) <= 2
    assert np.isfinite(model.predict(X)).all()
    before = model.evaluate(X, Y, verbose=0)
    history = model.fit(X, Y, epochs=30, verbose=0)
    assert len(history.history["loss"]) == 30
    assert model.evaluate(X, Y, verbose=0) < before


def test_ctrl_c_in_the_first_epoch_leaves_an_empty_history():
    model = linear()

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=stop)])
    assert model.history.history == {}


def test_ctrl_c_within_a_step_leaves_the_model_usable():
    class Interrupts(Dense):
        armed = True

        def forward(self, x, training=False):
            if training and self.armed:
                raise KeyboardInterrupt
            return super().forward(x)

    layer = Interrupts(1)
    model = Sequential([layer])
    model.compile("sgd", "mse")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0)
    assert type(model(X)) is np.ndarray  # no tape stays behind
    layer.armed = False
    model.fit(X, Y, verbose=0)


# Memory.


def test_memory_stays_flat_over_a_thousand_steps():
    model = Sequential([Dense(32, "relu", kernel_regularizer="l2"), Dropout(0.2), Dense(1)])
    model.compile(Adam(0.001), "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=2, epochs=10, verbose=0)
    gc.collect()
    tracemalloc.start()
    try:
        model.fit(X, Y, batch_size=2, epochs=10, verbose=0)
        gc.collect()
        start = tracemalloc.get_traced_memory()[0]
        model.fit(X, Y, batch_size=2, epochs=100, verbose=0)  # 1000 steps
        gc.collect()
        end, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert end - start < 20_000  # the history: two lists of 100 floats
    assert peak - start < 500_000
