"""Chapter 5: one passenger on the way through an untrained network."""

import numpy as np

from minikeras import Sequential, plot
from minikeras.layers import Dense, Input


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    draw = np.random.RandomState(22).randn  # the same numbers as np.random.seed(22)
    layers = [
        Dense(units, activation, use_bias=False, name=f"W{k}")
        for k, (units, activation) in enumerate(((5, "relu"), (3, "relu"), (1, "sigmoid")), 1)
    ]
    model = Sequential([Input((4,)), *layers], name="4-5-3-1")
    model.set_weights([draw(4, 5), draw(5, 3), draw(3, 1)])
    names = {"input_names": ["class", "sex", "port", "1"], "output_names": ["y"]}
    return {
        "05-passenger": plot.network(
            model, np.array([3.0, 0.0, 2.0, 1.0]), spacing=115, **names
        ).svg
    }
