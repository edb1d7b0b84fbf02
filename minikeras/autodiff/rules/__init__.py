"""How NumPy functions differentiate, one family a file; importing this package registers them."""

from minikeras.autodiff.rules import (
    elementwise,
    grids,
    linalg,
    matrices,
    reductions,
    selection,
    shape,
    statistics,
)

__all__ = [
    "elementwise",
    "grids",
    "linalg",
    "matrices",
    "reductions",
    "selection",
    "shape",
    "statistics",
]
