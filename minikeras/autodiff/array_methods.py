"""The operators and methods that make a traced value read like an ``ndarray``.

Each is one line: the NumPy function of the same meaning, applied through the tape.
"""

from typing import Any

import numpy as np


def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """Cast ``x``, which may be a NumPy scalar too; ``np.astype`` takes arrays alone."""
    return x.astype(dtype, copy=copy)


METHODS: dict[Any, Any] = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.add, "accumulate"): np.cumsum,
    (np.multiply, "accumulate"): np.cumprod,
}
"""Methods of ufuncs -> the function that does the same."""


class ArrayMethods:
    """Operators and methods of an ``ndarray``; a subclass says how a NumPy function is applied."""

    __slots__ = ()

    value: Any

    def _apply(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    # What does not depend on the numbers.

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self.value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return self.value.size  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.value)

    def __hash__(self) -> int:
        return id(self)

    # Arithmetic.

    def __add__(self, other: Any) -> Any:
        return self._apply(np.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return self._apply(np.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return self._apply(np.subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._apply(np.subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return self._apply(np.multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._apply(np.multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._apply(np.divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._apply(np.divide, other, self)

    def __pow__(self, other: Any) -> Any:
        return self._apply(np.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._apply(np.power, other, self)

    def __mod__(self, other: Any) -> Any:
        return self._apply(np.remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._apply(np.remainder, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._apply(np.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._apply(np.floor_divide, other, self)

    def __matmul__(self, other: Any) -> Any:
        return self._apply(np.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self._apply(np.matmul, other, self)

    def __neg__(self) -> Any:
        return self._apply(np.negative, self)

    def __pos__(self) -> Any:
        return self._apply(np.positive, self)

    def __abs__(self) -> Any:
        return self._apply(np.absolute, self)

    # Comparisons: plain boolean arrays.

    def __lt__(self, other: Any) -> Any:
        return self._apply(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return self._apply(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._apply(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return self._apply(np.greater_equal, self, other)

    def __eq__(self, other: Any) -> Any:
        return self._apply(np.equal, self, other)

    def __ne__(self, other: Any) -> Any:
        return self._apply(np.not_equal, self, other)

    # Reductions.

    def sum(self, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
        return self._apply(np.sum, self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(self, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
        return self._apply(np.mean, self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return self._apply(np.prod, self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        return self._apply(np.var, self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        return self._apply(np.std, self, axis=axis, ddof=ddof, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return self._apply(np.max, self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return self._apply(np.min, self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None) -> Any:
        return self._apply(np.cumsum, self, axis=axis)

    def cumprod(self, axis: Any = None) -> Any:
        return self._apply(np.cumprod, self, axis=axis)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return self._apply(np.trace, self, offset, axis1, axis2)

    def argmax(self, axis: Any = None) -> Any:
        return self._apply(np.argmax, self, axis=axis)

    def argmin(self, axis: Any = None) -> Any:
        return self._apply(np.argmin, self, axis=axis)

    def argsort(self, axis: int = -1) -> Any:
        return self._apply(np.argsort, self, axis=axis)

    def all(self, axis: Any = None) -> Any:
        return self._apply(np.all, self, axis=axis)

    def any(self, axis: Any = None) -> Any:
        return self._apply(np.any, self, axis=axis)

    # Shape.

    @property
    def T(self) -> Any:
        return self._apply(np.transpose, self)

    @property
    def mT(self) -> Any:
        return self._apply(np.swapaxes, self, -1, -2)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        settings = {} if order == "C" else {"order": order}
        return self._apply(np.reshape, self, shape[0] if len(shape) == 1 else shape, **settings)

    def ravel(self, order: str = "C") -> Any:
        return self._apply(np.ravel, self, order)

    def flatten(self, order: str = "C") -> Any:
        return self._apply(np.ravel, self, order)

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 else axes or None
        return self._apply(np.transpose, self, order)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        return self._apply(np.swapaxes, self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        return self._apply(np.squeeze, self, axis=axis)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        return self._apply(np.repeat, self, repeats, axis=axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return self._apply(np.diagonal, self, offset, axis1, axis2)

    # Products, selection, type.

    def dot(self, other: Any) -> Any:
        return self._apply(np.dot, self, other)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return self._apply(np.clip, self, min, max)

    def take(self, indices: Any, axis: Any = None) -> Any:
        return self._apply(np.take, self, indices, axis=axis)

    def round(self, decimals: int = 0) -> Any:
        return self._apply(np.round, self, decimals)

    def copy(self) -> Any:
        return self._apply(np.copy, self)

    def astype(self, dtype: Any, *, copy: bool = True) -> Any:
        return self._apply(astype, self, dtype, copy=copy)

    # One number.

    def item(self) -> Any:
        return _plain(self.value).item()

    def tolist(self) -> Any:
        return _plain(self.value).tolist()

    def __float__(self) -> float:
        return float(_plain(self.value))

    def __int__(self) -> int:
        return int(_plain(self.value))

    def __index__(self) -> int:
        return int(_plain(self.value).__index__())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"the truth value of {self.size} elements is ambiguous; choose between them with "
                "np.where(condition, a, b), or ask for .any() or .all()"
            )
        return bool(_plain(self.value))

    def __format__(self, spec: str) -> str:
        return format(_plain(self.value), spec) if spec else str(self)


def _plain(value: Any) -> Any:
    while isinstance(value, ArrayMethods):
        value = value.value
    return value
