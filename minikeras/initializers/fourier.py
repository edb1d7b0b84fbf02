"""First values that make a convolution a short-time Fourier transform."""

import math
from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import Array, DType, Shape
from minikeras._validation import check_choice
from minikeras.initializers.base import Initializer
from minikeras.ops._windows import get_window
from minikeras.registry import register

__all__ = ["STFT"]


@register("initializer", "STFTInitializer")
class STFT(Initializer):
    """Kernel of a 1-D convolution that computes a short-time Fourier transform.

    One part of it: the real or the imaginary one. Column ``k`` of the kernel is a cosine (or minus
    a sine) of ``k`` turns per ``2 * (columns - 1)`` steps, times a window.

    Parameters
    ----------
    side : {"real", "imag"}
        Cosines, or minus sines.
    window : str, array_like or None, default "hann"
        Name of a window, its values, or None for none. Names are those of SciPy.
    scaling : {"density", "spectrum", None}
        Divide by the root of the window's sum of squares, by its sum, or by nothing.
    periodic : bool, default False
        Whether a named window is periodic rather than symmetric.

    Raises
    ------
    ValueError
        If a name is unknown; when called, if the shape is not ``(frame_length, 1, frequencies)``,
        or a given window has another length.

    References
    ----------
    Allen, Rabiner, "A unified approach to short-time Fourier analysis and synthesis" (1977).

    Examples
    --------
    >>> from minikeras.initializers import STFT
    >>> STFT("real", window=None)((4, 1, 3))[:, 0].round(4) + 0.0
    array([[ 1.,  1.,  1.],
           [ 1.,  0., -1.],
           [ 1., -1.,  1.],
           [ 1.,  0., -1.]], dtype=float32)
    """

    def __init__(
        self,
        side: str = "real",
        window: Any = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ):
        self.side = check_choice("side", side, ("real", "imag"))
        if isinstance(window, str):
            get_window(window, 1)  # refuses an unknown name
        self.window = window
        self.scaling = check_choice("scaling", scaling, ("density", "spectrum", None))
        self.periodic = periodic

    def __call__(self, shape: Shape, dtype: DType | None = None) -> Array:
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise ValueError(
                "STFT expected a shape (frame_length, 1, frequencies) with at least 2 frequencies, "
                f"got {tuple(shape)}; give a Conv1D kernel one input channel"
            )
        length, _, frequencies = shape
        turns = np.outer(np.arange(length), np.arange(frequencies)) / (2 * (frequencies - 1))
        kernel = (
            np.cos(2 * math.pi * turns) if self.side == "real" else -np.sin(2 * math.pi * turns)
        )
        if self.window is not None:
            window = self._values(length)
            if self.scaling == "density":
                window = window / math.sqrt(np.sum(window**2))
            elif self.scaling == "spectrum":
                window = window / np.sum(np.abs(window))
            kernel = kernel * window[:, None]
        return kernel[:, None].astype(dtype or config.floatx())

    def _values(self, length: int) -> Array:
        if isinstance(self.window, str):
            return get_window(self.window, length, self.periodic)
        window = np.asarray(self.window, np.float64)
        if window.shape != (length,):
            raise ValueError(
                f"STFT expected a window of shape ({length},), got {window.shape}; give as many "
                "values as the frame has"
            )
        return window
