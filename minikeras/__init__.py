"""The Keras API on NumPy alone: define, train, look inside and save small neural networks."""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from minikeras import (
    activations,
    autodiff,
    callbacks,
    config,
    constraints,
    data,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    registry,
    regularizers,
    saving,
    utils,
)
from minikeras.autodiff import (
    GradientTape,
    Tensor,
    Variable,
    check_gradients,
    custom_gradient,
    grad,
    hessian,
    jacobian,
    numerical_diff,
    numerical_gradient,
    stop_gradient,
    value_and_grad,
)
from minikeras.callbacks import Callback
from minikeras.graph import KerasTensor
from minikeras.initializers import Initializer
from minikeras.layers import Input, Layer
from minikeras.losses import Loss
from minikeras.metrics import Metric
from minikeras.models import Model, Sequential
from minikeras.optimizers import Optimizer
from minikeras.random import set_random_seed
from minikeras.regularizers import Regularizer

if TYPE_CHECKING:
    from minikeras import testing

__version__ = "0.1.0"

__all__ = [
    "Callback",
    "GradientTape",
    "Initializer",
    "Input",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Tensor",
    "Variable",
    "activations",
    "autodiff",
    "callbacks",
    "check_gradients",
    "config",
    "constraints",
    "custom_gradient",
    "data",
    "datasets",
    "grad",
    "hessian",
    "initializers",
    "jacobian",
    "layers",
    "losses",
    "metrics",
    "models",
    "numerical_diff",
    "numerical_gradient",
    "ops",
    "optimizers",
    "random",
    "registry",
    "regularizers",
    "saving",
    "set_random_seed",
    "stop_gradient",
    "testing",
    "utils",
    "value_and_grad",
]


# Loaded on first use: only those who check classes of their own pay for it.
def __getattr__(name: str) -> ModuleType:
    if name == "testing":
        return importlib.import_module("minikeras.testing")
    raise AttributeError(f"module 'minikeras' has no attribute {name!r}")
