"""The glass box: every number of a forward and of a backward pass, layer by layer.

``trace`` says what each layer did with its input, ``trace_gradients`` how the loss came back
through it, with central differences beside each gradient. Both are methods of models as well.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily

if TYPE_CHECKING:
    from minikeras.inspect.backward import GradientTrace, trace_gradients
    from minikeras.inspect.forward import Trace, trace
    from minikeras.inspect.report import Quantity, Step

__all__ = ["GradientTrace", "Quantity", "Step", "Trace", "trace", "trace_gradients"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "backward": ("GradientTrace", "trace_gradients"),
        "forward": ("Trace", "trace"),
        "report": ("Quantity", "Step"),
    },
)
