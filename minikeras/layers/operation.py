"""NumPy functions as members of a functional model."""

from collections.abc import Callable, Iterable
from typing import Any

from minikeras.autodiff.symbolic import Symbolic
from minikeras.graph import Node, placeholders, replace
from minikeras.layers.base import Layer
from minikeras.layers.inference import infer
from minikeras.layers.naming import unique_name

__all__ = ["Operation"]

_NAMES = {"getitem": "get_item"}


class Operation(Layer):
    """A function that was called on placeholders; ``model.layers`` leaves it out, as Keras does.

    Parameters
    ----------
    function : callable
    args, kwargs
        What it was called with; the placeholders inside are what it is a function of.
    name : str, optional
        Default: that of the function.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, Model
    >>> x = Input((3,))
    >>> model = Model(x, np.sum(x, axis=1))
    >>> model(np.array([[1.0, 2.0, 3.0]]))
    array([6.], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
    ):
        short = getattr(function, "__name__", "operation").lstrip("_")
        super().__init__(name=name or unique_name(_NAMES.get(short, short)))
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.built = True

    def forward(self, *values: Any) -> Any:
        left = iter(values)
        args, kwargs = replace((self.args, self.kwargs), lambda _: next(left))
        return self.function(*args, **kwargs)

    def _keep_mask(self, call: Any, args: tuple[Any, ...], y: Any) -> None:
        pass  # a function knows nothing of masks, they end here; layers.add and others pass them on

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        return args  # dtypes are the function's affair

    def copy_on(self, inputs: Iterable[Any]) -> "Operation":
        """Return the same function of other placeholders."""
        left = iter(inputs)
        args, kwargs = replace((self.args, self.kwargs), lambda _: next(left))
        return Operation(self.function, args, kwargs, name=self.name)

    def connect(self) -> Any:
        """Return placeholders for what the function gives, and write the call down."""
        inputs = tuple(placeholders((self.args, self.kwargs)))
        outputs = infer(lambda values: self.forward(*values), inputs)
        self._nodes = (Node(self, inputs, {}, outputs),)
        return outputs


def _record(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return Operation(function, args, kwargs).connect()


Symbolic.record = staticmethod(_record)
