"""Central differences in float64, beside which gradients are put."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import Variable, bare
from minikeras.inspect.record import Ran
from minikeras.inspect.rerun import is_floating, rerun
from minikeras.layers.stateless import states_of
from minikeras.tree import flatten, map_structure

__all__ = ["Differences"]

SMALL_STEP, KINK = 1e-4, 1e-3  # with steps so small, slopes that differ so much mean a kink
STEP = math.cbrt(np.finfo(np.float64).eps)


class Differences:
    """Central differences of a model's loss; the model is turned into one of float64.

    Parameters
    ----------
    model : Model
        A copy that nobody needs any more.
    x, y : arrays
    h : float or None
        Step.
    most : int
        How many elements of an array are computed; the others are NaN.
    """

    def __init__(self, model: Any, x: Any, y: Any, h: float | None, most: int):
        self.model, self.y, self.most = model, y, most
        self.h = STEP if h is None else h
        states = states_of(model._flatten_layers())
        self.states = [(layer, map_structure(_double, old)) for layer, old in states]
        for layer in model._flatten_layers():
            layer.dtype, layer._dtype, layer._seen = "float64", np.dtype("float64"), None
        for variable in model.weights:
            variable.value = _double(variable.value)
        self.x = map_structure(_double, x)
        self.found: dict[int, tuple[Array, int]] = {}
        self._go_back()

    def by_weight(self, variable: Variable) -> tuple[Array, int]:
        """Return the gradient of the whole model's loss for a weight, and how many kinks."""
        if id(variable) not in self.found:  # a layer may run more than once
            self.found[id(variable)] = self._differences(self._loss, variable.value)
        return self.found[id(variable)]

    def by_input(self, ran: Ran, place: int, seeds: list[Any]) -> tuple[Array, int]:
        """Return the gradient for an input of a layer, given those for its outputs; and kinks."""
        given = enumerate(one for _, one in ran.inputs())
        inputs = {i: _double(bare(one)) for i, one in given if is_floating(one)}

        def total() -> float:
            outputs = flatten(rerun(ran, inputs))
            pairs = [(bare(y), seed) for y, seed in zip(outputs, seeds) if seed is not None]
            return float(sum(np.sum(y * _double(seed)) for y, seed in pairs))

        return self._differences(total, inputs[place])

    def _loss(self) -> float:
        loss = self.model.compute_loss(self.x, self.y, self.model(self.x), None)
        self._go_back()
        return float(bare(loss))

    def _go_back(self) -> None:
        """Let layers that keep their state start from where they were."""
        for layer, states in self.states:
            layer.states = states

    def _differences(self, value: Callable[[], float], array: Array) -> tuple[Array, int]:
        """Return the slope of ``value()`` for elements of ``array``, changed in place; and kinks.

        At a kink there is no one slope: what stands there is NaN.
        """
        found, kinks = np.full(array.shape, np.nan), 0
        count = min(array.size, self.most)
        middle = value()
        for i in np.unique(np.linspace(0, array.size - 1, count).astype(int)) if count else ():
            place = np.unravel_index(i, array.shape)
            kept = array[place]
            array[place] = kept + self.h
            above = value()
            array[place] = kept - self.h
            below = value()
            array[place] = kept
            right, left = (above - middle) / self.h, (middle - below) / self.h
            if self.h <= SMALL_STEP and abs(right - left) > KINK * max(1e-3, abs(right), abs(left)):
                kinks += 1
            else:
                found[place] = (above - below) / (2.0 * self.h)
        return found, kinks


def _double(value: Any) -> Any:
    """Return floating numbers as a new float64 array, all else as it is."""
    return np.array(value, np.float64) if is_floating(value) else value
