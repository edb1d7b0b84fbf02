"""Functional models: graphs of layers and NumPy functions between inputs and outputs."""

import copy
import pickle

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, layers, optimizers
from minikeras.models import Functional, clone_model

RNG = np.random.default_rng(0)
X = RNG.standard_normal((6, 4)).astype("float32")


def residual():
    x = Input((4,), name="x")
    y = layers.Dense(4, activation="tanh", name="inner")(x)
    return Model(x, layers.Dense(2, name="outer")(x + y), name="residual")


def two_ends():
    a, b = Input((4,), name="a"), Input((3,), name="b")
    shared = layers.Dense(5, name="shared")
    joined = np.concatenate([shared(a), layers.Dense(5, name="other")(b)], axis=1)
    first = layers.Dense(1, name="first")(joined)
    second = layers.Dense(3, activation="softmax", name="second")(joined)
    return Model([a, b], [first, second])


def test_the_graph_computes_what_its_layers_compute():
    model = residual()
    inner, outer = model.get_layer("inner"), model.get_layer("outer")
    np.testing.assert_array_equal(model(X), outer(X + inner(X)))
    assert isinstance(model, Functional)
    assert model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)


def test_layers_hold_the_input_and_leave_functions_out():
    model = residual()
    assert [layer.name for layer in model.layers] == ["x", "inner", "outer"]
    assert [w.path for w in model.weights] == [
        "inner/kernel", "inner/bias", "outer/kernel", "outer/bias",
    ]  # fmt: skip


def test_a_graph_without_branches_trains_as_a_sequential_of_its_layers(rng):
    x, y = rng.random((12, 8, 8, 1), "float32"), rng.integers(0, 3, 12)
    members = lambda: [  # noqa: E731
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.25, seed=1),
        layers.Dense(3, activation="softmax"),
    ]
    sequential = Sequential([Input((8, 8, 1)), *members()])
    start = end = Input((8, 8, 1))
    for layer in members():
        end = layer(end)
    functional = Model(start, end)
    functional.set_weights(sequential.get_weights())
    for model in (sequential, functional):
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(functional.get_weights(), sequential.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_layer_called_twice_in_a_row_learns_from_both_calls(rng):
    x = rng.random((4, 3), "float32")
    twice = layers.Dense(3, use_bias=False)
    start = Input((3,))
    model = Model(start, twice(twice(start)))
    model.compile(optimizers.SGD(1.0), "mse")
    w = model.get_weights()[0].astype(float)
    difference = 2.0 / 12 * (x @ w @ w - 1.0)
    model.train_on_batch(x, np.ones((4, 3)))
    gradient = x.T @ difference @ w.T + (x @ w).T @ difference
    np.testing.assert_allclose(model.get_weights()[0], w - gradient, atol=1e-5)


def test_training_lowers_the_loss_of_both_outputs():
    model = two_ends()
    model.compile("adam", {"first": "mse", "second": "sparse_categorical_crossentropy"})
    b = RNG.standard_normal((6, 3))
    y = {"first": X[:, :1], "second": np.arange(6) % 3}
    history = model.fit({"a": X, "b": b}, y, epochs=20, verbose=0).history
    assert {"loss", "first_loss", "second_loss"} <= set(history)
    assert history["loss"][-1] < history["loss"][0]


def test_metrics_and_loss_weights_go_by_the_outputs_names():
    model = two_ends()
    model.compile(
        "sgd",
        loss={"first": "mse", "second": "sparse_categorical_crossentropy"},
        loss_weights={"first": 2.0},
        metrics={"second": ["accuracy"]},
    )
    logs = model.evaluate(
        [X, RNG.standard_normal((6, 3))],
        [X[:, :1], np.zeros(6, int)],
        verbose=0,
        return_dict=True,
    )
    assert "second_accuracy" in logs
    np.testing.assert_allclose(
        logs["loss"], 2 * logs["first_loss"] + logs["second_loss"], rtol=1e-5
    )


def test_inputs_may_be_a_list_or_named():
    model = two_ends()
    b = RNG.standard_normal((6, 3)).astype("float32")
    for one, other in zip(model([X, b]), model({"b": b, "a": X}), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("more", [{"c": X}, {"c": X, "d": X}])
def test_a_dict_with_more_than_the_inputs_is_warned_of(more):
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model({"a": a, "b": b}, layers.Add()([a, b]), name="sum")
    given = {"a": X, "b": X}
    with pytest.warns(UserWarning, match=r"'sum' was made .* \['a', 'b'\]; .* besides: \['c'"):
        y = model.predict({**more, **given}, verbose=0)
    np.testing.assert_array_equal(y, model(given))


def test_a_dict_within_a_dict_with_more_than_the_inputs_is_warned_of():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model({"p": {"a": a}, "b": b}, layers.Add()([a, b]))
    with pytest.warns(UserWarning, match="besides: .'z'."):
        model({"p": {"a": X, "z": X}, "b": X})


def test_inputs_that_were_made_as_a_list_are_picked_from_a_larger_dict():
    model = two_ends()
    given = {"a": X, "b": X[:, :3]}
    for y, expected in zip(model({"more": X, **given}), model(given)):
        np.testing.assert_array_equal(y, expected)


def test_dictionaries_as_inputs_and_outputs():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model({"a": a, "b": b}, {"sum": a + b, "difference": a - b})
    out = model({"a": np.ones((1, 2)), "b": np.full((1, 2), 3.0)})
    assert out["sum"].tolist() == [[4.0, 4.0]]
    assert out["difference"].tolist() == [[-2.0, -2.0]]
    assert model.predict({"a": np.ones((1, 2)), "b": np.ones((1, 2))})["sum"].shape == (1, 2)


def test_a_shared_layer_has_one_set_of_weights():
    a, b = Input((4,)), Input((4,))
    dense = layers.Dense(2)
    model = Model([a, b], dense(a) - dense(b))
    assert len(model.weights) == 2
    np.testing.assert_array_equal(model([X, X]), np.zeros((6, 2)))
    with pytest.raises(AttributeError, match="called 2 times"):
        _ = dense.output


def test_nested_models_are_layers():
    inside = residual()
    x = Input((4,))
    model = Model(x, layers.Dense(1)(inside(inside.layers[1](x))))
    assert "residual" in [layer.name for layer in model.layers]
    assert model(X).shape == (6, 1)
    assert len(model.weights) == 6


def test_numpy_functions_operators_methods_and_indices_are_nodes():
    x = Input((3, 4))
    y = np.sum(x[:, 0] * 2.0, axis=1, keepdims=True) + x.mean(axis=2) - np.exp(-x[..., -1])
    model = Model(x, [y, x.reshape(-1, 12), np.where(x > 0, x, 0.0)])
    assert [t.shape for t in model.outputs] == [(None, 3), (None, 12), (None, 3, 4)]
    value = RNG.standard_normal((2, 3, 4)).astype("float32")
    got = model(value)
    expected = (
        np.sum(value[:, 0] * 2.0, axis=1, keepdims=True)
        + value.mean(axis=2)
        - np.exp(-value[..., -1])
    )
    np.testing.assert_allclose(got[0], expected, rtol=1e-6)
    np.testing.assert_array_equal(got[2], np.maximum(value, 0.0))


def test_a_part_of_a_graph_is_a_model_too():
    model = residual()
    features = Model(model.inputs, model.get_layer("inner").output)
    np.testing.assert_array_equal(features(X), model.get_layer("inner")(X))
    tail = Model(model.get_layer("outer").input, model.output)
    np.testing.assert_array_equal(tail(X), model.get_layer("outer")(X))


def test_the_layers_of_a_sequential_have_outputs_too():
    model = Sequential([Input((4,)), layers.Dense(3, name="low"), layers.Dense(2)])
    low = Model(model.inputs, model.get_layer("low").output)
    np.testing.assert_array_equal(low(X), model.layers[0](X))
    model.pop()
    assert model.output_shape == (None, 3)
    model.add(layers.Dense(7))
    assert model.output_shape == (None, 7)
    assert model.outputs[0] is model.layers[-1].output


def test_a_subclass_may_be_made_of_inputs_and_outputs():
    class Doubled(Model):
        def train_step(self, data):
            logs = super().train_step(data)
            return {"loss": 2 * logs["loss"]}

    x = Input((4,))
    model = Doubled(x, layers.Dense(1)(x))
    assert type(model) is Doubled
    model.compile("sgd", "mse")
    assert model.fit(X, X[:, :1], verbose=0).history["loss"][0] > 0


def test_frozen_layers_are_not_trained():
    model = residual()
    model.get_layer("inner").trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, X[:, :2], verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_training_given_when_the_graph_is_made_stays():
    x = Input((4,))
    always = Model(x, layers.Dropout(0.5, seed=0)(x, training=True))
    never = Model(x, layers.Dropout(0.5)(x, training=False))
    assert (always(np.ones((2, 4))) == 0).any()
    np.testing.assert_array_equal(never(np.ones((2, 4)), training=True), np.ones((2, 4)))


def test_a_missing_axis_of_length_one_is_added():
    x = Input((1,))
    assert Model(x, 2.0 * x)(np.array([1.0, 2.0])).shape == (2, 1)


def test_integers_become_the_declared_kind():
    x = Input((2,), dtype="float32")
    assert Model(x, x / 2.0)(np.array([[1, 2]])).dtype == np.float32
    i = Input((2,), dtype="int32")
    assert Model(i, i // 2)(np.array([[3.0, 2.0]])).tolist() == [[1, 1]]


# Copies.


@pytest.mark.parametrize("make", [residual, two_ends])
def test_a_configuration_makes_an_equal_model(make):
    model = make()
    again = type(model).from_config(model.get_config())
    again.set_weights(model.get_weights())
    given = [X, X[:, :3]] if make is two_ends else X
    for one, other in zip(
        np.atleast_1d(model(given)) if make is residual else model(given),
        np.atleast_1d(again(given)) if make is residual else again(given),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    assert again.get_config() == model.get_config()


@pytest.mark.parametrize("through", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_compute_the_same(through):
    model = residual()
    other = through(model)
    np.testing.assert_array_equal(other(X), model(X))
    assert other.layers[1] is not model.layers[1]


def test_a_clone_has_new_weights():
    model = two_ends()
    clone = clone_model(model)
    assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
    assert not np.array_equal(clone.weights[0].value, model.weights[0].value)
    clone.set_weights(model.get_weights())
    for one, other in zip(clone([X, X[:, :3]]), model([X, X[:, :3]]), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", [residual, lambda: Sequential([Input((4,)), layers.Dense(2)])])
def test_the_clone_of_a_compiled_model_trains_by_itself(make):
    model = make()
    model.compile("adam", lambda y, p: np.mean(np.abs(y - p), axis=-1), metrics=["mae"])
    model.fit(X, np.ones((6, 2)), verbose=0)
    copy = clone_model(model)
    assert copy.compiled and copy.optimizer is not model.optimizer
    assert copy.optimizer.iterations == 0
    before = model.get_weights()
    copy.fit(X, np.ones((6, 2)), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (model.optimizer.iterations, copy.optimizer.iterations) == (1, 1)


def test_the_clone_of_a_frozen_sequential_is_frozen():
    assert not clone_model(Sequential([Input((4,)), layers.Dense(2)], trainable=False)).trainable


def test_a_clone_may_change_layers():
    def wider(layer):
        config = layer.get_config()
        if layer.name == "inner":
            config["activation"] = "relu"
        return type(layer).from_config(config)

    clone = clone_model(residual(), clone_function=wider)
    assert clone.get_layer("inner").activation == "relu"


# Mistakes.


def test_a_disconnected_graph_names_the_input_it_lacks():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    with pytest.raises(ValueError, match=r"disconnected.*name='b'.*\['a'\]"):
        Model(a, a + b)


def test_a_cycle_is_refused():
    x = Input((2,))
    y = layers.Dense(2)(x)
    z = layers.Dense(2)(y)
    y.node.inputs[0] = z  # cannot be written with calls alone
    with pytest.raises(ValueError, match="cycle"):
        Model(x, z)


def test_arrays_are_no_outputs():
    with pytest.raises(TypeError, match="outputs.*ndarray"):
        Model(Input((2,)), np.zeros((1, 2)))


def test_a_misspelt_key_is_named():
    model = two_ends()
    with pytest.raises(ValueError, match="input 'b'.*missing"):
        model({"a": X, "c": X[:, :3]})


def test_the_number_of_inputs_is_checked():
    with pytest.raises(ValueError, match=r"expected 2 inputs \['a', 'b'\], got 3"):
        two_ends()([X, X, X])


def test_the_shape_of_each_input_is_checked():
    with pytest.raises(ValueError, match=r"input 'b' to have shape \(None, 3\), got \(6, 4\)"):
        two_ends()([X, X])


def test_layers_of_one_name_are_refused():
    x = Input((2,))
    with pytest.raises(ValueError, match="two layers of the model are named 'd'"):
        Model(x, layers.Dense(2, name="d")(layers.Dense(2, name="d")(x)))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: np.asarray(x), "no numbers yet"),
        (lambda x: bool(x), "np.where"),
        (lambda x: list(x), "iterated"),
        (lambda x: float(x), "no number"),
        (lambda x: len(x), "no length"),
    ],
)
def test_placeholders_are_not_arrays(use, message):
    with pytest.raises(TypeError, match=message):
        use(Input((2,)))


def test_a_function_of_ones_own_cannot_be_saved_unless_it_is_a_layer():
    x = Input((2,))
    mine = minikeras.autodiff.symbolic(lambda x: x + 1.0)
    with pytest.raises(ValueError, match="make it a Layer"):
        Model(x, mine(x)).get_config()


# Masks.


class Marked(layers.Layer):
    """Masks zeros."""

    def compute_mask(self, inputs, previous_mask=None):
        return np.any(inputs != 0.0, axis=-1)

    def forward(self, x):
        return x


class CountSteps(layers.Layer):
    def forward(self, x, mask=None):
        return np.full((len(x), 1), x.shape[1]) if mask is None else mask.sum(1, keepdims=True)


class Passing(layers.Layer):
    supports_masking = True

    def forward(self, x):
        return x * 1.0


STEPS = np.array([[[1.0], [0.0], [2.0]], [[0.0], [0.0], [3.0]]])


def test_a_mask_travels_through_layers_that_pass_it_on():
    x = Input((3, 1))
    model = Model(x, CountSteps()(Passing()(Marked()(x))))
    np.testing.assert_array_equal(model(STEPS), [[2], [1]])
    chain = Sequential([Marked(), Sequential([Passing()]), CountSteps()])
    np.testing.assert_array_equal(chain(STEPS), [[2], [1]])


def test_a_layer_that_cannot_pass_a_mask_warns():
    x = Input((3, 1))
    model = Model(x, CountSteps()(layers.Permute((1, 2))(Marked()(x))))
    with pytest.warns(UserWarning, match="supports_masking"):
        np.testing.assert_array_equal(model(STEPS), [[3], [3]])


def test_the_mask_of_the_output_weighs_the_loss():
    x = Input((3, 1))
    model = Model(x, Passing()(Marked()(x)))
    model.compile("sgd", "mse")
    loss = model.evaluate(STEPS, np.zeros((2, 3, 1)), verbose=0)
    np.testing.assert_allclose(loss, (1 + 4 + 9) / 3, rtol=1e-6)


def test_metrics_that_are_means_leave_masked_steps_out():
    x = Input((3, 1))
    model = Model(x, Passing()(Marked()(x)))
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    logs = model.evaluate(STEPS, np.zeros((2, 3, 1)), verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["mae"], (1 + 2 + 3) / 3, rtol=1e-6)
    np.testing.assert_allclose(logs["mse"], (1 + 4 + 9) / 3, rtol=1e-6)


def test_a_mask_ends_at_a_function_without_a_word():
    x = Input((3, 1))
    marked = Marked()(x)
    model = Model(x, CountSteps()(marked + 0.0))
    np.testing.assert_array_equal(model(STEPS), [[3], [3]])


def test_model_reads_the_config_of_a_graph():
    x = Input((3,), name="x")
    model = Model(x, layers.Dense(2, name="d")(x))
    again = Model.from_config(model.get_config())
    assert type(again) is Functional
    assert [layer.name for layer in again.layers] == ["x", "d"]


def test_a_variable_may_stand_to_the_left_of_a_placeholder():
    factor = minikeras.Variable(np.array([2.0, 3.0], "float32"))
    x = Input((2,))
    assert Model(x, factor * x)(np.ones((1, 2))).tolist() == [[2.0, 3.0]]
