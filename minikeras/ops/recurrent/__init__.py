"""Recurrent layers as one op each: the whole sequence forward, and backward through time."""

from minikeras.ops.recurrent.gru import gru
from minikeras.ops.recurrent.lstm import lstm
from minikeras.ops.recurrent.simple_rnn import simple_rnn

__all__ = ["gru", "lstm", "simple_rnn"]
