"""Models beside real Keras's: order of weights, losses, metrics, what is logged and returned."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, layers, summary

# Keras 3.15's variables do not know NumPy 2's ``copy`` keyword yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4)).astype("float32")
Y = RNG.standard_normal((12, 1)).astype("float32")
WEIGHT = RNG.random(12).astype("float32")


def both(keras, build):
    """Make the same model twice and give both the weights of ours."""
    ours, theirs = build(minikeras), build(keras)
    theirs(X), ours(X)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    theirs.set_weights([RNG.standard_normal(w.shape) for w in ours.weights])
    ours.set_weights([np.asarray(w) for w in theirs.get_weights()])
    return ours, theirs


def regularized(library):
    model = library.Sequential(
        [
            library.layers.Dense(3, "tanh", kernel_regularizer="l2", activity_regularizer="l1"),
            library.layers.Dropout(0.0),
            library.layers.Dense(1, bias_regularizer="l1l2", name="out"),
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    return model


def test_more_keys_than_inputs_are_warned_of_where_a_dict_is_declared(keras):
    for library in (minikeras, keras):
        a, b = library.Input((4,), name="a"), library.Input((4,), name="b")
        y = library.layers.Add()([a, b])
        given = {"a": X, "b": X, "c": X}
        with pytest.warns(UserWarning, match="was given besides|match the expected structure"):
            first = library.Model({"a": a, "b": b}, y)(given)
        second = library.Model([a, b], y)(given)
        np.testing.assert_array_equal(np.asarray(first), 2.0 * X)
        np.testing.assert_array_equal(np.asarray(second), 2.0 * X)


def test_loss_and_metrics_with_weights_and_regularizers(keras):
    ours, theirs = both(keras, regularized)
    arguments = {"sample_weight": WEIGHT, "batch_size": 5, "verbose": 0}
    np.testing.assert_allclose(
        ours.evaluate(X, Y, **arguments), theirs.evaluate(X, Y, **arguments), rtol=1e-5
    )
    assert list(ours.evaluate(X, Y, return_dict=True, **arguments)) == list(
        theirs.evaluate(X, Y, return_dict=True, **arguments)
    )


def test_training_logs_and_weights(keras):
    ours, theirs = both(keras, regularized)
    arguments = {
        "sample_weight": WEIGHT,
        "batch_size": 5,
        "epochs": 3,
        "shuffle": False,
        "validation_split": 0.25,
        "verbose": 0,
    }
    a, b = ours.fit(X, Y, **arguments).history, theirs.fit(X, Y, **arguments).history
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-4, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_class_weights(keras):
    def build(library):
        model = library.Sequential([library.layers.Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
        return model

    ours, theirs = both(keras, build)
    labels = np.arange(12) % 3
    arguments = {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}, "batch_size": 12, "verbose": 0}
    a, b = ours.fit(X, labels, **arguments).history, theirs.fit(X, labels, **arguments).history
    np.testing.assert_allclose(a["loss"], b["loss"], rtol=1e-5)
    np.testing.assert_allclose(a["accuracy"], b["accuracy"], rtol=1e-5)


def test_two_outputs_with_weights_and_metrics(keras):
    def build(library):
        class Two(library.Model):
            def __init__(self):
                super().__init__()
                self.a, self.b = library.layers.Dense(2), library.layers.Dense(1)

            def call(self, x):
                return {"a": self.a(x), "b": self.b(x)}

        model = Two()
        model.compile(
            "sgd",
            loss={"a": "mse", "b": "mae"},
            loss_weights={"a": 2.0, "b": 0.5},
            metrics={"a": ["mae"], "b": ["mse"]},
        )
        return model

    ours, theirs = both(keras, build)
    y = {"a": X[:, :2], "b": Y}
    a = ours.evaluate(X, y, verbose=0, return_dict=True)
    b = theirs.evaluate(X, y, verbose=0, return_dict=True)
    assert a.keys() == b.keys()
    for name in a:
        assert a[name] == pytest.approx(b[name], rel=1e-5), name
    np.testing.assert_allclose(
        ours.evaluate(X, y, verbose=0), theirs.evaluate(X, y, verbose=0), rtol=1e-5
    )


def test_the_summary_is_drawn_alike(keras):
    def text(library):
        model = library.Sequential(
            [
                library.Input((28, 28)),
                library.layers.Flatten(name="flatten"),
                library.layers.Dense(128, "relu", name="hidden"),
                library.layers.Dropout(0.2, name="dropout"),
                library.layers.Dense(10, "softmax", name="out"),
            ],
            name="net",
        )
        lines = []
        model.summary(print_fn=lambda line, **_: lines.append(line))
        return "\n".join(line.rstrip() for line in "\n".join(lines).strip().splitlines())

    assert text(minikeras) == text(keras)


@pytest.mark.parametrize(
    "options",
    [
        {"line_length": 30},
        {"line_length": 60},
        {"line_length": 77, "positions": [0.2, 0.6, 1.0]},
        {"positions": [0.3, 0.6, 1.0]},
    ],
)
def test_the_summary_is_as_wide_as_asked_for(keras, options):
    def model(library):
        layer = library.layers.Dense(2, name="a_name_that_is_much_too_long_for_its_column")
        return library.Sequential([library.Input((3,)), layer], name="net")

    drawn = []
    model(keras).summary(print_fn=lambda text, **_: drawn.append(text), **options)
    expected = [line.rstrip() for line in drawn[0].strip().splitlines()]
    assert summary.text(model(minikeras), **options).splitlines() == expected


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Dense", {"units": 3, "activation": "relu", "use_bias": False}),
        ("Dropout", {"rate": 0.5, "noise_shape": (None, 1), "seed": 3}),
        ("Reshape", {"target_shape": (2, -1)}),
        ("Activation", {"activation": "relu"}),
        ("Flatten", {"data_format": "channels_last"}),
    ],
)
def test_a_configuration_has_the_names_of_keras(keras, name, arguments):
    ours = getattr(layers, name)(**arguments, name="layer").get_config()
    theirs = getattr(keras.layers, name)(**arguments, name="layer").get_config()
    theirs.pop("quantization_config", None)  # of no meaning here
    theirs.pop("dtype")  # a policy there, a name here
    assert theirs.keys() <= ours.keys()
    for key in arguments:
        assert ours[key] == theirs[key]


def test_automatic_names_count_alike(keras):
    keras.utils.clear_session()
    minikeras.utils.clear_session()
    names = []
    for library in (minikeras, keras):
        model = library.Sequential([library.layers.Dense(1), library.layers.Dense(1)])
        names.append([model.name, *(layer.name for layer in model.layers)])
    assert names[0] == names[1]


def test_a_chain_rebuilds_itself_alike(keras):
    for library in (minikeras, keras):
        model = library.Sequential([library.layers.Dense(3)])
        model(X)
        model.add(library.layers.Dense(2))
        assert model.built and len(model.weights) == 4
    assert Sequential([Input((4,))]).layers == keras.Sequential([keras.Input((4,))]).layers
