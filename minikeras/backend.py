"""What Keras code asks its backend: here there is one, NumPy."""

from minikeras.config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from minikeras.utils import clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]


def backend() -> str:
    """Return ``"numpy"``.

    Examples
    --------
    >>> from minikeras import backend
    >>> backend.backend()
    'numpy'
    """
    return "numpy"
