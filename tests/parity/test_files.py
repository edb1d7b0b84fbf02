"""Files in both directions: what Keras wrote opens here, what we wrote opens in Keras."""

import importlib
import pkgutil

import numpy as np
import pytest

import minikeras
from minikeras.saving import hdf5
from minikeras.saving.weights_h5 import load_weights, save_weights
from tests.parity import layer_cases

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning"),
]


def cases():
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        for title, make, inputs, *options in family.CASES:
            yield pytest.param(make, inputs, *(options or [{}]), id=f"{module.name}: {title}")


def given(inputs, options):
    rng = np.random.default_rng(0)
    if callable(inputs):
        made = inputs(rng)
    elif isinstance(inputs, list):
        made = [rng.standard_normal(shape).astype("float32") for shape in inputs]
    else:
        made = rng.standard_normal(inputs).astype("float32")
    if not isinstance(made, list | tuple):
        return [made]
    return list(made) if options.get("args") else [list(made)]


def holder(library, layer):
    """Return a model whose one attribute is ``layer``, which is built."""

    class Holder(library.Model):
        def __init__(self):
            super().__init__()
            self.inner = layer

        def call(self, *args, **kwargs):
            return self.inner(*args, **kwargs)

    model = Holder()
    model.built = True
    return model


def draw(model, seed):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        value = np.asarray(weight)
        if value.dtype.kind == "f":
            weight.assign(rng.uniform(0.5, 2.0, value.shape).astype(value.dtype))


def assert_same_weights(ours, theirs):
    mine = [np.asarray(w) for w in ours.weights]
    other = [np.asarray(w) for w in theirs.weights if "seed_generator" not in w.name]
    assert len(mine) == len(other)
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("make", "inputs", "options"), list(cases()))
def test_weights_of_every_layer(keras, tmp_path, make, inputs, options):
    pair = []
    for library in (minikeras, keras):
        layer = make(library.layers)
        layer(*given(inputs, options), **options.get("call", {}))
        pair.append(holder(library, layer))
    ours, theirs = pair
    ours_file, their_file = tmp_path / "ours.weights.h5", tmp_path / "theirs.weights.h5"
    draw(theirs, 1)
    theirs.save_weights(their_file)
    load_weights(ours, their_file)
    assert_same_weights(ours, theirs)
    draw(ours, 2)
    save_weights(ours, ours_file)
    assert sorted(hdf5.read(ours_file).arrays()) == sorted(hdf5.read(their_file).arrays())
    theirs.load_weights(ours_file)
    assert_same_weights(ours, theirs)
