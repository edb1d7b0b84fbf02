"""``Row``: layers one after the other, run with as little besides their ``forward`` as can be."""

from typing import Any

from minikeras.layers import Layer
from minikeras.layers.call import Call

__all__ = ["Row"]


class Row:
    """Layers, each of which takes what the one before it gives.

    The first run calls each layer, which checks its input. Further runs on the same shape of sample
    leave the checks out, and let layers compute together that can.

    Parameters
    ----------
    layers : list of Layer
        Kept as it is: what is added to the list belongs to the row.
    """

    def __init__(self, layers: list[Layer]):
        self.layers = layers
        self._steps: list[tuple[Any, bool]] | None = None  # and whether they take ``training``
        self._asks = False  # whether any of them does

    def reset(self) -> None:
        """Let every layer look at its input again: the layers or the shape have changed."""
        self._steps = None

    def run(self, call: Call, x: Any) -> Any:
        """Return what the last layer makes of ``x`` within ``call``."""
        known = call.training is not None or not self._asks
        if self._steps is not None and known and call.masks is None and call.observer is None:
            layer: Any = None
            try:
                for layer, takes_training in self._steps:
                    x = (
                        layer.forward(x, training=call.training)
                        if takes_training
                        else layer.forward(x)
                    )
            except Exception as error:
                layer._explain(error, (x,))
                raise
            return x
        for layer in self.layers:
            x = layer(x)
        if call.masks is None and all(layer._is_plain for layer in self.layers):
            self._steps = self._short_steps()
            self._asks = any(takes_training for _, takes_training in self._steps)
        return x

    def _short_steps(self) -> list[tuple[Any, bool]]:
        steps: list[tuple[Any, bool]] = []
        left = list(self.layers)
        while left:
            layer = left.pop(0)
            both = layer.fused_with(left[0]) if left else None
            if both is not None:
                del left[0]
            steps.append((both or layer, both is None and "training" in layer._takes))
        return steps
