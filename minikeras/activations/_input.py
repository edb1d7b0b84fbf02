"""What an activation accepts, and what it computes with."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras.autodiff.symbolic import Symbolic
from minikeras.autodiff.tensor import Tensor, Traced


def floats(x: Any) -> Any:
    """Return ``x`` as an array of floats; what already is one, traced or not, as it is.

    Raises
    ------
    TypeError
        If ``x`` is not real numbers.
    """
    kind = type(x)
    if kind is Tensor or (kind is np.ndarray and x.dtype.kind == "f"):
        return x
    if isinstance(x, Symbolic):
        return x
    if isinstance(x, Traced | np.ndarray | np.generic):
        if x.dtype.kind == "f":
            return x
    else:
        x = np.asarray(x)
        if x.dtype.kind == "f":  # Python's floats, alone or in lists
            return x.astype(config.floatx())
    if x.dtype.kind not in "iub":
        raise TypeError(
            f"an activation expected real numbers, got dtype {x.dtype}; "
            "convert them first, e.g. with x.astype('float32')"
        )
    return x.astype(config.floatx())
