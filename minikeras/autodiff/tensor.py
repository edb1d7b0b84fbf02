"""Traced values: ``Tensor`` is a value on a tape, ``Variable`` an array that training changes."""

import operator
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, ClassVar, Self

import numpy as np

from minikeras import config, registry
from minikeras._typing import Array, ArrayLike, DType, Shape
from minikeras.autodiff.array_methods import METHODS, ArrayMethods
from minikeras.autodiff.symbolic import FoundSymbolic, Symbolic, symbolic

__all__ = ["Tensor", "Variable", "bare", "stop_gradient"]

active_tape: ContextVar[Any] = ContextVar("minikeras_tape", default=None)
"""The innermost tape that records in this thread, or None."""


class Traced(ArrayMethods):
    """What Tensor and Variable share: NumPy hands its functions over to the tape."""

    __slots__ = ()

    dispatch: ClassVar[Callable[..., Any]]  # set by record.py, which knows the rules

    def _apply(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        return Traced.dispatch(function, args, kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "__call__":
            return Traced.dispatch(ufunc, args, kwargs)
        function = METHODS.get((ufunc, method))
        if function is not None:  # np.add.reduce(x) is np.sum(x, axis=0)
            kwargs.setdefault("axis", 0)
            return Traced.dispatch(function, args, kwargs)
        if method == "outer":
            first, second = args
            first = np.reshape(first, np.shape(first) + (1,) * np.ndim(second))
            return Traced.dispatch(ufunc, (first, second), kwargs)
        if any(map(records, args)):
            raise TypeError(
                f"np.{ufunc.__name__}.{method} has no gradient rule; "
                "write it with NumPy functions, or give it one with @minikeras.custom_gradient"
            )
        return getattr(ufunc, method)(*bare(args), **bare(kwargs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return Traced.dispatch(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if records(self):
            raise TypeError(
                "converting a value under a GradientTape to a plain array would lose its gradient; "
                "use NumPy functions on it as it is, or minikeras.stop_gradient(x) to go on without"
            )
        value = bare(self)
        return np.array(value, dtype=dtype) if copy else np.asarray(value, dtype=dtype)

    def __getitem__(self, index: Any) -> Any:
        return Traced.dispatch(operator.getitem, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "items of a traced value cannot be assigned, its gradient would be lost; build the new "
            "value with np.where, np.concatenate or np.stack, or use Variable.assign"
        )

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def numpy(self) -> Array:
        """Return a plain copy of the numbers."""
        return np.array(bare(self))


class Tensor(Traced):
    """A value on a tape: behaves like an array, and NumPy functions on it are recorded.

    Made by ``GradientTape.watch`` and by every op on a Tensor or Variable, not by hand.

    Attributes
    ----------
    value : array
        The number(s); under nested tapes, the Tensor of the next outer one.
    tape : GradientTape
        The tape that records what is done with it.
    logits : array
        Only on the output of a softmax: what it was computed from.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> with minikeras.GradientTape() as tape:
    ...     x = tape.watch(np.array([1.0, 2.0]))
    ...     y = np.sum(x**2)
    >>> y
    Tensor(5., shape=(), dtype=float64)
    >>> tape.gradient(y, x)
    array([2., 4.])
    """

    __slots__ = ("logits", "tape", "value")

    logits: Any

    def __init__(self, value: Any, tape: Any):
        self.value = value
        self.tape = tape

    def __repr__(self) -> str:
        return f"Tensor({_short(self)}, shape={self.shape}, dtype={self.dtype})"


class Variable(Traced):
    """An array that training changes: a weight, a bias, a moving average.

    Parameters
    ----------
    initializer : array_like, str or callable
        The first value, copied; or an initializer or its name, which makes it of ``shape``.
    shape : tuple of int, optional
        Needed by an initializer; a value must have it.
    dtype : dtype, optional
        Default: that of the value where it is floating or integer, ``config.floatx()`` for Python
        numbers, lists and initializers.
    trainable : bool, default True
        Whether a tape records what is computed from it.
    name : str, default "variable"

    Raises
    ------
    TypeError
        If the value is not numbers.
    ValueError
        If an initializer comes without a shape, or the value has another one.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> w = minikeras.Variable([1.0, 2.0], name="w")
    >>> w.assign([3.0, 4.0])
    Variable('w', [3. 4.], shape=(2,), dtype=float32)
    >>> np.exp(w - w)
    array([1., 1.], dtype=float32)
    """

    __slots__ = (
        "__weakref__",
        "constraint",
        "frozen",
        "name",
        "path",
        "regularizer",
        "trainable",
        "value",
    )

    def __init__(
        self,
        initializer: Any,
        shape: Shape | None = None,
        dtype: DType | None = None,
        trainable: bool = True,
        name: str = "variable",
    ):
        if dtype is None and not isinstance(initializer, np.ndarray | np.generic | Traced):
            dtype = config.floatx()
        value = initializer
        if isinstance(initializer, str) or callable(initializer):
            if shape is None:
                raise ValueError(
                    f"Variable {name!r} expected a shape for its initializer {initializer!r}, got "
                    "none; write Variable(initializer, shape=(2, 3))"
                )
            make = registry.get("initializer", initializer)
            value = make(tuple(shape), dtype=dtype)
        self.value: Array = np.array(bare(value), dtype=dtype)
        if shape is not None and self.value.shape != tuple(shape):
            raise ValueError(
                f"Variable {name!r} expected a value of shape {tuple(shape)}, got "
                f"{self.value.shape}; leave shape out, or give a value that has it"
            )
        if self.value.dtype.kind not in "fiub":
            raise TypeError(f"Variable {name!r} expected numbers, got dtype {self.value.dtype}")
        self.trainable = trainable
        self.frozen = False  # set for training by a model in which some layer is not trainable
        self.name = name
        self.path = name
        self.regularizer: Any = None
        self.constraint: Any = None

    def assign(self, value: ArrayLike) -> Self:
        """Replace the numbers in place.

        Parameters
        ----------
        value : array_like, same shape as the variable

        Raises
        ------
        ValueError
            If the shape differs; nothing is changed then.
        """
        new = np.asarray(bare(value))
        if new.shape != self.value.shape:
            raise ValueError(
                f"Variable {self.path!r} expected a value of shape {self.shape}, got {new.shape}; "
                "nothing was assigned"
            )
        self.value[...] = new
        return self

    def assign_add(self, value: ArrayLike) -> Self:
        """Add to the numbers in place."""
        return self.assign(self.value + bare(value))

    def assign_sub(self, value: ArrayLike) -> Self:
        """Subtract from the numbers in place."""
        return self.assign(self.value - bare(value))

    def __repr__(self) -> str:
        return f"Variable({self.path!r}, {_short(self)}, shape={self.shape}, dtype={self.dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Variable":
        copy = Variable(self.value, trainable=self.trainable, name=self.name)
        copy.path, copy.regularizer, copy.constraint = self.path, self.regularizer, self.constraint
        memo[id(self)] = copy
        return copy

    def __reduce__(self) -> Any:
        state = {name: getattr(self, name) for name in Variable.__slots__ if name[0] != "_"}
        return Variable, (0.0,), (None, state)


def _short(traced: Traced) -> str:
    return np.array2string(np.asarray(bare(traced)), threshold=8, separator=" ")


def bare(value: Any) -> Any:
    """Return ``value`` without tapes: the plain array inside.

    Parameters
    ----------
    value : Tensor, Variable, or anything else
        Lists, tuples and dicts are gone through and keep their form.

    Returns
    -------
    array
        Not a copy; what is neither Tensor nor Variable comes back as it is.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.autodiff import bare
    >>> bare([minikeras.Variable([1.0, 2.0]), 3])
    [array([1., 2.], dtype=float32), 3]
    """
    while isinstance(value, Traced):
        value = value.value
    if isinstance(value, list | tuple):
        items = [bare(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    if isinstance(value, Symbolic):
        raise FoundSymbolic
    return value


@symbolic
def stop_gradient(value: Any) -> Any:
    """Return ``value`` as a constant: nothing flows back through it.

    Parameters
    ----------
    value : array_like, or a list, tuple or dict of them

    Returns
    -------
    array or the same structure
        Plain arrays with the same numbers.

    Examples
    --------
    >>> import minikeras
    >>> minikeras.grad(lambda x: x * minikeras.stop_gradient(x))(3.0)
    3.0
    """
    return bare(value)


def records(value: Any) -> bool:
    """Whether an op on ``value`` would be recorded right now."""
    kind = type(value)
    if kind is Tensor:
        return type(living(value, active_tape.get())) is Tensor
    if kind is Variable:
        tape = active_tape.get()
        while tape is not None:
            if tape.watches(value):
                return True
            tape = tape.parent
    if isinstance(value, (list, tuple)):
        return any(map(records, value))
    return False


def living(tensor: Any, tape: Any) -> Any:
    """Return what ``tensor`` is for ``tape`` and those around it: without tapes inside or over."""
    while type(tensor) is Tensor:
        owner = tape
        while owner is not None:
            if tensor.tape is owner:
                return tensor
            owner = owner.parent
        tensor = tensor.value
    return tensor
