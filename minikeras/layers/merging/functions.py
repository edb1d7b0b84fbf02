"""The merging layers as functions."""

from typing import Any

from minikeras.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from minikeras.layers.merging.joining import Concatenate, Dot

__all__ = [
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


def add(inputs: list[Any], **kwargs: Any) -> Any:
    """Call ``Add(**kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    **kwargs
        As ``Add`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import add
    >>> add([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[4., 7.]], dtype=float32)
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: list[Any], **kwargs: Any) -> Any:
    """Call ``Subtract(**kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    **kwargs
        As ``Subtract`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import subtract
    >>> subtract([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[-2.,  3.]], dtype=float32)
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: list[Any], **kwargs: Any) -> Any:
    """Call ``Multiply(**kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    **kwargs
        As ``Multiply`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import multiply
    >>> multiply([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[ 3., 10.]], dtype=float32)
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: list[Any], **kwargs: Any) -> Any:
    """Call ``Average(**kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    **kwargs
        As ``Average`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import average
    >>> average([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[2. , 3.5]], dtype=float32)
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: list[Any], **kwargs: Any) -> Any:
    """Call ``Maximum(**kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    **kwargs
        As ``Maximum`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import maximum
    >>> maximum([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[3., 5.]], dtype=float32)
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: list[Any], **kwargs: Any) -> Any:
    """Call ``Minimum(**kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    **kwargs
        As ``Minimum`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import minimum
    >>> minimum([np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])])
    array([[1., 2.]], dtype=float32)
    """
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: list[Any], axis: int = -1, **kwargs: Any) -> Any:
    """Call ``Concatenate(axis, **kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of arrays or placeholders
    axis, **kwargs
        As ``Concatenate`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import concatenate
    >>> concatenate([np.array([[1.0, 2.0]]), np.array([[3.0]])])
    array([[1., 2., 3.]], dtype=float32)
    """
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: list[Any], axes: int | tuple[int, int] = -1, **kwargs: Any) -> Any:
    """Call ``Dot(axes, **kwargs)`` on ``inputs``.

    Parameters
    ----------
    inputs : list of two arrays or placeholders
    axes, **kwargs
        As ``Dot`` takes them.

    Returns
    -------
    array or placeholder

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import dot
    >>> dot([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
    array([[11.]], dtype=float32)
    """
    return Dot(axes, **kwargs)(inputs)
