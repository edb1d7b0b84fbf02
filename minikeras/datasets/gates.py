"""Truth tables of the logic gates, the smallest problems a network can learn."""

import numpy as np

from minikeras import config
from minikeras._typing import Array
from minikeras._validation import did_you_mean

__all__ = ["AND", "NAND", "OR", "XOR", "load_data"]

AND = (0, 0, 0, 1)
"""Outputs for the inputs (0, 0), (0, 1), (1, 0), (1, 1), in this order; likewise below."""
NAND = (1, 1, 1, 0)
OR = (0, 1, 1, 1)
XOR = (0, 1, 1, 0)

_GATES = {"and": AND, "nand": NAND, "or": OR, "xor": XOR}


def load_data(name: str = "xor") -> tuple[Array, Array]:
    """Load the truth table of a logic gate with two inputs.

    A single layer can learn ``and``, ``or`` and ``nand``, whose zeros and ones a straight line
    separates. No line separates those of ``xor``, so it takes a hidden layer.

    Parameters
    ----------
    name : {"and", "nand", "or", "xor"}, default "xor"
        Which gate, in lower or upper case.

    Returns
    -------
    x : array of floatx, shape (4, 2)
        The inputs (0, 0), (0, 1), (1, 0), (1, 1).
    y : array of floatx, shape (4, 1)
        The gate's output for each, 0 or 1.

    Raises
    ------
    ValueError
        If there is no gate of that name.

    References
    ----------
    M. Minsky and S. Papert, *Perceptrons*, MIT Press, 1969.

    Examples
    --------
    >>> from minikeras.datasets import gates
    >>> x, y = gates.load_data("xor")
    >>> [(row.tolist(), out.item()) for row, out in zip(x, y)]
    [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]
    """
    key = str(name).lower()
    if key not in _GATES:
        raise ValueError(f"unknown gate {name!r}{did_you_mean(name, _GATES)}")
    dtype = config.floatx()
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=dtype)
    return x, np.array(_GATES[key], dtype=dtype)[:, None]
