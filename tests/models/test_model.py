"""Model: subclassing, compile, steps of one's own, copies, threads and forks."""

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minikeras import GradientTape, Input, Model, Sequential, metrics, ops, set_random_seed
from minikeras.layers import Dense, Dropout, Layer
from minikeras.losses import MeanSquaredError
from minikeras.optimizers import SGD, Adam
from minikeras.saving import load_model

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("float32")
Y = RNG.standard_normal((20, 1)).astype("float32")
TARGETS = {
    "a": RNG.standard_normal((20, 2)).astype("float32"),
    "b": RNG.standard_normal((20, 3)).astype("float32"),
}


class Plain(Model):
    """One Dense layer, written as Keras code is."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = Dense(1)

    def call(self, inputs, training=False):
        return self.dense(inputs)


class TwoOutputs(Model):
    """Outputs in a dict, the second one first."""

    def __init__(self):
        super().__init__()
        self.stem, self.a, self.b = Dense(4), Dense(2), Dense(3)

    def forward(self, x):
        h = self.stem(x)
        return {"b": self.b(h), "a": self.a(h)}


class ListOfOutputs(TwoOutputs):
    def forward(self, x):
        h = self.stem(x)
        return [self.a(h), self.b(h)]


class AddsLoss(Layer):
    def forward(self, x):
        self.add_loss(0.1 * np.mean(x**2))
        return x


# Subclassing.


def test_a_subclass_trains_and_predicts():
    model = Plain()
    model.compile(SGD(0.1), "mse")
    losses = model.fit(X, Y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(model.predict(X), model(X))


def test_a_subclass_is_built_by_data_or_by_a_shape():
    a, b = Plain(), Plain()
    assert not a.built
    a(X)
    b.build((None, 4))
    assert a.built and b.built
    assert [w.shape for w in a.weights] == [w.shape for w in b.weights] == [(4, 1), (1,)]


def test_a_failed_build_can_be_repeated():
    model = Plain(name="p")
    with pytest.raises(ValueError, match="expected an array of shape"):
        model(np.ones(3))
    assert not model.built
    assert model(X).shape == (20, 1)


def test_a_model_may_take_several_inputs_as_arguments():
    class Sum(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(1)

        def forward(self, a, b):
            return self.dense(a) + b

    model = Sum()
    assert model(X, Y).shape == (20, 1)
    assert len(model.weights) == 2


def test_several_inputs_in_a_list_or_dict_train():
    class Sum(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(1)

        def forward(self, parts):
            a, b = parts.values() if isinstance(parts, dict) else parts
            return self.dense(a) + b

    for x in ([X, Y], {"a": X, "b": Y}):
        model = Sum()
        model.compile("sgd", "mse")
        model.fit(x, Y, verbose=0, batch_size=8)
        assert model.predict(x, verbose=0).shape == (20, 1)
        assert model.predict_on_batch(x).shape == (20, 1)


def test_layers_are_found_in_lists_and_by_name():
    class Stack(Model):
        def __init__(self):
            super().__init__()
            self.blocks = [Dense(2, name="one"), Dense(1, name="two")]

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return x

    model = Stack()
    model(X)
    assert [layer.name for layer in model.layers] == ["one", "two"]
    assert model.get_layer("two") is model.get_layer(index=1) is model.blocks[1]
    with pytest.raises(ValueError, match="has no layer 'tow'; did you mean 'two'"):
        model.get_layer("tow")
    with pytest.raises(ValueError, match="has 2 layers, no index 2"):
        model.get_layer(index=2)
    with pytest.raises(ValueError, match="either a name or an index"):
        model.get_layer()


def test_a_custom_step_can_do_without_forward():
    class Autoencoder(Model):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = Sequential([Dense(2)]), Sequential([Dense(4)])
            self.tracker = metrics.Mean(name="reconstruction")

        @property
        def metrics(self):
            return [self.tracker]

        def train_step(self, data):
            with GradientTape() as tape:
                loss = np.mean((data - self.decoder(self.encoder(data))) ** 2)
            weights = self.trainable_weights
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
            self.tracker.update_state(loss)
            return {"reconstruction": self.tracker.result()}

    model = Autoencoder()
    model.compile(Adam(0.01))
    losses = model.fit(X, epochs=20, verbose=0).history["reconstruction"]
    assert losses[-1] < losses[0]


# Input that is integers alone.

TABLE = RNG.standard_normal((5, 3)).astype("float32")
ROWS = np.array([1, 2, 4])


class LooksUp(Model):
    """Indexes with its input, which floats cannot do."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = Dense(2)

    def call(self, i):
        return self.dense(ops.take(TABLE, i, axis=0))


class Outer(Model):
    def __init__(self):
        super().__init__()
        self.inner, self.dense = LooksUp(), Dense(1)

    def call(self, i):
        return self.dense(self.inner(i))


@pytest.mark.parametrize("kind", [LooksUp, Outer])
def test_a_model_may_index_with_its_input(kind):
    model = kind()
    y = model(ROWS)
    assert model.built and len(y) == 3
    model = kind()
    model.compile("sgd", "mse")
    before = model.fit(ROWS, y, epochs=5, verbose=0).history["loss"]
    assert before[-1] < before[0]
    np.testing.assert_array_equal(model.predict(ROWS, verbose=0), model(ROWS))


def test_build_finds_out_that_a_model_takes_integers():
    model = LooksUp()
    model.build((None,))
    assert [weight.shape for weight in model.weights] == [(3, 2), (2,)]
    np.testing.assert_allclose(model(ROWS), TABLE[ROWS] @ model.dense.kernel, rtol=1e-5)


def test_a_model_of_integers_comes_back_from_its_file(tmp_path):
    model = LooksUp()
    expected = model(ROWS)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras", custom_objects={"LooksUp": LooksUp})
    np.testing.assert_array_equal(loaded(ROWS), expected)


def test_an_error_of_floats_and_integers_alike_is_that_of_the_floats():
    class Cuts(Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = Dense(2), Dense(2)

        def call(self, x):
            if x.dtype.kind == "i":
                raise KeyError("another one")
            return self.second(self.first(x)[:, :, 0])

    model = Cuts()
    with pytest.raises(IndexError, match="too many indices"):
        model(X)
    assert not model.built and not model.weights
    assert model(np.ones((2, 3, 4))).shape == (2, 2)  # nothing was made for the wrong shape


# Steps of one's own.


class KerasStep(Plain):
    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


def trained(kind, **fit):
    set_random_seed(1)
    model = kind()
    model.build((None, 4))  # else a step of one's own makes the weights after data are shuffled
    model.compile(Adam(0.05), "mse", metrics=["mae"])
    history = model.fit(X, Y, epochs=3, batch_size=5, verbose=0, **fit)
    return model, history.history


def test_a_train_step_in_keras_style_trains_as_the_default_one():
    model, history = trained(KerasStep)
    expected_model, expected = trained(Plain)
    for a, b in zip(model.get_weights(), expected_model.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert history.keys() == expected.keys()
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)
    np.testing.assert_allclose(history["mae"], expected["mae"], rtol=1e-6)


def test_train_on_batch_runs_the_custom_step():
    model = KerasStep()
    model.compile(SGD(0.1), "mse", metrics=["mae"])
    logs = model.train_on_batch(X, Y, return_dict=True)
    assert list(logs) == ["loss", "mae"]


def test_super_train_step_gives_logs_to_extend():
    class More(Plain):
        def train_step(self, data):
            return {**super().train_step(data), "twice": 2.0}

    _, history = trained(More)
    assert history["twice"] == [2.0] * 3 and list(history) == ["loss", "mae", "twice"]


def test_compute_loss_may_be_replaced():
    class Quartic(Plain):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return np.mean((y - y_pred) ** 4)

    model = Quartic()
    model.compile(SGD(0.001))
    assert model.fit(X, Y, epochs=1, verbose=0).history["loss"][0] > 0.0
    expected = float(np.mean((Y - model.predict(X)) ** 4))
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(expected, rel=1e-6)


def test_compute_loss_of_older_code_has_no_training_argument():
    class Old(Plain):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return 2.0 * super().compute_loss(x, y, y_pred, sample_weight)

    model = Old()
    model.compile(SGD(0.1), "mse")
    model.fit(X, Y, verbose=0)
    expected = 2.0 * float(np.mean((Y - model.predict(X)) ** 2))
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(expected, rel=1e-6)


def test_what_compute_metrics_adds_is_logged():
    class More(Plain):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "rows": float(len(x))}

    model, history = trained(More, validation_data=(X[:7], Y[:7]))
    assert history["rows"] == [5.0] * 3 and history["val_rows"] == [2.0] * 3
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == ["loss", "mae", "rows"]


def test_a_test_step_and_a_predict_step_may_be_replaced():
    class Own(Plain):
        def test_step(self, data):
            return {"seven": 7.0}

        def predict_step(self, data):
            return super().predict_step(data) * 0.0

    model = Own()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0) == 7.0
    assert model.test_on_batch(X, Y) == 7.0
    np.testing.assert_array_equal(model.predict(X), np.zeros((20, 1)))
    np.testing.assert_array_equal(model.predict_on_batch(X), np.zeros((20, 1)))


def test_a_predict_step_sees_a_list_of_inputs_as_one_x():
    class Sum(Model):
        def forward(self, parts):
            return parts[0] + parts[1]

        def predict_step(self, data):
            return super().predict_step(data)

    model = Sum()
    model.build([(None, 4), (None, 4)])
    np.testing.assert_array_equal(model.predict([X, X], verbose=0), 2.0 * X)


# Several outputs.


def test_outputs_in_a_dict_have_losses_weights_and_metrics_by_name():
    model = TwoOutputs()
    model.compile(
        SGD(0.01),
        loss={"a": "mse", "b": "mae"},
        loss_weights={"a": 2.0, "b": 0.5},
        metrics={"a": ["mae"], "b": ["mse"]},
        weighted_metrics={"a": ["mse"]},
    )
    history = model.fit(X, TARGETS, epochs=2, verbose=0, validation_data=(X, TARGETS)).history
    names = {"loss", "a_loss", "b_loss", "a_mae", "a_mse", "b_mse"}
    assert set(history) == names | {f"val_{name}" for name in names}
    logs = model.evaluate(X, TARGETS, verbose=0, return_dict=True)
    y = model.predict(X)
    a, b = (TARGETS[key] - y[key] for key in "ab")
    expected = {
        "loss": 2.0 * np.mean(a**2) + 0.5 * np.mean(np.abs(b)),
        "a_loss": np.mean(a**2),
        "b_loss": np.mean(np.abs(b)),
        "a_mae": np.mean(np.abs(a)),
        "a_mse": np.mean(a**2),
        "b_mse": np.mean(b**2),
    }
    assert logs == {name: pytest.approx(float(value), rel=1e-5) for name, value in expected.items()}
    assert model.evaluate(X, TARGETS, verbose=0) == [logs[name] for name in model.metrics_names]
    assert model.metrics_names[0] == "loss"


def test_outputs_in_a_list_take_lists():
    model = ListOfOutputs()
    model.compile(SGD(0.01), loss=["mse", "mae"], metrics=[["mae"], ["mse"]], loss_weights=[1, 3])
    y = [TARGETS["a"], TARGETS["b"]]
    model.fit(X, y, verbose=0, sample_weight=np.ones(20), batch_size=8)
    logs = model.evaluate(X, y, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "output_0_loss", "output_1_loss", "output_0_mae", "output_1_mse"]
    assert logs["loss"] == pytest.approx(logs["output_0_loss"] + 3.0 * logs["output_1_loss"])
    predicted = model.predict(X, batch_size=7, verbose=0)
    assert [part.shape for part in predicted] == [(20, 2), (20, 3)]


def test_one_loss_serves_every_output():
    model = TwoOutputs()
    model.compile("sgd", "mse")
    logs = model.train_on_batch(X, TARGETS, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["a_loss"] + logs["b_loss"], rel=1e-6)


def test_an_output_without_loss_is_not_trained():
    model = TwoOutputs()
    model.compile(SGD(0.1), loss={"a": "mse"})
    model(X)
    before = model.b.get_weights()
    model.fit(X, {"a": TARGETS["a"]}, verbose=0)
    for old, new in zip(before, model.b.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (TARGETS["a"], r"has 2 outputs \(b, a\), got one array as y; give one array per output"),
        ([TARGETS["a"]], r"has 2 outputs \(b, a\), got 1 arrays as y"),
        ({"a": TARGETS["a"], "c": TARGETS["b"]}, "y has the key 'c', but the model has no output"),
        ({"a": TARGETS["a"]}, "needs targets, got y=None"),
        ({"a": TARGETS["b"], "b": TARGETS["b"]}, r"expected y_true of shape \(20, 2\)"),
    ],
)
def test_targets_that_do_not_fit_the_outputs_change_nothing(y, message):
    model = TwoOutputs()
    model.compile("sgd", "mse")
    model(X)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, verbose=0)
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_one_output_takes_one_y():
    model = Plain()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="the model has one output, got y with 2 parts"):
        model.fit(X, [Y, Y], verbose=0)


# Losses that layers add.


def test_the_loss_is_that_of_the_outputs_plus_those_of_the_layers():
    model = Sequential(
        [
            Dense(3, kernel_regularizer="l2", activity_regularizer="l2"),
            AddsLoss(),
            Dense(1, bias_regularizer="l1", bias_initializer="ones"),
        ]
    )
    model.compile(SGD(0.0), "mse")
    loss = model.fit(X, Y, batch_size=20, verbose=0).history["loss"][0]
    h = model.layers[0](X)
    expected = (
        np.mean((Y - model.predict(X)) ** 2)
        + 0.01 * np.sum(model.layers[0].kernel.numpy() ** 2)
        + 0.01 * np.sum(h**2) / 20
        + 0.1 * np.mean(h**2)
        + 0.01
    )
    assert loss == pytest.approx(float(expected), rel=1e-5)
    assert model.evaluate(X, Y, batch_size=20, verbose=0) == pytest.approx(loss, rel=1e-5)
    assert model.train_on_batch(X, Y) == pytest.approx(loss, rel=1e-5)


def test_a_model_can_train_on_added_losses_alone():
    class Shrinks(Plain):
        def call(self, inputs):
            y = self.dense(inputs)
            self.add_loss(np.mean(y**2))
            return y

    model = Shrinks()
    model.compile(SGD(0.1))
    losses = model.fit(X, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_a_loss_added_in_training_only_counts_in_training():
    class Noisy(Layer):
        def forward(self, x, training=False):
            if training:
                self.add_loss(5.0)
            return x

    model = Sequential([Dense(1, kernel_initializer="zeros"), Noisy()])
    model.compile(SGD(0.0), MeanSquaredError())
    zeros = np.zeros((20, 1))
    assert model.fit(X, zeros, verbose=0, batch_size=10).history["loss"] == [5.0]
    assert model.evaluate(X, zeros, verbose=0) == 0.0


def test_without_any_loss_there_is_nothing_to_train_with():
    model = Plain()
    model.compile("sgd")
    with pytest.raises(ValueError, match="there is no loss to train with; compile"):
        model.fit(X, Y, verbose=0)


# Frozen layers.


def test_frozen_layers_stay_and_learn_once_released():
    model = Sequential([Dense(3, name="body"), Dense(1, name="head")])
    model.compile(Adam(0.05), "mse")
    model.fit(X, Y, verbose=0)
    body = model.get_layer("body")
    body.trainable = False
    before, head = body.get_weights(), model.get_layer("head").get_weights()
    model.fit(X, Y, verbose=0, epochs=2)
    for old, new in zip(before, body.get_weights()):
        np.testing.assert_array_equal(old, new)
    assert (head[0] != model.get_layer("head").get_weights()[0]).any()
    body.trainable = True
    model.fit(X, Y, verbose=0)
    assert (before[0] != body.get_weights()[0]).any()


def test_released_layers_have_a_gradient_before_the_next_fit():
    model = Sequential([Dense(3), Dense(1)])
    model.compile("sgd", "mse")
    model.layers[0].trainable = False
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = True
    with GradientTape() as tape:
        loss = np.mean(model(X) ** 2)
    assert all(gradient is not None for gradient in tape.gradient(loss, model.trainable_variables))


def test_a_wholly_frozen_model_keeps_its_weights():
    model = Sequential([Dense(1)])
    model(X)
    model.trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_models_may_share_a_layer_and_train_in_turn():
    shared = Dense(3)
    one, two = Sequential([shared, Dense(1)]), Sequential([shared, Dense(2)])
    one.compile(Adam(0.01), "mse")
    two.compile(Adam(0.01), "mse")
    one.fit(X, Y, verbose=0)
    for model, y in ((two, TARGETS["a"]), (one, Y), (two, TARGETS["a"])):
        before = shared.kernel.numpy()
        model.train_on_batch(X, y)
        assert (shared.kernel.numpy() != before).any()
    np.testing.assert_array_equal(one.layers[0].kernel.value, two.layers[0].kernel.value)


# Copies.


def ready():
    set_random_seed(0)
    model = Sequential(
        [Dense(4, "tanh", kernel_regularizer="l2"), AddsLoss(), Dropout(0.3), Dense(1)]
    )
    model.compile(Adam(0.01, use_ema=True, clipnorm=1.0), "mse", metrics=["mae"])
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    return model


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_of_a_trained_model_goes_on_as_the_original(copy_of):
    model = ready()
    twin = copy_of(model)
    results = []
    for each in (model, twin):
        set_random_seed(5)
        history = each.fit(X, Y, epochs=3, batch_size=8, verbose=0).history
        results.append((history["loss"][-3:], each.get_weights(), each.optimizer.iterations))
    (loss, weights, count), (twin_loss, twin_weights, twin_count) = results
    assert loss == twin_loss and count == twin_count
    for a, b in zip(weights, twin_weights):
        np.testing.assert_array_equal(a, b)


def test_a_copy_shares_nothing_with_the_original():
    model = ready()
    before = model.get_weights()
    copy.deepcopy(model).fit(X, Y, verbose=0)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_pickle_does_not_hold_the_training_data():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((5000, 4), "float32")
    model.fit(x, x[:, :1], batch_size=1000, verbose=0)
    assert len(pickle.dumps(model)) < 10_000


def test_copies_of_unbuilt_and_uncompiled_models_work():
    for model in (Plain(), Sequential([Dense(1)])):
        twin = copy.deepcopy(model)
        twin.compile("sgd", "mse")
        twin.fit(X, Y, verbose=0)
        assert not model.built and model.optimizer is None


# Threads and processes.


def test_threads_predict_side_by_side():
    model = Sequential(
        [Input((4,)), Dense(16, "relu"), Dropout(0.5), AddsLoss(), Dense(2, "softmax")]
    )
    batches = [RNG.standard_normal((n, 4)).astype("float32") for n in (1, 3, 50, 300) * 5]
    expected = [model.predict(x, verbose=0) for x in batches]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda x: model.predict(x, verbose=0), batches))
    for a, b in zip(got, expected):
        np.testing.assert_array_equal(a, b)


def test_a_thread_predicts_while_another_records():
    model = Sequential([Input((4,)), Dense(2)])
    with GradientTape() as tape, ThreadPoolExecutor(1) as pool:
        loss = np.sum(model(X, training=True))
        other = pool.submit(model, X).result()
    assert type(other) is np.ndarray
    assert tape.gradient(loss, model.trainable_variables)[1].tolist() == [20.0, 20.0]


FORK = """
import os
import numpy as np
from minikeras import Input, Sequential
from minikeras.layers import Dense

model = Sequential([Input((64,)), Dense(256, "relu"), Dense(2)])
x = np.random.default_rng(0).standard_normal((600, 64)).astype("float32")
expected = model.predict(x, verbose=0)
child = os.fork()
if child == 0:
    same = np.array_equal(model.predict(x, verbose=0), expected)
    os._exit(0 if same else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_predict_works_after_fork(root):
    # In a process of its own: other tests may have loaded libraries that cannot be forked.
    run = subprocess.run(
        [sys.executable, "-c", FORK],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout == "0\n"


# Compiling.


def test_compile_refuses_misspelt_names_at_once():
    model = Plain()
    with pytest.raises(ValueError, match="unknown optimizer 'adm'; did you mean 'adam'"):
        model.compile("adm")
    with pytest.raises(ValueError, match="unknown loss 'mean_squared_eror'; did you mean"):
        model.compile("sgd", "mean_squared_eror")
    with pytest.raises(ValueError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        model.compile("sgd", "mse", metrics=["acuracy"])
    with pytest.raises(ValueError, match="unknown metric 'acuracy'"):
        model.compile("sgd", "mse", weighted_metrics={"a": ["acuracy"]})
    with pytest.raises(TypeError, match="got an unknown argument 'metric'; did you mean 'metrics'"):
        model.compile("sgd", "mse", metric=["mae"])
    assert not model.compiled


def test_compile_takes_the_default_of_keras():
    model = Plain()
    model.compile()
    assert type(model.optimizer).__name__ == "RMSprop" and model.compiled


def test_compiling_again_starts_with_a_new_optimizer_and_metrics():
    model = Plain()
    model.compile(Adam(0.1), "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    model.compile(SGD(0.1), "mae", metrics=["mse"])
    assert model.optimizer.iterations == 0
    assert list(model.fit(X, Y, verbose=0).history) == ["loss", "mse"]


def test_metrics_of_the_model_and_its_layers_are_found_and_reset():
    class Counts(Layer):
        def __init__(self):
            super().__init__()
            self.seen = metrics.Sum(name="seen")

        def forward(self, x, training=False):
            if training:
                self.seen.update_state(np.ones(len(x)))
            return x

    model = Sequential([Counts(), Dense(1)])
    model.compile("sgd", "mse")
    assert model.fit(X, Y, epochs=2, batch_size=6, verbose=0).history["seen"] == [20.0, 20.0]
