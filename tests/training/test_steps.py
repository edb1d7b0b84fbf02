"""One batch: non-finite losses, weights out of reach, step functions."""

import warnings

import numpy as np
import pytest

from minikeras import GradientTape, Input, Model, Sequential, activations
from minikeras.callbacks import LambdaCallback
from minikeras.layers import Activation, Dense
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
