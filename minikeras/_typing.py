"""Type names shared by every module."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""What an op computes with: an ``ndarray``, or a ``Tensor``, which behaves like one on a tape."""

ArrayLike: TypeAlias = npt.ArrayLike
Shape: TypeAlias = tuple[int, ...]
"""Lengths of the axes of an array."""

PartialShape: TypeAlias = tuple[int | None, ...]
"""A shape in which ``None`` stands for a length that is not known yet."""

DType: TypeAlias = str | type[np.generic] | np.dtype[Any]
