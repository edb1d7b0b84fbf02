"""Dense, Activation, Identity, Lambda and InputLayer."""

import numpy as np
import pytest

from minikeras import Input, Sequential, activations, initializers, ops, regularizers
from minikeras.autodiff import GradientTape, check_gradients
from minikeras.layers import Activation, Dense, Identity, InputLayer, Lambda, Layer, Masking
from minikeras.models import clone_model
from minikeras.registry import register_keras_serializable, registered

X = np.array([[1.0, 2.0, 3.0], [-1.0, 0.0, 1.0]])


def test_dense_is_activation_of_weighted_sum():
    layer = Dense(2, "relu")
    layer.build((None, 3))
    layer.set_weights([np.array([[1, 0], [0, 1], [1, -1]]), np.array([0.5, 0.0])])
    np.testing.assert_array_equal(layer(X), [[4.5, 0.0], [0.5, 0.0]])


def test_dense_has_kernel_then_bias():
    layer = Dense(4)
    layer.build((None, 3))
    assert [(w.name, w.shape) for w in layer.weights] == [("kernel", (3, 4)), ("bias", (4,))]
    assert layer.count_params() == 16
    np.testing.assert_array_equal(layer.bias.numpy(), np.zeros(4))


def test_dense_without_bias():
    layer = Dense(1, use_bias=False, kernel_initializer="ones")
    np.testing.assert_array_equal(layer(X), [[6.0], [0.0]])
    assert layer.bias is None and len(layer.weights) == 1


def test_dense_works_on_the_last_axis():
    x = np.arange(24.0).reshape(2, 3, 4)
    layer = Dense(5)
    y = layer(x)
    assert y.shape == (2, 3, 5)
    np.testing.assert_allclose(y[1, 2], layer(x[1])[2], rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 3), (1, 3)])
def test_dense_gradients_agree_with_central_differences(rng, shape):
    layer = Dense(2, "tanh", dtype="float64")
    layer.build((None, 3))
    x = rng.standard_normal(shape)

    def outputs(x, kernel, bias):
        return activations.tanh(ops.dense(x, kernel, bias))

    check_gradients(outputs, x, *layer.get_weights())
    with GradientTape() as tape:
        loss = np.sum(layer(x))
    got = tape.gradient(loss, layer.trainable_variables)
    slope = 1.0 - layer(x) ** 2
    np.testing.assert_allclose(got[1], slope.reshape(-1, 2).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(got[0], x.reshape(-1, 3).T @ slope.reshape(-1, 2), rtol=1e-12)


@pytest.mark.parametrize(
    ("units", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("3", TypeError)]
)
def test_units_must_be_a_positive_integer(units, error):
    with pytest.raises(error, match="units must be an integer of at least 1, got"):
        Dense(units)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("activation", "sigmiod", "unknown activation 'sigmiod'; did you mean 'sigmoid'"),
        ("kernel_initializer", "glorot_unifrom", "did you mean 'glorot_uniform'"),
        ("bias_initializer", "zeroes", "did you mean 'zeros'"),
        ("kernel_regularizer", "l3", "unknown regularizer 'l3'; expected one of"),
        ("bias_regularizer", "l3", "unknown regularizer 'l3'; expected one of"),
        ("activity_regularizer", "l3", "unknown regularizer 'l3'; expected one of"),
        ("kernel_constraint", "max_nrom", "did you mean 'max_norm'"),
        ("bias_constraint", "nonneg", "did you mean 'non_neg'"),
    ],
)
def test_a_misspelt_name_is_refused_when_the_layer_is_made(argument, value, message):
    with pytest.raises(ValueError, match=message):
        Dense(1, **{argument: value})


def test_another_number_of_features_is_refused_by_name():
    layer = Dense(2, name="hidden")
    layer(np.ones((1, 4)))
    with pytest.raises(ValueError, match="Dense 'hidden' expected 4 features, got 3"):
        layer(np.ones((1, 3)))
    assert layer(np.ones((1, 4))).shape == (1, 2)


@pytest.mark.parametrize("x", [np.ones(3), np.float32(1.0), [1.0, 2.0]])
def test_a_single_sample_without_batch_axis_is_refused(x):
    with pytest.raises(
        ValueError, match=r"expected an array of shape \(batch, features\).*np.newax"
    ):
        Dense(2, name="d")(x)


def test_no_features_are_refused():
    with pytest.raises(ValueError, match="expected at least one feature"):
        Dense(2)(np.ones((3, 0)))


def test_an_empty_batch_gives_an_empty_result():
    assert Dense(2, "softmax")(np.ones((0, 3))).shape == (0, 2)


def test_dense_config_round_trip_keeps_objects():
    layer = Dense(
        3,
        activation=activations.relu,
        kernel_initializer=initializers.HeNormal(seed=1),
        kernel_regularizer=regularizers.L2(0.5),
        kernel_constraint="max_norm",
        name="d",
    )
    again = Dense.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    a, b = layer(X), again(X)
    np.testing.assert_array_equal(a, b)
    assert again.kernel.regularizer.l2 == 0.5


def test_input_shape_and_input_dim_build_a_sequential():
    assert Sequential([Dense(2, input_shape=(3,))]).built
    assert Sequential([Dense(2, input_dim=3)]).input_shape == (None, 3)
    with pytest.raises(
        TypeError, match=r"Dense expected input_shape .* got 3 \(int\); write .*\(3,\)"
    ):
        Dense(2, input_shape=3)
    with pytest.raises(ValueError, match="each length in Dense's input_shape must be .* got 0"):
        Dense(2, input_dim=0)


@pytest.mark.parametrize("name", sorted({*registered("activation")} - {"threshold"}))
def test_every_activation_is_a_layer_and_an_argument(name):
    x = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")
    expected = activations.get(name)(x)
    np.testing.assert_array_equal(Activation(name)(x), expected)
    layer = Dense(4, name, kernel_initializer="identity")
    np.testing.assert_allclose(layer(x), expected, rtol=2e-6, atol=1e-7)


def test_identity_is_no_activation():
    x = X.astype("float32")
    for name in ("identity", "linear", None):
        np.testing.assert_array_equal(Activation(name)(x), x)


def test_activation_of_a_function_of_ones_own():
    np.testing.assert_array_equal(Activation(lambda x: x * 2.0)(X), 2.0 * X)


def test_identity_gives_back_its_input():
    x = X.astype("float32")
    assert Identity()(x) is x


def test_lambda_runs_a_function_with_arguments():
    layer = Lambda(lambda x, power: x**power, arguments={"power": 3})
    np.testing.assert_array_equal(layer(X), X**3)
    assert layer.compute_output_shape((None, 3)) == (None, 3)


def test_lambda_trains_through():
    x = np.array([[1.0], [2.0], [3.0]])
    model = Sequential([Dense(1), Lambda(np.exp)])
    model.compile("adam", "mse")
    losses = model.fit(x, np.exp(0.1 * x), epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def shown(x, mask):
    """Give the mask of ``x`` as numbers."""
    return x[..., 0] if mask is None else 1.0 * mask


@pytest.mark.parametrize("layer", [Dense(3), Activation("relu"), Identity()])
def test_a_mask_passes_on_through_layers_that_keep_steps_apart(layer):
    x = np.array([[[3.0], [0.0]]], "float32")
    model = Sequential([Masking(), layer, Lambda(shown)])
    np.testing.assert_array_equal(model(x), [[1.0, 0.0]])


def test_lambda_tells_its_function_whether_it_is_training():
    layer = Lambda(lambda x, training: x + 1.0 if training else x)
    np.testing.assert_array_equal(layer(X, training=True), layer(X) + 1.0)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (lambda inputs, mask: inputs[..., 0] == 0.0, [[0.0, 1.0]]),
        (np.array([[True, True]]), [[1.0, 1.0]]),
    ],
)
def test_lambda_gives_the_mask_it_was_told(mask, expected):
    x = np.array([[[3.0], [0.0]]], "float32")
    model = Sequential([Masking(), Lambda(lambda x: 1.0 * x, mask=mask), Lambda(shown)])
    np.testing.assert_array_equal(model(x), expected)


def test_lambda_says_that_a_mask_ends_here():
    model = Sequential([Masking(), Lambda(lambda x: 2.0 * x)])
    with pytest.warns(UserWarning, match=r"Lambda 'lambda' .*mask=lambda"):
        model(np.array([[[3.0], [0.0]]], "float32"))


def test_lambda_wants_a_function():
    with pytest.raises(TypeError, match="Lambda expected a function of one array, got 3"):
        Lambda(3)


@register_keras_serializable(package="tests_of_lambda")
def doubled(x):
    return 2.0 * x


@register_keras_serializable(package="tests_of_lambda")
def none_counts(inputs, mask):
    return None


@pytest.mark.parametrize(
    "function",
    [doubled, activations.relu, np.square, lambda x: x + 1.0],
    ids=lambda function: function.__name__,
)
def test_a_lambda_is_made_again_from_its_config(function):
    layer = Lambda(function, mask=none_counts, name="same")
    again = Lambda.from_config(layer.get_config())
    assert again.function is function and again.mask is none_counts
    np.testing.assert_array_equal(again(X), layer(X))


def test_a_model_with_a_lambda_of_a_registered_function_is_cloned():
    model = Sequential([Input((2,)), Lambda(doubled), Lambda(activations.tanh)])
    x = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(clone_model(model)(x), model(x))


def test_a_function_that_a_lambda_names_and_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="unknown activation 'doubledd'"):
        Lambda.from_config({"function": "doubledd"})


def test_input_layer_declares_a_shape():
    layer = InputLayer((3,), batch_size=5, name="in")
    assert layer.output.shape == (5, 3)
    assert Sequential([layer, Dense(1)]).input_shape == (5, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "either shape= .* or batch_shape="),
        ({"shape": (1,), "batch_shape": (None, 1)}, ValueError, "either shape= .* or batch_shape="),
        ({"shape": 4}, TypeError, r"got 4 \(int\); write shape=\(4,\)"),
        ({"shape": (0,)}, ValueError, "each length in Input's shape must be .* at least 1, got 0"),
        ({"shape": (2.5,)}, TypeError, "each length in Input's shape must be an integer"),
        ({"batch_shape": 4}, TypeError, r"expected batch_shape .* write batch_shape=\(4,\)"),
        ({"shape": (4,), "batch_size": 0}, ValueError, "batch_size must be .* at least 1, got 0"),
        ({"shap": (4,)}, TypeError, "Input got an unknown argument 'shap'; did you mean 'shape'"),
    ],
)
def test_input_refuses_what_is_no_shape(arguments, error, message):
    with pytest.raises(error, match=message):
        Input(**arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparse": True}, "sparse to be None or False, got True; .*fill with zeros"),
        ({"ragged": True}, "ragged to be None or False, got True; .*pad_sequences"),
        ({"tensor": np.zeros(3)}, r"no tensor, got .*Model\(inputs, outputs\)"),
    ],
)
def test_input_has_no_other_kinds_of_tensors(options, message):
    assert Input((3,), sparse=False, ragged=False).shape == (None, 3)
    with pytest.raises(ValueError, match=message):
        Input((3,), **options)


def test_a_layer_may_refer_to_the_one_that_holds_it():
    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Dense(2)
            self.inner.outer = self

        def forward(self, x):
            return self.inner(x)

    layer = Outer()
    layer(X)
    assert layer.trainable_variables == layer.weights == [layer.inner.kernel, layer.inner.bias]
