"""Layers: ``Layer`` to build your own from, and the ready-made ones, a family a file."""

from minikeras.graph import Input
from minikeras.layers.base import Layer
from minikeras.layers.core import Activation, Dense, Identity, InputLayer, Lambda
from minikeras.layers.regularization import Dropout
from minikeras.layers.reshaping import Flatten, Reshape

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
    "Reshape",
]
