"""Three spiral arms: what hidden layers are for, seen as a map of the plane.

    python examples/spiral.py

Each point belongs to one of three arms. One layer cuts the plane into three wedges, which is the
best that straight lines can do; two hidden layers follow the arms. Both are drawn: the colour says
which arm the network sees there, and how sure it is. Writes ``spiral-one-layer.svg`` and
``spiral-three-layers.svg`` in a second or two.
"""

import minikeras
from minikeras import Sequential, plot
from minikeras.datasets import spiral
from minikeras.layers import Dense, Input
from minikeras.optimizers import Adam

ARMS = ["first arm", "second arm", "third arm"]


def train(model: Sequential) -> float:
    """Train on all points; return the share of them that is right."""
    x, y = spiral.load_data()
    model.compile(Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=150, verbose=0)
    return float(model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"])


def main() -> dict[str, float]:
    """Train and draw both networks; return the accuracy of each."""
    hidden = [Dense(32, activation="relu"), Dense(32, activation="relu")]
    networks = {
        "one-layer": [Dense(3, activation="softmax")],
        "three-layers": [*hidden, Dense(3, activation="softmax")],
    }
    x, y = spiral.load_data()
    reached = {}
    for name, layers in networks.items():
        minikeras.set_random_seed(1)
        model = Sequential([Input((2,)), *layers])
        reached[name] = train(model)
        plot.decision_boundary(model, x, y, class_names=ARMS).save(f"spiral-{name}.svg")
        print(f"{name:12} {model.count_params():5,} weights: {reached[name]:.1%} right")
    return reached


if __name__ == "__main__":
    main()
