"""Cases of recurrent layers; see ``tests/parity/test_layers.py``."""

import itertools

import numpy as np

SEQUENCE = (3, 5, 4)
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [1, 1, 1, 1, 1]], bool)
ONE_STATE = [0.1 * np.arange(6, dtype="float32").reshape(3, 2)]
TWO_STATES = [*ONE_STATE, np.full((3, 2), 0.5, "float32")]
KINDS = ["SimpleRNN", "LSTM", "GRU"]


def states(kind):
    return TWO_STATES if kind == "LSTM" else ONE_STATE


def made(kind, units=2, **options):
    return lambda layers: getattr(layers, kind)(units, **options)


def wrapped(kind, around, **options):
    """Return what makes ``Bidirectional(LSTM(2, ...), ...)``."""
    return lambda layers: layers.Bidirectional(getattr(layers, kind)(2, **options), **around)


def title(kind, options):
    return " ".join([kind, *(f"{key}={value}" for key, value in options.items())])


CASES = []

for kind, sequences, state, backwards in itertools.product(KINDS, *[(False, True)] * 3):
    options = {
        "return_sequences": sequences,
        "return_state": state,
        "go_backwards": backwards,
    }
    call = {"mask": MASK, "initial_state": states(kind)}
    if sequences == state == backwards:
        CASES.append((title(kind, options), made(kind, **options), SEQUENCE))
    CASES.append(
        (title(kind, options) + " masked from a state", made(kind, **options), SEQUENCE, call)
    )

for kind in KINDS:
    settings = [
        {"use_bias": False},
        {"activation": "relu", "return_state": True},
        {"activation": None, "return_sequences": True},
        {"zero_output_for_mask": True, "return_sequences": True},
        {"zero_output_for_mask": True, "activation": "softsign"},
        {"zero_output_for_mask": True, "go_backwards": True, "return_sequences": True},
        {"dropout": 0.3, "recurrent_dropout": 0.3},
    ]
    if kind != "SimpleRNN":
        settings.append({"recurrent_activation": "hard_sigmoid", "return_state": True})
    if kind == "GRU":
        settings += [
            {"reset_after": False},
            {"reset_after": False, "use_bias": False},
            {"reset_after": False, "return_sequences": True, "return_state": True},
            {"reset_after": False, "activation": "relu", "go_backwards": True},
        ]
    CASES += [
        (title(kind, options) + " masked", made(kind, **options), SEQUENCE, {"mask": MASK})
        for options in settings
    ]
    CASES += [
        (f"{kind} without bias", made(kind, use_bias=False), SEQUENCE),
        (f"{kind} unrolled", made(kind, unroll=True), SEQUENCE),
        (f"{kind}, one step", made(kind, 3), (2, 1, 3)),
        (f"{kind}, one sample, one feature, one unit", made(kind, 1), (1, 4, 1)),
    ]
    for options in (
        {},
        {"return_sequences": True},
        {"return_state": True},
        {"return_sequences": True, "return_state": True},
    ):
        CASES.append(
            (
                title(f"Bidirectional {kind}", options) + " masked",
                wrapped(kind, {}, **options),
                SEQUENCE,
                {"mask": MASK},
            )
        )
    CASES.append((f"Bidirectional {kind}", wrapped(kind, {}, return_sequences=True), SEQUENCE))
    CASES.append(
        (
            f"Bidirectional {kind} from states",
            wrapped(kind, {}, return_sequences=True),
            SEQUENCE,
            {"initial_state": states(kind) * 2},
        )
    )

for mode, state in itertools.product(("sum", "mul", "ave", None), (False, True)):
    options = {"return_sequences": True, "return_state": state}
    CASES.append(
        (
            title("Bidirectional LSTM masked", {"merge_mode": mode, **options}),
            wrapped("LSTM", {"merge_mode": mode}, **options),
            SEQUENCE,
            {"mask": MASK},
        )
    )

STACKS = {
    "two LSTMs": lambda layers: [layers.LSTMCell(3), layers.LSTMCell(2)],
    "LSTM, GRU, SimpleRNN": lambda layers: [
        layers.LSTMCell(3),
        layers.GRUCell(2, reset_after=False),
        layers.SimpleRNNCell(4),
    ],
}
for name, cells in STACKS.items():
    for options in ({}, {"return_sequences": True}, {"return_state": True}, {"go_backwards": True}):
        CASES.append(
            (
                title(f"RNN of {name}", options),
                lambda layers, cells=cells, options=options: layers.RNN(cells(layers), **options),
                SEQUENCE,
                {},
                "return_state" not in options,  # Keras gives lists of states, shapes without
            )
        )
for kind in KINDS:
    CASES.append(
        (
            f"RNN of {kind}Cell masked",
            lambda layers, kind=kind: layers.RNN(
                getattr(layers, f"{kind}Cell")(2), return_sequences=True, return_state=True
            ),
            SEQUENCE,
            {"mask": MASK},
        )
    )

CASES += [
    (
        "Bidirectional with a backward layer",
        lambda layers: layers.Bidirectional(
            layers.LSTM(2, return_sequences=True),
            backward_layer=layers.GRU(3, return_sequences=True, go_backwards=True),
        ),
        SEQUENCE,
        {},
        False,
    ),
    (
        "Bidirectional of an RNN",
        lambda layers: layers.Bidirectional(layers.RNN(layers.GRUCell(2), return_sequences=True)),
        SEQUENCE,
    ),
    ("TimeDistributed Dense", lambda layers: layers.TimeDistributed(layers.Dense(3)), SEQUENCE),
    (
        "TimeDistributed Dense relu on images",
        lambda layers: layers.TimeDistributed(layers.Dense(3, "relu")),
        (2, 3, 4, 2),
    ),
    (
        "TimeDistributed Flatten",
        lambda layers: layers.TimeDistributed(layers.Flatten()),
        (2, 3, 4, 2),
    ),
    (
        "TimeDistributed LSTM",
        lambda layers: layers.TimeDistributed(layers.LSTM(2, return_sequences=True)),
        (2, 3, 4, 2),
    ),
    (
        "TimeDistributed Bidirectional GRU",
        lambda layers: layers.TimeDistributed(layers.Bidirectional(layers.GRU(2))),
        (2, 3, 4, 2),
    ),
]

ROWS = (2, 3, 6, 2)
IMAGES = (2, 3, 5, 4, 2)
for kind, inputs, options in [
    ("ConvLSTM1D", ROWS, {}),
    ("ConvLSTM1D", ROWS, {"padding": "same", "strides": 2, "return_sequences": True}),
    ("ConvLSTM1D", ROWS, {"dilation_rate": 2, "go_backwards": True, "return_state": True}),
    ("ConvLSTM1D", (2, 3, 2, 6), {"data_format": "channels_first", "use_bias": False}),
    ("ConvLSTM1D", ROWS, {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    ("ConvLSTM2D", IMAGES, {}),
    ("ConvLSTM2D", IMAGES, {"padding": "same", "return_sequences": True, "return_state": True}),
    ("ConvLSTM2D", IMAGES, {"strides": (2, 1), "unit_forget_bias": False}),
    ("ConvLSTM2D", (2, 3, 2, 5, 4), {"data_format": "channels_first", "return_sequences": True}),
    ("ConvLSTM3D", (2, 2, 3, 4, 3, 2), {}),
    ("ConvLSTM3D", (2, 2, 3, 4, 3, 2), {"padding": "same", "return_sequences": True}),
]:
    CASES.append(
        (
            title(kind, options),
            lambda layers, kind=kind, options=options: getattr(layers, kind)(2, 2, **options),
            inputs,
        )
    )

# What follows the input: keyword arguments of the call, and whether the shape can be compared.
CASES = [
    (name, make, inputs, {"call": (more or [{}])[0], "shape": more[1:] != [False]})
    for name, make, inputs, *more in CASES
]
