"""Layers: ``Layer`` to build your own from, and the ready-made ones, a family a file."""

from minikeras.layers.base import Layer
from minikeras.layers.core import Activation, Dense, Identity, Lambda
from minikeras.layers.input import Input, InputLayer
from minikeras.layers.operation import Operation
from minikeras.layers.regularization import Dropout
from minikeras.layers.reshaping import Flatten, Reshape
from minikeras.layers.wrapper import Wrapper

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "Operation",
    "Reshape",
    "Wrapper",
]
