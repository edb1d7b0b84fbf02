"""Automatic and numerical differentiation of NumPy code.

``tape`` records and walks back, ``rules`` holds a rule for each NumPy function, ``functional`` has
``grad`` and its relatives, ``numerical`` the central differences that check them, ``flat`` the one
vector that holds all weights of a model.
"""

from minikeras.autodiff import rules
from minikeras.autodiff.functional import (
    custom_gradient,
    grad,
    hessian,
    jacobian,
    value_and_grad,
)
from minikeras.autodiff.numerical import check_gradients, numerical_diff, numerical_gradient
from minikeras.autodiff.record import primitive, rule, unbroadcast
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tape import GradientTape
from minikeras.autodiff.tensor import Tensor, Variable, bare, stop_gradient

__all__ = [
    "GradientTape",
    "Tensor",
    "Variable",
    "bare",
    "check_gradients",
    "custom_gradient",
    "grad",
    "hessian",
    "jacobian",
    "numerical_diff",
    "numerical_gradient",
    "primitive",
    "rule",
    "rules",
    "stop_gradient",
    "symbolic",
    "unbroadcast",
    "value_and_grad",
]
