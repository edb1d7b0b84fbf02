"""Small questions and answers about the running program."""

from typing import Any

from minikeras.graph import KerasTensor
from minikeras.layers.naming import reset_names

__all__ = ["clear_session", "is_keras_tensor"]


def clear_session(free_memory: bool = True) -> None:
    """Start the numbering of automatic layer names anew.

    Parameters
    ----------
    free_memory : bool
        Accepted for Keras's sake: nothing else is kept.

    Examples
    --------
    >>> from minikeras import layers, utils
    >>> utils.clear_session()
    >>> layers.Dense(1).name
    'dense'
    """
    reset_names()


def is_keras_tensor(x: Any) -> bool:
    """Whether ``x`` is a placeholder, as ``Input`` returns it.

    Examples
    --------
    >>> from minikeras import Input
    >>> from minikeras.utils import is_keras_tensor
    >>> is_keras_tensor(Input((3,))), is_keras_tensor(3.0)
    (True, False)
    """
    return isinstance(x, KerasTensor)
