"""Why first values matter: what eight layers make of their input before any training.

    python examples/vanishing.py

A thousand random samples pass through eight layers of tanh, whose weights are drawn too small, too
large, and by Glorot's rule, which takes its scale from the width of the layers. Too small, and
the signal dies out; too large, and every neuron is stuck at -1 or 1, where tanh is flat and its
gradient all but zero. Only with the third can all layers learn. Writes a picture of each.

X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
networks", AISTATS 2010.
"""

import numpy as np

import minikeras
from minikeras import Sequential, plot
from minikeras.initializers import GlorotNormal, Initializer, RandomNormal
from minikeras.layers import Dense, Input

WIDTH, LAYERS = 100, 8
START: dict[str, Initializer] = {
    "small": RandomNormal(stddev=0.01),
    "large": RandomNormal(stddev=1.0),
    "glorot": GlorotNormal(),
}


def network(kernel: Initializer) -> Sequential:
    """Return eight layers of tanh whose weights are drawn by ``kernel``."""
    layers = [
        Dense(WIDTH, "tanh", kernel_initializer=kernel, name=f"layer {i + 1}")
        for i in range(LAYERS)
    ]
    return Sequential([Input((WIDTH,)), *layers])


def main() -> dict[str, tuple[float, float]]:
    """Draw; return the spread of the last layer, and the share of neurons that are stuck."""
    seen = {}
    for name, kernel in START.items():
        minikeras.set_random_seed(0)
        x = minikeras.random.normal((1000, WIDTH), seed=0)
        model = network(kernel)
        plot.activation_histograms(model, x).save(f"vanishing-{name}.svg")
        last = model.predict(x, verbose=0)
        seen[name] = float(last.std()), float(np.mean(np.abs(last) > 0.99))
        print(
            f"{name:7} deviation after layer {LAYERS}: {last.std():.1e}, {seen[name][1]:.0%} stuck"
        )
    return seen


if __name__ == "__main__":
    main()
