"""What a model holds at this moment, found by one walk through its layers."""

from typing import Any

from minikeras.autodiff import Variable
from minikeras.layers import Layer
from minikeras.metrics import Metric
from minikeras.registry import is_ours

__all__ = ["Survey", "metrics_of"]


class Survey:
    """The layers of a model, and what they hold.

    ``model.weights``, ``model.trainable_variables`` and the like each walk through all layers, for
    any of them may have changed in between. Of a small model, these walks would take longer than a
    batch; so ``prepare`` walks once and takes all it needs from there. A survey is made anew every
    time, and never kept: nobody would tell it of a change.

    Parameters
    ----------
    model : Model

    Attributes
    ----------
    layers : list of Layer
        The model and all layers inside it, each once, outer ones first.
    """

    def __init__(self, model: Any):
        self.model = model
        self.layers: list[Any] = []
        self._own: dict[int, list[Variable]] = {}  # by the id of a layer
        self._inside: dict[int, list[Any]] = {}
        waiting = [model]
        while waiting:
            layer = waiting.pop()
            if id(layer) in self._own:
                continue
            variables: dict[int, Variable] = {}
            layers: dict[int, Any] = {}
            for member in layer._members():
                (variables if isinstance(member, Variable) else layers)[id(member)] = member
            usual = type(layer)._own_variables is Layer._own_variables
            self._own[id(layer)] = list(variables.values()) if usual else layer._own_variables()
            self._inside[id(layer)] = list(layers.values())
            self.layers.append(layer)
            waiting.extend(reversed(layers.values()))

    @property
    def settled(self) -> bool:
        """Whether a call of the model adds no layer and no variable, so that all this holds after.

        Layers of minikeras make them when they are built; in a class of the user's own, ``forward``
        may make more at any time.
        """
        return all(layer.built and is_ours(type(layer)) for layer in self.layers)

    def own_variables(self, layer: Any) -> list[Variable]:
        """Return the variables that ``layer`` holds itself."""
        return self._own[id(layer)]

    def weights(self) -> list[Variable]:
        """Return ``model.weights``."""
        if type(self.model).weights is not Layer.weights:
            return list(self.model.weights)  # a subclass that sees to it itself
        found: dict[int, Variable] = {}
        for layer in self.layers:
            own = self._own[id(layer)]
            for variable in [v for v in own if v.trainable] + [v for v in own if not v.trainable]:
                found[id(variable)] = variable
        return list(found.values())

    def trainable_variables(self) -> list[Variable]:
        """Return ``model.trainable_variables``."""
        if type(self.model).trainable_variables is not Layer.trainable_variables:
            return list(self.model.trainable_variables)
        found: dict[int, Variable] = {}
        done: set[int] = set()
        waiting = [self.model]
        while waiting:
            layer = waiting.pop()
            if layer.trainable and id(layer) not in done:
                done.add(id(layer))
                found.update({id(v): v for v in self._own[id(layer)] if v.trainable})
                waiting.extend(reversed(self._inside[id(layer)]))
        return list(found.values())


def metrics_of(model: Any, layers: list[Any]) -> list[Metric]:
    """Return the metrics that attributes hold; models inside keep theirs to themselves.

    Parameters
    ----------
    model : Model
    layers : list of Layer
        Itself and all layers inside.
    """
    return [
        value
        for layer in layers
        if layer is model or not hasattr(layer, "_find_metrics")
        for value in vars(layer).values()
        if isinstance(value, Metric)
    ]
