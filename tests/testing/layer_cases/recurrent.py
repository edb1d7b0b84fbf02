"""Recurrent layers that must keep every promise of ``check_layer``."""

from minikeras.layers.convolution import Conv1D
from minikeras.layers.core import Dense
from minikeras.layers.recurrent import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)

SEQUENCE = {"input_shape": (4, 3)}


def rnn(cell, **options):
    """Return a case for a cell, which is no layer of one input by itself."""
    return (lambda: RNN(cell(), return_sequences=True, **options), SEQUENCE)


def layers(kind):
    return [
        (kind(2), SEQUENCE),
        (kind(3, return_sequences=True, go_backwards=True), SEQUENCE),
        (kind(2, return_state=True, use_bias=False), SEQUENCE),
        (kind(2, return_sequences=True, return_state=True, activation="softsign"), SEQUENCE),
        (kind(2, dropout=0.3, seed=1), SEQUENCE),
        (kind(2, dropout=0.3, recurrent_dropout=0.2), SEQUENCE),
        (kind(2, recurrent_dropout=0.4, unroll=True), SEQUENCE),
    ]


LAYERS = {
    "SimpleRNN": layers(SimpleRNN),
    "LSTM": [
        *layers(LSTM),
        (LSTM(2, recurrent_activation="hard_sigmoid", unit_forget_bias=False), SEQUENCE),
    ],
    "GRU": [
        *layers(GRU),
        (GRU(2, reset_after=False), SEQUENCE),
        (GRU(2, reset_after=False, activation="softsign", dropout=0.1), SEQUENCE),
    ],
    "SimpleRNNCell": [rnn(lambda: SimpleRNNCell(2))],
    "LSTMCell": [rnn(lambda: LSTMCell(2)), rnn(lambda: LSTMCell(2, dropout=0.2, implementation=1))],
    "GRUCell": [rnn(lambda: GRUCell(2)), rnn(lambda: GRUCell(2, reset_after=False))],
    "StackedRNNCells": [rnn(lambda: StackedRNNCells([GRUCell(3), LSTMCell(2, dropout=0.2)]))],
    "RNN": [
        (lambda: RNN([LSTMCell(2), SimpleRNNCell(3)]), SEQUENCE),
        (lambda: RNN([LSTMCell(2), GRUCell(3)], return_state=True, go_backwards=True), SEQUENCE),
        (lambda: RNN(GRUCell(2, recurrent_dropout=0.2), zero_output_for_mask=True), SEQUENCE),
    ],
    "Bidirectional": [
        (lambda: Bidirectional(LSTM(2)), SEQUENCE),
        (lambda: Bidirectional(GRU(2, return_sequences=True), merge_mode="sum"), SEQUENCE),
        (lambda: Bidirectional(SimpleRNN(2, return_state=True), merge_mode=None), SEQUENCE),
        (
            lambda: Bidirectional(
                LSTM(2, return_sequences=True),
                backward_layer=GRU(3, return_sequences=True, go_backwards=True),
            ),
            SEQUENCE,
        ),
    ],
    "TimeDistributed": [
        (lambda: TimeDistributed(Dense(2, "tanh")), SEQUENCE),
        (lambda: TimeDistributed(Conv1D(2, 2)), {"input_shape": (3, 4, 2)}),
        (lambda: TimeDistributed(LSTM(2, dropout=0.2)), {"input_shape": (3, 4, 2)}),
    ],
    "ConvLSTM1D": [
        (ConvLSTM1D(2, 2), {"input_shape": (3, 4, 2)}),
        (
            ConvLSTM1D(2, 3, strides=2, padding="same", return_sequences=True, dropout=0.2),
            {"input_shape": (3, 4, 2)},
        ),
        (
            ConvLSTM1D(2, 2, data_format="channels_first", recurrent_dropout=0.2),
            {"input_shape": (3, 2, 4)},
        ),
    ],
    "ConvLSTM2D": [
        (ConvLSTM2D(2, 2, return_state=True, go_backwards=True), {"input_shape": (2, 3, 3, 1)})
    ],
    "ConvLSTM3D": [(ConvLSTM3D(1, 2, use_bias=False), {"input_shape": (2, 2, 3, 2, 1)})],
}
