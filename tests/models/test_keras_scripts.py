"""Patterns of Keras scripts: what people write with models, beyond what the examples show."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers, ops

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4)).astype("float32")


def image(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype("float32")


# Graphs.


def residual_unit(x, filters, strides=1):
    shortcut = x
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    if strides != 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides)(shortcut)
    return layers.ReLU()(layers.add([x, shortcut]))


def test_a_residual_convnet_is_built_by_functions_and_trains():
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    x = residual_unit(x, 4)
    x = residual_unit(x, 8, strides=2)
    outputs = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = image(16, 8, 8, 3), np.arange(16) % 2
    history = model.fit(x, y, epochs=8, batch_size=8, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert [t.shape for t in model.outputs] == [(None, 2)]


def test_a_shared_encoder_learns_from_both_of_its_inputs():
    encoder = keras.Sequential([layers.Dense(3, use_bias=False, name="shared")], name="encoder")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    score = layers.Dot(axes=1)([encoder(a), encoder(b)])
    model = keras.Model([a, b], score)
    assert len(model.trainable_weights) == 1
    kernel = model.trainable_weights[0]
    with keras.GradientTape() as tape:
        loss = ops.sum(model([X, X[::-1]]))
    left, right = X @ kernel.numpy(), X[::-1] @ kernel.numpy()
    np.testing.assert_allclose(
        tape.gradient(loss, kernel), X.T @ right + X[::-1].T @ left, rtol=1e-4, atol=1e-4
    )


def test_a_layer_called_twice_has_one_output_per_call():
    x = keras.Input((4,))
    dense = layers.Dense(4, activation="tanh")
    twice = keras.Model(x, dense(dense(x)))
    once = twice.get_layer("dense")
    np.testing.assert_allclose(twice(X), once(once(X)))


def test_nested_models_give_their_layers_by_name_and_their_features():
    backbone = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="low"),
            layers.Conv2D(6, 3, activation="relu", name="high"),
        ],
        name="backbone",
    )
    inputs = keras.Input((8, 8, 1))
    head = layers.Dense(2, name="head")(layers.Flatten()(backbone(inputs)))
    model = keras.Model(inputs, head)
    assert model.get_layer("backbone") is backbone
    assert model.get_layer(index=-1).name == "head"
    inner = model.get_layer("backbone").get_layer("low")
    features = keras.Model(backbone.inputs, [inner.output, backbone.output])
    low, high = features.predict(image(2, 8, 8, 1), verbose=0)
    assert low.shape == (2, 6, 6, 4)
    assert high.shape == (2, 4, 4, 6)
    np.testing.assert_array_equal(high, backbone(image(2, 8, 8, 1)))


def test_all_intermediate_outputs_come_in_a_dictionary():
    inputs = keras.Input((4,))
    x = layers.Dense(3, name="one")(inputs)
    x = layers.Dense(2, name="two")(x)
    model = keras.Model(inputs, x)
    outputs = {layer.name: layer.output for layer in model.layers}
    everything = keras.Model(model.inputs, outputs)(X)
    assert {name: value.shape[1] for name, value in everything.items()} == {
        "input_layer": 4,
        "one": 3,
        "two": 2,
    }


def test_a_missing_layer_is_answered_with_those_there_are():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="head")])
    with pytest.raises(ValueError, match="haed.*head"):
        model.get_layer("haed")
    with pytest.raises(ValueError, match="5"):
        model.get_layer(index=5)


def test_keras_ops_and_lambda_layers_are_nodes():
    inputs = keras.Input((6, 4))
    x = ops.transpose(inputs, (0, 2, 1))
    x = ops.concatenate([x, ops.ones_like(x)], axis=1)
    x = layers.Lambda(lambda t: 2.0 * t)(x)
    x = ops.reshape(x, (-1, 48))
    model = keras.Model(inputs, ops.expand_dims(ops.max(x, axis=1), -1))
    value = image(3, 6, 4)
    expected = np.maximum(2 * value.max(axis=(1, 2)), 2.0)
    np.testing.assert_allclose(model(value)[:, 0], expected, rtol=1e-6)


def test_a_model_may_take_inputs_in_a_nested_structure():
    a, b, c = keras.Input((2,)), keras.Input((2,)), keras.Input((2,))
    model = keras.Model({"pair": (a, b), "one": c}, a + b - c)
    ones = np.ones((3, 2))
    np.testing.assert_array_equal(model({"pair": (ones, ones), "one": ones}), ones)


def test_a_clone_of_a_model_with_a_shared_layer_shares_it_too():
    dense = layers.Dense(4)
    x = keras.Input((4,))
    model = keras.Model(x, dense(layers.ReLU()(dense(x))))
    clone = keras.models.clone_model(model)
    assert len(clone.weights) == 2
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(X), model(X))


# Masks.


def test_padding_counts_neither_in_the_recurrent_layer_nor_in_the_loss():
    tokens = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0]])
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(5, 3, mask_zero=True)(inputs)
    x = layers.LSTM(4, return_sequences=True)(x)
    model = keras.Model(inputs, layers.TimeDistributed(layers.Dense(1))(x))
    model.compile("sgd", "mse")
    y = RNG.standard_normal((2, 5, 1)).astype("float32")
    given = model(tokens)
    loss = model.evaluate(tokens, y, verbose=0)
    errors = ((given - y) ** 2)[..., 0]
    kept = tokens != 0
    np.testing.assert_allclose(loss, errors[kept].mean(), rtol=1e-5)
    y[~kept] = 1e3  # what stands there is of no interest
    np.testing.assert_allclose(model.evaluate(tokens, y, verbose=0), loss, rtol=1e-5)


def test_attention_passes_the_mask_on_to_the_loss():
    tokens = np.array([[1, 2, 0, 0], [3, 1, 2, 0]])
    inputs = keras.Input((4,), dtype="int32")
    x = layers.Embedding(4, 6, mask_zero=True)(inputs)
    x = layers.LayerNormalization()(layers.add([x, layers.MultiHeadAttention(2, 3)(x, x)]))
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(x))
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = np.array([[1, 2, 3, 0], [3, 0, 1, 1]])
    other = np.where(tokens == 0, (y + 1) % 4, y)
    loss = model.evaluate(tokens, y, verbose=0)
    assert model.evaluate(tokens, other, verbose=0) == loss
    assert model.evaluate(tokens, (y + 1) % 4, verbose=0) != loss


def test_a_masked_average_leaves_padding_out():
    inputs = keras.Input((None,), dtype="int32")
    embedded = layers.Embedding(4, 3, mask_zero=True)(inputs)
    model = keras.Model(inputs, layers.GlobalAveragePooling1D()(embedded))
    short, long = np.array([[1, 2]]), np.array([[1, 2, 0, 0]])
    np.testing.assert_allclose(model(short), model(long), rtol=1e-6)


def test_a_layer_may_compute_its_mask_with_keras_ops():
    class Positive(layers.Layer):
        def compute_mask(self, inputs, mask=None):
            return ops.any(ops.greater(inputs, 0.0), axis=-1)

        def call(self, inputs):
            return inputs

    inputs = keras.Input((3, 2))
    model = keras.Model(inputs, layers.GRU(2)(Positive()(inputs)))
    kept = np.array([[[1.0, 1.0], [2.0, 1.0], [-1.0, -1.0]]], "float32")
    other = kept.copy()
    other[0, 2] = -7.0
    np.testing.assert_array_equal(model(kept), model(other))


# Freezing.


def test_freezing_a_model_freezes_everything_inside_and_can_be_undone_layer_by_layer():
    base = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(3)]
    )
    model = keras.Sequential([base, layers.Dense(1)])
    assert len(model.trainable_weights) == 8
    base.trainable = False
    assert not any(layer.trainable for layer in base.layers)
    assert len(model.trainable_weights) == 2
    assert len(model.non_trainable_weights) == 8
    base.trainable = True
    for layer in base.layers[:-1]:
        layer.trainable = False
    assert len(model.trainable_weights) == 4


def test_frozen_batch_normalization_runs_in_inference_mode():
    model = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(), layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.layers[0].get_weights()]
    model.fit(5.0 + X, X[:, :1], verbose=0)
    for old, new in zip(before, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_allclose(model.layers[0](X, training=True), X / np.sqrt(1 + 1e-3), rtol=1e-5)


def test_weights_are_carried_from_one_model_to_another():
    def make(head):
        return keras.Sequential(
            [keras.Input((4,)), layers.Dense(3, name="body"), layers.Dense(head, name="head")]
        )

    source, target = make(5), make(2)
    target.get_layer("body").set_weights(source.get_layer("body").get_weights())
    np.testing.assert_array_equal(source.layers[0](X), target.layers[0](X))


# Metrics and losses of a layer's own.


def test_metrics_in_attributes_are_logged_and_start_anew_each_epoch():
    class Watched(layers.Layer):
        def __init__(self):
            super().__init__()
            self.size = keras.metrics.Mean(name="size")

        def call(self, inputs):
            self.size.update_state(ops.mean(ops.abs(inputs)))
            return inputs

    model = keras.Sequential([Watched(), layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, X[:, :1], batch_size=4, epochs=2, verbose=0).history
    np.testing.assert_allclose(history["size"], np.abs(X).mean(), rtol=1e-5)


def test_an_endpoint_layer_computes_loss_and_metric_from_targets_among_the_inputs():
    class Endpoint(layers.Layer):
        def __init__(self, name=None):
            super().__init__(name=name)
            self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
            self.accuracy = keras.metrics.BinaryAccuracy(name="accuracy")

        def call(self, targets, logits, sample_weight=None):
            self.add_loss(self.loss_fn(targets, logits, sample_weight))
            self.accuracy.update_state(targets, ops.sigmoid(logits), sample_weight)
            return ops.sigmoid(logits)

    inputs, targets = keras.Input((4,), name="inputs"), keras.Input((1,), name="targets")
    logits = layers.Dense(1)(inputs)
    model = keras.Model([inputs, targets], Endpoint()(targets, logits))
    model.compile("adam")
    data = {"inputs": X, "targets": (X[:, :1] > 0).astype("float32")}
    history = model.fit(data, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert 0.0 <= history["accuracy"][-1] <= 1.0


def test_a_metric_of_ones_own_uses_variables():
    class CountPositive(keras.metrics.Metric):
        def __init__(self, name="positive", **kwargs):
            super().__init__(name=name, **kwargs)
            self.count = self.add_variable(shape=(), initializer="zeros", name="count")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.count.assign_add(ops.sum(ops.cast(ops.greater(y_pred, 0.0), "float32")))

        def result(self):
            return self.count

        def reset_state(self):
            self.count.assign(0.0)

    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[CountPositive()])
    logs = model.evaluate(X, X[:, :1], batch_size=4, verbose=0, return_dict=True)
    assert logs["positive"] == (model(X) > 0).sum()


def test_losses_of_ones_own_are_functions_or_classes():
    def tilted(y_true, y_pred):
        error = y_true - y_pred
        return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)

    class Tilted(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return tilted(y_true, y_pred)

    found = []
    for loss in (tilted, Tilted()):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
        model.compile("sgd", loss)
        found.append(model.fit(X, X[:, :1], epochs=3, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    assert found[0][-1] < found[0][0]


# Two optimizers.


class TwoSteps(keras.Model):
    """A generator and a discriminator of one number."""

    def __init__(self):
        super().__init__()
        self.generator = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
        self.discriminator = keras.Sequential(
            [keras.Input((1,)), layers.Dense(8, activation="tanh"), layers.Dense(1)]
        )
        self.d_tracker = keras.metrics.Mean(name="d_loss")
        self.g_tracker = keras.metrics.Mean(name="g_loss")
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

    def compile(self, d_optimizer, g_optimizer):
        super().compile()
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

    @property
    def metrics(self):
        return [self.d_tracker, self.g_tracker]

    def train_step(self, data):
        real = data
        noise = keras.random.normal((len(real), 2))
        ones, zeros = ops.ones((len(real), 1)), ops.zeros((len(real), 1))
        with keras.GradientTape() as d_tape, keras.GradientTape() as g_tape:
            made = self.generator(noise, training=True)
            d_made = self.discriminator(made, training=True)
            d_real = self.discriminator(real, training=True)
            d_loss = self.loss_fn(ones, d_real) + self.loss_fn(zeros, d_made)
            g_loss = self.loss_fn(ones, d_made)
        d_weights = self.discriminator.trainable_variables
        g_weights = self.generator.trainable_variables
        d_gradients = d_tape.gradient(d_loss, d_weights)
        g_gradients = g_tape.gradient(g_loss, g_weights)
        self.d_optimizer.apply_gradients(zip(d_gradients, d_weights))
        self.g_optimizer.apply_gradients(zip(g_gradients, g_weights))
        self.d_tracker.update_state(d_loss)
        self.g_tracker.update_state(g_loss)
        return {m.name: m.result() for m in self.metrics}


def test_two_tapes_and_two_optimizers_train_two_models_side_by_side():
    keras.utils.set_random_seed(0)
    model = TwoSteps()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01))
    real = 3.0 + np.random.default_rng(0).standard_normal((256, 1)).astype("float32")
    history = model.fit(real, batch_size=32, epochs=30, verbose=0).history
    assert set(history) == {"d_loss", "g_loss"}
    made = model.generator(np.random.default_rng(1).standard_normal((500, 2)))
    assert abs(float(made.mean()) - 3.0) < 1.0
    assert int(model.d_optimizer.iterations) == int(model.g_optimizer.iterations) == 240


def test_a_variational_model_may_use_compute_loss_in_place_of_a_step_of_its_own():
    class Sampling(layers.Layer):
        def call(self, inputs):
            mean, log_variance = inputs
            noise = keras.random.normal(ops.shape(mean))
            self.add_loss(
                -0.05 * ops.mean(1 + log_variance - ops.square(mean) - ops.exp(log_variance))
            )
            return mean + ops.exp(0.5 * log_variance) * noise

    inputs = keras.Input((4,))
    code = Sampling()([layers.Dense(2)(inputs), layers.Dense(2)(inputs)])
    model = keras.Model(inputs, layers.Dense(4)(code))
    model.compile(keras.optimizers.Adam(0.02), "mse")
    history = model.fit(X, X, epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


# Recurrent layers and wrappers of one's own.


class Accumulator(layers.Layer):
    """Adds up what it sees, with two states of different sizes."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, 1]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

    def call(self, inputs, states):
        total, steps = states
        total = total + ops.matmul(inputs, self.kernel)
        return total / (steps + 1.0), [total, steps + 1.0]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.units)), ops.zeros((batch_size, 1))]


def test_a_cell_of_ones_own_runs_in_rnn_both_ways_and_in_stacks():
    series = image(2, 5, 3)
    inputs = keras.Input((None, 3))
    rnn = layers.RNN(Accumulator(4), return_sequences=True, return_state=True)
    outputs, total, steps = rnn(inputs)
    model = keras.Model(inputs, [outputs, total, steps])
    y, total, steps = model(series)
    expected = np.cumsum(series @ rnn.cell.kernel.numpy(), axis=1)
    np.testing.assert_allclose(total, expected[:, -1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(y, expected / np.arange(1, 6)[:, None], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(steps, np.full((2, 1), 5.0))
    stacked = layers.RNN([Accumulator(4), layers.GRUCell(3), Accumulator(2)])
    assert stacked(series).shape == (2, 2)
    assert layers.Bidirectional(layers.RNN(Accumulator(4)))(series).shape == (2, 8)


def test_a_cell_of_ones_own_survives_configuration():
    rnn = layers.RNN(Accumulator(4), return_sequences=True)
    with keras.utils.custom_object_scope({"Accumulator": Accumulator}):
        again = layers.RNN.from_config(rnn.get_config())
    assert isinstance(again.cell, Accumulator)
    assert again.cell.units == 4


def test_a_wrapper_of_ones_own_changes_how_a_layer_is_applied():
    class Ensemble(layers.Wrapper):
        def __init__(self, layer, samples, **kwargs):
            super().__init__(layer, **kwargs)
            self.samples = samples

        def call(self, inputs):
            runs = [self.layer(inputs, training=True) for _ in range(self.samples)]
            return ops.mean(ops.stack(runs), axis=0)

        def get_config(self):
            return {**super().get_config(), "samples": self.samples}

    model = keras.Sequential([keras.Input((1000,)), Ensemble(layers.Dropout(0.5, seed=1), 64)])
    y = model(np.ones((1, 1000), "float32"))
    assert abs(float(y.mean()) - 1.0) < 0.02
    assert 0.05 < float(y.std()) < 0.2
    again = Ensemble.from_config(model.layers[0].get_config())
    assert again.samples == 64
    assert again.layer.rate == 0.5


# Mistakes, as they come up in scripts.


def two_inputs():
    title, body = keras.Input((3,), name="title"), keras.Input((4,), name="body")
    return keras.Model([title, body], layers.Dense(1)(layers.concatenate([title, body])))


def test_a_graph_that_lacks_an_input_is_disconnected():
    title, body = keras.Input((3,), name="title"), keras.Input((4,), name="body")
    both = layers.concatenate([title, body])
    with pytest.raises(ValueError, match="disconnected.*'body'.*add it to the model's inputs"):
        keras.Model(title, layers.Dense(1)(both))


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_a_misspelt_key_of_the_inputs_is_named(method):
    model = two_inputs()
    model.compile("sgd", "mse")
    data = {"titel": X[:, :3], "body": X}
    with pytest.raises(ValueError, match="'title'.*missing.*did you mean 'titel'"):
        getattr(model, method)(data, X[:, :1], verbose=0)


def test_a_misspelt_key_of_the_targets_is_named():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {"price": layers.Dense(1)(inputs), "kind": layers.Dense(1)(inputs)})
    model.compile("sgd", {"price": "mse", "kind": "mse"})
    with pytest.raises(ValueError, match="prize.*price"):
        model.fit(X, {"prize": X[:, :1], "kind": X[:, :1]}, verbose=0)
    model.compile("sgd", {"prize": "mse", "kind": "mse"})
    with pytest.raises(ValueError, match="prize.*price"):
        model.fit(X, {"price": X[:, :1], "kind": X[:, :1]}, verbose=0)


@pytest.mark.parametrize("cls", ["Add", "Multiply", "Average", "Maximum", "Concatenate"])
def test_a_merge_wants_a_list_of_inputs(cls):
    with pytest.raises(ValueError, match=rf"{cls} '\w+' expected .*list"):
        getattr(layers, cls)()(keras.Input((3,)))


@pytest.mark.parametrize("cls", ["Subtract", "Dot"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_merge_of_two_takes_two(cls, count):
    layer = layers.Dot(axes=1) if cls == "Dot" else layers.Subtract()
    with pytest.raises(ValueError, match=rf"{cls} '\w+' expected .*(two|2).*{count}"):
        layer([keras.Input((3,)) for _ in range(count)])


def test_shapes_that_do_not_merge_are_named():
    with pytest.raises(ValueError, match=r"Add '\w+'.*\(None, 3\).*\(None, 4\)"):
        layers.Add()([keras.Input((3,)), keras.Input((4,))])


@pytest.mark.parametrize(("token", "got"), [(10, "10"), (-1, "-1")])
def test_a_token_outside_the_vocabulary_is_named_in_training(token, got):
    model = keras.Sequential([layers.Embedding(10, 2), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    tokens = np.array([[1, 2], [3, token]])
    with pytest.raises(ValueError, match=rf"Embedding 'embedding'.*\[0, 10\).*{got}"):
        model.fit(tokens, np.zeros((2, 1)), verbose=0)


def test_heads_that_do_not_divide_are_named():
    with pytest.raises(
        ValueError, match="num_key_value_heads to divide num_query_heads, got 6 .* 4"
    ):
        layers.GroupQueryAttention(head_dim=4, num_query_heads=6, num_key_value_heads=4)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: layers.Conv1D(2, 7), (5, 3)),
        (lambda: layers.Conv2D(2, 5), (4, 8, 1)),
        (lambda: layers.DepthwiseConv2D(5), (8, 4, 1)),
        (lambda: layers.SeparableConv1D(2, 7), (5, 3)),
        (lambda: layers.MaxPooling2D(5), (4, 8, 1)),
        (lambda: layers.AveragePooling1D(6), (5, 3)),
    ],
)
def test_a_kernel_larger_than_the_input_is_named(layer, shape):
    made = layer()
    with pytest.raises(ValueError, match=rf"{type(made).__name__} '\w+' .*padding='same'"):
        keras.Sequential([keras.Input(shape), made])


@pytest.mark.parametrize(
    "layer",
    [
        lambda **two: layers.Conv1D(2, 3, **two),
        lambda **two: layers.Conv2D(2, 3, **two),
        lambda **two: layers.Conv2DTranspose(2, 3, **two),
    ],
)
def test_stride_and_dilation_together_are_refused(layer):
    with pytest.raises(ValueError, match="strides.*2.*dilation_rate.*2"):
        layer(strides=2, dilation_rate=2)


def test_an_error_deep_inside_names_every_layer_on_the_way():
    class Inner(layers.Layer):
        def call(self, inputs):
            return ops.matmul(inputs, np.ones((7, 7), "float32"))

    class Outer(keras.Model):
        def __init__(self):
            super().__init__(name="whole")
            self.inner = Inner(name="part")

        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises(ValueError) as caught:  # noqa: PT011  (NumPy's message, our notes)
        Outer()(X)
    notes = "\n".join(caught.value.__notes__)
    assert "Inner 'part'" in notes
    assert "Outer 'whole'" in notes
