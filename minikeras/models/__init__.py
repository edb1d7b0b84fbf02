"""Models: networks with the methods to train, evaluate, use and save them."""

from minikeras.models.cloning import clone_model
from minikeras.models.functional import Functional
from minikeras.models.model import Model
from minikeras.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model"]
