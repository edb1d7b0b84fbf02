"""How NumPy functions differentiate, one family a file; importing this package registers them."""

from minikeras.autodiff.rules import (
    elementwise,
    linalg,
    matrices,
    reductions,
    selection,
    shape,
)

__all__ = ["elementwise", "linalg", "matrices", "reductions", "selection", "shape"]
