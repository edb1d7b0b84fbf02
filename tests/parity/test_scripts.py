"""Things that Keras scripts do in passing, beside real Keras."""

import io
import re
from contextlib import redirect_stdout

import numpy as np
import pytest

import minikeras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def cells(summary):
    """Return the words of the rows of a table, and the totals below it."""
    rows = re.findall(r"^│ ([^│]*)│ ([^│]*)│ ([^│]*)│", summary, re.MULTILINE)
    totals = re.findall(r"(\w[\w-]* params: [\d,]+)", summary)
    return [[cell.strip() for cell in row] for row in rows], totals


def printed(model):
    out = io.StringIO()
    with redirect_stdout(out):
        model.summary()
    return cells(re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()))


def test_the_summary_of_a_model_without_input_shape(keras):
    def build(library):
        dense, flatten = library.layers.Dense(2, name="one"), library.layers.Flatten(name="two")
        return library.Sequential([dense, flatten], name="row")

    assert printed(build(minikeras)) == printed(build(keras))


@pytest.mark.filterwarnings("ignore:.build.* was called on layer:UserWarning")  # Keras's
def test_the_summary_of_a_model_of_which_a_part_was_never_called(keras):
    def build(library):
        class Half(library.Model):
            def __init__(self):
                super().__init__()
                self.used = library.layers.Dense(1, name="used")
                self.unused = library.layers.Dense(1, name="unused")

            def call(self, x):
                return self.used(x)

        model = Half()
        model(np.ones((2, 3), "float32"))
        return model

    ours, theirs = printed(build(minikeras)), printed(build(keras))
    assert [(row[0], row[2]) for row in ours[0]] == [(row[0], row[2]) for row in theirs[0]]
    assert ours[1] == theirs[1]


def test_what_super_gives_to_a_get_config_that_names_its_own_arguments(keras):
    def config(library):
        class Scaled(library.layers.Layer):
            def __init__(self, factor, **kwargs):
                super().__init__(**kwargs)
                self.factor = factor

            def get_config(self):
                return dict(factor=self.factor, **super().get_config())

        found = Scaled(2.0, name="twice").get_config()
        assert Scaled.from_config(found).factor == 2.0
        return {key: found[key] for key in ("factor", "name", "trainable")}

    assert config(minikeras) == config(keras)


def test_a_learning_rate_is_assigned_and_read(keras):
    def rates(library):
        optimizer = library.optimizers.Adam(0.5)
        optimizer.learning_rate.assign(0.25)
        read = [optimizer.learning_rate.numpy(), float(optimizer.learning_rate)]
        optimizer.learning_rate = 0.125
        return [*map(float, read), float(optimizer.learning_rate)]

    assert rates(minikeras) == rates(keras)


def test_the_functions_of_models_for_files_are_where_keras_has_them(keras, tmp_path):
    model = minikeras.Sequential([minikeras.Input((2,)), minikeras.layers.Dense(1)])
    minikeras.models.save_model(model, tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    keras.models.save_model(theirs, tmp_path / "theirs.keras")
    x = np.array([[1.0, 2.0]], "float32")
    again = minikeras.models.load_model(tmp_path / "theirs.keras")
    np.testing.assert_array_equal(again(x), model(x))
    assert minikeras.models.model_from_json(model.to_json()).count_params() == 3


@pytest.mark.parametrize("default", [True, False, None])
def test_what_a_layer_and_one_inside_it_are_told_of_training(keras, default):
    def told(library):
        class Inner(library.layers.Layer):
            def call(self, x, training=None):
                found.append(training)
                return x

        class Outer(library.layers.Layer):
            def __init__(self):
                super().__init__()
                self.inner = Inner()

            def call(self, x, training=default):
                found.append(training)
                return self.inner(x)

        found = []
        layer, x = Outer(), np.ones((2, 3), "float32")
        layer(x)
        found.clear()
        for given in ({}, {"training": True}, {"training": False}):
            layer(x, **given)
        return found

    assert told(minikeras) == told(keras)


def test_layers_that_change_images_do_so_unless_told_that_this_is_no_training(keras):
    def changes(library):
        images = np.linspace(0, 255, 96, dtype="float32").reshape((2, 4, 4, 3))
        layer = library.layers.RandomBrightness(0.5, seed=1)
        model = library.Sequential([library.Input((4, 4, 3)), layer])
        still = model.predict(images, verbose=0)
        found = [layer(images), model(images), model(images, training=False), still]
        return [not np.allclose(np.asarray(one), images) for one in found]

    assert changes(minikeras) == changes(keras) == [True, True, False, False]
