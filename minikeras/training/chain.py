"""A shorter way through Dense layers in a row: what a tape would find out anew for every batch.

On small networks a step costs more in bookkeeping than in arithmetic. Where a model is nothing but
``Dense`` layers one after the other, which op follows which is known beforehand: their ops run in a
row, and their VJPs in the reverse order, straight into the flat gradient. What comes above (the
last activation, the loss) stays on a tape.
"""

from typing import Any

import numpy as np

from minikeras import ops
from minikeras.autodiff import GradientTape, Tensor
from minikeras.layers import Dense
from minikeras.ops.dense import FUSED
from minikeras.training.survey import Survey

__all__ = ["DenseChain", "plan"]

_dense = ops.dense.__wrapped__  # type: ignore[attr-defined]  # gives its VJPs too


def plan(model: Any, inside: Survey) -> "DenseChain | None":
    """Return the short way through ``model``, or None where it is more than Dense layers.

    Parameters
    ----------
    model : Model
        Built and compiled, its optimizer too.
    inside : Survey
        Of the model.
    """
    layers = model._straight
    if layers is None or not all(type(layer) is Dense for layer in layers):
        return None
    into = model.optimizer.flat.into
    for layer in layers:
        weights = inside.own_variables(layer)
        if not layer._is_plain or any(id(variable) not in into for variable in weights):
            return None
    if any(_fused(layer) is None for layer in layers[:-1]):
        return None
    return DenseChain(layers, into)


def _fused(layer: Dense) -> tuple[str | None] | None:
    """Return the activation that the op applies itself, in a tuple; None where it does not."""
    activation = layer.activation
    if activation is None or activation in ("linear", "identity"):
        return (None,)
    return (activation,) if type(activation) is str and activation in FUSED else None


class DenseChain:
    """Dense layers in a row.

    Parameters
    ----------
    layers : list of Dense
    into : dict
        ``id`` of a Variable -> the view of the flat gradient that belongs to it.
    """

    def __init__(self, layers: list[Dense], into: dict[int, Any]):
        self.dtype = layers[0]._dtype
        self.features = layers[0].kernel.shape[0]
        last = _fused(layers[-1])
        # What is left of the last activation once the op is done, a function that a tape records.
        self.top = None if last is not None else layers[-1]._resolved[1]
        self.links = []
        for layer in layers:
            bias = layer.bias
            bias_gradient = None if bias is None else into[id(bias)]
            fused = _fused(layer) or (None,)
            self.links.append((layer.kernel, bias, fused[0], into[id(layer.kernel)], bias_gradient))

    def takes(self, x: Any) -> bool:
        """Whether ``x`` is a batch as the layers take it."""
        return (
            type(x) is np.ndarray
            and x.ndim == 2
            and x.dtype is self.dtype
            and x.shape[1] == self.features
        )

    def start(self, x: Any, tape: GradientTape) -> "Run":
        """Compute all layers for a batch; what is done with the output is recorded by ``tape``."""
        vjps = []
        for kernel, bias, activation, _, _ in self.links:
            x, one = _dense(x, kernel.value, None if bias is None else bias.value, activation)
            vjps.append(one)
        below = Tensor(x, tape)
        return Run(below, below if self.top is None else self.top(below), vjps)

    def backward(self, run: "Run", reached: dict[int, Any]) -> None:
        """Write the gradients of all weights.

        Parameters
        ----------
        run : Run
            What ``start`` gave.
        reached : dict
            Gradients that the tape has found; weights that the loss also uses directly are there.
        """
        dy = reached[id(run.below)]
        for i in range(len(self.links) - 1, -1, -1):
            kernel, bias, _, dkernel, dbias = self.links[i]
            by_x, by_kernel, by_bias, _ = run.vjps[i]
            _give(id(kernel) in reached, dkernel, by_kernel, dy)
            if bias is not None:
                _give(id(bias) in reached, dbias, by_bias, dy)
            if i:
                dy = by_x(dy)


class Run:
    """One pass through a ``DenseChain``: the last sum, the output, and how to go back."""

    __slots__ = ("below", "vjps", "y_pred")

    def __init__(self, below: Tensor, y_pred: Any, vjps: list[Any]):
        self.below = below
        self.y_pred = y_pred
        self.vjps = vjps


def _give(further: bool, view: Any, vjp: Any, dy: Any) -> None:
    """Write a gradient into its place, or add it to what is there."""
    if further:
        view += vjp(dy, None)
        return
    gradient = vjp(dy, view)
    if gradient is not view:
        view[...] = gradient
