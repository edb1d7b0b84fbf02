"""Every layer with weights: Keras trains it, minikeras goes on to the same losses."""

import numpy as np
import pytest

import minikeras
from minikeras import saving
from tests.parity.test_keras_files import cases
from tests.parity.test_layers import arrays

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning"),
]


def network(library, make, values, as_list, positional):
    """Return a model of the layer, and a Dense that makes one number of what comes out of it."""
    inputs = [library.Input(value.shape[1:], dtype=value.dtype.name) for value in values]
    layer = make(library.layers)
    y = layer(*inputs) if positional else layer(inputs if as_list else inputs[0])
    y = library.layers.Flatten()(y[0] if isinstance(y, list | tuple) else y)
    model = library.Model(inputs, library.layers.Dense(1)(y))
    model.compile(library.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model


def with_weights():
    """Yield the cases of layers that learn.

    SpectralNormalization replaces its kernel in training. Keras on JAX forgets that; on PyTorch,
    its losses are ours.
    """
    for case in cases():
        if case.id == "SpectralNormalization":
            continue
        make, inputs, positional = case.values
        if len(network(minikeras, make, *arrays(inputs), positional).trainable_weights) > 2:
            yield case


@pytest.mark.parametrize(("make", "inputs", "positional"), list(with_weights()))
def test_training_goes_on_from_the_file_of_keras(keras, tmp_path, make, inputs, positional):
    values, as_list = arrays(inputs)
    y = np.linspace(-1.0, 1.0, len(values[0]), dtype="float32")[:, None]

    def losses(model):
        given = {"batch_size": 2, "epochs": 2, "shuffle": False, "verbose": 0}
        return model.fit(values, y, **given).history["loss"]

    keras.utils.set_random_seed(0)
    theirs = network(keras, make, values, as_list, positional)
    losses(theirs)
    theirs.save(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(losses(ours), losses(theirs), rtol=1e-5, atol=1e-5)
