"""What is written for functions of NumPy and of ``minikeras.ops``; importing it fills the table."""

from minikeras.onnx.functions import (
    choosing,
    einops,
    elementwise,
    losses,
    matrices,
    neural,
    norms,
    ordering,
    reductions,
    selection,
    special,
    statistics,
)

__all__ = [
    "choosing",
    "einops",
    "elementwise",
    "losses",
    "matrices",
    "neural",
    "norms",
    "ordering",
    "reductions",
    "selection",
    "special",
    "statistics",
]
