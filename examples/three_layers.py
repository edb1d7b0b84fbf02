"""Three layers by hand: the numbers that textbooks on deep learning print, step by step.

    python examples/three_layers.py

The activation functions, a network 2-3-2-2 with given weights and the two classic losses. Each is
computed once in plain NumPy and once with minikeras; it prints the latter and stops if they differ.
Writes the network with its signals to ``three_layers.svg``.
"""

import numpy as np
from numpy.typing import ArrayLike

import minikeras
from minikeras import Sequential, plot
from minikeras.activations import identity, sigmoid, softmax, step
from minikeras.layers import Dense, Input
from minikeras.losses import CategoricalCrossentropy, SumSquaredError

W1, B1 = np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]), np.array([0.1, 0.2, 0.3])
W2, B2 = np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]), np.array([0.1, 0.2])
W3, B3 = np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([0.1, 0.2])
X = np.array([1.0, 0.5])


def show(what: str, by_hand: ArrayLike, by_minikeras: ArrayLike) -> None:
    """Print a value computed in two ways, and stop if the two differ."""
    shown = f"{by_minikeras:.8f}" if np.ndim(by_minikeras) == 0 else str(by_minikeras)
    print(f"{what:<34}{shown}")
    np.testing.assert_allclose(by_minikeras, by_hand, rtol=1e-6)


def activations() -> None:
    """Print the activation functions at a few points."""
    a = np.array([0.3, 0.7, 1.1])
    show("sigmoid(0.3, 0.7, 1.1)", 1 / (1 + np.exp(-a)), sigmoid(a))
    show("step(-1, 0, 2)", [0, 0, 1], step(np.array([-1.0, 0.0, 2.0])))
    show("identity(0.3, 0.7, 1.1)", a, identity(a))
    a = np.array([1.0, 2.0, 3.0])
    show("softmax(1, 2, 3)", np.exp(a) / np.exp(a).sum(), softmax(a))


def network() -> np.ndarray:
    """Print the signals of the network, layer by layer; return its output."""
    model = Sequential(
        [
            Input((2,)),
            Dense(3, activation="sigmoid", name="first"),
            Dense(2, activation="sigmoid", name="second"),
            Dense(2, activation="identity", name="output"),
        ]
    )
    model.set_weights([W1, B1, W2, B2, W3, B3])
    by_hand = signal = X[None]  # a batch of one
    for layer, kernel, bias in zip(model.layers, (W1, W2, W3), (B1, B2, B3), strict=True):
        by_hand = by_hand @ kernel + bias
        if layer.name != "output":
            by_hand = 1 / (1 + np.exp(-by_hand))
        signal = layer(signal)
        show(f"after layer {layer.name!r}", by_hand, signal)
    show("predict", by_hand, model.predict(X[None], verbose=0))
    names = {"input_names": ["x1", "x2"], "output_names": ["y1", "y2"]}
    plot.network(model, X[None], **names).save("three_layers.svg")
    return signal


def losses() -> None:
    """Print both losses for a guess that is right and for one that is wrong."""
    target = np.zeros(10)
    target[2] = 1.0
    right = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
    wrong = right.copy()
    wrong[[2, 7]] = wrong[[7, 2]]
    for name, y in (("0.6 on the right class", right), ("0.6 on another class", wrong)):
        print(f"{name}:")
        show(
            "  half the sum of squares", ((y - target) ** 2).sum() / 2, SumSquaredError()(target, y)
        )
        # Against log(0), textbooks add 1e-7 within the logarithm; Keras cuts y off below 1e-7.
        book = -(target * np.log(y + 1e-7)).sum()
        print(f"{'  cross-entropy, textbook':<34}{book:.8f}")
        show("  cross-entropy, as in Keras", book, CategoricalCrossentropy()(target, y))


def main() -> None:
    """Print everything with eight decimals, computed in float64."""
    before = minikeras.config.floatx()
    minikeras.config.set_floatx("float64")
    try:
        with np.printoptions(precision=8, floatmode="fixed"):
            activations()
            print()
            network()
            print()
            losses()
    finally:
        minikeras.config.set_floatx(before)


if __name__ == "__main__":
    main()
