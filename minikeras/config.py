"""Settings that hold for the whole process: default dtype, epsilon, image layout, BLAS threads."""

import ctypes
import glob
import os
from typing import Any

import numpy as np

from minikeras._validation import check_choice, check_number, check_positive_int

__all__ = [
    "backend",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_blas_threads",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"


def backend() -> str:
    """Return the name of what computes, ``"numpy"``.

    Examples
    --------
    >>> from minikeras import config
    >>> config.backend()
    'numpy'
    """
    return "numpy"


def floatx() -> str:
    """Return the default float type of weights and inputs.

    Returns
    -------
    str
        ``"float32"`` unless changed by ``set_floatx``.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.config.floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default float type of weights made from now on.

    Parameters
    ----------
    value : {"float16", "float32", "float64"}
        Existing weights keep their type.

    Raises
    ------
    ValueError
        If ``value`` is another name.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.config.set_floatx("float64")
    >>> minikeras.config.floatx()
    'float64'
    >>> minikeras.config.set_floatx("float32")
    """
    global _floatx
    _floatx = check_choice("floatx", value, ["float16", "float32", "float64"])


def epsilon() -> float:
    """Return the small number that keeps logarithms and quotients finite, 1e-7 by default.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.config.epsilon()
    1e-07
    """
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the value that ``epsilon`` returns.

    Parameters
    ----------
    value : float
        Above 0.

    Raises
    ------
    ValueError
        If ``value`` is not a finite number above 0.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.config.set_epsilon(1e-7)
    """
    global _epsilon
    _epsilon = float(check_number("epsilon", value, 0, open_minimum=True))


def image_data_format() -> str:
    """Return the default order of an image's axes.

    Returns
    -------
    str
        ``"channels_last"`` (batch, height, width, channels) unless changed.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.config.image_data_format()
    'channels_last'
    """
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the default order of an image's axes.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}

    Raises
    ------
    ValueError
        If ``data_format`` is another name.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.config.set_image_data_format("channels_last")
    """
    global _image_data_format
    _image_data_format = check_choice(
        "image_data_format", data_format, ["channels_last", "channels_first"]
    )


def set_blas_threads(count: int) -> bool:
    """Set how many threads NumPy's matrix products may use.

    minikeras never changes this by itself. One thread is often faster for small networks, and
    steadier on a machine that does other work too.

    Parameters
    ----------
    count : int
        At least 1.

    Returns
    -------
    bool
        False when NumPy was built on a BLAS without a known switch; set the environment variable
        ``OMP_NUM_THREADS`` before Python starts instead.

    Raises
    ------
    ValueError
        If ``count`` is below 1.

    Examples
    --------
    >>> import minikeras
    >>> changed = minikeras.config.set_blas_threads(1)
    """
    check_positive_int("count", count)
    setter = _openblas_setter()
    if setter is None:
        return False
    setter(count)
    return True


def _openblas_setter() -> Any:
    """Find OpenBLAS's own switch in the library that NumPy's wheel carries."""
    package = os.path.dirname(np.__file__)
    pattern = "*openblas*"
    libraries = glob.glob(os.path.join(package + ".libs", pattern))
    libraries += glob.glob(os.path.join(package, ".dylibs", pattern))
    for path in libraries:
        library = ctypes.CDLL(path)
        for symbol in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads"):
            if hasattr(library, symbol):
                return getattr(library, symbol)
    return None
