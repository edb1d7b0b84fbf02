"""Models for the tests of exports: every layer, functions, and models of all shapes."""

import importlib
import pkgutil

import numpy as np

import minikeras
from minikeras import Input, Model, Sequential, activations, layers, ops
from minikeras.registry import register
from tests.parity import layer_cases
from tests.parity.test_layers import arrays, sample_weights

# Their masks are constants of a batch of two, which no model with a free batch can hold.
OF_ONE_BATCH = {"attention: two axes, masked", "attention: second axis, masked"}


def layer_calls():
    """Yield title, function that gives model and inputs: each layer of the parity tests."""
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        for title, make, inputs, *options in family.CASES:
            settings = options[0] if options else {}
            name = f"{module.name}: {title}"
            if name not in OF_ONE_BATCH and not settings.get("call", {}).get("training"):
                yield name, lambda args=(make, inputs, settings): one_layer(*args)


def one_layer(make, inputs, options):
    values, as_list = arrays(inputs)
    layer = make(layers)
    given = [Input(value.shape[1:], dtype=str(value.dtype)) for value in values]
    args = given if options.get("args") else [given] if as_list else given[:1]
    outputs = layer(*args, **options.get("call", {}))
    if options.get("weights", True) and layer.weights:
        layer.set_weights(sample_weights(layer))
    return Model(given, outputs), values


ACTIVATIONS = [
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "sigmoid", "tanh",
    "silu", "softplus", "softsign", "log_sigmoid", "mish", "exponential", "hard_sigmoid",
    "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "softmax", "log_softmax", "glu", "step",
]  # fmt: skip


@register("activation")
def swish_of_tests(x):
    return x * ops.sigmoid(2.0 * x)


FUNCTIONS = {
    "operators": lambda x: (x + 1.0) * 2.0 - x / 3.0**x,
    "operators from the right": lambda x: 1.0 - x + 2.0 / (x + 10.0) - (-x),
    "power": lambda x: x**2,
    "mean": lambda x: np.mean(x, axis=1),
    "mean over axes": lambda x: np.mean(x, axis=(1, 2), keepdims=True) + x,
    "sum": lambda x: x.sum(axis=-1),
    "extremes": lambda x: np.max(x, axis=1) - x.min(axis=1),
    "variance": lambda x: np.var(x, axis=-1) + np.std(x, axis=-1, ddof=1),
    "prod": lambda x: np.prod(x, axis=2),
    "norm": lambda x: np.linalg.norm(x, axis=-1),
    "argmax": lambda x: np.argmax(x, axis=-1) - np.argmin(x, axis=-1),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "where": lambda x: np.where(x > 0.0, x, 0.1 * x),
    "clip": lambda x: np.clip(x, -0.5, 0.5) + np.clip(x, 0.1, None),
    "comparisons": lambda x: np.logical_and(x >= 0, x != 1.0),
    "any and all": lambda x: np.logical_or(np.any(x > 1.0, axis=1), np.all(x > -1.0, axis=1)),
    "trigonometry": lambda x: np.sin(x) + np.cos(x) * np.arctan(x) - np.sinh(x),
    "logarithms": lambda x: np.log1p(np.exp(-np.abs(x))) + np.log2(np.abs(x) + 2.0),
    "more logarithms": lambda x: np.expm1(x) + np.exp2(x) + np.log10(np.abs(x) + 2.0),
    "rounding": lambda x: np.floor(x) + np.ceil(x) + np.rint(x) + np.sign(x) + np.round(x, 1),
    "remainders": lambda x: x % 0.7 + x // 0.3,
    "two arguments": lambda x: np.hypot(x, 2.0) + np.logaddexp(x, 0.5) + np.maximum(x, 0.1),
    "one argument": lambda x: np.square(x) + np.reciprocal(x + 10.0) + np.sqrt(np.abs(x)),
    "reshape": lambda x: np.reshape(x, (-1, 12)),
    "transpose": lambda x: np.transpose(x, (0, 2, 1)),
    "swapaxes and matmul": lambda x: np.swapaxes(x, 1, 2) @ x,
    "moveaxis": lambda x: np.moveaxis(x, 1, -1),
    "axes of length one": lambda x: np.squeeze(np.expand_dims(x, (1, 3)), axis=1),
    "new axes": lambda x: x[:, np.newaxis] * x[..., None, :, :],
    "slices": lambda x: x[:, 1:, ::2],
    "an index": lambda x: x[:, -1] + x[:, 0],
    "dots": lambda x: x[..., 0] + x[:, :, 1],
    "a list of places": lambda x: x[:, [2, 0]],
    "backwards": lambda x: x[:, ::-1],
    "concatenate": lambda x: np.concatenate([x, x * 2.0], axis=1),
    "stack": lambda x: np.stack([x, x + 1.0], axis=1),
    "split": lambda x: np.split(x, 2, axis=-1),
    "flip": lambda x: np.flip(x, axis=2),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "tile": lambda x: np.tile(x, (1, 2, 1)),
    "pad": lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1))),
    "take": lambda x: np.take(x, [0, 2, 1], axis=1),
    "einsum": lambda x: np.einsum("bij,bkj->bik", x, x),
    "dot": lambda x: np.dot(x, np.ones((4, 2), "float32")),
    "dtypes": lambda x: x.astype("int32") + x.astype(bool),
    "double precision": lambda x: x * np.float64(2.0),
    "an integer array": lambda x: x + np.arange(4),
    "finite": lambda x: np.isfinite(x),
    "ops: mean": lambda x: ops.mean(x, axis=1),
    "ops: mean of integers": lambda x: ops.mean(x.astype("int32"), axis=1),
    "ops: softmax": lambda x: ops.softmax(x, axis=1),
    "ops: relu": lambda x: ops.relu(x) + ops.sigmoid(x),
    "ops: logsumexp": lambda x: ops.logsumexp(x, axis=-1),
    "ops: cast": lambda x: ops.cast(x, "int32"),
    "ops: concatenate": lambda x: ops.concatenate([x, x], axis=-1),
    "ops: one_hot": lambda x: ops.one_hot(ops.argmax(x, axis=-1), 4),
    "ops: unit length": lambda x: ops.unit_normalization(x),
    "ops: rsqrt": lambda x: ops.rsqrt(ops.abs(x) + 1.0),
    "activations": lambda x: activations.gelu(x) + activations.softplus(x),
    **{f"Activation {name}": lambda x, name=name: layers.Activation(name)(x)
       for name in ACTIVATIONS},
    "Activation of the user": lambda x: layers.Dense(3, "swish_of_tests")(x),
    "Activation at the end": lambda x: layers.Conv1D(4, 2, activation="glu")(x),
    "Lambda": lambda x: layers.Lambda(lambda z: z * 2.0 + np.mean(z, axis=-1, keepdims=True))(x),
    "a layer of the user": lambda x: Scale()(x),
    "a block of the user": lambda x: Block()(x),
}  # fmt: skip


class Scale(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "uniform", name="factor")

    def forward(self, x):
        return self.factor * x + np.exp(-x)


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(4, "tanh")
        self.norm = layers.LayerNormalization()

    def call(self, x, training=False):
        return x + self.norm(self.inner(x), training=training)


def function_model(title):
    x = Input((3, 4))
    model = Model(x, FUNCTIONS[title](x))
    return model, [np.random.default_rng(0).standard_normal((5, 3, 4)).astype("float32")]


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def dense_network():
    model = Sequential(
        [
            Input((784,)),
            layers.Dense(64, "relu"),
            layers.Dense(32, "sigmoid"),
            layers.Dense(16, "tanh"),
            layers.Dropout(0.5),
            layers.Dense(10, "softmax"),
        ]
    )
    return model, [normal(300, 784)]


def one_unit():
    model = Sequential([Input((9,)), layers.Dense(5, "sigmoid"), layers.Dense(1, "sigmoid")])
    return model, [normal(7, 9)]


def small_convnet():
    model = Sequential(
        [
            Input((12, 12, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
            layers.Conv2D(6, 3, padding="same"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(5, "softmax"),
        ]
    )
    return model, [normal(4, 12, 12, 1)]


def several_inputs():
    a, b = Input((3,), name="first"), Input((5,), name="second in line")
    shared = layers.Dense(4, "relu", name="shared")
    joined = layers.concatenate([shared(layers.Dense(4)(a)), shared(layers.Dense(4)(b))])
    model = Model([a, b], [layers.Dense(1, name="score")(joined), joined * 2.0])
    return model, [normal(6, 3), normal(6, 5)]


def named():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    outputs = {"sum": a + b, "scaled": layers.Rescaling(0.5)(a)}
    return Model({"a": a, "b": b}, outputs), [normal(4, 3), 2.0 * normal(4, 3)]


def nested():
    inner = Sequential([Input((4,)), layers.Dense(3, "tanh"), layers.Dense(4)], name="inner")
    x = Input((4,))
    branch = Model(x, [inner(x), layers.Dense(2)(x)], name="branch")
    y = Input((4,))
    first, second = branch(inner(y))
    return Model(y, layers.concatenate([first, second])), [normal(5, 4)]


def text_model():
    model = Sequential(
        [
            layers.Embedding(50, 8),
            layers.Bidirectional(layers.LSTM(6, return_sequences=True)),
            layers.GRU(5, return_sequences=True, go_backwards=True),
            layers.SimpleRNN(4),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.build((None, 7))
    return model, [np.random.default_rng(0).integers(50, size=(6, 7)).astype("int32")]


def transformer():
    tokens = Input((6,), dtype="int32")
    x = layers.Embedding(30, 8, mask_zero=True)(tokens)
    attended = layers.MultiHeadAttention(2, 4)(x, x)
    x = layers.LayerNormalization()(layers.add([x, attended]))
    x = layers.LayerNormalization()(x + layers.Dense(8)(layers.Dense(16, "gelu")(x)))
    model = Model(tokens, layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(x)))
    data = np.random.default_rng(0).integers(30, size=(5, 6)).astype("int32")
    data[:, 4:] = 0
    return model, [data]


def free_lengths():
    x = Input((None, 4))
    y = layers.Conv1D(6, 3, padding="causal", activation="relu")(x)
    y = layers.Conv1D(6, 3, padding="same", strides=2)(y)
    y = layers.GroupNormalization(3)(layers.TimeDistributed(layers.Dense(6))(y))
    y = layers.UpSampling1D(2)(layers.MaxPooling1D(2, padding="same")(y))
    y = layers.LSTM(5, return_sequences=True)(layers.ZeroPadding1D(1)(y))
    return Model(x, [y, layers.GlobalMaxPooling1D()(layers.Cropping1D(1)(y))]), [normal(3, 9, 4)]


def bare_input():
    x = Input((2,))
    return Model(x, [x, layers.Identity()(x)]), [normal(2, 2)]


MODELS = {
    build.__name__: build
    for build in (
        dense_network, one_unit, small_convnet, several_inputs, named, nested, text_model,
        transformer, free_lengths, bare_input,
    )
}  # fmt: skip


def flat(outputs):
    if isinstance(outputs, dict):
        return [item for value in outputs.values() for item in flat(value)]
    if isinstance(outputs, list | tuple):
        return [item for value in outputs for item in flat(value)]
    return [outputs]


def predictions(model, values, **settings):
    graph = model._graph
    names = [tensor.name for tensor in graph.flat_inputs]
    given = values if len(values) > 1 else values[0]
    if isinstance(graph.inputs, dict):
        given = dict(zip(names, values))
    minikeras.set_random_seed(0)
    return flat(model.predict(given, verbose=0, **settings))
