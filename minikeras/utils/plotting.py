"""``plot_model`` and ``model_to_dot``, as Keras has them."""

from minikeras.plot.model_plots import model_to_dot, plot_model

__all__ = ["model_to_dot", "plot_model"]
