"""A call of every registered layer: how it is made and what it is given, without the batch."""

import numpy as np

from minikeras import Input, Model, Sequential, layers

VECTOR, STEPS, ROWS = (6,), (5, 4), (8, 3)
IMAGE, FIRST, VOLUME = (7, 6, 3), (4, 7, 6), (4, 5, 4, 2)
FILMS = (3, 5, 4, 2)  # steps, height, width, channels


def numbers(*shape):
    return lambda rng, n: rng.standard_normal((n, *shape)).astype("float32")


def integers(high, *shape):
    return lambda rng, n: rng.integers(high, size=(n, *shape)).astype("int32")


def texts(*shape):
    return lambda rng, n: rng.choice(["cat", "dog", "cow", ""], (n, *shape)).astype(object)


def one(make, shape):
    return make, [numbers(*shape)]


def two(make, *shapes):
    return make, [numbers(*shape) for shape in shapes]


def cell(name):
    return one(lambda: layers.RNN(getattr(layers, name)(3), return_sequences=True), STEPS)


def inner(cls):
    """A model as a layer of a model."""
    given = Input(VECTOR)
    hidden = layers.Dense(4, "tanh")
    if cls is Sequential:
        return Sequential([given, hidden, layers.Dense(2)])
    return Model(given, layers.Dense(2)(hidden(given)))


def adapted(layer):
    layer.adapt(normal_data())
    return layer


def normal_data():
    return np.random.default_rng(9).standard_normal((50, 6)).astype("float32")


CASES = {
    "Activation": one(lambda: layers.Activation("mish"), VECTOR),
    "ActivityRegularization": one(lambda: layers.ActivityRegularization(0.1), VECTOR),
    **{
        f"Adaptive{kind}Pooling{rank}D": one(
            lambda kind=kind, rank=rank: getattr(layers, f"Adaptive{kind}Pooling{rank}D")(2), shape
        )
        for kind in ("Average", "Max")
        for rank, shape in ((1, ROWS), (2, IMAGE), (3, VOLUME))
    },
    **{
        name: two(getattr(layers, name), VECTOR, VECTOR)
        for name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
    },
    "AdditiveAttention": two(layers.AdditiveAttention, STEPS, STEPS),
    "AlphaDropout": one(lambda: layers.AlphaDropout(0.5), VECTOR),
    "Attention": two(lambda: layers.Attention(use_scale=True), STEPS, STEPS),
    **{
        f"{kind}Pooling{rank}D": one(
            lambda kind=kind, rank=rank: getattr(layers, f"{kind}Pooling{rank}D")(
                2, padding="same"
            ),
            shape,
        )
        for kind in ("Average", "Max")
        for rank, shape in ((1, ROWS), (2, IMAGE), (3, VOLUME))
    },
    "BatchNormalization": one(layers.BatchNormalization, IMAGE),
    "Bidirectional": one(
        lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True), "ave"), STEPS
    ),
    "CategoryEncoding": (lambda: layers.CategoryEncoding(5, "multi_hot"), [integers(5, 4)]),
    "CenterCrop": one(lambda: layers.CenterCrop(3, 4), IMAGE),
    **{
        f"Conv{rank}D{kind}": one(
            lambda rank=rank, kind=kind: getattr(layers, f"Conv{rank}D{kind}")(
                4, 2, padding="same", strides=2, activation="relu"
            ),
            shape,
        )
        for kind in ("", "Transpose")
        for rank, shape in ((1, ROWS), (2, IMAGE), (3, VOLUME))
    },
    "ConvLSTM1D": one(lambda: layers.ConvLSTM1D(2, 2, return_sequences=True), (3, 6, 2)),
    "ConvLSTM2D": one(lambda: layers.ConvLSTM2D(2, 2, strides=2, padding="same"), FILMS),
    "ConvLSTM3D": one(lambda: layers.ConvLSTM3D(2, 2, activation="gelu"), (2, 3, 4, 3, 2)),
    "Cropping1D": one(lambda: layers.Cropping1D((1, 2)), ROWS),
    "Cropping2D": one(lambda: layers.Cropping2D(((1, 2), (0, 1))), IMAGE),
    "Cropping3D": one(lambda: layers.Cropping3D(1), VOLUME),
    "Dense": one(lambda: layers.Dense(3, "softmax"), VECTOR),
    "DepthwiseConv1D": one(lambda: layers.DepthwiseConv1D(2, depth_multiplier=2), ROWS),
    "DepthwiseConv2D": one(lambda: layers.DepthwiseConv2D(2), IMAGE),
    "Discretization": one(lambda: layers.Discretization([-1.0, 0.0, 0.5]), VECTOR),
    "Dot": two(lambda: layers.Dot(-1, normalize=True), STEPS, STEPS),
    "Dropout": one(lambda: layers.Dropout(0.5), VECTOR),
    "ELU": one(layers.ELU, VECTOR),
    "EinsumDense": one(lambda: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), STEPS),
    "Embedding": (lambda: layers.Embedding(9, 3), [integers(9, 5)]),
    "Flatten": one(layers.Flatten, IMAGE),
    "Functional": one(lambda: inner(Model), VECTOR),
    "GRU": one(lambda: layers.GRU(3), STEPS),
    "GRUCell": cell("GRUCell"),
    "GaussianDropout": one(lambda: layers.GaussianDropout(0.5), VECTOR),
    "GaussianNoise": one(lambda: layers.GaussianNoise(0.5), VECTOR),
    **{
        f"Global{kind}Pooling{rank}D": one(
            lambda kind=kind, rank=rank: getattr(layers, f"Global{kind}Pooling{rank}D")(), shape
        )
        for kind in ("Average", "Max")
        for rank, shape in ((1, ROWS), (2, IMAGE), (3, VOLUME))
    },
    "GroupNormalization": one(lambda: layers.GroupNormalization(2, axis=1), FIRST),
    "GroupedQueryAttention": (
        lambda: lambda x: layers.GroupQueryAttention(3, 4, 2)(x, x, use_causal_mask=True),
        [numbers(*STEPS)],
    ),
    "Identity": one(layers.Identity, VECTOR),
    "InputLayer": one(lambda: lambda x: x * 1.0, VECTOR),
    "IntegerLookup": (lambda: layers.IntegerLookup(vocabulary=[7, 2, 4]), [integers(9, 5)]),
    "LSTM": one(lambda: layers.LSTM(3, return_sequences=True), STEPS),
    "LSTMCell": cell("LSTMCell"),
    "Lambda": one(lambda: layers.Lambda(lambda x: np.tanh(x) * 2.0), VECTOR),
    "LayerNormalization": one(layers.LayerNormalization, STEPS),
    "LeakyReLU": one(layers.LeakyReLU, VECTOR),
    "Masking": one(layers.Masking, STEPS),
    "MultiHeadAttention": (
        lambda: lambda x: layers.MultiHeadAttention(2, 3)(x, x),
        [numbers(*STEPS)],
    ),
    "Normalization": one(lambda: adapted(layers.Normalization()), VECTOR),
    "PReLU": one(lambda: layers.PReLU("uniform"), VECTOR),
    "Permute": one(lambda: layers.Permute((2, 1)), STEPS),
    "RMSNormalization": one(layers.RMSNormalization, STEPS),
    "RNN": one(lambda: layers.RNN(Sum(), return_state=True), STEPS),
    **{
        name: one(lambda name=name: getattr(layers, name)(0.3), IMAGE)
        for name in ("RandomBrightness", "RandomContrast", "RandomRotation", "RandomZoom")
    },
    "RandomCrop": one(lambda: layers.RandomCrop(4, 5), IMAGE),
    "RandomFlip": one(layers.RandomFlip, IMAGE),
    "RandomTranslation": one(lambda: layers.RandomTranslation(0.1, 0.1), IMAGE),
    "ReLU": one(lambda: layers.ReLU(2.0, 0.1, 0.2), VECTOR),
    "RepeatVector": one(lambda: layers.RepeatVector(3), VECTOR),
    "Rescaling": one(lambda: layers.Rescaling(1 / 255, 0.5), IMAGE),
    "Reshape": one(lambda: layers.Reshape((3, -1)), VECTOR),
    "Resizing": one(lambda: layers.Resizing(5, 9), IMAGE),
    "ReversibleEmbedding": (lambda: layers.ReversibleEmbedding(9, 3), [integers(9, 5)]),
    "SeparableConv1D": one(lambda: layers.SeparableConv1D(4, 2), ROWS),
    "SeparableConv2D": one(lambda: layers.SeparableConv2D(4, 2), IMAGE),
    "Sequential": one(lambda: inner(Sequential), VECTOR),
    "SimpleRNN": one(lambda: layers.SimpleRNN(3, activation="gelu"), STEPS),
    "SimpleRNNCell": cell("SimpleRNNCell"),
    "Softmax": one(lambda: layers.Softmax(axis=1), STEPS),
    "SpatialDropout1D": one(lambda: layers.SpatialDropout1D(0.5), ROWS),
    "SpatialDropout2D": one(lambda: layers.SpatialDropout2D(0.5), IMAGE),
    "SpatialDropout3D": one(lambda: layers.SpatialDropout3D(0.5), VOLUME),
    "SpectralNormalization": one(lambda: layers.SpectralNormalization(layers.Dense(3)), VECTOR),
    "StackedRNNCells": one(
        lambda: layers.RNN([layers.LSTMCell(3, activation="gelu"), layers.GRUCell(2)]), STEPS
    ),
    "StringLookup": (
        lambda: layers.StringLookup(vocabulary=["dog", "cat"], mask_token=""),
        [texts(3)],
    ),
    "TextVectorization": (
        lambda: layers.TextVectorization(
            standardize=None, split=None, vocabulary=["dog", "cat"], output_sequence_length=4
        ),
        [texts(3)],
    ),
    "TimeDistributed": one(lambda: layers.TimeDistributed(layers.Conv2D(2, 2)), FILMS),
    "UnitNormalization": one(layers.UnitNormalization, VECTOR),
    "UpSampling1D": one(lambda: layers.UpSampling1D(3), ROWS),
    "UpSampling2D": one(lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"), IMAGE),
    "UpSampling3D": one(lambda: layers.UpSampling3D(2), VOLUME),
    "ZeroPadding1D": one(lambda: layers.ZeroPadding1D(2), ROWS),
    "ZeroPadding2D": one(lambda: layers.ZeroPadding2D(((1, 0), (2, 1))), IMAGE),
    "ZeroPadding3D": one(layers.ZeroPadding3D, VOLUME),
}
"""Name of a class -> (function that makes the layer, functions that make its inputs)."""

REFUSED = {
    "HashedCrossing": (
        lambda: layers.HashedCrossing(5), [integers(9, 1), integers(9, 1)], "hashes",
    ),
    "Hashing": (lambda: layers.Hashing(5), [integers(9, 3)], "hashes"),
}  # fmt: skip
"""Those that ONNX cannot express, with a part of the reason that the error gives."""


class Sum(layers.Layer):
    """A cell of the user's own."""

    state_size = 4

    def forward(self, inputs, states):
        total = np.tanh(states[0] + inputs)
        return total * 2.0, [total]


def model_of(make, inputs, count=2, seed=0):
    """Return the model, and a function that makes a batch of so many samples."""
    given = [
        Input(x.shape[1:], dtype="string" if x.dtype == object else str(x.dtype))
        for x in (make_input(np.random.default_rng(0), count) for make_input in inputs)
    ]
    outputs = make()(given if len(given) > 1 else given[0])
    model = Model(given, outputs)
    rng = np.random.default_rng(seed + 1)
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 0.9, weight.shape).astype(weight.dtype))
    return model, lambda n: [
        make_input(np.random.default_rng(seed + n), n) for make_input in inputs
    ]
