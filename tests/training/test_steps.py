"""One batch: non-finite losses, weights out of reach, step functions, steps of one's own."""

import warnings

import numpy as np
import pytest

from minikeras import (
    GradientTape,
    Input,
    Model,
    Sequential,
    activations,
    metrics,
    ops,
    regularizers,
    set_random_seed,
)
from minikeras.callbacks import BackupAndRestore, LambdaCallback
from minikeras.layers import Activation, Dense, Layer
from minikeras.losses import MeanAbsoluteError
from minikeras.optimizers import SGD, Adam

X = np.random.default_rng(0).standard_normal((20, 4)).astype("float32")
Y = X[:, :1]


def compiled(*layers, optimizer="sgd", loss="mse"):
    model = Sequential([Input((4,)), *layers])
    model.compile(optimizer, loss)
    return model


# A loss that is not finite.


class Explodes(Model):
    """Its loss becomes infinite in the third call while training."""

    def __init__(self, value=np.inf):
        super().__init__()
        self.dense, self.calls, self.value = Dense(1), 0, value

    def forward(self, x, training=False):
        y = self.dense(x)
        if training:
            self.calls += 1
            if self.calls == 3:
                y = y * self.value
        return y


@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("gradient", ["analytic", "numerical"])
def test_a_loss_that_is_not_finite_leaves_the_weights_as_they_were(value, gradient):
    model = Explodes(value)
    model.compile(Adam(0.1, gradient=gradient), "mse")
    if gradient == "numerical":
        model.forward = lambda x, training=False: model.dense(x) * value
    model(X)
    model.calls = 2
    before, count = model.get_weights(), model.optimizer.iterations
    with pytest.warns(RuntimeWarning, match="the loss became (inf|nan); the weights are left as"):
        model.train_on_batch(X, Y)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.iterations == count


def test_the_warning_names_epoch_and_batch_and_comes_once():
    model = Explodes()
    model.compile("sgd", "mse")
    with pytest.warns(RuntimeWarning) as caught:
        history = model.fit(X, Y, batch_size=10, epochs=3, verbose=0)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert message.startswith("the loss became inf in epoch 2, batch 1; the weights are left as")
    assert "Lower the learning rate" in message
    assert caught[0].filename == __file__
    loss = history.history["loss"]
    assert np.isfinite([loss[0], loss[2]]).all() and not np.isfinite(loss[1])
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_every_fit_warns_anew():
    model = compiled(Dense(1), optimizer=SGD(1e30))
    for _ in range(2):
        with pytest.warns(RuntimeWarning, match="the loss became"):
            model.fit(X, Y, batch_size=5, epochs=2, verbose=0)


def test_a_huge_learning_rate_gives_one_warning_and_no_other():
    model = compiled(Dense(8, "relu"), Dense(1), optimizer=SGD(1e30))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y, batch_size=5, epochs=3, verbose=0, validation_data=(X, Y))
    assert [str(w.message)[:15] for w in caught] == ["the loss became"]
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_a_train_step_of_ones_own_is_not_promised_anything():
    class Own(Explodes):
        def train_step(self, data):
            return {"loss": np.inf}

    model = Own()
    model.compile("sgd", "mse")
    with pytest.warns(RuntimeWarning, match=r"batch 1; Lower the learning rate"):
        model.fit(X, Y, verbose=0)


# Weights that the loss does not reach.


class HalfUsed(Model):
    def __init__(self):
        super().__init__()
        self.used, self.unused = Dense(1), Dense(1)

    def build(self, input_shape):
        self.unused.build(input_shape)
        super().build(input_shape)

    def forward(self, x):
        return self.used(x)


def test_weights_that_play_no_part_stay():
    model = HalfUsed()
    model.compile(SGD(0.1, momentum=0.9), "mse")
    model(X)
    before = model.unused.get_weights()
    model.fit(X, Y, epochs=3, batch_size=5, verbose=0)
    for a, b in zip(before, model.unused.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_part_that_drops_out_of_the_loss_gets_no_stale_gradient():
    class Alternates(HalfUsed):
        both = True

        def forward(self, x):
            return self.used(x) + self.unused(x) if self.both else self.used(x)

    model = Alternates()
    model.compile(SGD(0.1), "mse")
    model.fit(X, Y, verbose=0)
    model.both = False
    before = model.unused.get_weights()
    model.fit(X, Y, verbose=0)
    for a, b in zip(before, model.unused.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_loss_without_weights_moves_nothing():
    class Constant(Model):
        free = False

        def __init__(self):
            super().__init__()
            self.dense = Dense(1)

        def forward(self, x):
            y = self.dense(x)
            return y if self.free else np.zeros((len(x), 1), "float32")

    model = Constant()
    model.compile(SGD(0.1), "mse")
    model.free = True
    model.fit(X, Y, verbose=0)
    model.free = False
    before = model.get_weights()
    with pytest.warns(UserWarning, match="loss of Constant 'constant' does not depend on any"):
        model.fit(X, Y, verbose=0)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_loss_made_a_plain_number_is_warned_of_once():
    model = compiled(Dense(1), loss=lambda y_true, y_pred: float(np.mean(y_true - y_pred)))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        model.fit(X, Y, epochs=3, batch_size=5, verbose=0)
    [warning] = seen
    assert "float(x), x.item() and x.numpy() are plain numbers" in str(warning.message)
    assert warning.filename == __file__


def test_frozen_layers_alone_are_no_lost_gradient():
    model = compiled(Dense(1, trainable=False))
    model.fit(X, Y, verbose=0)


def test_no_tape_stays_behind_after_a_step():
    model = compiled(Dense(1))
    model.fit(X, Y, verbose=0)
    assert type(model(X)) is np.ndarray
    with GradientTape() as tape:
        model.evaluate(X, Y, verbose=0)
    assert tape.gradient(np.float32(1.0), model.trainable_variables) == [None, None]


def test_fit_inside_a_callback_of_another_fit():
    outer, inner = compiled(Dense(1)), compiled(Dense(1))
    hook = LambdaCallback(on_train_batch_end=lambda *_: inner.fit(X, Y, verbose=0))
    before = inner.get_weights()[0]
    outer.fit(X, Y, batch_size=10, verbose=0, callbacks=[hook])
    assert (inner.get_weights()[0] != before).any()
    assert outer.optimizer.iterations == inner.optimizer.iterations == 2


# A loss that is no number.


@pytest.mark.parametrize(
    ("reduce", "got"),
    [
        (lambda error: error, r"shape \(20, 1\)"),
        (lambda error: np.mean(error, axis=0), r"shape \(1,\)"),
        (lambda error: None, "None"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_a_loss_that_is_no_single_number_is_refused(reduce, got, method):
    class Own(Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = Dense(1)

        def forward(self, x):
            return self.dense(x)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return reduce((y - y_pred) ** 2)

    model = Own()
    model.compile("sgd")
    model(X)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"loss of Own 'own' must be a single number, got {got}; "):
        getattr(model, method)(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


# Weights that are not finite.


def test_training_does_not_start_from_nan():
    model = compiled(Dense(1, name="d"))
    model.set_weights([np.array([[1.0], [np.nan], [0.0], [0.0]]), [0.0]])
    with pytest.raises(ValueError, match="weight 'd/kernel' holds NaN or infinity"):
        model.fit(X, Y, verbose=0)


# The step function.


@pytest.mark.parametrize(
    "layer", [Dense(3, "step", name="s"), Activation(activations.step, name="s")]
)
def test_a_step_function_under_an_analytic_optimizer_warns_once_per_fit(layer):
    model = compiled(Dense(3), layer, Dense(1))
    with pytest.warns(UserWarning, match="the step function of layer 's' has gradient 0") as caught:
        model.fit(X, Y, batch_size=2, epochs=3, verbose=0)
    assert len(caught) == 1 and caught[0].filename == __file__


def test_weights_below_a_step_function_do_not_move():
    model = compiled(Dense(3, "step"), Dense(1))
    before = model.get_weights()
    with pytest.warns(UserWarning, match="the step function"):
        model.fit(X, Y, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert (before[2] != after[2]).any() or (before[3] != after[3]).any()


def test_a_step_function_is_fine_for_prediction_and_differences():
    model = compiled(Dense(3, "step"), Dense(1), optimizer=SGD(0.1, gradient="numerical"))
    model.evaluate(X, Y, verbose=0)
    model.predict(X)
    model.fit(X[:2], Y[:2], verbose=0)


# Both gradients.


@pytest.mark.parametrize("frozen", ["nested", "layer", "variable"])
def test_differences_leave_frozen_layers_alone(frozen):
    inner = Sequential([Dense(3, "tanh")], trainable=frozen != "nested")
    results = []
    for gradient in ("analytic", "numerical"):
        model = Sequential([Input((4,)), inner, Dense(1)])
        inner.layers[0].trainable = frozen != "layer"
        inner.layers[0].kernel.trainable = frozen != "variable"
        model.compile(SGD(0.1, gradient=gradient), "mse")
        start = inner.get_weights()
        model.set_weights([*start, np.ones((3, 1)), np.zeros(1)])
        kernel = inner.layers[0].kernel.numpy()
        model.fit(X, Y, batch_size=20, verbose=0)
        results.append(model.get_weights())
        np.testing.assert_array_equal(inner.layers[0].kernel.numpy(), kernel)
        inner.set_weights(start)
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, atol=2e-3)


# Steps of one's own are the first to see the data.

PAIRS = np.random.default_rng(1).standard_normal((12, 2, 4)).astype("float32")


def learn(model, loss, tape):
    weights = model.trainable_variables
    model.optimizer.apply(tape.gradient(loss, weights), weights)


class OwnSteps(Model):
    """Says what happens to it, in order."""

    def __init__(self, **dense):
        super().__init__()
        self.dense, self.events, self.given = Dense(1, **dense), [], None

    def forward(self, x):
        self.events.append("call")
        return self.dense(x)

    def train_step(self, data):
        self.events.append("train_step")
        x, self.given = data if isinstance(data, tuple) else (data, None)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=self.given, y_pred=y_pred)
        learn(self, loss, tape)
        return {"loss": loss}

    def test_step(self, data):
        self.events.append("test_step")
        x, self.given = data if isinstance(data, tuple) else (data, None)
        return {"loss": self.compute_loss(y=self.given, y_pred=self(x))}


class Denoiser(Model):
    """Makes its targets itself, as a diffusion model does."""

    def __init__(self):
        super().__init__()
        self.network = Dense(4)

    def call(self, x):
        return self.network(x)

    def train_step(self, x):
        noise = np.random.default_rng(2).standard_normal(x.shape).astype("float32")
        with GradientTape() as tape:
            loss = self.loss(noise, self(x + noise, training=True))
        learn(self, loss, tape)
        return {"loss": loss}

    def test_step(self, x):
        return {"loss": self.loss(x, self(x))}


class Siamese(Model):
    """Takes two of what its graph takes one of."""

    def train_step(self, pairs):
        with GradientTape() as tape:
            apart = self(pairs[:, 0], training=True) - self(pairs[:, 1], training=True)
            loss = ops.mean(ops.square(apart))
        learn(self, loss, tape)
        return {"loss": loss}

    def test_step(self, pairs):
        return {"loss": np.mean((self(pairs[:, 0]) - self(pairs[:, 1])) ** 2)}


def siamese():
    inputs = Input((4,))
    model = Siamese(inputs, Dense(3)(inputs))
    model.compile("sgd")
    return model


def test_a_step_that_makes_its_own_targets_needs_none():
    set_random_seed(0)
    model = Denoiser()
    model.compile(Adam(0.05), loss=MeanAbsoluteError())
    losses = model.fit(X, validation_data=X, epochs=30, verbose=0).history
    assert losses["loss"][-1] < losses["loss"][0] and len(losses["val_loss"]) == 30
    assert model.evaluate(X, verbose=0) == pytest.approx(np.abs(model(X) - X).mean(), rel=1e-5)


def test_a_step_may_take_apart_what_the_model_cannot_be_called_on():
    model = siamese()
    first = model.evaluate(PAIRS, verbose=0)
    model.fit(PAIRS, validation_data=PAIRS, batch_size=4, epochs=3, verbose=0)
    assert model.evaluate(PAIRS, verbose=0) < first
    model.fit(iter([PAIRS[:5], PAIRS[5:]]), verbose=0)
    model.train_on_batch(PAIRS)
    model.test_on_batch(PAIRS)
    with pytest.raises(ValueError, match="expected its input"):
        model.predict(PAIRS)


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("how", ["arrays", "batches", "train_on_batch"])
def test_the_model_is_not_called_before_its_train_step_has_the_data(how, built):
    model = OwnSteps()
    model.compile("sgd", "mse")
    if built:
        model(X)
    model.events.clear()
    if how == "arrays":
        model.fit(X, Y[:, 0], verbose=0)
    elif how == "batches":
        model.fit(iter([(X, Y[:, 0])]), verbose=0)
    else:
        model.train_on_batch(X, Y[:, 0])
    assert model.events[0] == "train_step" and model.events.count("train_step") == 1
    if built:
        assert model.events == ["train_step", "call"]
    assert model.given.shape == (20,)  # as they were given


@pytest.mark.parametrize("how", ["evaluate", "test_on_batch", "validation"])
def test_the_model_is_not_called_before_its_test_step_has_the_data(how):
    model = OwnSteps()
    model.compile("sgd", "mse")
    model(X)
    model.events.clear()
    if how == "validation":
        model.fit(X, Y, validation_data=(X, Y), verbose=0)
        assert model.events == ["train_step", "call", "test_step", "call"]
    else:
        getattr(model, how)(X, Y)
        assert model.events == ["test_step", "call"]


def test_the_default_test_step_is_prepared_for_as_ever_beside_a_train_step():
    class OwnTraining(OwnSteps):
        test_step = Model.test_step

    model = OwnTraining()
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    with pytest.raises(ValueError, match="MeanSquaredError expected") as caught:
        model.fit(X, Y, validation_data=(X, X), verbose=0)
    assert "in validation_data" in caught.value.__notes__
    np.testing.assert_array_equal(before[0], model.get_weights()[0])
    history = model.fit(X, Y[:, 0], validation_data=(X, Y[:, 0]), verbose=0).history
    assert history["val_loss"][0] == pytest.approx(np.square(model(X) - Y).mean(), rel=1e-5)
    assert history["val_mae"][0] == pytest.approx(np.abs(model(X) - Y).mean(), rel=1e-5)


@pytest.mark.parametrize("built", [True, False])
def test_the_optimizer_is_built_before_a_step_of_ones_own_once_the_model_is(built):
    model = OwnSteps()
    model.compile(Adam(), "mse")
    if built:
        model(X)
    seen = []
    look = LambdaCallback(on_train_begin=lambda logs: seen.append(model.optimizer.built))
    model.fit(X, Y, verbose=0, callbacks=[look])
    assert seen == [built] and model.optimizer.built


def test_a_step_of_ones_own_does_not_start_from_nan_either():
    model = OwnSteps()
    model.compile("sgd", "mse")
    model(X)
    model.dense.kernel.assign(np.full((4, 1), np.nan))
    with pytest.raises(ValueError, match="holds NaN or infinity"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (X, r"MeanSquaredError expected y_true of shape \(20, 1\) like y_pred, got \(20, 4\)"),
        (None, "the loss 'mean_squared_error' needs targets, got y=None"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_targets_that_do_not_fit_are_refused_within_the_step(y, message, method):
    model = OwnSteps()
    model.compile("sgd", "mse", metrics=["accuracy"])
    model(X)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(X, y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])
    getattr(model, method)(X, Y, verbose=0)


def test_the_default_step_within_ones_own_checks_and_fits_the_targets():
    class Extended(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(1)

        def forward(self, x):
            return self.dense(x)

        def train_step(self, data):
            return {**super().train_step(data), "one": 1.0}

        def test_step(self, data):
            return {**super().test_step(data), "two": 2.0}

    model = Extended()
    model.compile("sgd", "mse", metrics=["mae"])
    model(X)
    first = np.square(model(X) - Y).mean()
    with pytest.raises(ValueError, match="MeanSquaredError expected y_true of shape"):
        model.fit(X, X, verbose=0)
    logs = model.fit(X, Y[:, 0], verbose=0).history
    assert list(logs) == ["loss", "mae", "one"] and logs["loss"][0] == pytest.approx(first)
    loss, mae, two = model.evaluate(X, Y[:, 0], verbose=0)
    assert loss == pytest.approx(np.square(model(X) - Y).mean(), rel=1e-5)
    assert mae == pytest.approx(np.abs(model(X) - Y).mean(), rel=1e-5) and two == 2.0


def test_compute_loss_within_the_first_step_counts_regularizers():
    model = OwnSteps(kernel_regularizer=regularizers.L2(1.0), kernel_initializer="ones")
    model.compile(SGD(0.0), "mse")
    for _ in range(2):  # not built, built
        loss = model.train_on_batch(X, Y)
        expected = np.square(X.sum(axis=1, keepdims=True) - Y).mean() + 4.0
        assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("weights", [None, np.arange(20.0)])
def test_compute_metrics_may_be_the_first_to_see_a_prediction(weights):
    class Own(OwnSteps):
        def train_step(self, data):
            x, y, w = (*data, None)[:3]
            return self.compute_metrics(x, y, self(x), w)

    model = Own()
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    logs = model.fit(X, Y[:, 0], batch_size=5, sample_weight=weights, verbose=0).history
    error = model(X) - Y
    assert logs["mae"][0] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    expected = np.average(error[:, 0] ** 2, weights=weights)
    assert logs["mse"][0] == pytest.approx(expected, rel=1e-5)
    model.compile("sgd")
    assert list(model.fit(X, Y, verbose=0).history) == ["loss"]


def test_compute_metrics_may_be_the_first_to_see_several_outputs():
    class Own(Model):
        def train_step(self, data):
            x, y = data
            return self.compute_metrics(x, y, self(x))

    x = Input((4,))
    model = Own(x, [Dense(1, name="a")(x), Dense(1, name="b")(x)])
    model.compile("sgd", ["mse", "mse"], metrics=[["mae"], ["mse"]])
    logs = model.train_on_batch(X, [Y, Y], return_dict=True)
    a, b = model(X)
    assert logs["a_mae"] == pytest.approx(np.abs(a - Y).mean(), rel=1e-5)
    assert logs["b_mse"] == pytest.approx(((b - Y) ** 2).mean(), rel=1e-5)


def test_metrics_that_come_with_build_are_in_the_first_logs():
    class Counts(Layer):
        def build(self, input_shape):
            self.rows = metrics.Sum(name="rows")

        def forward(self, x):
            self.rows.update_state(float(len(x)))
            return x

    class Counted(OwnSteps):
        def __init__(self):
            super().__init__()
            self.counts = Counts()

        def forward(self, x):
            return self.dense(self.counts(x))

        def train_step(self, data):
            logs = super().train_step(data)
            return {**{metric.name: metric.result() for metric in self.metrics}, **logs}

    model = Counted()
    model.compile("sgd", "mse")
    assert "rows" in model.fit(X, Y, verbose=0).history
    assert model.fit(X, Y, batch_size=5, epochs=2, verbose=0).history["rows"] == [20.0, 20.0]


def test_a_step_of_ones_own_with_compiled_metrics_goes_on_in_the_middle_of_an_epoch(tmp_path):
    class Measured(OwnSteps):
        def train_step(self, data):
            logs = super().train_step(data)
            self.metrics[1].update_state(self.given, self(data[0]))
            return {**logs, **self.metrics[1].result()}

    def run(*callbacks):
        set_random_seed(1)
        model = Measured()
        model.build((None, 4))
        model.compile(Adam(0.1), "mse", metrics=["mae"])
        fit = model.fit(X, Y, batch_size=4, epochs=3, verbose=0, callbacks=list(callbacks))
        return fit.history["mae"][-1], model.get_weights()[0]

    def stop(batch, logs):
        if batch == 3:
            raise InterruptedError

    crash = LambdaCallback(on_train_batch_end=stop)
    with pytest.raises(InterruptedError):
        run(BackupAndRestore(tmp_path, save_freq=1), crash)
    mae, kernel = run(BackupAndRestore(tmp_path, save_freq=1))
    expected_mae, expected_kernel = run()
    assert mae == expected_mae
    np.testing.assert_array_equal(kernel, expected_kernel)
