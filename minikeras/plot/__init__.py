"""Pictures of models, training and data as SVG, without any dependency.

Each function gives a ``Picture``: notebooks show it, ``save`` writes it to a file. Where a chart
has two axes, ``ax=`` draws it on matplotlib's instead.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily
from minikeras._svg.picture import Picture

if TYPE_CHECKING:
    from minikeras.plot.classes import confusion_matrix
    from minikeras.plot.curves import history
    from minikeras.plot.functions import activation, step_against_sigmoid
    from minikeras.plot.landscape import loss_surface
    from minikeras.plot.model_plots import Dot, model_to_dot, plot_model
    from minikeras.plot.neurons import network
    from minikeras.plot.pixels import feature_maps, filters, images
    from minikeras.plot.regions import decision_boundary
    from minikeras.plot.spread import activation_histograms, weight_histograms

__all__ = [
    "Dot",
    "Picture",
    "activation",
    "activation_histograms",
    "confusion_matrix",
    "decision_boundary",
    "feature_maps",
    "filters",
    "history",
    "images",
    "loss_surface",
    "model_to_dot",
    "network",
    "plot_model",
    "step_against_sigmoid",
    "weight_histograms",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "classes": ("confusion_matrix",),
        "curves": ("history",),
        "functions": ("activation", "step_against_sigmoid"),
        "landscape": ("loss_surface",),
        "model_plots": ("Dot", "model_to_dot", "plot_model"),
        "neurons": ("network",),
        "pixels": ("feature_maps", "filters", "images"),
        "regions": ("decision_boundary",),
        "spread": ("activation_histograms", "weight_histograms"),
    },
)
