"""Whole networks of the sizes that people train, for the tests of exact exports."""

import numpy as np

import minikeras
from minikeras import Input, Model, Sequential, activations, layers


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def words(count, steps, padded=False):
    rng = np.random.default_rng(0)
    found = rng.integers(1, count, (100, steps)).astype("int32")
    if padded:
        found *= np.arange(steps) < rng.integers(1, steps + 1, (100, 1))
    return found


def lenet_layers(filters=(32, 64), size=3, activation="relu"):
    first, second = filters
    return [
        Input((28, 28, 1)),
        layers.Conv2D(first, size, activation=activation),
        layers.MaxPooling2D(),
        layers.Conv2D(second, size, activation=activation),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, "softmax"),
    ]


def functional(parts):
    x, *chain = parts
    y = x
    for layer in chain:
        y = layer(y)
    return Model(x, y)


def lenet():
    return Sequential(lenet_layers()), [normal(100, 28, 28, 1)]


def lenet_of_5x5_windows():
    parts = lenet_layers((6, 16), 5, "tanh")
    return Sequential(parts), [normal(100, 28, 28, 1)]


def functional_lenet():
    return functional(lenet_layers()), [normal(100, 28, 28, 1)]


def wide_convolutions():
    """Kernels too large for small products, and pictures too large for the cache."""
    x = Input((47, 47, 3))
    y = layers.Conv2D(24, 5, padding="same", activation="relu")(x)
    y = layers.Conv2D(33, 3, strides=2)(y)
    y = layers.Conv2D(128, 3, padding="same", activation="sigmoid")(y)
    return Model(x, layers.Conv2D(7, 3, use_bias=False)(y)), [normal(3, 47, 47, 3)]


def conv_and_pool_of_a_large_picture():
    model = Sequential(
        [
            Input((61, 59, 32)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="sigmoid"),
            layers.MaxPooling2D(),
        ]
    )
    return model, [normal(3, 61, 59, 32)]


def resnet():
    """Blocks as in He et al. (2015), with and without a projection."""

    def block(x, filters, strides=1):
        y = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if strides > 1:
            x = layers.Conv2D(filters, 1, strides)(x)
        return layers.ReLU()(layers.add([x, y]))

    x = Input((16, 16, 3))
    y = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    y = block(block(y, 16), 32, 2)
    y = layers.GlobalAveragePooling2D()(y)
    return Model(x, layers.Dense(10, "softmax")(y)), [normal(100, 16, 16, 3)]


def mobile_net():
    """Depthwise and separable convolutions, groups, windows of one place."""
    x = Input((14, 13, 6))
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu")(x)
    y = layers.Conv2D(18, 1, activation="relu6")(y)
    y = layers.SeparableConv2D(12, 3, strides=2, activation="tanh")(y)
    y = layers.Conv2D(12, 3, groups=3, padding="same", activation="silu")(y)
    y = layers.Conv2D(12, 2, groups=12)(y)
    return Model(x, layers.AveragePooling2D(2, 1)(y)), [normal(100, 14, 13, 6)]


def autoencoder():
    model = Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(16, 3, 2, "same", activation="relu"),
            layers.Conv2D(8, 3, 2, "same", activation="relu"),
            layers.Conv2DTranspose(16, 3, 2, "same", activation="relu"),
            layers.Conv2DTranspose(1, 3, 2, "same", activation="sigmoid"),
        ]
    )
    return model, [normal(100, 28, 28, 1)]


def large_transposed():
    x = Input((40, 40, 16))
    y = layers.Conv2DTranspose(40, 3, dilation_rate=2)(x)
    return Model(x, layers.Conv2DTranspose(2, 4, strides=3)(y)), [normal(2, 40, 40, 16)]


def signals():
    """Conv1D in a row: valid, causal, dilated, strided, transposed, depthwise, separable."""
    x = Input((50, 5))
    y = layers.Conv1D(40, 5, activation="relu")(x)
    y = layers.Conv1D(24, 3, padding="causal", dilation_rate=4, activation="elu")(y)
    y = layers.MaxPooling1D(2)(y)
    y = layers.DepthwiseConv1D(3, padding="same", activation="relu")(y)
    y = layers.SeparableConv1D(20, 4, strides=2)(y)
    return Model(x, layers.Conv1DTranspose(3, 4, strides=2)(y)), [normal(100, 50, 5)]


def volumes():
    model = Sequential(
        [
            Input((9, 8, 7, 2)),
            layers.Conv3D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling3D(2),
            layers.Conv3D(20, 2, activation="tanh"),
            layers.Conv3DTranspose(4, 2, strides=2),
        ]
    )
    return model, [normal(100, 9, 8, 7, 2)]


def channels_first():
    x = Input((3, 17, 15))
    settings = {"data_format": "channels_first"}
    y = layers.Conv2D(12, 3, activation="elu", **settings)(x)
    y = layers.MaxPooling2D(**settings)(y)
    y = layers.Conv2DTranspose(4, 3, strides=2, activation="tanh", **settings)(y)
    return Model(x, layers.GlobalAveragePooling2D(**settings)(y)), [normal(100, 3, 17, 15)]


def free_sizes():
    """Lengths that the model does not know."""
    x = Input((None, None, 3))
    y = layers.Conv2D(20, 3, activation="relu", padding="same")(x)
    y = layers.Conv2D(17, 3)(layers.MaxPooling2D()(y))
    return Model(x, layers.GlobalMaxPooling2D()(y)), [normal(100, 19, 21, 3)]


def recurrent_stack():
    x = Input((20, 9))
    y = layers.LSTM(33, return_sequences=True)(x)
    y, state = layers.GRU(32, return_sequences=True, return_state=True)(y)
    y = layers.Bidirectional(layers.SimpleRNN(20, return_sequences=True))(y)
    y = layers.TimeDistributed(layers.Dense(8, "relu"))(y)
    y = layers.LSTM(16, go_backwards=True, use_bias=False)(y)
    return Model(x, [y, state]), [normal(100, 20, 9)]


def masked_recurrent_stack():
    tokens = Input((15,), dtype="int32")
    y = layers.Embedding(60, 12, mask_zero=True)(tokens)
    y = layers.Bidirectional(layers.LSTM(10, return_sequences=True))(y)
    y = layers.GRU(24, return_sequences=True, reset_after=False, zero_output_for_mask=True)(y)
    y = layers.SimpleRNN(7, return_sequences=True)(y)
    y = layers.Bidirectional(layers.GRU(5), merge_mode="sum")(y)
    return Model(tokens, layers.Dense(1, "sigmoid")(y)), [words(60, 15, padded=True)]


def unusual_recurrent_stack():
    """Activations that no op has fused, and cells on cells: step by step."""
    x = Input((12, 7))
    y = layers.LSTM(18, activation="relu", return_sequences=True)(x)
    y = layers.GRU(20, recurrent_activation="hard_sigmoid", return_sequences=True)(y)
    y = layers.SimpleRNN(11, activation="selu", return_sequences=True)(y)
    cells = [layers.LSTMCell(9), layers.GRUCell(8, reset_after=False), layers.SimpleRNNCell(17)]
    return Model(x, layers.RNN(cells)(y)), [normal(100, 12, 7)]


def films():
    x = Input((4, 9, 8, 3))
    y = layers.ConvLSTM2D(6, 3, padding="same", return_sequences=True)(x)
    return Model(x, layers.ConvLSTM2D(4, 2, strides=2)(y)), [normal(100, 4, 9, 8, 3)]


def from_states():
    x, h, c = Input((8, 6)), Input((12,)), Input((12,))
    y = layers.LSTM(12, return_sequences=True)(x, initial_state=[h, c])
    return Model([x, h, c], y), [normal(100, 8, 6), normal(100, 12), normal(100, 12)]


def transformer():
    """The block of Keras's text classification example."""
    tokens = Input((30,), dtype="int32")
    x = layers.Embedding(80, 32)(tokens)
    attended = layers.MultiHeadAttention(2, 32)(x, x)
    x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Dropout(0.1)(attended))
    inner = layers.Dense(32)(layers.Dense(48, "relu")(x))
    x = layers.LayerNormalization(epsilon=1e-6)(x + inner)
    x = layers.Dense(20, "relu")(layers.GlobalAveragePooling1D()(x))
    return Model(tokens, layers.Dense(2, "softmax")(x)), [words(80, 30)]


def masked_transformer():
    """Causal and padded attention, to itself and across, with GELU before the norms."""
    tokens, source = Input((11,), dtype="int32"), Input((14, 20))
    x = layers.Embedding(40, 24, mask_zero=True)(tokens)
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(3, 8)(y, y, use_causal_mask=True)
    x = x + layers.MultiHeadAttention(4, 5, value_dim=6)(layers.RMSNormalization()(x), source)
    x = x + layers.GroupQueryAttention(6, 4, 2)(x, x)
    y, scores = layers.MultiHeadAttention(2, 7)(x, x, return_attention_scores=True)
    x = layers.Attention()([x + y, layers.Dense(24, "gelu")(y)])
    return Model([tokens, source], [x, scores]), [words(40, 11, padded=True), normal(100, 14, 20)]


def strong_attention():
    """Scores so large that their exponentials must be kept from overflowing."""
    x = Input((9, 16))
    y = layers.MultiHeadAttention(2, 8)(x * 20.0, x * 20.0)
    return Model(x, layers.Attention(use_scale=True)([y * 9.0, x, x])), [normal(100, 9, 16)]


def attention_behind_dropout():
    """What does nothing hands its input on as it is: the three are still one array."""
    x = Input((9, 16))
    y = layers.MultiHeadAttention(2, 8)(x, layers.Dropout(0.5)(x), layers.Identity()(x))
    return Model(x, y), [normal(100, 9, 16)]


def text_classifier():
    model = Sequential(
        [
            layers.Embedding(200, 16),
            layers.Conv1D(48, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(24, activations.gelu),
            layers.Dense(4, "softmax"),
        ]
    )
    model.build((None, 25))
    return model, [words(200, 25)]


def means_of_sequences():
    """Sums along axes of arrays that do not lie in memory in the order of their axes."""
    x = Input((10, 6))
    y = layers.LSTM(12, return_sequences=True)(x)
    z = layers.Permute((2, 1))(layers.GRU(9, return_sequences=True)(x))
    means = [np.mean(y, axis=1), np.sum(z, axis=-1), layers.GlobalAveragePooling1D()(y)]
    return Model(x, [*means, layers.Softmax(axis=1)(z), np.var(y, axis=(1, 2))]), [
        normal(100, 10, 6)
    ]


def perceptron():
    parts = [layers.Dense(512, "relu"), layers.Dense(33, "selu"), layers.Dense(10, "softmax")]
    return Sequential([Input((784,)), *parts]), [normal(100, 784)]


NETWORKS = {
    build.__name__: build
    for build in (
        lenet, lenet_of_5x5_windows, functional_lenet, wide_convolutions,
        conv_and_pool_of_a_large_picture, resnet, mobile_net, autoencoder, large_transposed,
        signals, volumes, channels_first, free_sizes, recurrent_stack, masked_recurrent_stack,
        unusual_recurrent_stack, films, from_states, transformer, masked_transformer,
        strong_attention, attention_behind_dropout, text_classifier, means_of_sequences,
        perceptron,
    )
}  # fmt: skip


def made(name):
    """Return a network with weights that are none of the usual first ones, and its inputs."""
    minikeras.set_random_seed(0)
    model, values = NETWORKS[name]()
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if "variance" in weight.name:
            weight.assign(rng.uniform(0.5, 2.0, weight.shape))
        elif weight.dtype.kind == "f" and len(weight.shape) == 1:  # biases and the like
            weight.assign(weight.numpy() + 0.1 * rng.standard_normal(weight.shape))
    return model, values
