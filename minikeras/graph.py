"""Placeholders: what a network knows of its input before there are numbers."""

from minikeras import config
from minikeras._typing import PartialShape
from minikeras._validation import check_positive_int, suggest_arguments

__all__ = ["Input", "KerasTensor"]


class KerasTensor:
    """The shape and dtype of an array that is not there yet.

    Parameters
    ----------
    shape : tuple of int or None
        With the batch axis; None for a length that is not known.
    dtype : str, optional
        Default ``config.floatx()``.
    name : str, optional

    Examples
    --------
    >>> from minikeras import KerasTensor
    >>> KerasTensor((None, 4))
    KerasTensor(shape=(None, 4), dtype=float32)
    """

    def __init__(self, shape: PartialShape, dtype: str | None = None, name: str | None = None):
        self.shape = tuple(shape)
        self.dtype = dtype or config.floatx()
        self.name = name

    @property
    def ndim(self) -> int:
        """Number of axes, the batch axis included."""
        return len(self.shape)

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"KerasTensor(shape={self.shape}, dtype={self.dtype}{name})"


@suggest_arguments
def Input(
    shape: PartialShape | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    name: str | None = None,
    *,
    batch_shape: PartialShape | None = None,
) -> KerasTensor:
    """Declare the shape of what goes into a model.

    Parameters
    ----------
    shape : tuple of int or None
        Shape of one sample, without the batch axis.
    batch_size : int, optional
        Length of the batch axis where it is fixed.
    dtype : str, optional
        Default ``config.floatx()``.
    name : str, optional
    batch_shape : tuple, optional
        Shape with the batch axis, instead of ``shape`` and ``batch_size``.

    Returns
    -------
    KerasTensor

    Raises
    ------
    ValueError
        If neither or both of ``shape`` and ``batch_shape`` are given, or a length is below 1.

    Examples
    --------
    >>> from minikeras import Input, Sequential
    >>> from minikeras.layers import Dense
    >>> Sequential([Input((4,)), Dense(3)]).output_shape
    (None, 3)
    """
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            "Input expected either shape= (one sample) or batch_shape= (with the batch axis), "
            f"got shape={shape!r} and batch_shape={batch_shape!r}"
        )
    if batch_shape is None:
        if not isinstance(shape, tuple | list):
            raise TypeError(
                f"Input expected shape to be a tuple such as (4,), got {shape!r} "
                f"({type(shape).__name__}); write Input(shape=({shape},))"
            )
        batch_shape = (batch_size, *shape)
    for length in batch_shape:
        if length is not None:
            check_positive_int("each length in Input's shape", length)
    return KerasTensor(tuple(batch_shape), dtype, name)
