"""Small questions and answers about the running program."""

from typing import Any

from minikeras.graph import KerasTensor
from minikeras.layers.naming import reset_names

__all__ = ["clear_session", "get_source_inputs", "is_keras_tensor"]


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


def get_source_inputs(tensor: KerasTensor) -> list[KerasTensor]:
    """Return the inputs that a placeholder is computed from.

    Parameters
    ----------
    tensor : KerasTensor
        A result of layers and functions called on what ``Input`` returns.

    Returns
    -------
    list of KerasTensor
        Each once, in the order of the calls.

    Examples
    --------
    >>> from minikeras import Input
    >>> from minikeras.utils import get_source_inputs
    >>> a, b = Input((2,), name="a"), Input((2,), name="b")
    >>> [tensor.name for tensor in get_source_inputs(a * b + a)]
    ['a', 'b']
    """
    found: list[KerasTensor] = []
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.node is None or not one.node.inputs:
            found.append(one)
        else:
            waiting.extend(reversed(one.node.inputs))
    return found
