"""All trainable numbers of a model in one contiguous vector, and all gradients in another."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.tensor import Variable

__all__ = ["FlatVector"]


class FlatVector:
    """Variables as views into one contiguous vector, their gradients as views into a second one.

    What is done to every weight alike (a step of the optimizer, clipping by the global norm, a
    moving average, saving) is then one NumPy call on one vector.

    Parameters
    ----------
    variables : iterable of Variable
        Each once, all of one floating dtype. They keep their numbers; from now on their ``value``
        is a view into ``values``.

    Attributes
    ----------
    variables : list of Variable
    values : array, shape (total size,)
        All numbers, in the order of ``variables``.
    gradient : array, shape (total size,)
        All gradients, 0 at first.
    slices : list of slice
        Where each variable lies in ``values`` and ``gradient``.
    views : list of array
        Views into ``gradient``, shaped as the variables.
    into : dict
        ``id`` of each variable -> its view into ``gradient``, for
        ``GradientTape.backward``.

    Raises
    ------
    ValueError
        If a variable appears twice or the dtypes differ.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from minikeras.autodiff.flat import FlatVector
    >>> kernel, bias = minikeras.Variable([[1.0, 2.0]]), minikeras.Variable([3.0])
    >>> flat = FlatVector([kernel, bias])
    >>> flat.values *= 10.0
    >>> kernel.value
    array([[10., 20.]], dtype=float32)
    >>> flat.views[0][...] = 1.0
    >>> flat.gradient
    array([1., 1., 0.], dtype=float32)
    """

    def __init__(self, variables: Iterable[Variable]):
        self.variables = list(variables)
        seen: set[int] = set()
        for variable in self.variables:
            if id(variable) in seen:
                raise ValueError(f"Variable {variable.path!r} is listed twice; list it once")
            seen.add(id(variable))
            first = self.variables[0].value.dtype
            if variable.value.dtype != first or first.kind != "f":
                raise ValueError(
                    "expected trainable variables of one floating dtype, got "
                    f"{self.variables[0].path!r} with {first} and {variable.path!r} with "
                    f"{variable.value.dtype}; make them alike with dtype=..."
                )
        dtype = self.variables[0].value.dtype if self.variables else np.dtype(np.float32)
        ends = np.cumsum([0] + [variable.value.size for variable in self.variables]).tolist()
        self.slices = [slice(*pair) for pair in pairwise(ends)]
        self._shapes = [variable.value.shape for variable in self.variables]
        self.values: Array = np.empty(ends[-1], dtype)
        self.gradient: Array = np.zeros(ends[-1], dtype)
        self.views = self.split(self.gradient)
        self.into = {
            id(variable): view for variable, view in zip(self.variables, self.views, strict=True)
        }
        self._value_views = self.split(self.values)
        self.attach()

    def split(self, vector: Array) -> list[Array]:
        """Return views into ``vector``, shaped as the variables.

        Parameters
        ----------
        vector : array, shape (total size,)
        """
        return [
            vector[part].reshape(shape)
            for part, shape in zip(self.slices, self._shapes, strict=True)
        ]

    def attach(self) -> None:
        """Copy the variables' numbers into ``values`` and make the variables views of it again.

        Raises
        ------
        ValueError
            If a variable has another shape than it had; nothing is changed then.
        """
        pairs = list(zip(self.variables, self._value_views, strict=True))
        for variable, view in pairs:
            if variable.value.shape != view.shape:
                raise ValueError(
                    f"Variable {variable.path!r} had shape {view.shape}, now has "
                    f"{variable.value.shape}; build the optimizer again"
                )
        for variable, view in pairs:
            if variable.value is not view:
                view[...] = variable.value
                variable.value = view

    def attached(self) -> bool:
        """Whether every variable still is a view into ``values``.

        It is not once another FlatVector took it over, or something replaced its ``value``.
        """
        for variable, view in zip(self.variables, self._value_views, strict=True):
            if variable.value is not view:
                return False
        return True

    def zero_gradient(self) -> None:
        """Set all gradients to 0."""
        self.gradient.fill(0.0)
