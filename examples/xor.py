"""XOR: why a network needs a hidden layer.

    python examples/xor.py

XOR is 1 where exactly one of two inputs is 1. No straight line separates its ones from its zeros,
so a single layer gets at most three of the four cases right, however long it trains. A hidden
layer of eight units solves it from every start; this tries twenty. Takes a few seconds, and writes
the plane as the last network sees it to ``xor.svg``.
"""

import numpy as np

import minikeras
from minikeras import Sequential, plot
from minikeras.datasets import gates
from minikeras.layers import Dense, Input
from minikeras.optimizers import Adam

STARTS = 20
EPOCHS = 200


def single_layer() -> Sequential:
    """Return a perceptron: a straight line through the plane, softened by a sigmoid."""
    return Sequential([Input((2,)), Dense(1, activation="sigmoid")])


def two_layers() -> Sequential:
    """Return a network 2-8-1, whose hidden units bend that line."""
    return Sequential([Input((2,)), Dense(8, activation="tanh"), Dense(1, activation="sigmoid")])


def train(model: Sequential) -> list[int]:
    """Train ``model`` on XOR; return how many of the four cases were right before each step."""
    x, y = gates.load_data("xor")
    model.compile(optimizer=Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=4, epochs=EPOCHS, verbose=0)
    return [round(4 * accuracy) for accuracy in history.history["accuracy"]]


def main() -> tuple[list[int], list[int]]:
    """Train both networks from twenty starts; return the cases right: the best, and at the end."""
    best, final = [], []
    for seed in range(STARTS):
        minikeras.set_random_seed(seed)
        best.append(max(train(single_layer())))
        model = two_layers()
        final.append(train(model)[-1])
    print(f"XOR from {STARTS} different starts, {EPOCHS} epochs of Adam each")
    print(f"  one layer:   never more than {max(best)} of 4 cases right")
    print(f"  two layers:  {final.count(4)} of {STARTS} starts end with 4 of 4 right")

    print("\nWhat the last network says:")
    x, y = gates.load_data("xor")
    for (a, b), target, output in zip(x, y[:, 0], model.predict(x, verbose=0)[:, 0], strict=True):
        print(f"  {a:.0f} xor {b:.0f} = {target:.0f}   output {output:.3f}")

    print("\nWhere it answers 1 (:) and 0 (blank), with the four cases:")
    across, up = np.linspace(-0.2, 1.2, 43), np.linspace(1.2, -0.2, 15)
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    answers = model.predict(grid.reshape(-1, 2), verbose=0).reshape(15, 43)
    picture = np.where(answers > 0.5, ":", " ")
    for (a, b), target in zip(x, y[:, 0], strict=True):
        picture[np.abs(up - b).argmin(), np.abs(across - a).argmin()] = f"{target:.0f}"
    for row in picture:
        print("  |" + "".join(row) + "|")
    plot.decision_boundary(model, x, y, class_names=["0", "1"]).save("xor.svg")
    return best, final


if __name__ == "__main__":
    main()
