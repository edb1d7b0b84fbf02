"""Models of other precision: what the file computes in, and how near it comes."""

import numpy as np
import pytest

from minikeras import Input, Model, layers
from tests.onnx.support import check, needs_runtime, normal

pytestmark = needs_runtime

TOLERANCE = {"float64": 1e-5, "float16": 1e-2}


def networks(dtype):
    def image():
        x = Input((8, 8, 3), dtype=dtype)
        y = layers.Conv2D(4, 3, activation="elu", dtype=dtype)(x)
        y = layers.BatchNormalization(dtype=dtype)(layers.AveragePooling2D(2, dtype=dtype)(y))
        y = layers.Conv2DTranspose(2, 2, activation="gelu", dtype=dtype)(y)
        return x, layers.Dense(3, "selu", dtype=dtype)(layers.Flatten(dtype=dtype)(y))

    def sequence():
        x = Input((5, 4), dtype=dtype)
        y = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dtype=dtype), dtype=dtype)(x)
        y = layers.GRU(4, return_sequences=True, dtype=dtype)(y)
        y = layers.MultiHeadAttention(2, 3, dtype=dtype)(y, y, use_causal_mask=True)
        y = layers.LayerNormalization(dtype=dtype)(y)
        return x, layers.SimpleRNN(3, activation="softsign", dtype=dtype)(y)

    def elements():
        x = Input((4,), dtype=dtype)
        names = ["hard_sigmoid", "celu", "softplus", "mish", "leaky_relu", "softsign", "hard_tanh"]
        return x, [layers.Activation(name, dtype=dtype)(x) for name in names]

    return {"image": image, "sequence": sequence, "elements": elements}


@pytest.mark.parametrize("name", ["image", "sequence", "elements"])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_model_of_another_precision(dtype, name, tmp_path):
    model = Model(*networks(dtype)[name]())
    x = np.random.default_rng(0).standard_normal((5, *model.input_shape[1:])).astype(dtype)
    check(model, tmp_path / "model.onnx", [x], [x[:1]], tolerance=TOLERANCE[dtype])


def test_loops_keep_double_precision(tmp_path):
    x = Input((5, 4), dtype="float64")
    model = Model(x, layers.LSTM(3, dtype="float64")(x))
    values = normal(5, 5, 4).astype("float64")  # predict rounds what it is given to floatx
    check(model, tmp_path / "model.onnx", [values], tolerance=1e-13)
