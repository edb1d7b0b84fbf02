"""Cases of the convolution layers; see ``tests/parity/test_layers.py``."""

from itertools import product

SHAPES = {1: (3, 9, 4), 2: (3, 7, 8, 4), 3: (2, 4, 5, 6, 4)}


def first(shape):
    """Return the shape with the channels in axis 1."""
    return (shape[0], shape[-1], *shape[1:-1])


def case(kind, shape, *args, **settings):
    if settings.get("data_format") == "channels_first":
        shape = first(shape)
    told = ", ".join([*map(str, args), *(f"{k}={v}" for k, v in settings.items())])
    return (
        f"{kind}({told}) on {shape[1:]}",
        lambda layers: getattr(layers, kind)(*args, **settings),
        shape,
        # Keras gives this shape as a list; tests/layers/test_convolution.py compares its lengths.
        {"shape": "Transpose" not in kind},
    )


CASES = [
    case(f"Conv{rank}D", SHAPES[rank], 6, size, strides=strides, padding=padding)
    for rank, size, strides, padding in product((1, 2), (2, 3), (1, 2), ("valid", "same"))
]
CASES += [
    case(f"Conv{rank}D", SHAPES[rank], 4, 2, dilation_rate=2, padding=padding, groups=groups)
    for rank, padding, groups in product((1, 2), ("valid", "same"), (1, 2, 4))
]
CASES += [
    case("Conv1D", SHAPES[1], 5, size, strides=strides, dilation_rate=dilation, padding="causal")
    for size, strides, dilation in [(1, 1, 1), (3, 1, 1), (3, 2, 1), (3, 1, 2), (2, 1, 4)]
]
CASES += [
    case("Conv1D", SHAPES[1], 4, 3, padding=padding, groups=groups, data_format="channels_first")
    for padding, groups in product(("valid", "same"), (1, 2))
]
CASES += [
    case("Conv1D", SHAPES[1], 4, 3, padding="causal", data_format="channels_first"),
    case("Conv1D", (2, 9, 1), 3, 4, strides=3, activation="relu"),
    case("Conv1D", (2, 9, 3), 8, 3, activation="tanh", use_bias=False),
    case("Conv2D", (2, 9, 8, 1), 3, 3, activation="relu"),
    case("Conv2D", (2, 9, 8, 2), 3, (2, 3), strides=(2, 1), padding="same", activation="tanh"),
    case("Conv2D", (2, 9, 8, 3), 4, (5, 1), strides=(1, 3), activation="sigmoid"),
    case("Conv2D", (2, 9, 8, 5), 4, 3, activation="softmax", padding="same"),
    case("Conv2D", (2, 9, 8, 5), 4, 3, data_format="channels_first", strides=2, activation="elu"),
    case("Conv2D", (2, 6, 6, 6), 6, 3, groups=3, activation="relu", padding="same"),
    case("Conv2D", (2, 6, 6, 4), 8, 3, groups=4, activation="relu"),
    case("Conv2D", (2, 3, 3, 4), 2, 3, strides=3),
    case("Conv2D", (2, 5, 5, 4), 2, 1, strides=3, padding="same", use_bias=False),
    case("Conv2D", (2, 3, 4, 4), 2, 6, padding="same"),
    case("Convolution2D", (2, 5, 5, 4), 2, 2, strides=(1, 2)),
    case("Conv3D", SHAPES[3], 6, 2, groups=2),
    case("Conv3D", SHAPES[3], 3, 3, strides=2, padding="same"),
    case("Conv3D", SHAPES[3], 3, 2, dilation_rate=(1, 2, 3)),
    case("Conv3D", (2, 4, 4, 5, 1), 2, (2, 3, 1), strides=(1, 2, 2), activation="relu"),
    case("Conv3D", (2, 4, 4, 5, 2), 3, 2, data_format="channels_first", padding="same"),
]
CASES += [
    case(f"Conv{rank}DTranspose", SHAPES[rank], 3, size, strides=strides, padding=padding)
    for rank, size, strides, padding in product((1, 2), (2, 3), (1, 2, 3), ("valid", "same"))
]
CASES += [
    case("Conv2DTranspose", SHAPES[2], 5, size, strides=3, padding=padding, output_padding=extra)
    for size, padding, extra in product((2, 4), ("valid", "same"), (0, 2))
]
CASES += [
    case("Conv1DTranspose", SHAPES[1], 5, 3, dilation_rate=2),
    case("Conv1DTranspose", SHAPES[1], 5, 3, dilation_rate=3, padding="same"),
    case("Conv1DTranspose", SHAPES[1], 5, 3, strides=2, data_format="channels_first"),
    case("Conv2DTranspose", SHAPES[2], 5, (3, 2), dilation_rate=(1, 2), activation="relu"),
    case("Conv2DTranspose", SHAPES[2], 1, 4, strides=2, padding="same", activation="sigmoid"),
    case("Conv2DTranspose", (2, 5, 4, 1), 6, 3, strides=(1, 2), activation="tanh"),
    case("Conv2DTranspose", SHAPES[2], 4, 3, data_format="channels_first", activation="softmax"),
    case("Conv2DTranspose", SHAPES[2], 4, 3, strides=2, output_padding=(0, 1), use_bias=False),
    case("Conv3DTranspose", SHAPES[3], 2, 3, strides=2),
    case("Conv3DTranspose", SHAPES[3], 5, (1, 2, 3), padding="same", activation="relu"),
    case("Conv3DTranspose", SHAPES[3], 4, 2, strides=(1, 2, 3), padding="same"),
    case("Conv3DTranspose", SHAPES[3], 2, 2, strides=2, data_format="channels_first"),
]
CASES += [
    case(f"DepthwiseConv{rank}D", SHAPES[rank], 3, strides, padding, multiplier)
    for rank, strides, padding, multiplier in product((1, 2), (1, 2), ("valid", "same"), (1, 3))
]
CASES += [
    case("DepthwiseConv1D", SHAPES[1], 3, dilation_rate=2, activation="relu"),
    case("DepthwiseConv2D", SHAPES[2], (2, 3), dilation_rate=2, padding="same", use_bias=False),
    case("DepthwiseConv2D", SHAPES[2], 2, data_format="channels_first", activation="tanh"),
    case("DepthwiseConv2D", (2, 5, 6, 1), 3, depth_multiplier=4, activation="softmax"),
]
CASES += [
    case(f"SeparableConv{rank}D", SHAPES[rank], 6, 3, strides, padding, depth_multiplier=multiplier)
    for rank, strides, padding, multiplier in product((1, 2), (1, 2), ("valid", "same"), (1, 2))
]
CASES += [
    case("SeparableConv1D", SHAPES[1], 2, 3, dilation_rate=2, activation="relu"),
    case("SeparableConv2D", SHAPES[2], 3, (2, 3), dilation_rate=2, padding="same", use_bias=False),
    case("SeparableConv2D", SHAPES[2], 3, 2, data_format="channels_first", activation="gelu"),
]
