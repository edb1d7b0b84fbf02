"""``InputSpec``: what a layer says its input must look like, instead of a check of its own."""

from typing import Any

from minikeras._typing import PartialShape
from minikeras.registry import Configurable

__all__ = ["InputSpec"]


class InputSpec(Configurable):
    """Conditions on an input; a layer sets ``self.input_spec`` to one, or to a list of them.

    Parameters
    ----------
    dtype : str, optional
        Name of the dtype.
    shape : tuple of int or None, optional
        With the batch axis; None fits any length.
    ndim, max_ndim, min_ndim : int, optional
        Number of axes, and its bounds.
    axes : dict of int to int, optional
        Lengths of some axes.
    allow_last_axis_squeeze : bool, default False
        Whether a last axis of length 1 may be missing or too many.
    name : str, optional
    optional : bool, default False
        Whether None may come instead.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import InputSpec, Layer
    >>> class OfPictures(Layer):
    ...     def __init__(self):
    ...         super().__init__(name="pictures")
    ...         self.input_spec = InputSpec(ndim=4, axes={-1: 3})
    ...     def forward(self, x):
    ...         return x
    >>> OfPictures()(np.zeros((1, 8, 8, 1)))
    Traceback (most recent call last):
    ValueError: OfPictures 'pictures' expected length 3 along axis -1, got shape (1, 8, 8, 1)...
    """

    def __init__(
        self,
        dtype: str | None = None,
        shape: PartialShape | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): length for axis, length in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def fault(self, x: Any) -> str | None:
        """Return what is wrong with ``x``, or None."""
        if x is None:
            return None if self.optional else "expected an array, got None"
        shape = tuple(x.shape)
        got = f"got shape {shape}"
        if self.dtype is not None and str(x.dtype) != self.dtype:
            return f"expected dtype {self.dtype}, got {x.dtype}"
        if self.allow_last_axis_squeeze and self.shape is not None:
            if len(shape) == len(self.shape) + 1 and shape[-1] == 1:
                shape = shape[:-1]
            elif len(shape) == len(self.shape) - 1 and self.shape[-1] == 1:
                shape = (*shape, 1)
        if self.ndim is not None and len(shape) != self.ndim:
            return f"expected {self.ndim} axes, {got}"
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            return f"expected at most {self.max_ndim} axes, {got}"
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            return f"expected at least {self.min_ndim} axes, {got}"
        for axis, length in self.axes.items():
            if not -len(shape) <= axis < len(shape):
                return f"expected an axis {axis}, {got}"
            if length is not None and shape[axis] not in (length, None):
                return f"expected length {length} along axis {axis}, {got}"
        for wanted, length in zip(self.shape or (), shape, strict=False):
            if wanted is not None and length not in (wanted, None):
                return f"expected shape {self.shape}, {got}"
        return None


def check(title: str, spec: Any, inputs: Any) -> None:
    """Raise a ValueError if an input does not fit its spec.

    Parameters
    ----------
    title : str
        The layer's class and name.
    spec : InputSpec, or a list or dict of them
    inputs : array, or a list or dict of them
    """
    specs, arrays = _flat(spec), _flat(inputs)
    if len(specs) != len(arrays):
        raise ValueError(f"{title} expected {len(specs)} inputs, got {len(arrays)}")
    for one, x in zip(specs, arrays, strict=True):
        fault = one.fault(x)
        if fault is not None:
            named = f" for its input {one.name!r}" if one.name else ""
            raise ValueError(f"{title}{named} {fault}; its input_spec says so")


def _flat(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return list(structure) if isinstance(structure, list | tuple) else [structure]
