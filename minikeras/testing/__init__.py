"""Contracts of layers, losses, optimizers and the rest, to check one's own classes against.

Each function raises AssertionError with the contract that broke, what was expected and what came.
They are what minikeras's own tests run over everything that it has registered.
"""

from minikeras.testing.activation import check_activation
from minikeras.testing.callback import check_callback
from minikeras.testing.layer import check_layer
from minikeras.testing.loss import check_loss
from minikeras.testing.metric import check_metric
from minikeras.testing.optimizer import check_optimizer, check_schedule
from minikeras.testing.weight import check_constraint, check_initializer, check_regularizer

__all__ = [
    "check_activation",
    "check_callback",
    "check_constraint",
    "check_initializer",
    "check_layer",
    "check_loss",
    "check_metric",
    "check_optimizer",
    "check_regularizer",
    "check_schedule",
]
