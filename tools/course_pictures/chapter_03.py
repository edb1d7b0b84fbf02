"""Chapter 3: the three-layer network with the signals of its sample."""

import numpy as np

from minikeras import Sequential, plot
from minikeras.layers import Dense, Input

WEIGHTS = [
    [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
    [0.1, 0.2, 0.3],
    [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
    [0.1, 0.2],
    [[0.1, 0.3], [0.2, 0.4]],
    [0.1, 0.2],
]


def pictures() -> dict[str, str]:
    """Return the pictures of this chapter."""
    model = Sequential(
        [
            Input((2,)),
            Dense(3, "sigmoid", name="W1, B1"),
            Dense(2, "sigmoid", name="W2, B2"),
            Dense(2, "identity", name="W3, B3"),
        ],
        name="2-3-2-2",
    )
    model.set_weights(WEIGHTS)
    names = {"input_names": ["x1", "x2"], "output_names": ["y1", "y2"]}
    return {"03-network": plot.network(model, np.array([1.0, 0.5]), spacing=115, **names).svg}
