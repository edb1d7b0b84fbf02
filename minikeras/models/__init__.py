"""Models: layers with ``compile``, ``fit``, ``evaluate`` and ``predict``."""

from minikeras.models.model import Model
from minikeras.models.sequential import Sequential

__all__ = ["Model", "Sequential"]
