"""What Keras's guides tell of masks and of saving, beside real Keras: numbers, and files."""

import numpy as np
import pytest

import minikeras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WORDS = np.array([[1, 2, 0, 4, 0, 5], [3, 0, 0, 9, 0, 0]])


# Masks.


def masked(library):
    """Return layers of one's own that ask for masks and do not ask whether there are any."""
    ops = library.ops

    class TemporalSoftmax(library.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, inputs, mask=None):
            assert mask is not None
            kept = ops.expand_dims(ops.cast(mask, "float32"), -1)
            powers = ops.exp(inputs) * kept
            return powers / ops.sum(powers, axis=1, keepdims=True)

    class Halves(library.layers.Layer):
        def call(self, inputs):
            return ops.split(inputs, 2, axis=1)

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else ops.split(mask, 2, axis=1)

    return {"TemporalSoftmax": TemporalSoftmax, "Halves": Halves}


def chain(library):
    return library.Sequential(
        [
            library.Input((6,), dtype="int32"),
            library.layers.Embedding(10, 4, mask_zero=True),
            library.layers.Dense(1),
            masked(library)["TemporalSoftmax"](),
        ]
    )


def graph_of(between, steps=6):
    def build(library):
        words = library.Input((steps,), dtype="int32")
        x = between(library.layers, library.layers.Embedding(10, 4, mask_zero=True)(words))
        return library.Model(words, masked(library)["TemporalSoftmax"]()(x))

    return build


def halved(library):
    words = library.Input((6,), dtype="int32")
    x = library.layers.Embedding(10, 4, mask_zero=True)(words)
    first, second = masked(library)["Halves"]()(x)
    softmax = masked(library)["TemporalSoftmax"]
    return library.Model(words, [softmax()(first), softmax()(second)])


BUILDS = {
    "chain": chain,
    "dense": graph_of(lambda layers, x: layers.Dense(1)(x)),
    "any length": graph_of(lambda layers, x: layers.Dense(1)(x), steps=None),
    "recurrent": graph_of(
        lambda layers, x: layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    ),
    "attention": graph_of(lambda layers, x: layers.MultiHeadAttention(2, 3)(x, x)),
    "sum": graph_of(lambda layers, x: layers.Add()([x, layers.Dense(4)(x)])),
    "halves": halved,
}


def values_of(model):
    outputs = model(WORDS)
    return [np.asarray(y) for y in (outputs if isinstance(outputs, list) else [outputs])]


def assert_alike(ours, theirs):
    for mine, other in zip(values_of(ours), values_of(theirs), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


@pytest.mark.parametrize("build", BUILDS.values(), ids=list(BUILDS))
def test_layers_that_count_on_masks_compute_alike_and_go_there_and_back(keras, tmp_path, build):
    theirs, ours = build(keras), build(minikeras)
    ours.set_weights([np.asarray(weight) for weight in theirs.get_weights()])
    assert_alike(ours, theirs)
    theirs.save(tmp_path / "theirs.keras")  # Keras writes the masks down, as functions of the words
    read = minikeras.saving.load_model(tmp_path / "theirs.keras", custom_objects=masked(minikeras))
    assert_alike(read, theirs)
    ours.save(tmp_path / "ours.keras")
    back = keras.saving.load_model(tmp_path / "ours.keras", custom_objects=masked(keras))
    assert_alike(ours, back)


@pytest.mark.parametrize(
    "between", [lambda layers, x: x * 2.0, lambda layers, x: layers.Embedding(10, 4)(x[..., 0])]
)
def test_without_a_mask_they_are_refused_alike(keras, between):
    for library in (keras, minikeras):
        with pytest.raises((AssertionError, ValueError)):
            graph_of(between)(library)


# Saving.


def stored(library):
    """Return a layer that adds to what is stored of it."""

    class Scaled(library.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seen = 0

        def build(self, shape):
            self.count = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="count"
            )
            self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")

        def call(self, x):
            return x * self.factor + self.count

        def save_own_variables(self, store):
            super().save_own_variables(store)
            store["seen"] = np.array(self.seen)

        def load_own_variables(self, store):
            self.seen = int(np.asarray(store["seen"]))
            rest = {name: store[name] for name in list(store.keys()) if name != "seen"}
            super().load_own_variables(rest)

    return Scaled


@pytest.mark.parametrize("back", [False, True])
def test_a_layer_that_adds_to_what_is_stored_goes_there_and_back(keras, tmp_path, back):
    one, other = (keras, minikeras) if back else (minikeras, keras)
    first = one.Sequential([one.Input((3,)), stored(one)()])
    layer = first.layers[0]
    layer.seen = 7
    layer.count.assign(5.0)
    layer.factor.assign([1.0, 2.0, 3.0])
    first.save(tmp_path / "m.keras")
    classes = {"Scaled": stored(other)}
    second = other.saving.load_model(tmp_path / "m.keras", custom_objects=classes).layers[0]
    assert second.seen == 7
    np.testing.assert_array_equal(np.asarray(second.count), 5.0)
    np.testing.assert_array_equal(np.asarray(second.factor), [1.0, 2.0, 3.0])


def test_a_store_is_filled_alike_and_refused_alike(keras):
    stores = []
    for library in (keras, minikeras):
        layer = stored(library)()
        layer.build((None, 3))
        store = {}
        layer.save_own_variables(store)
        stores.append({name: np.asarray(value).tolist() for name, value in store.items()})
        with pytest.raises(ValueError, match="expected 2 "):
            layer.load_own_variables({"seen": np.array(1), "0": np.ones(3)})
        with pytest.raises(ValueError, match="shape"):
            layer.load_own_variables({"seen": np.array(1), "0": np.ones(4), "1": np.array(0.0)})
    assert stores[0] == stores[1] == {"0": [1.0, 1.0, 1.0], "1": 0.0, "seen": 0}
