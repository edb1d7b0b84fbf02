"""Recurrent layers: a cell computes one step, a layer runs it over a sequence."""

from minikeras.layers.recurrent.bidirectional import Bidirectional
from minikeras.layers.recurrent.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from minikeras.layers.recurrent.gru import GRU, GRUCell
from minikeras.layers.recurrent.lstm import LSTM, LSTMCell
from minikeras.layers.recurrent.rnn import RNN
from minikeras.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from minikeras.layers.recurrent.stacked import StackedRNNCells
from minikeras.layers.recurrent.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
]
