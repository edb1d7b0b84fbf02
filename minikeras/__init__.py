"""The Keras API on NumPy alone: define, train, look inside and save small neural networks.

Importing this package loads next to nothing; each part loads when it is first asked for.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily

if TYPE_CHECKING:
    from minikeras import (
        activations,
        autodiff,
        backend,
        callbacks,
        config,
        constraints,
        data,
        datasets,
        initializers,
        inspect,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        plot,
        preprocessing,
        random,
        registry,
        regularizers,
        saving,
        testing,
        tree,
        utils,
        wrappers,
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
    from minikeras.layers import Input, InputSpec, Layer
    from minikeras.losses import Loss
    from minikeras.metrics import Metric
    from minikeras.models import Functional, Model, Sequential
    from minikeras.optimizers import Optimizer
    from minikeras.random import set_random_seed
    from minikeras.regularizers import Regularizer

__version__ = "0.1.0"

MODULES = (
    "activations",
    "autodiff",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "data",
    "datasets",
    "initializers",
    "inspect",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plot",
    "preprocessing",
    "random",
    "registry",
    "regularizers",
    "saving",
    "testing",
    "tree",
    "utils",
    "wrappers",
)

FAMILIES = {
    "autodiff": (
        "GradientTape",
        "Tensor",
        "Variable",
        "check_gradients",
        "custom_gradient",
        "grad",
        "hessian",
        "jacobian",
        "numerical_diff",
        "numerical_gradient",
        "stop_gradient",
        "value_and_grad",
    ),
    "callbacks": ("Callback",),
    "graph": ("KerasTensor",),
    "initializers": ("Initializer",),
    "layers": ("Input", "InputSpec", "Layer"),
    "losses": ("Loss",),
    "metrics": ("Metric",),
    "models": ("Functional", "Model", "Sequential"),
    "optimizers": ("Optimizer",),
    "random": ("set_random_seed",),
    "regularizers": ("Regularizer",),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES, modules=MODULES)

__all__ = [
    "Callback",
    "Functional",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
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
    "backend",
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
    "inspect",
    "jacobian",
    "layers",
    "losses",
    "metrics",
    "models",
    "numerical_diff",
    "numerical_gradient",
    "ops",
    "optimizers",
    "plot",
    "preprocessing",
    "random",
    "registry",
    "regularizers",
    "saving",
    "set_random_seed",
    "stop_gradient",
    "testing",
    "tree",
    "utils",
    "value_and_grad",
    "wrappers",
]
